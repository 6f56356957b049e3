"""The options of `verify`, `found` and `attach`. Heavy modules load inside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.checking import (
    ApprovedTerms,
    Artifacts,
    Assurance,
    CertificateFile,
    Countersigned,
    LeastAssurance,
    Required,
    Researchers,
    SeenFile,
    TimeRoots,
    TrustFile,
)
from pii_guard.cli.options import (
    Format,
    KeyPublic,
    LedgerName,
    LedgerPlace,
    Output,
    PolicyFile,
    RootPublic,
)


def verify(
    certificate: CertificateFile,
    trust: TrustFile,
    root: RootPublic = None,
    artifacts: Artifacts = None,
    rescan: Annotated[bool, typer.Option("--rescan", help="Scan the copies again.")] = False,
    policy: PolicyFile = None,
    seen: SeenFile = None,
    time_roots: TimeRoots = None,
    researcher: Researchers = None,
    terms: ApprovedTerms = None,
    assurance: LeastAssurance = Assurance.REGISTERED_KEY,
    countersigned: Countersigned = False,
    require: Required = None,
    attest: Annotated[
        Path | None,
        typer.Option("--attest", help="Write a signed statement of this outcome, as a validator."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", help="With --attest: the validator's key, a file or a URI."),
    ] = None,
    key_public: KeyPublic = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Check a certificate rule by rule, offline.

    Exit 0: nothing failed; 1: a rule failed; 2: a rule of --require was not checked; 3: malformed.
    """
    from pii_guard.cli.verify import Asked, Attesting, run

    asked = Asked(
        artifacts, rescan, policy, seen, time_roots, researcher or (), terms or (), assurance.value,
        countersigned, require or (),
    )  # fmt: skip
    attesting = Attesting.of(attest, key, key_public)
    raise typer.Exit(run(certificate, trust, root, asked, output_format.value, attesting))


def found(
    certificate: CertificateFile,
    trust: TrustFile,
    keystore: Annotated[
        Path, typer.Option("--keystore", help="Directory that `redact --commitments` was given.")
    ],
    root: RootPublic = None,
    kind: Annotated[
        str, typer.Option("--type", help="Only among values of this entity type.")
    ] = "",
    files: Annotated[
        list[Path] | None,
        typer.Option("--file", help="Whether this very file was received. Repeatable."),
    ] = None,
) -> None:
    """Say of each line of standard input whether that exact value was among those found.

    Answered while the certificate's key is kept. Exit 0: all of them were; 1: some were not.
    With --file, standard input is not read.
    """
    from pii_guard.cli.commitments import found as run

    raise typer.Exit(run(certificate, trust, root, keystore, kind, files or ()))


def attach(
    certificate: CertificateFile,
    statements: Annotated[
        list[Path] | None, typer.Argument(help="Acknowledgements, revocations, validations.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", help="The file's checkpoint with a witness's signature more."),
    ] = None,
    token: Annotated[
        Path | None, typer.Option("--token", help="An RFC 3161 time stamp on its checkpoint.")
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(
            "--since",
            help="A checkpoint that a verifier saw, or their file of `ledger check --seen`: put in the "
            "ledger's proof that the file's checkpoint is of the same ledger.",
        ),
    ] = None,
    ledger: LedgerPlace = "",
    origin: LedgerName = "",
    trust: Annotated[
        Path | None,
        typer.Option("--trust", help="With --since: the log's public key, or a trust policy."),
    ] = None,
    root: RootPublic = None,
    show_checkpoint: Annotated[
        bool, typer.Option("--show-checkpoint", help="Print its checkpoint; change nothing.")
    ] = False,
) -> None:
    """Put what was said of a certificate since into its file, so that one file verifies offline."""
    from pii_guard.cli.attach import Asked, run, show

    if show_checkpoint:
        raise typer.Exit(show(certificate))
    if not (statements or checkpoint or token or since):
        raise typer.BadParameter("there is nothing to attach")
    asked = Asked(statements or (), checkpoint, token, since, ledger, origin, trust, root)
    raise typer.Exit(run(certificate, asked))
