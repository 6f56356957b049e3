"""The options of `pii-guard audit`, `baseline` and `explain`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.options import Format, Output, PolicyFile


class EngineName(StrEnum):
    """What distributes an audit."""

    LOCAL = "local"
    RAY = "ray"


def audit(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Directories, zip, tar and mbox files, other files, or URLs of fsspec's (s3://…).",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Directory of the audit; one that was begun goes on."),
    ],
    policy: PolicyFile = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help="As of `redact`. May be repeated."),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", help="The first so many files.")] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", help="So many files, by chance.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of --sample: the same files each time.")] = 0,
    since: Annotated[
        str, typer.Option("--since", help="Only files changed on this day (UTC) or later.")
    ] = "",
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file",
            help="Key of the codes, 64 hex digits: audits with one key can be compared (default: "
            "PII_GUARD_AUDIT_KEY, or a new one in the directory).",
        ),
    ] = None,
    engine: Annotated[
        EngineName, typer.Option("--engine", help="This machine, or a Ray cluster.")
    ] = EngineName.LOCAL,
    workers: Annotated[
        int | None, typer.Option("--workers", help="So many at once (default: processors).")
    ] = None,
    redact_to: Annotated[
        str,
        typer.Option(
            "--redact-to",
            help="Directory or URL for redacted copies of what is found, with certificates.",
        ),
    ] = "",
    delete_originals: Annotated[
        bool,
        typer.Option(
            "--delete-originals",
            help="Of what has a copy, with all versions. Asked for twice: see --confirm-deletion.",
        ),
    ] = False,
    confirm_deletion: Annotated[
        bool, typer.Option("--confirm-deletion", help="Asks for --delete-originals again.")
    ] = False,
    key: Annotated[str, typer.Option("--key", help="Signing key, as of `redact`.")] = "",
    key_public: Annotated[
        Path | None, typer.Option("--key-public", help="Public key of a key in a service.")
    ] = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Look through every file of the sources, one row each; interrupted, it goes on where it was.

    Exit 0: nothing found, 1: found, 3: not complete, or not all of it could be read. The directory's
    `parts` and `summary.json` may be passed on; its `private` holds raw paths and the key.
    """
    from pii_guard.audit.scope import Scope
    from pii_guard.cli.audit import run

    if delete_originals != confirm_deletion:
        raise typer.BadParameter("--delete-originals and --confirm-deletion go together")
    if delete_originals and not redact_to:
        raise typer.BadParameter("--delete-originals needs --redact-to")
    scope = Scope(limit, sample, seed, since)
    raise typer.Exit(
        run(
            sources, output, policy, keep or [], scope, key_file, engine.value, workers,
            output_format.value, redact_to, delete_originals, (key, key_public) if key else None,
        )
    )  # fmt: skip


baseline_app = typer.Typer(
    help="What is new in an audit since another one.", no_args_is_help=True, rich_markup_mode=None
)
AuditDirectory = Annotated[Path, typer.Argument(metavar="AUDIT", help="Directory of an audit.")]


@baseline_app.command("create")
def baseline_create(
    audit: AuditDirectory,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
) -> None:
    """Write the findings of an audit as keyed codes. Exit 3: the audit does not know all."""
    from pii_guard.cli.baseline import create

    raise typer.Exit(create(audit, output))


@baseline_app.command("diff")
def baseline_diff(
    baseline: Annotated[Path, typer.Argument(metavar="BASELINE", help="Of `baseline create`.")],
    audit: AuditDirectory,
    output_format: Output = Format.TABLE,
) -> None:
    """Say what is new and what is gone. Exit 0: nothing is new, 1: something is, 3: not all is known.

    Both audits need the same key.
    """
    from pii_guard.cli.baseline import diff

    raise typer.Exit(diff(baseline, audit, output_format.value))


def explain(
    finding: Annotated[
        str,
        typer.Argument(metavar="FINDING", help="Its id, as `baseline diff` and reports have it."),
    ],
    audit: Annotated[Path, typer.Option("--audit", "-a", help="Directory of the audit.")],
    output_format: Output = Format.TABLE,
) -> None:
    """Say why something was a hit: recognizer, context and rule; never the value."""
    from pii_guard.cli.baseline import tell

    raise typer.Exit(tell(finding, audit, output_format.value))
