"""The options of `acknowledge`, `countersign` and `revoke`. Heavy modules load inside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.checking import (
    ApprovedTerms,
    Assurance,
    LeastAssurance,
    Researchers,
    TrustFile,
)
from pii_guard.cli.options import Format, KeyPublic, Output, RootPublic


def acknowledge(
    certificate: Annotated[
        Path | None, typer.Argument(help="The certificate file, or the bundle it came in.")
    ] = None,
    place: Annotated[
        list[str] | None, typer.Option("--place", help="A place searched. May be repeated.")
    ] = None,
    exception: Annotated[
        list[str] | None,
        typer.Option("--exception", help="What is left: PLACE:REASON[:YYYY-MM-DD]. Repeatable."),
    ] = None,
    statement: Annotated[
        list[str] | None,
        typer.Option("--statement", help="A statement made, by its id, or all. May be repeated."),
    ] = None,
    completed: Annotated[
        str | None, typer.Option("--completed", help="When it was done (default: now).")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="Key to sign with: a PKCS#8 file, or a URI.")
    ] = None,
    key_public: KeyPublic = None,
    ssh_key: Annotated[
        Path | None, typer.Option("--ssh-key", help="SSH key to sign with, by ssh-keygen.")
    ] = None,
    platform_session: Annotated[
        str | None,
        typer.Option(
            "--platform-session",
            help="The programme records that this account (its number, no name) accepted.",
        ),
    ] = None,
    accepted: Annotated[
        str | None, typer.Option("--accepted", help="When the account accepted.")
    ] = None,
    wet_ink: Annotated[
        Path | None, typer.Option("--wet-ink", help="The programme records this scan of a page.")
    ] = None,
    terms: Annotated[
        Path | None, typer.Option("--terms", help="The programme's own terms template.")
    ] = None,
    language: Annotated[
        str, typer.Option("--language", help="Of the shipped terms: en, de or fr.")
    ] = "en",
    show_terms: Annotated[
        bool, typer.Option("--show-terms", help="Print terms, places and reasons; sign nothing.")
    ] = False,
    trust: Annotated[
        Path | None, typer.Option("--trust", help="Check the certificate first, with this key.")
    ] = None,
    root: RootPublic = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File (default: acknowledgement.json).")
    ] = None,
) -> None:
    """Say where you searched for copies and what is left, and sign it. Never type a value.

    Without --place, --statement and --exception you are asked.
    """
    from pii_guard.cli.acknowledge import Asked, run
    from pii_guard.cli.acknowledge import show_terms as show

    if show_terms:
        raise typer.Exit(show(terms, language))
    if certificate is None:
        raise typer.BadParameter("give the certificate or its bundle")
    asked = Asked(
        place or (), exception or (), statement or (), completed, key, key_public, ssh_key, platform_session,
        accepted, wet_ink, terms, language, trust, root, output,
    )  # fmt: skip
    raise typer.Exit(run(certificate, asked))


def countersign(
    acknowledgement: Annotated[Path, typer.Argument(help="The researcher's acknowledgement.")],
    certificate: Annotated[
        Path, typer.Option("--certificate", help="The certificate it is about, or its bundle.")
    ],
    trust: TrustFile,
    researcher: Researchers = None,
    terms: ApprovedTerms = None,
    assurance: LeastAssurance = Assurance.REGISTERED_KEY,
    key: Annotated[
        str | None,
        typer.Option("--key", help="Issuer key, a file or a URI (default: your issuer key)."),
    ] = None,
    key_public: KeyPublic = None,
    root: RootPublic = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File (default: replace the input).")
    ] = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Check an acknowledgement and sign it as the programme. Exit 1: it fails; nothing is signed."""
    from pii_guard.cli.countersign import run

    raise typer.Exit(
        run(
            acknowledgement, certificate, trust, researcher or [], terms or [], assurance.value,
            (key, key_public), root, output, output_format.value,
        )
    )  # fmt: skip


def revoke(
    target: Annotated[
        Path, typer.Argument(help="The certificate, its bundle, or the acknowledgement.")
    ],
    reason: Annotated[
        str,
        typer.Option(
            "--reason",
            help="key_compromised, issued_in_error, residue_found, wrong_case, signer_withdrew, "
            "terms_withdrawn; with --replaced-by: corrected, findings_added, residue_found, "
            "stores_added, outputs_changed, expiry_followed_up.",
        ),
    ],
    replaced_by: Annotated[
        Path | None, typer.Option("--replaced-by", help="What takes its place: it is superseded.")
    ] = None,
    effective: Annotated[
        str | None, typer.Option("--effective", help="Since when (default: now).")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", help="Issuer key, a file or a URI (default: your issuer key)."),
    ] = None,
    key_public: KeyPublic = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File (default: revocation.json).")
    ] = None,
) -> None:
    """State that a certificate or an acknowledgement no longer holds. Nothing is deleted."""
    from pii_guard.cli.revoke import run

    raise typer.Exit(run(target, reason, replaced_by, effective, (key, key_public), output))
