"""`pii-guard report`: an audit as a page, a table, or lines for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pii_guard.audit.rows import Row, parts, read_part
from pii_guard.certificate.writing import written_whole
from pii_guard.cli.leaving import stop_printing
from pii_guard.cli.printing import print_table
from pii_guard.cli.progress import track
from pii_guard.cli.standing import standing as stands
from pii_guard.errors import ExitCode, PolicyError
from pii_guard.report import (
    Standing,
    Summary,
    Trend,
    Values,
    csv_of_files,
    csv_of_findings,
    difference,
    json_lines,
    plain,
    render_html,
    sarif,
    summarise,
    to_json,
)

_ENDINGS = {
    ".html": "html", ".htm": "html", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv",
    ".sarif": "sarif",
}  # fmt: skip
_LINES: dict[str, Callable[[Iterable[Row]], Iterator[bytes]]] = {
    "jsonl": json_lines,
    "csv": csv_of_files,
    "csv-findings": csv_of_findings,
}
_COMPARED = frozenset({"html", "json"})


def run(
    audit: Path, output: Path | None, form: str | None, before: Path | None, most: int, title: str
) -> int:
    """Write the report; the exit code, 3 where the audit is not complete.

    Raises `PolicyError` for what is no audit, and for a call that cannot be served.
    """
    output = None if output == Path("-") else output
    form = form or _form(output)
    if form == "table" and output is not None:
        raise PolicyError(
            "a table goes to the terminal", remedy="leave --output out, or name a .json"
        )
    if before is not None and form not in _COMPARED:
        raise PolicyError(
            f"--before has no place in {form}",
            remedy="compare runs in html or json, or leave it out",
        )
    standing = stands(audit)
    if form == "table":
        _print(summarise(_rows(audit, findings=False)), standing)
    else:
        with _target(output) as file:
            for piece in _pieces(audit, form, before, most, title, standing):
                file.write(piece)
    return ExitCode.UNPROCESSED if standing.state == "incomplete" else ExitCode.OK


def _form(output: Path | None) -> str:
    if output is None:
        return "table"
    form = _ENDINGS.get(output.suffix.lower())
    if form is None:
        raise PolicyError(
            "--output has no ending that tells what to write",
            remedy="name it .html, .jsonl, .csv, .sarif or .json, or give --format",
        )
    return form


def _pieces(
    audit: Path, form: str, before: Path | None, most: int, title: str, standing: Standing
) -> Iterator[bytes]:
    if form in _LINES:
        yield from _LINES[form](_rows(audit))
    elif form == "sarif":
        from pii_guard import __version__

        complete = {"complete": True, "incomplete": False}.get(standing.state)
        yield to_json(sarif(_rows(audit), version=__version__, complete=complete, most=most))
    else:
        summary, trend = _compared(audit, before, standing)
        if form == "html":
            yield render_html(summary, standing=standing, trend=trend, title=title).encode()
        else:
            yield json.dumps(plain(summary, standing, trend), indent=1).encode() + b"\n"


def _compared(audit: Path, before: Path | None, standing: Standing) -> tuple[Summary, Trend | None]:
    """Both runs; value by value only where their fingerprints were made with one key."""
    if before is None:
        return summarise(_rows(audit, findings=False)), None
    earlier = stands(before)
    if standing.key_id != earlier.key_id:
        return summarise(_rows(audit, findings=False)), Trend(
            summarise(_rows(before, findings=False)), earlier
        )
    were, are = Values(), Values()
    summary = summarise(are.passing(_rows(audit)))
    return summary, Trend(summarise(were.passing(_rows(before))), earlier, difference(were, are))


def _rows(audit: Path, *, findings: bool = True) -> Iterator[Row]:
    found = parts(audit)
    if not found:
        raise PolicyError(
            f"no audit is in {audit}", remedy="give the directory that was the --output of `audit`"
        )
    for part in track(found, "reading"):
        yield from read_part(part, findings=findings)


@contextmanager
def _target(output: Path | None) -> Iterator[BinaryIO]:
    """The file, which is there whole or not at all, or standard output."""
    if output is not None:
        with written_whole(output) as file:
            yield file
        return
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        stop_printing()


def _print(summary: Summary, standing: Standing) -> None:
    told = plain(summary, standing)
    names = ("state", "files", "with_findings", "not_read", "findings")
    print_table("", names, [[str(told[name]) for name in names]])
    for title, column in (("by_category", "category"), ("by_type", "type")):
        kinds = sorted(told[title].items(), key=lambda one: (-one[1]["findings"], one[0]))
        rows = [(name, str(one["findings"]), str(one["files"])) for name, one in kinds]
        if rows:
            print_table("", (column, "findings", "files"), rows)
    reasons = sorted(told["by_reason"].items(), key=lambda one: (-one[1], one[0]))
    if reasons:
        print_table("", ("not read", "files"), [(name, str(count)) for name, count in reasons])
