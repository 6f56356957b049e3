"""Results for people and for programs. Only masked previews, types, places and counts."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pii_guard.cli.leaving import stop_printing
from pii_guard.document import Unread, print_locator
from pii_guard.findings import Action, Finding


def finding_row(finding: Finding) -> dict[str, Any]:
    """A finding as the `pii-guard/scan/1` schema has it."""
    return {
        "type": finding.entity_type,
        "category": finding.category.value,
        "score": finding.score,
        "start": finding.start,
        "end": finding.end,
        "locator": print_locator(finding.locator),
        "preview": finding.preview,
    }


def action_row(action: Action) -> dict[str, Any]:
    """A finding, what is done about it, how bad it is and why."""
    return finding_row(action.finding) | {
        "operator": action.operator,
        "severity": action.severity.value if action.severity else None,
        "explanation": action.explanation,
    }


def unread_row(unread: Iterable[Unread]) -> dict[str, int]:
    """What goes along unread, counted by its word."""
    return {what.value: occurrences for what, occurrences in unread}


def unread_note(row: dict[str, int]) -> str:
    """The same as a clause; "" for nothing."""
    counted = ", ".join(f"{what} {count}" for what, count in row.items())
    return f"passed on unread: {counted}" if row else ""


def print_rows(
    schema: str, rows: Sequence[dict[str, Any]], output_format: str, **more: Any
) -> None:
    """File rows as one JSON document or as JSON Lines; ASCII only, so that any terminal takes it."""
    with _to_whom_listens():
        if output_format == "json":
            print(json.dumps({"schema": schema, "files": rows, **more}, indent=1))
        else:
            for row in rows:
                print(json.dumps({"schema": schema, **row}))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on standard output."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(file=sys.stdout)
    with console.capture() as printed:
        console.print(table)
    with _to_whom_listens():
        sys.stdout.write(printed.get())


def counts(found: Mapping[str, int]) -> str:
    """`EMAIL_ADDRESS 3, PERSON 2`: the types by frequency."""
    return ", ".join(f"{kind} {count}" for kind, count in Counter(found).most_common())


@contextmanager
def _to_whom_listens() -> Iterator[None]:
    """A reader who has heard enough (`| head`) changes nothing about the exit code."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        stop_printing()
