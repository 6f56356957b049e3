"""`pii-guard audit`: every file of directories, archives and stores, one row each."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pii_guard.audit.codes import Codes
from pii_guard.audit.engine_local import work
from pii_guard.audit.entries import StoreFails
from pii_guard.audit.reconciling import Reconciled
from pii_guard.audit.run import Asked, Engine, Left, Listener
from pii_guard.audit.run import run as run_audit
from pii_guard.audit.scope import Scope
from pii_guard.audit.sources import absolute
from pii_guard.audit.work import Done
from pii_guard.certificate import default_signer, open_key
from pii_guard.cli.inputs import STDIN, load_policy
from pii_guard.cli.leaving import say
from pii_guard.cli.printing import counts, print_table
from pii_guard.errors import ExitCode, PolicyError
from pii_guard.guard import Guard


def run(
    sources: Sequence[str],
    output: Path,
    policy: Path | None,
    keep: Sequence[str],
    scope: Scope,
    key_file: Path | None,
    engine: str,
    workers: int | None,
    output_format: str,
    target: str = "",
    deletes: bool = False,
    key: tuple[str, Path | None] | None = None,
) -> int:
    """Audit, as far as it goes; the exit code."""
    if STDIN in sources:
        raise PolicyError("standard input is no source of an audit", remedy="use `pii-guard scan`")
    given = Codes.at(key_file) if key_file else Codes.in_environment()
    # No setting is read from what is audited, however it is named.
    local = [one for one in map(absolute, sources) if one.startswith(os.sep)]
    rules = load_policy(policy, keep, local)
    signer = (open_key(*key) if key else default_signer()) if target else None
    guard = Guard(rules, signer=signer)
    asked = Asked(tuple(sources), output, scope, given, target, deletes)
    try:
        with _progress() as tell:
            told = run_audit(guard, asked, _engine(engine, workers), tell)
    except StoreFails:
        say("a source does not answer while it is listed: nothing is known of it; run again")
        return ExitCode.UNPROCESSED
    _print(told, output, output_format)
    return exit_code(told)


def exit_code(told: Reconciled) -> int:
    """What an audit ends with: not complete, or not all read, wins over what was found."""
    if not told.complete or told.verdicts["quarantined"]:
        return ExitCode.UNPROCESSED
    return ExitCode.FINDINGS if told.verdicts["found"] else ExitCode.OK


def _engine(name: str, workers: int | None) -> Engine:
    if name == "ray":
        from pii_guard.audit.engine_ray import engine

        return engine(workers)
    return lambda worker, numbers: work(worker, numbers, workers)


@contextmanager
def _progress() -> Iterator[Listener]:
    """A bar with throughput and the time that is left, where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    bar = Progress(
        TextColumn("auditing"), BarColumn(), TextColumn("{task.fields[files]} files"),
        DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    with bar:
        task, files = bar.add_task("", files=0, total=None), 0

        def tell(said: Left | Done) -> None:
            nonlocal files
            if isinstance(said, Left):
                files = said.done_files
                bar.update(task, total=said.size, completed=said.done_size, files=files)
            else:
                files += said.files
                bar.update(task, advance=said.size, files=files)

        yield tell


def _print(told: Reconciled, output: Path, output_format: str) -> None:
    table = told.table()
    if output_format != "table":
        print(json.dumps(table, indent=1 if output_format == "json" else None))
    else:
        print_table("", ("audit", ""), _summary(table))
    if not told.complete:
        kinds = counts(_kinds(told))
        say(
            f"not complete: {kinds}; run it again with the same options, or see {output.name}/summary.json"
        )


def _kinds(told: Reconciled) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for one in told.problems:
        kinds[one.kind] = kinds.get(one.kind, 0) + 1
    return kinds


def _summary(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "complete", "yes" if table["complete"] else "no"
    part = f" of {table['listed']} listed" if table["files"] != table["listed"] else ""
    yield "files", f"{table['files']}{part}"
    for name in ("verdicts", "reasons", "severities", "categories", "types"):
        if table[name]:
            yield name, counts(table[name])
