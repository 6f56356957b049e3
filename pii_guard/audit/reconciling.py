"""Whether every file of the manifest has exactly one row, and every row is one that was written."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pii_guard.audit.directory import Audit
from pii_guard.audit.entries import Entry
from pii_guard.audit.parts import PartName, digest_of, strangers, there
from pii_guard.audit.rows import Row, Verdict, read_part
from pii_guard.certificate.writing import write_whole
from pii_guard.errors import PolicyError

SUMMARY = "summary.json"
SCHEMA = "pii-guard/audit-summary/1"
_TOLD = 20
"""Problems that a summary names; it counts all."""


class Problem(NamedTuple):
    """What does not fit: `missing`, `duplicated`, `changed`, `other` or `stranger`, and a batch or name."""

    kind: str
    which: str


@dataclass(slots=True)
class Reconciled:
    """What the parts hold, and what is wrong with them."""

    audit: Audit
    batches: int = 0
    rows: int = 0
    problems: list[Problem] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    copies: int = 0
    names: Any = field(default_factory=hashlib.sha256, repr=False)

    @property
    def complete(self) -> bool:
        """Whether each file has its row."""
        return not self.problems and self.rows == self.audit.terms.files

    def add(self, row: Row) -> None:
        """Count a row."""
        self.rows += 1
        self.verdicts[row.verdict] += 1
        if row.verdict == Verdict.QUARANTINED:
            self.reasons[row.reason] += 1
        self.types += row.by_type
        self.categories += row.by_category
        self.severities += row.by_severity
        self.unread += Counter(row.unread)
        self.copies += bool(row.copy)

    def table(self) -> dict[str, Any]:
        """As `summary.json` has it. Always the same for the same rows."""
        terms = self.audit.terms
        table = {
            "schema": SCHEMA,
            "complete": self.complete,
            "files": terms.files,
            "listed": terms.listed,
            "scope": dict(terms.scope),
            "rows": self.rows,
            "batches": self.batches,
            "problems": len(self.problems),
            "problemsNamed": [list(one) for one in self.problems[:_TOLD]],
            **{
                name: dict(sorted(getattr(self, name).items()))
                for name in ("verdicts", "reasons", "types", "categories", "severities", "unread")
            },
            "copies": self.copies,
            **terms.stated,
            "keyId": self.audit.codes.key_id,
            "partsSha256": self.names.hexdigest(),
        }
        said = json.dumps(table, sort_keys=True)
        return table | {"mac": self.audit.codes.code("summary", said)}


def reconcile(audit: Audit) -> Reconciled:
    """Read every part and hold it against the manifest, a batch at a time. Raises `PolicyError`."""
    manifest, found = audit.manifest, there(audit.root)
    told = Reconciled(audit, len(manifest))
    told.problems += [Problem("stranger", name) for name in strangers(audit.root)]
    told.problems += [
        Problem("other", path.name)
        for number in sorted(found)
        if number >= len(manifest)
        for _, path in found[number]
    ]
    for number in range(len(manifest)):
        entries = manifest.batch(number)
        batch = audit.batch_id(number, entries)
        parts = found.get(number, [])
        told.problems += [
            Problem("other", path.name) for name, path in parts if name.batch != batch
        ]
        mine = [(name, path) for name, path in parts if name.batch == batch]
        if len(mine) != 1:
            told.problems.append(Problem("duplicated" if mine else "missing", str(number)))
            continue
        for row in _rows(told, *mine[0], entries):
            told.add(row)
    if not told.problems and _others_before(audit, told.names.hexdigest()):
        told.problems.append(Problem("other", SUMMARY))
    return told


def _others_before(audit: Audit, names: str) -> bool:
    """Whether the audit was complete before, with other parts: somebody replaced some, and their names."""
    try:
        table = json.loads((audit.root / SUMMARY).read_bytes())
        said = json.dumps({k: v for k, v in table.items() if k != "mac"}, sort_keys=True)
        ours = hmac.compare_digest(audit.codes.code("summary", said), table["mac"])
        return ours and table["complete"] is True and table["partsSha256"] != names
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False


def _rows(told: Reconciled, name: PartName, path: Path, entries: list[Entry]) -> Iterator[Row]:
    codes = told.audit.codes
    try:
        same = digest_of(path.read_bytes()) == name.sha256
        rows = read_part(path) if same else []
    except (OSError, PolicyError):
        same, rows = False, []
    if not same:
        told.problems.append(Problem("changed", path.name))
        return
    if [row.location_key for row in rows] != [codes.place(one.name, one.path) for one in entries]:
        told.problems.append(Problem("other", path.name))
        return
    told.names.update(path.name.encode() + b"\n")
    yield from rows


def write_summary(told: Reconciled) -> dict[str, Any]:
    """Write `summary.json`; what is in it. Raises `OSError`.

    One that says of which parts the audit was complete stays while others are there.
    """
    table = told.table()
    if Problem("other", SUMMARY) in told.problems:
        return table
    content = json.dumps(table, indent=1).encode() + b"\n"
    write_whole(told.audit.root / SUMMARY, content)
    return table


def missing(audit: Audit) -> list[int]:
    """The batches that have no part, in order."""
    manifest, found = audit.manifest, there(audit.root)
    left = []
    for number in range(len(manifest)):
        batch = audit.batch_id(number, manifest.batch(number)) if number in found else ""
        if not any(name.batch == batch for name, _ in found.get(number, ())):
            left.append(number)
    return left
