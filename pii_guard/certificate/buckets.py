"""Counts as a certificate gives them: exact, or as one of a few ranges.

A small count can say who is meant: one health record of one clinic. The least range therefore begins
at one and does not end there.
"""

from __future__ import annotations

from dataclasses import dataclass

EXACT, BUCKETED = "exact", "bucketed"


@dataclass(frozen=True, slots=True)
class Amount:
    """How many there are: from `least` to `most`, both included; `most` None: nobody says."""

    least: int
    most: int | None

    @classmethod
    def of(cls, said: int | str) -> Amount:
        """What a statement says: a number, or a word of `BUCKETS`. Raises `KeyError`."""
        return cls(said, said) if isinstance(said, int) else BUCKETS[said]

    def __add__(self, other: Amount) -> Amount:
        most = None if self.most is None or other.most is None else self.most + other.most
        return Amount(self.least + other.least, most)


BUCKETS = {
    "1-5": Amount(1, 5),
    "6-20": Amount(6, 20),
    "21-100": Amount(21, 100),
    ">100": Amount(101, None),
}


def bucket(count: int) -> str:
    """The word for a count from 1 on."""
    return next(word for word, one in BUCKETS.items() if one.most is None or count <= one.most)


def total(said: list[int | str]) -> Amount:
    """What counts of a statement amount to."""
    return sum(map(Amount.of, said), start=Amount(0, 0))
