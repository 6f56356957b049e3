"""`pii-guard ledger …`: the verbs and their options. Heavy modules load inside the verbs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.options import Format

ledger_app = typer.Typer(
    help="The ledger of certificates.", no_args_is_help=True, rich_markup_mode=None
)

Where = Annotated[
    str,
    typer.Option(
        "--ledger", envvar="PII_GUARD_LEDGER", help="SQLite file, or postgresql://user@host/name."
    ),
]
Origin = Annotated[
    str,
    typer.Option(
        "--origin", envvar="PII_GUARD_LEDGER_ORIGIN", help="Its name, such as example.org/ledger."
    ),
]
TrustFile = Annotated[
    Path, typer.Option("--trust", help="The log's public key (PEM), or a trust policy with it.")
]
Output = Annotated[Format, typer.Option("--format", "-f", help="Output format.")]


@ledger_app.command("create")
def create(
    where: Where,
    origin: Origin,
    key: Annotated[Path, typer.Option("--key", help="The log's private key.")],
) -> None:
    """Make an empty ledger; what is there already stays as it is."""
    from pii_guard.cli.ledger import create

    raise typer.Exit(create(where, origin, key))


@ledger_app.command("checkpoint")
def checkpoint(where: Where, origin: Origin, trust: TrustFile) -> None:
    """Print the last checkpoint, a signed note: give it to those who shall notice rewriting."""
    from pii_guard.cli.ledger import checkpoint

    raise typer.Exit(checkpoint(where, origin, trust))


@ledger_app.command("prove")
def prove(
    where: Where,
    origin: Origin,
    trust: TrustFile,
    entry: Annotated[int | None, typer.Option("--entry", help="Prove that it is there.")] = None,
    since: Annotated[
        int | None, typer.Option("--since", help="Prove that a ledger of this size goes on in it.")
    ] = None,
    size: Annotated[int | None, typer.Option("--size", help="In the ledger of this size.")] = None,
) -> None:
    """Print a proof of inclusion or of consistency, as JSON, with the checkpoint it leads to."""
    from pii_guard.cli.ledger import prove

    raise typer.Exit(prove(where, origin, trust, entry, since, size))


@ledger_app.command("check")
def check(
    where: Where,
    origin: Origin,
    trust: TrustFile,
    seen: Annotated[
        Path, typer.Option("--seen", help="Your own file of what you saw; made on first use.")
    ],
    full: Annotated[
        bool, typer.Option("--full", help="Recompute every hash from the entries.")
    ] = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Check that nothing was taken back since you looked. Exit 0: nothing, 1: rewritten or cut."""
    from pii_guard.cli.ledger import check

    raise typer.Exit(check(where, origin, trust, seen, full, output_format.value))


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
