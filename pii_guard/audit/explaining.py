"""Why something was a hit: its recognizer, its context and the rule, without the value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pii_guard.audit.rows import Found, Row, read_rows
from pii_guard.entities import entity
from pii_guard.errors import PolicyError
from pii_guard.findings import REASONS, Basis
from pii_guard.tally import tier

_ID = re.compile(r"([0-9a-f]{16})-([1-9]\d*)", re.ASCII)
_KINDS = {
    "prose": "running text", "field": "the value of a field", "cell": "a cell of a table",
    "code": "source code", "log": "a line of a log", "ocr": "text in a picture",
    "metadata": "metadata", "name": "a file name",
}  # fmt: skip
_TIERS = {
    "validated": "its checksum, or a rule as strict, holds",
    "labelled": "a label beside it says what it is",
    "pattern": "its form, or the model, says so",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A finding and the row it is in."""

    row: Row
    number: int

    @property
    def found(self) -> Found:
        """The finding."""
        return self.row.findings[self.number]

    def lines(self) -> Iterator[tuple[str, str]]:
        """What there is to say, each with its heading."""
        one, row = self.found, self.row
        known = entity(one.entity_type)
        yield "finding", row.finding_id(self.number)
        yield "what", f"{one.entity_type} ({one.category}), {one.preview}"
        yield "where", f"{row.location}, {one.locator}, characters {one.start} to {one.end}"
        yield "recognizer", f"{one.recognizer}, score {one.score:.2f}: {_TIERS[tier(one.score)]}"
        encoded = f", encoded ({one.layer})" if one.layer else ""
        yield "context", f"{_KINDS.get(one.kind, one.kind)}{encoded}"
        yield "in its record", ", ".join(one.beside) or "nothing else"
        alone = "identifies somebody alone" if known.strong else "identifies nobody alone"
        yield "rule", f"{one.rule}: it {REASONS[Basis(one.rule)]} (the type {alone} by default)"
        yield "severity", one.severity or "-"
        yield "same value", f"code {one.fingerprint[:16]}…"
        yield (
            "read with",
            f"pii_guard {row.tool}, model {row.model[:19]}…, policy {row.policy[:19]}…",
        )


def explain(root: Path, finding: str) -> Explanation:
    """The finding of an id (`1f0c9a…-3`) in the audit in a directory. Raises `PolicyError`."""
    told = _ID.fullmatch(finding)
    if told is None:
        raise PolicyError(
            "that is no finding",
            remedy="give 16 hexadecimal digits, a dash and a number: see the report",
        )
    for row in read_rows(root):
        if row.location_key.startswith(told[1]) and int(told[2]) <= len(row.findings):
            return Explanation(row, int(told[2]) - 1)
    raise PolicyError("no row of the audit has this finding", remedy="check the id and --audit")


def others(root: Path, found: Found) -> tuple[int, int]:
    """How often its value stands in the audit, and in how many files."""
    often = files = 0
    for row in read_rows(root):
        count = sum(one.fingerprint == found.fingerprint for one in row.findings)
        often, files = often + count, files + bool(count)
    return often, files
