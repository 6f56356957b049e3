"""How much was done, by what a certificate counts: complete where single actions are too many to list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pii_guard import strict_rows
from pii_guard.document import Locator
from pii_guard.findings import Action, Basis, Category, Result

PLACES = 100
"""Places that are kept of each kind of action."""


class What(NamedTuple):
    """Actions that a certificate counts together."""

    category: Category
    entity_type: str
    operator: str
    basis: str
    confidence: str


def tier(score: float) -> str:
    """How sure a finding is, in a certificate's words."""
    return "validated" if score >= 0.95 else "labelled" if score >= 0.9 else "pattern"


@dataclass(slots=True)
class Count:
    """How often, of how many values, and the first places with their tokens."""

    occurrences: int = 0
    places: list[tuple[Locator, str]] = field(default_factory=list)
    _numbers: bytearray = field(default_factory=bytearray, repr=False)
    _named: set[str] = field(default_factory=set, repr=False)

    @property
    def distinct(self) -> int:
        """How many tokens were met."""
        return int.from_bytes(self._numbers, "little").bit_count() + len(self._named)

    def row(self) -> list[Any]:
        """All of it as plain values."""
        return [self.occurrences, self.places, self._numbers.hex(), sorted(self._named)]

    def add(self, locator: Locator, token: str) -> None:
        """One more."""
        self.occurrences += 1
        if len(self.places) < PLACES:
            self.places.append((locator, token))
        number = token.rpartition("_")[2].rstrip(">")
        if not number.isdecimal():
            self._named.add(token)
            return
        byte, bit = divmod(int(number), 8)
        if byte >= len(self._numbers):
            self._numbers.extend(bytes(byte + 1 - len(self._numbers)))
        self._numbers[byte] |= 1 << bit


@dataclass(slots=True)
class Tally:
    """Counts of what was removed and of what was kept knowingly."""

    removed: dict[What, Count] = field(default_factory=dict)
    kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By entity type and basis."""

    def add(self, actions: Iterable[Action]) -> Tally:
        """Count these too; itself."""
        for action in actions:
            finding = action.finding
            if action.operator == "keep":
                self.kept[finding.entity_type, action.basis.value] += 1
                continue
            what = What(
                finding.category, finding.entity_type, action.operator, action.basis.value,
                tier(finding.score),
            )  # fmt: skip
            count = self.removed.get(what)
            if count is None:
                count = self.removed[what] = Count()
            count.add(finding.locator, action.token)
        return self

    def rows(self) -> dict[str, list[Any]]:
        """All of it as plain values."""
        return {
            "removed": [[*what, *count.row()] for what, count in self.removed.items()],
            "kept": [[*which, often] for which, often in self.kept.items()],
        }

    @classmethod
    def of_rows(cls, rows: Mapping[str, Any]) -> Tally:
        """The tally that rows are of. Raises `ValueError`, `TypeError` or `LookupError` for others."""
        tally = cls()
        for (
            category,
            entity_type,
            operator,
            basis,
            confidence,
            often,
            places,
            numbers,
            named,
        ) in rows["removed"]:
            what = What(
                Category(category),
                strict_rows.word(entity_type),
                strict_rows.word(operator),
                Basis(basis).value,
                strict_rows.word(confidence),
            )
            tally.removed[what] = Count(
                strict_rows.count(often),
                [(strict_rows.locator(steps), str(token)) for steps, token in places[:PLACES]],
                bytearray.fromhex(numbers),
                set(map(str, named)),
            )
        for entity_type, basis, often in rows["kept"]:
            kind = strict_rows.word(entity_type)
            tally.kept[kind, Basis(basis).value] += strict_rows.count(often)
        return tally

    def by_type(self) -> Counter[str]:
        """How many of each entity type were removed."""
        found: Counter[str] = Counter()
        for what, count in self.removed.items():
            found[what.entity_type] += count.occurrences
        return found


def tally_of(result: Result) -> Tally:
    """What was done to an attachment, all of it."""
    return result.counted or Tally().add(result.actions)
