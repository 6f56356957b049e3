"""The options of `verify`, `found` and `attach`. Heavy modules load inside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.acknowledgement_verbs import Assurance
from pii_guard.cli.options import Format, Output, PolicyFile, RootPublic

TrustFile = Annotated[Path, typer.Option("--trust", help="Public key or trust policy to pin.")]


def verify(
    certificate: Annotated[Path, typer.Argument(help="The certificate file, or its bundle.")],
    trust: TrustFile,
    root: RootPublic = None,
    artifacts: Annotated[
        Path | None, typer.Option("--artifacts", help="Directory with the redacted copies.")
    ] = None,
    rescan: Annotated[bool, typer.Option("--rescan", help="Scan the copies again.")] = False,
    policy: PolicyFile = None,
    seen: Annotated[
        Path | None,
        typer.Option("--seen", help="What you saw of the ledger before (`ledger check` keeps it)."),
    ] = None,
    time_roots: Annotated[
        Path | None,
        typer.Option("--time-roots", help="Trusted time-stamp authorities, in PEM."),
    ] = None,
    researcher: Annotated[
        list[Path] | None,
        typer.Option("--researcher", help="Public key registered for the case. Repeatable."),
    ] = None,
    terms: Annotated[
        list[Path] | None,
        typer.Option("--terms", help="An approved template (default: the shipped). Repeatable."),
    ] = None,
    assurance: Annotated[
        Assurance, typer.Option("--assurance", help="The weakest acknowledgement accepted.")
    ] = Assurance.REGISTERED_KEY,
    countersigned: Annotated[
        bool, typer.Option("--countersigned", help="Acknowledgements must be countersigned.")
    ] = False,
    require: Annotated[
        list[str] | None,
        typer.Option("--require", help="A rule that must not stay unchecked. Repeatable."),
    ] = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Check a certificate rule by rule, offline.

    Exit 0: nothing failed; 1: a rule failed; 2: a rule of --require was not checked; 3: malformed.
    """
    from pii_guard.cli.verify import Asked, run

    asked = Asked(
        artifacts, rescan, policy, seen, time_roots, researcher or (), terms or (), assurance.value,
        countersigned, require or (),
    )  # fmt: skip
    raise typer.Exit(run(certificate, trust, root, asked, output_format.value))


def found(
    certificate: Annotated[Path, typer.Argument(help="The certificate file, or its bundle.")],
    trust: TrustFile,
    keystore: Annotated[
        Path, typer.Option("--keystore", help="Directory that `redact --commitments` was given.")
    ],
    root: RootPublic = None,
    kind: Annotated[
        str, typer.Option("--type", help="Only among values of this entity type.")
    ] = "",
) -> None:
    """Say of each line of standard input whether that exact value was among those found.

    Answered while the certificate's key is kept. Exit 0: all of them were; 1: some were not.
    """
    from pii_guard.cli.commitments import found as run

    raise typer.Exit(run(certificate, trust, root, keystore, kind))


def attach(
    certificate: Annotated[Path, typer.Argument(help="The certificate file, or its bundle.")],
    statements: Annotated[
        list[Path] | None, typer.Argument(help="Acknowledgements and revocations.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", help="The file's checkpoint with a witness's signature more."),
    ] = None,
    token: Annotated[
        Path | None, typer.Option("--token", help="An RFC 3161 time stamp on its checkpoint.")
    ] = None,
    show_checkpoint: Annotated[
        bool, typer.Option("--show-checkpoint", help="Print its checkpoint; change nothing.")
    ] = False,
) -> None:
    """Put what was said of a certificate since into its file, so that one file verifies offline."""
    from pii_guard.cli.attach import run, show

    if show_checkpoint:
        raise typer.Exit(show(certificate))
    if not (statements or checkpoint or token):
        raise typer.BadParameter("there is nothing to attach")
    raise typer.Exit(run(certificate, statements or [], checkpoint, token))
