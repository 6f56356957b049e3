"""A baseline: the findings of one audit by their codes, to tell what is new in another.

Codes hold no value, and say nothing without the key; both audits need the same one.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pii_guard.audit.directory import Audit
from pii_guard.audit.reconciling import reconcile
from pii_guard.audit.rows import read_rows
from pii_guard.errors import PolicyError

SCHEMA = "pii-guard/audit-baseline/1"


class Known(NamedTuple):
    """A value of a type in a file, by its codes."""

    entity_type: str
    location_key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """How often each value stands in each file. `unlisted`: findings that rows count and do not list.

    `complete`: whether the audit was.
    """

    key_id: str
    found: Counter[Known] = field(repr=False)
    unlisted: int
    complete: bool

    @classmethod
    def of(cls, root: Path) -> Baseline:
        """Of the audit in a directory. Raises `PolicyError`."""
        audit = Audit.at(root)
        found: Counter[Known] = Counter()
        unlisted = 0
        for row in read_rows(root):
            found.update(
                Known(one.entity_type, row.location_key, one.fingerprint) for one in row.findings
            )
            unlisted += row.found - len(row.findings)
        return cls(audit.codes.key_id, found, unlisted, reconcile(audit).complete)

    @classmethod
    def at(cls, path: Path) -> Baseline:
        """The baseline in a file. Raises `PolicyError`."""
        try:
            told = json.loads(path.read_bytes())
            if told["schema"] != SCHEMA:
                raise ValueError
            found = Counter({Known(*map(str, known)): int(n) for *known, n in told["found"]})
            return cls(str(told["keyId"]), found, int(told["unlisted"]), bool(told["complete"]))
        except (OSError, ValueError, TypeError, LookupError):
            raise PolicyError(
                "that is no baseline", remedy="make one with `baseline create`"
            ) from None

    def content(self) -> bytes:
        """As a file; the same for the same audit."""
        table: dict[str, Any] = {
            "schema": SCHEMA, "keyId": self.key_id, "complete": self.complete,
            "unlisted": self.unlisted,
            "found": [[*known, count] for known, count in sorted(self.found.items())],
        }  # fmt: skip
        return json.dumps(table, indent=0).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Difference:
    """What came and what went, by entity type; and the new ones that are listed, as `explain` takes them.

    `partly`: one of the two does not know all, so that what seems new may have been there.
    """

    new: Counter[str]
    gone: Counter[str]
    same: int
    findings: tuple[tuple[str, str, str], ...]
    """Of each new one: its id, its entity type, its redacted location."""
    partly: bool


def compare(baseline: Baseline, root: Path) -> Difference:
    """The audit in a directory against a baseline. Raises `PolicyError`, for another key too."""
    now = Baseline.of(root)
    if now.key_id != baseline.key_id:
        raise PolicyError(
            "the baseline was made with another key: nothing can be compared",
            remedy="audit with the same --key-file or PII_GUARD_AUDIT_KEY",
        )
    new, gone = now.found - baseline.found, baseline.found - now.found
    left, listed = Counter(new), []
    for row in read_rows(root):
        for number, one in enumerate(row.findings):
            known = Known(one.entity_type, row.location_key, one.fingerprint)
            if left[known] > 0:
                left[known] -= 1
                listed.append((row.finding_id(number), one.entity_type, row.location))
    return Difference(
        _by_type(new), _by_type(gone), (now.found & baseline.found).total(), tuple(listed),
        bool(now.unlisted or baseline.unlisted) or not (now.complete and baseline.complete),
    )  # fmt: skip


def _by_type(found: Counter[Known]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for known, count in found.items():
        counted[known.entity_type] += count
    return counted
