"""A statement's entries added up for readers: one row per kind, over all attachments."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pii_guard.certificate.buckets import Amount
from pii_guard.certificate.buckets import total as amount
from pii_guard.findings import Category

Entry = dict[str, Any]
_CATEGORIES = {category.value: place for place, category in enumerate(Category)}
"""The policy's order of categories."""


@dataclass(frozen=True, slots=True)
class Total:
    """Findings of one category, type and action. `exact`: `distinct` is no mere upper bound
    added up over attachments.
    """

    category: str
    kind: str
    action: str
    occurrences: Amount
    distinct: Amount
    exact: bool
    artifacts: int


def totals(findings: Sequence[Entry]) -> list[Total]:
    """Findings added up, in the policy's order of categories, the most frequent type first within each."""
    groups: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for one in findings:
        groups[one["policyCategory"], one["type"], one["action"]].append(one)
    made = [_total(*key, group) for key, group in groups.items()]
    return sorted(made, key=_order)


def _order(total: Total) -> tuple[int, str, int, str, str]:
    place = _CATEGORIES.get(total.category, len(_CATEGORIES))
    return place, total.category, -total.occurrences.least, total.kind, total.action


def _total(category: str, kind: str, action: str, group: Sequence[Entry]) -> Total:
    each, exact = [one["distinct"] for one in group], len(group) == 1
    # What is in two attachments may be the same values.
    distinct = Amount(max(Amount.of(one).least for one in each), amount(each).most)
    places = [place for one in group for place in one.get("locations", ())]
    cut = any(one.get("locationsTruncated", True) for one in group)
    # A token stands for one value in the whole case: where all are listed, they can be counted.
    if not exact and not cut and places and all("token" in place for place in places):
        distinct, exact = Amount.of(len({place["token"] for place in places})), True
    occurrences = amount([one["occurrences"] for one in group])
    artifacts = len({one["artifact"] for one in group})
    return Total(category, kind, action, occurrences, distinct, exact, artifacts)


def alike(entries: Sequence[Entry]) -> Iterator[tuple[Entry, list[str]]]:
    """Entries that differ by `id` and `artifact` only, as one entry without these, and the artifacts."""
    groups: dict[str, tuple[Entry, list[str]]] = {}
    for one in entries:
        rest = {name: value for name, value in one.items() if name not in ("id", "artifact")}
        group = groups.setdefault(json.dumps(rest, sort_keys=True), (rest, []))
        group[1].append(one.get("artifact", ""))
    for rest, artifacts in groups.values():
        yield rest, [name for name in artifacts if name]
