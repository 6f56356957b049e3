"""How much was found where: folders in folders, in bounded memory however many there are.

A folder that has too many keeps those with the most findings; the others are added up. Rows come in
the order of their locations, folder by folder, so that a folder is complete once another one begins:
what stays in the tree is exact, and a total always is.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pii_guard.report.counts import Counts

FAN = 256
"""Folders that are kept in one folder, at the least."""
DEPTH = 12
"""Folders in folders; what lies deeper belongs to the last of them."""
PLACES = 50_000
"""Folders in all."""
_LEAST_FAN = 8


@dataclass(slots=True)
class Place:
    """A folder: all that is in it and below it. `rest`: of `folded` folders that were added up."""

    counts: Counts = field(default_factory=Counts)
    inner: dict[str, Place] = field(default_factory=dict)
    rest: Counts = field(default_factory=Counts)
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the tree as it is shown. `others`: how many places it adds up, 0 for a place itself."""

    depth: int
    steps: tuple[str, ...]
    counts: Counts
    others: int = 0


class Tree:
    """Places by name, from `root`."""

    def __init__(self, *, fan: int = FAN, depth: int = DEPTH, places: int = PLACES) -> None:
        self.root = Place()
        self.size = 0
        self._fan, self._depth, self._places = fan, depth, places
        self._open: frozenset[int] = frozenset()

    def add(self, steps: Sequence[str], counts: Counts) -> None:
        """Count a file that stands in this folder."""
        if self.size > self._places:
            self._shrink()
        place = self.root
        place.counts.add(counts)
        path = [id(place)]
        for step in steps[: self._depth]:
            found = place.inner.get(step)
            if found is None:
                if len(place.inner) >= 2 * self._fan:
                    self._fold(place)
                found = place.inner[step] = Place()
                self.size += 1
            place = found
            place.counts.add(counts)
            path.append(id(place))
        self._open = frozenset(path)

    @property
    def several(self) -> bool:
        """Whether there is more than one place at the top."""
        return len(self.root.inner) + self.root.folded > 1

    def lines(self, most: int) -> list[Line]:
        """The places with the most findings, each below the one that it is in: `most`, and the others.

        Where there is one place at the top, the lines begin with what is in it.
        """
        top = self.root if self.several else next(iter(self.root.inner.values()), self.root)
        return list(_walk(top, (), 0, _chosen(top, most)))

    def _shrink(self) -> None:
        """Keep fewer places in each, and then fewer levels, until there is room again."""
        while self.size > self._places // 2 and (self._fan > _LEAST_FAN or self._depth > 1):
            if self._fan > _LEAST_FAN:
                self._fan = max(_LEAST_FAN, self._fan // 2)
            else:
                self._depth -= 1
            self._trim(self.root, 0)

    def _trim(self, place: Place, depth: int) -> None:
        if depth >= self._depth:
            self.size -= _below(place)
            place.inner, place.rest, place.folded = {}, Counts(), 0
            return
        if len(place.inner) > self._fan:
            self._fold(place)
        for inner in place.inner.values():
            self._trim(inner, depth + 1)

    def _fold(self, place: Place) -> None:
        """Add up all but those with the most findings; what rows are still coming for stays."""
        ordered = sorted(place.inner.items(), key=lambda one: _order(*one))
        for name, inner in ordered[self._fan :]:
            if id(inner) in self._open:
                continue
            place.rest.add(inner.counts)
            place.folded += 1
            self.size -= 1 + _below(inner)
            del place.inner[name]


_Waiting = tuple[tuple[int, int, int, str], tuple[str, ...], Place]
"""What decides is unique by the second."""


def _order(name: str, place: Place) -> tuple[int, int, int, str]:
    counts = place.counts
    return -counts.findings, -counts.held, -counts.files, name


def _chosen(top: Place, most: int) -> set[int]:
    chosen: set[int] = set()
    waiting: list[_Waiting] = [(_order("", top), (), top)]
    while waiting and len(chosen) <= most:
        _, path, place = heapq.heappop(waiting)
        chosen.add(id(place))
        for name, inner in place.inner.items():
            heapq.heappush(waiting, (_order(name, inner), (*path, name), inner))
    return chosen


def _below(place: Place) -> int:
    return sum(1 + _below(inner) for inner in place.inner.values())


def _walk(place: Place, above: tuple[str, ...], depth: int, chosen: set[int]) -> Iterator[Line]:
    """Lines of what is in a place. A folder that holds one folder and nothing else shares its line."""
    ordered = sorted(place.inner.items(), key=lambda one: _order(*one))
    rest, others = Counts(), place.folded
    rest.add(place.rest)
    shown = False
    for name, inner in ordered:
        if id(inner) not in chosen:
            rest.add(inner.counts)
            others += 1
            continue
        shown = True
        steps = (*above, name)
        while len(inner.inner) == 1 and not inner.folded:
            ((name, only),) = inner.inner.items()
            if only.counts != inner.counts:
                break
            steps, inner = (*steps, name), only
        yield Line(depth, steps, inner.counts)
        yield from _walk(inner, (), depth + 1, chosen)
    if others and shown:
        yield Line(depth, (), rest, others)
