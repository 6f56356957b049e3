"""Many segments in columns: a few dozen bytes each where objects of their own take four hundred.

A file of rows has a hundred thousand small values a megabyte or two. Their texts stand one after the
other in UTF-8, where each stands is a number, and what many have in common is kept once. A segment
is made when somebody looks at it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import overload

from pii_guard.document import Kind, Locator, Segment, Step

_LONG = 2_000
"""Characters from which a text stays a string: taking it out of the bytes would cost each time."""
_WAITING = 1_024
"""Segments that are put into the columns at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Sort:
    """What many segments have in common.

    Their locator is `Step(axis, ordinal)` with the ordinal of each, and `after`; only `after` where
    `axis` is "". Told apart by identity, which is what makes the columns fast: one object a sort.
    """

    kind: Kind = Kind.FIELD
    label: str = field(default="", repr=False)
    number: bool = False
    axis: str = ""
    after: Locator = ()


@dataclass(frozen=True, slots=True, eq=False)
class SegmentTable(Sequence[Segment]):
    """Segments in columns; as a tuple of them in every way but memory. Made by a `Collector`.

    Columns have an entry a segment: `starts`, the byte of `data` where its text begins, with an end
    after the last, each text with a line feed behind it; `sorts`, the number of its sort in `common`;
    `ordinals`, of its place; `records`, the number of its record. `ends`: where each record ends in
    `parts`. `long`: texts that are not in `data`, where they are empty.
    """

    data: bytes = field(repr=False)
    starts: array[int] = field(repr=False)
    sorts: array[int] = field(repr=False)
    common: tuple[Sort, ...] = field(repr=False)
    ordinals: array[int] = field(repr=False)
    records: array[int] = field(repr=False)
    ends: array[int] = field(repr=False)
    parts: array[int] = field(repr=False)
    long: Mapping[int, str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.sorts)

    @overload
    def __getitem__(self, number: int) -> Segment: ...

    @overload
    def __getitem__(self, number: slice) -> tuple[Segment, ...]: ...

    def __getitem__(self, number: int | slice) -> Segment | tuple[Segment, ...]:
        if isinstance(number, slice):
            return tuple(map(self.__getitem__, range(*number.indices(len(self)))))
        if number < 0:
            number += len(self)
        if number < 0:
            raise IndexError("no such segment")
        return self._made(number, self.sorts[number], self._record(self.records[number]))

    def __iter__(self) -> Iterator[Segment]:
        last, record = -1, ()
        for number, (sort, place) in enumerate(zip(self.sorts, self.records, strict=True)):
            if place != last:
                last, record = place, self._record(place)
            yield self._made(number, sort, record)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SegmentTable | tuple | list):
            return NotImplemented
        return len(self) == len(other) and all(map(Segment.__eq__, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def text(self) -> str:
        """The texts of all, with a line feed between two."""
        if not len(self):
            return ""
        if not self.long:
            return self._text(0, len(self.data) - 1)
        found, position = [], 0
        for number, text in sorted(self.long.items()):
            start = self.starts[number]
            found += [self._text(position, start), text]
            position = start
        return "".join([*found, self._text(position, len(self.data) - 1)])

    def holds(self, sign: str) -> bool:
        """Whether some ASCII characters stand in any of the texts."""
        return sign.encode() in self.data or any(sign in text for text in self.long.values())

    def at_least(self, size: int) -> list[int]:
        """The numbers of the texts of so many bytes or more."""
        wide = [n for n, (a, b) in enumerate(pairwise(self.starts)) if b - a > size]
        return sorted({*wide, *self.long})

    def _text(self, start: int, end: int) -> str:
        return str(memoryview(self.data)[start:end], "utf-8", "surrogatepass")

    def _record(self, number: int) -> tuple[int, ...]:
        return tuple(self.parts[self.ends[number] : self.ends[number + 1]])

    def _made(self, number: int, sort: int, record: tuple[int, ...]) -> Segment:
        shared = self.common[sort]
        start, after = self.starts[number], self.starts[number + 1] - 1
        text = self.data[start:after].decode("utf-8", "surrogatepass")
        if not text and self.long:
            text = self.long.get(number, "")
        where = shared.after
        if shared.axis:
            where = (Step(shared.axis, self.ordinals[number]), *where)
        return Segment(text, where, shared.kind, shared.label, record, shared.number)


class Collector:
    """Puts segments into columns, in order: one at a time or many at once."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._starts, self._ordinals = array("q", (0,)), array("q")
        self._sorts, self._records = array("I"), array("I")
        self._ends, self._parts = array("q", (0,)), array("q")
        self._last: tuple[int, ...] | None = None
        self._long: dict[int, str] = {}
        self._common = _Numbers()
        self._alike: dict[object, Sort] = {}
        self._waiting: tuple[list[str], list[Sort], list[int], list[tuple[int, ...]]]
        self._waiting = [], [], [], []

    def __len__(self) -> int:
        return len(self._sorts) + len(self._waiting[0])

    def add(
        self,
        text: str,
        locator: Locator,
        kind: Kind,
        label: str,
        record: tuple[int, ...],
        number: bool,
    ) -> None:
        """Put in one segment, given as its fields."""
        axis, ordinal = locator[0] if locator else ("", 0)
        # By identity, since hashing a member of an enumeration takes longer than all the rest.
        key = id(kind), label, number, axis, locator[1:]
        sort = self._alike.get(key)
        if sort is None:
            sort = self._alike[key] = Sort(kind, label, number, axis, locator[1:])
        texts, sorts, ordinals, records = self._waiting
        texts.append(text)
        sorts.append(sort)
        ordinals.append(ordinal)
        records.append(record)
        if len(texts) >= _WAITING:
            self._settle()

    def extend(
        self,
        texts: Sequence[str],
        sorts: Iterable[Sort],
        ordinals: Iterable[int],
        records: Iterable[tuple[int, ...]],
    ) -> None:
        """Put in many, given in columns of the same length."""
        if self._waiting[0]:
            self._settle()
        self._put(texts, sorts, ordinals, records)

    def table(self) -> SegmentTable:
        """All that was put in. The collector is not used afterwards."""
        self._settle()
        return SegmentTable(
            bytes(self._data),
            self._starts,
            self._sorts,
            tuple(self._common),
            self._ordinals,
            self._records,
            self._ends,
            self._parts,
            self._long,
        )

    def _settle(self) -> None:
        waiting, self._waiting = self._waiting, ([], [], [], [])
        self._put(*waiting)

    def _put(
        self,
        texts: Sequence[str],
        sorts: Iterable[Sort],
        ordinals: Iterable[int],
        records: Iterable[tuple[int, ...]],
    ) -> None:
        if not texts:
            return
        if max(map(len, texts)) >= _LONG:
            texts = list(self._without_long(texts))
        joined = "\n".join(texts)
        if joined.isascii():
            self._data += joined.encode()
            sizes: Iterable[int] = map(len, texts)
        else:
            coded = [text.encode("utf-8", "surrogatepass") for text in texts]
            self._data += b"\n".join(coded)
            sizes = map(len, coded)
        self._data += b"\n"
        with_feeds = map((1).__add__, sizes)
        self._starts.extend(array("q", accumulate(with_feeds, initial=self._starts.pop())))
        self._sorts.extend(array("I", map(self._common.__getitem__, sorts)))
        self._ordinals.extend(array("q", ordinals))
        self._records.extend(array("I", map(self._numbered, records)))

    def _without_long(self, texts: Iterable[str]) -> Iterator[str]:
        for number, text in enumerate(texts, len(self._sorts)):
            if len(text) >= _LONG:
                self._long[number] = text
                yield ""
            else:
                yield text

    def _numbered(self, record: tuple[int, ...]) -> int:
        if record is not self._last and record != self._last:
            self._parts.extend(record)
            self._ends.append(len(self._parts))
            self._last = record
        return len(self._ends) - 2


class _Numbers(dict[Sort, int]):
    """The number of each sort, the next one for a new sort."""

    def __missing__(self, sort: Sort) -> int:
        number = self[sort] = len(self)
        return number


def joined_text(segments: Sequence[Segment]) -> str:
    """The texts of all, with a line feed between two."""
    if isinstance(segments, SegmentTable):
        return segments.text()
    return "\n".join(segment.text for segment in segments)


def table_of(segments: Iterable[Segment]) -> SegmentTable:
    """Segments in columns."""
    collector = Collector()
    for one in segments:
        collector.add(one.text, one.locator, one.kind, one.label, one.record, one.number)
    return collector.table()
