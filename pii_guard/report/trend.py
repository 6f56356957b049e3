"""Two runs compared: by their counts, and finding by finding by their fingerprints."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pii_guard.audit.rows import Row
from pii_guard.report.standing import Standing
from pii_guard.report.summary import Summary

_DIGITS = 16


@dataclass(slots=True)
class Values:
    """The values of a run, each once in each file that it stands in: eight bytes of memory each.

    They are told apart by 64 bits of two HMACs: among a hundred million, one pair or none is taken for
    the same. `cut`: there are files that list only their first findings.
    """

    numbers: array[int] = field(default_factory=lambda: array("Q"))
    cut: bool = False

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows, noted on the way."""
        for row in rows:
            if row.findings:
                place = int(row.location_key[:_DIGITS] or "0", 16)
                marks = {one.fingerprint[:_DIGITS] for one in row.findings if one.fingerprint}
                self.numbers.extend(place ^ int(mark, 16) for mark in marks)
                self.cut |= row.found > len(row.findings)
            yield row

    def distinct(self) -> Any:
        """All of them in order, each once."""
        import numpy as np

        return np.unique(np.frombuffer(self.numbers, dtype=np.uint64))


@dataclass(frozen=True, slots=True)
class Difference:
    """Values in their files: only in the later run, only in the earlier, and in both.

    `cut`: of some files only the first findings could be compared.
    """

    new: int
    gone: int
    still: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Trend:
    """The run before, and what became of its values; None where they were made with different keys."""

    before: Summary
    standing: Standing = field(default_factory=Standing)
    values: Difference | None = None


def difference(before: Values, now: Values) -> Difference:
    """Compare two runs that were made with one key."""
    import numpy as np

    earlier, later = before.distinct(), now.distinct()
    still = int(np.intersect1d(earlier, later, assume_unique=True).size)
    cut = before.cut or now.cut
    return Difference(int(later.size) - still, int(earlier.size) - still, still, cut)
