"""Which of the files that a source lists are looked at: all, those since a day, the first, or some."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from pii_guard.audit.entries import Entry
from pii_guard.errors import PolicyError


@dataclass(frozen=True, slots=True)
class Scope:
    """`since`: changed on that day (UTC) or later, or nobody knows when. `sample`: so many by chance, always
    the same ones for the same `seed`. `limit`: the first so many of what is left. Raises `PolicyError`.
    """

    limit: int | None = None
    sample: int | None = None
    seed: int = 0
    since: str = ""

    def __post_init__(self) -> None:
        if self.since:
            try:
                date.fromisoformat(self.since)
            except ValueError:
                raise PolicyError("--since is no day", remedy="write 2026-11-29") from None
        for name in ("limit", "sample"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise PolicyError(f"--{name} must be 1 or more", remedy="leave it out for all")

    @property
    def whole(self) -> bool:
        """Whether everything is looked at."""
        return self.limit is None and self.sample is None and not self.since

    def of(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Those that are looked at, in their order."""
        if self.since:
            begin = datetime.combine(date.fromisoformat(self.since), datetime.min.time(), UTC)
            first = begin.timestamp()
            entries = (one for one in entries if one.modified is None or one.modified >= first)
        if self.sample is not None:
            entries = self._sampled(entries, self.sample)
        return islice(entries, self.limit)

    def table(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    def _sampled(self, entries: Iterable[Entry], count: int) -> Iterator[Entry]:
        """Each file draws a number from its place and the seed; the lowest are taken."""
        drawn = ((self._draw(one), place, one) for place, one in enumerate(entries))
        taken = heapq.nsmallest(count, drawn, key=lambda each: each[:2])
        return (one for _, _, one in sorted(taken, key=lambda each: each[1]))

    def _draw(self, entry: Entry) -> bytes:
        told = f"{self.seed}\0{entry.name}\0".encode() + entry.path
        return hashlib.sha256(told).digest()
