"""Rows for programs: JSON Lines and CSV, one at a time, in the order of the audit.

Each writes the fields that are named here and no other: what a row gains later is not given out unasked.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from pii_guard.audit.rows import Found, Row
from pii_guard.report.harmless import cell, masked

SCHEMA = "pii-guard/report/1"
FILE = (
    "source", "location", "location_key", "size", "modified", "media_type", "verdict", "reason", "where",
    "severity",
)  # fmt: skip
"""Fields of a file."""
FINDING = (
    "entity_type", "category", "severity", "locator", "start", "end", "score", "preview", "recognizer",
    "rule", "kind", "layer", "fingerprint",
)  # fmt: skip
"""Fields of a finding; before them its `id`, which `pii-guard explain` takes. `preview` is masked,
`fingerprint` keyed.
"""
_FLUSH = 1 << 16


def json_lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """A line for each file, with its findings. ASCII only, so that nothing in it hides from a reader."""
    for row in rows:
        line: dict[str, Any] = {"schema": SCHEMA} | {name: getattr(row, name) for name in FILE}
        line["found"] = row.found
        line["by_type"] = dict(sorted(row.by_type.items()))
        line["unread"] = dict(sorted(row.unread.items()))
        line["findings"] = [
            {"id": row.finding_id(number)}
            | dict(zip(FINDING, _fields(one), strict=True))
            | {"beside": list(one.beside)}
            for number, one in enumerate(row.findings)
        ]
        yield json.dumps(line).encode() + b"\n"


def csv_of_files(rows: Iterable[Row]) -> Iterator[bytes]:
    """A record for each file (RFC 4180, UTF-8), with its types in one cell: `PERSON 3, US_SSN 1`."""
    return _records((*FILE, "found", "types"), map(_file, rows))


def csv_of_findings(rows: Iterable[Row]) -> Iterator[bytes]:
    """A record for each finding that a row lists; files without any have none."""
    names = ("id", "source", "location", "media_type", "modified", *FINDING, "beside")
    return _records(names, (record for row in rows for record in _findings(row)))


def _file(row: Row) -> list[Any]:
    types = ", ".join(f"{name} {count}" for name, count in sorted(row.by_type.items()))
    return [*(getattr(row, name) for name in FILE), row.found, types]


def _findings(row: Row) -> Iterator[list[Any]]:
    place = [row.source, row.location, row.media_type, row.modified]
    for number, one in enumerate(row.findings):
        yield [row.finding_id(number), *place, *_fields(one), ", ".join(one.beside)]


def _fields(one: Found) -> list[Any]:
    return [masked(one.preview) if name == "preview" else getattr(one, name) for name in FINDING]


def _records(names: Iterable[str], records: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Quoted throughout, so that a comma or a quote in a name begins no other cell."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(names)
    for record in records:
        writer.writerow([cell(one) if isinstance(one, str) else one for one in record])
        if text.tell() > _FLUSH:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
