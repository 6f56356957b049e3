"""`pii-guard ledger …`: the verbs and their options. Heavy modules load inside the verbs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.options import Format, LedgerName, LedgerPlace, Output, RootPublic

ledger_app = typer.Typer(
    help="The ledger of certificates and of what was said of them since. It holds digests; beside each "
    "entry the signed statement itself is kept, until `ledger erase`.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

TrustFile = Annotated[
    Path, typer.Option("--trust", help="The log's public key (PEM), or a trust policy with it.")
]


@ledger_app.command("create")
def create(
    where: LedgerPlace,
    origin: LedgerName,
    key: Annotated[Path, typer.Option("--key", help="The log's private key.")],
) -> None:
    """Make an empty ledger; what is there already stays as it is."""
    from pii_guard.cli.ledger import create

    raise typer.Exit(create(where, origin, key))


@ledger_app.command("add")
def add(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Certificates, acknowledgements, revocations, validations, or bundles."
        ),
    ],
    where: LedgerPlace,
    origin: LedgerName,
    log_key: Annotated[
        Path,
        typer.Option("--log-key", envvar="PII_GUARD_LOG_KEY", help="The ledger's private key."),
    ],
) -> None:
    """Enter statements, and put into each file the proof that the ledger holds it.

    What has a proof keeps it. An acknowledgement is entered once all have signed it: a signature that
    comes later needs another entry. Nothing is verified but the form.
    """
    from pii_guard.cli.ledger_entries import add

    raise typer.Exit(add(files, where, origin, log_key))


@ledger_app.command("erase")
def erase(
    where: LedgerPlace,
    origin: LedgerName,
    trust: TrustFile,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files of statements that are in the ledger.")
    ] = None,
    entry: Annotated[
        list[int] | None,
        typer.Option("--entry", help="By its number in the ledger, from 0. Repeatable."),
    ] = None,
    due: Annotated[
        bool,
        typer.Option(
            "--due",
            help="All certificates that were to be kept until an earlier day, and what was said of them.",
        ),
    ] = False,
    despite_hold: Annotated[
        bool, typer.Option("--despite-hold", help="Also those under a legal hold that has ended.")
    ] = False,
    root: RootPublic = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Erase the statements kept beside entries: leaves and proofs stay, and the ledger stays provable.

    Whoever has the file can still verify it. Backups and replicas of the ledger are not touched. Exit 0:
    none of them is kept any more; 3: some are, under a legal hold.
    """
    from pii_guard.cli.ledger_entries import Wanted, erase

    wanted = Wanted(files or (), entry or (), due, despite_hold)
    raise typer.Exit(erase(where, origin, trust, root, wanted, output_format.value))


@ledger_app.command("checkpoint")
def checkpoint(
    where: LedgerPlace, origin: LedgerName, trust: TrustFile, root: RootPublic = None
) -> None:
    """Print the last checkpoint, a signed note: give it to those who shall notice rewriting."""
    from pii_guard.cli.ledger import checkpoint

    raise typer.Exit(checkpoint(where, origin, trust, root))


@ledger_app.command("prove")
def prove(
    where: LedgerPlace,
    origin: LedgerName,
    trust: TrustFile,
    root: RootPublic = None,
    entry: Annotated[int | None, typer.Option("--entry", help="Prove that it is there.")] = None,
    since: Annotated[
        int | None, typer.Option("--since", help="Prove that a ledger of this size goes on in it.")
    ] = None,
    size: Annotated[int | None, typer.Option("--size", help="In the ledger of this size.")] = None,
) -> None:
    """Print a proof of inclusion or of consistency, as JSON, with the checkpoint it leads to."""
    from pii_guard.cli.ledger import prove

    raise typer.Exit(prove(where, origin, trust, root, entry, since, size))


@ledger_app.command("check")
def check(
    where: LedgerPlace,
    origin: LedgerName,
    trust: TrustFile,
    seen: Annotated[
        Path, typer.Option("--seen", help="Your own file of what you saw; made on first use.")
    ],
    root: RootPublic = None,
    full: Annotated[
        bool, typer.Option("--full", help="Recompute every hash from the entries.")
    ] = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Check that nothing was taken back since you looked. Exit 0: nothing, 1: rewritten or cut."""
    from pii_guard.cli.ledger import check

    raise typer.Exit(check(where, origin, trust, root, seen, full, output_format.value))


@ledger_app.command("timestamp")
def timestamp(
    note: Annotated[Path, typer.Argument(metavar="CHECKPOINT", help="File with a checkpoint.")],
    roots: Annotated[
        Path, typer.Option("--roots", help="Certificates of the authorities you trust (PEM).")
    ],
    token: Annotated[
        Path, typer.Option("--token", help="The stamp: written with --url, else read.")
    ],
    url: Annotated[
        str | None, typer.Option("--url", help="Ask this RFC 3161 authority over the network.")
    ] = None,
) -> None:
    """Get a time-stamp on a checkpoint, or say when one was made. Only --url uses the network."""
    from pii_guard.cli.ledger import timestamp

    raise typer.Exit(timestamp(note, roots, token, url))
