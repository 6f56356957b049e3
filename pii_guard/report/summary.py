"""All rows of an audit added up: one pass, and memory that does not grow with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from pii_guard.audit.rows import LISTED, Counted, Row, Verdict
from pii_guard.findings import Severity
from pii_guard.report.counts import Counts
from pii_guard.report.harmless import steps
from pii_guard.report.tree import Tree

RISKIEST = 25
"""Files that are named for what is in them."""
EXAMPLES = 5
"""Files that are named for each reason."""
KINDS = 1_000
"""Different words of one sort (types, media types, months …) that are counted apart."""
MONTHS = 120_000
"""Months, as many as there are in ten thousand years: they are no strangers' words."""
OTHER = ""
"""The word for all beyond them."""
RANK = {one.value: rank for rank, one in enumerate(Severity, 1)}
"""Severities from the least; what is none has 0."""
_GRAVE = RANK[Severity.HIGH.value]
MADE_WITH = ("tool", "ruleset", "model", "policy", "limits")
"""Fields of a row that tell what it was made with."""
_RiskOrder = tuple[int, int, int, str, str]


@dataclass(slots=True)
class Kind:
    """Findings of one entity type, and the files that hold any. `grave`: findings, critical or high."""

    category: str
    findings: int = 0
    files: int = 0
    grave: int = 0


class Example(NamedTuple):
    """A file that could not be examined, and where in it a reader stopped."""

    source: int
    location: str
    where: str


@dataclass(slots=True)
class HeldBack:
    """Files that could not be examined for one reason, and the first of them."""

    files: int = 0
    size: int = 0
    examples: list[Example] = field(default_factory=list)
    media: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Risky:
    """A file that is named for what is in it."""

    source: int
    location: str
    media_type: str
    size: int | None
    modified: str
    severity: str
    findings: int
    types: tuple[tuple[str, int], ...]


def _made_with() -> dict[str, Counter[str]]:
    return {name: Counter() for name in MADE_WITH}


@dataclass(slots=True)
class Summary:
    """What a report says of an audit. `findings`: of each severity; `worst`: files by their highest.
    `both`: files in which something was found although they could not be read in full.

    `types` are by name, `categories` by theirs, `media` and `months` by what files are and when they
    were changed, `held` by reason. `unread` is what was passed over in files, by its word. `made_with`:
    files by what they were examined with (`MADE_WITH`). `short`: files that list fewer findings than they
    have. `copies`: files of which a redacted copy was stored.
    """

    total: Counts = field(default_factory=Counts)
    both: int = 0
    skipped: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    worst: Counter[str] = field(default_factory=Counter)
    categories: dict[str, Kind] = field(default_factory=dict)
    types: dict[str, Kind] = field(default_factory=dict)
    media: dict[str, Counts] = field(default_factory=dict)
    months: dict[str, Counts] = field(default_factory=dict)
    held: dict[str, HeldBack] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)
    made_with: dict[str, Counter[str]] = field(default_factory=_made_with)
    short: int = 0
    copies: int = 0
    tree: Tree = field(default_factory=Tree)
    _risky: list[tuple[_RiskOrder, Risky]] = field(default_factory=list)
    _least: _RiskOrder | None = None

    def add(self, row: Row) -> None:
        """Count a file. One that is another's second name counts as nothing but that."""
        if row.verdict == Verdict.SKIPPED:
            self.skipped += 1
            return
        found = row.found
        rank = RANK.get(row.severity, 0)
        one = Counts(
            1,
            int(found > 0),
            int(row.verdict == Verdict.QUARANTINED),
            found,
            int(rank >= _GRAVE),
            row.size or 0,
        )
        self.total.add(one)
        self.both += one.found * one.held
        _counted(self.media, row.media_type).add(one)
        _counted(self.months, row.modified, MONTHS).add(one)
        self.tree.add((str(row.source), *steps(row.location)[:-1]), one)
        self.short += found > LISTED
        self.copies += bool(row.copy)
        for name, counter in self.made_with.items():
            _bump(counter, getattr(row, name), 1)
        for word, occurrences in row.unread.items():
            _bump(self.unread, word, occurrences)
        if found:
            self._found(row)
            self._weigh(row, rank, found)
        if row.verdict == Verdict.QUARANTINED:
            self._held(row)

    @property
    def riskiest(self) -> list[Risky]:
        """The files with the highest severity, and of these with the most findings, in order."""
        return [risky for _, risky in sorted(self._risky, key=_first)[:RISKIEST]]

    def _found(self, row: Row) -> None:
        self.worst[row.severity] += 1
        types: set[str] = set()
        categories: set[str] = set()
        for one in row.counts:
            self.findings[one.severity] += one.count
            _kind(self.types, one.entity_type, one, types)
            _kind(self.categories, one.category, one, categories)

    def _weigh(self, row: Row, rank: int, found: int) -> None:
        grave = sum(one.count for one in row.counts if RANK.get(one.severity, 0) == rank)
        order = (-rank, -grave, -found, row.location, row.location_key)
        if self._least is not None and order > self._least:
            return
        types = tuple(sorted(row.by_type.items(), key=lambda one: (-one[1], one[0])))
        risky = Risky(
            row.source, row.location, row.media_type, row.size, row.modified, row.severity, found, types
        )  # fmt: skip
        self._risky.append((order, risky))
        if len(self._risky) >= 8 * RISKIEST:
            self._risky = sorted(self._risky, key=_first)[:RISKIEST]
            self._least = self._risky[-1][0]

    def _held(self, row: Row) -> None:
        reason = row.reason if row.reason in self.held or len(self.held) < KINDS else OTHER
        held = self.held.setdefault(reason, HeldBack())
        held.files += 1
        held.size += row.size or 0
        _bump(held.media, row.media_type, 1)
        if len(held.examples) < EXAMPLES:
            held.examples.append(Example(row.source, row.location, row.where))


def summarise(rows: Iterable[Row]) -> Summary:
    """Add up rows, which come in the order of the audit's manifest."""
    made = Summary()
    for row in rows:
        made.add(row)
    return made


def _kind(kinds: dict[str, Kind], name: str, counted: Counted, seen: set[str]) -> None:
    """Count findings under a name; their file once."""
    if name not in kinds and len(kinds) >= KINDS:
        name = OTHER
    kind = kinds.get(name)
    if kind is None:
        kind = kinds[name] = Kind(counted.category if name else OTHER)
    kind.findings += counted.count
    kind.grave += counted.count if RANK.get(counted.severity, 0) >= _GRAVE else 0
    kind.files += name not in seen
    seen.add(name)


def _counted(counts: dict[str, Counts], name: str, most: int = KINDS) -> Counts:
    if name not in counts and len(counts) >= most:
        name = OTHER
    return counts.setdefault(name, Counts())


def _bump(counter: Counter[str], name: str, count: int) -> None:
    counter[name if name in counter or len(counter) < KINDS else OTHER] += count


def _first(one: tuple[_RiskOrder, Risky]) -> _RiskOrder:
    return one[0]
