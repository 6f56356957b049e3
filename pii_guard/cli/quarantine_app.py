"""`pii-guard quarantine`: the verbs and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.options import Format, Output, PolicyFile

quarantine_app = typer.Typer(
    help="What could not be redacted, kept encrypted for a while: see --quarantine of `redact`. Its "
    "private key belongs on another machine than the one that takes reports in.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Folder = Annotated[
    Path | None,
    typer.Option("--quarantine", help="The quarantine's folder (default: the policy's)."),
]


@quarantine_app.command("keygen")
def keygen(
    path: Annotated[Path, typer.Argument(help="File for the private key; .pub goes beside it.")],
) -> None:
    """Make a key pair, where entries will be opened; prints the public key."""
    from pii_guard.cli.quarantine import keygen as run

    raise typer.Exit(run(path))


@quarantine_app.command("list")
def listed(
    folder: Folder = None, policy: PolicyFile = None, output_format: Output = Format.TABLE
) -> None:
    """List entries: nothing of what they hold, and sizes rounded up. Exit 3: some are damaged."""
    from pii_guard.cli.quarantine import listed as run

    raise typer.Exit(run(folder, policy, output_format.value))


@quarantine_app.command("release")
def release(
    entry: Annotated[str, typer.Argument(help="The entry's id.")],
    identity: Annotated[Path, typer.Option("--identity", help="File of the private key.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the attachment; nothing is replaced.")
    ],
    folder: Folder = None,
    policy: PolicyFile = None,
    original_name: Annotated[
        bool,
        typer.Option("--original-name", help="Call it as its reporter did; by default by its id."),
    ] = False,
) -> None:
    """Decrypt an entry that has not expired into a new file. It is as dangerous as it was."""
    from pii_guard.cli.quarantine import release as run

    raise typer.Exit(run(entry, identity, output, folder, policy, original_name))


@quarantine_app.command("purge")
def purge(
    folder: Folder = None,
    policy: PolicyFile = None,
    damaged: Annotated[
        bool, typer.Option("--damaged", help="Delete damaged entries, too; nobody can open them.")
    ] = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Delete what has expired, and say what may be claimed of it. Exit 3: something is still there."""
    from pii_guard.cli.quarantine import purge as run

    raise typer.Exit(run(folder, policy, damaged, output_format.value))
