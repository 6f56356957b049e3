"""Many segments in columns: a few dozen bytes each where objects of their own take four hundred.

A file of rows has a hundred thousand small values a megabyte or two. Their texts stand one after the
other in UTF-8, where each stands is a number, and what many have in common is kept once. A segment
is made when somebody looks at it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise
from operator import eq
from typing import overload

from pii_guard.document import Kind, Locator, Segment, Step

_LONG = 2_000
"""Characters from which a text stays a string: taking it out of the bytes would cost each time."""
_WAITING = 1_024
"""Segments that are put into columns at once."""
_EXACTLY = "utf-8", "surrogatepass"
"""How texts are encoded: half a surrogate pair, too, is a character that a text may have."""


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
class _Block:
    """Some thousand segments that follow each other.

    Columns have an entry a segment: `starts`, the byte of `data` where its text begins, with an end
    after the last, each text with a line feed behind it; `sorts`, the number of its sort; `ordinals`,
    of its place; `records`, the number of its record in the block. `ends`: where records end in
    `parts`. `long`: texts that are not in `data`, where they are empty.
    """

    data: bytes = field(repr=False)
    starts: array[int] = field(repr=False)
    sorts: array[int] = field(repr=False)
    ordinals: array[int] = field(repr=False)
    records: array[int] = field(repr=False)
    ends: array[int] = field(repr=False)
    parts: array[int] = field(repr=False)
    long: Mapping[int, str] = field(repr=False)

    def segment(self, number: int, common: Sequence[Sort], record: tuple[int, ...]) -> Segment:
        """The segment of that number in the block."""
        shared = common[self.sorts[number]]
        text = self.data[self.starts[number] : self.starts[number + 1] - 1].decode(*_EXACTLY)
        if not text and self.long:
            text = self.long.get(number, "")
        where = shared.after
        if shared.axis:
            where = (Step(shared.axis, self.ordinals[number]), *where)
        return Segment(text, where, shared.kind, shared.label, record, shared.number)

    def record(self, number: int) -> tuple[int, ...]:
        """The record of that number."""
        return tuple(self.parts[self.ends[number] : self.ends[number + 1]])

    def segments(self, common: Sequence[Sort]) -> Iterator[Segment]:
        """All of them, in order."""
        last, record = -1, tuple[int, ...]()
        long = self.long
        columns = zip(self._texts(), self.sorts, self.ordinals, self.records, strict=True)
        for number, (text, sort, ordinal, place) in enumerate(columns):
            if place != last:
                last, record = place, self.record(place)
            if long and not text:
                text = long.get(number, "")
            shared = common[sort]
            where = (Step(shared.axis, ordinal), *shared.after) if shared.axis else shared.after
            yield Segment(text, where, shared.kind, shared.label, record, shared.number)

    def _texts(self) -> Iterable[str]:
        """Of each segment, as it is in `data`."""
        texts = self.data.decode(*_EXACTLY).split("\n")
        del texts[-1]
        if len(texts) == len(self.sorts):
            return texts
        # A text has a line feed of its own.
        return (
            self.data[start : end - 1].decode(*_EXACTLY) for start, end in pairwise(self.starts)
        )

    def texts(self) -> Iterator[str]:
        """What, joined, is all texts with a line feed between two."""
        position = 0
        for number, text in sorted(self.long.items()):
            yield self.data[position : self.starts[number]].decode(*_EXACTLY)
            yield text
            position = self.starts[number]
        yield self.data[position:-1].decode(*_EXACTLY)


@dataclass(frozen=True, slots=True, eq=False)
class SegmentTable(Sequence[Segment]):
    """Segments in columns; as a tuple of them in every way but memory. Made by a `Collector`.

    In blocks, since columns that grow leave holes behind them. `firsts`: the number of the first
    segment of each block, and at last how many there are. `common`: the sorts by number.
    """

    blocks: tuple[_Block, ...] = field(repr=False)
    firsts: tuple[int, ...] = field(repr=False)
    common: tuple[Sort, ...] = field(repr=False)

    def __len__(self) -> int:
        return self.firsts[-1]

    @overload
    def __getitem__(self, number: int) -> Segment: ...

    @overload
    def __getitem__(self, number: slice) -> tuple[Segment, ...]: ...

    def __getitem__(self, number: int | slice) -> Segment | tuple[Segment, ...]:
        if isinstance(number, slice):
            return tuple(map(self.__getitem__, range(*number.indices(len(self)))))
        if number < 0:
            number += len(self)
        if not 0 <= number < len(self):
            raise IndexError("no such segment")
        place = bisect_right(self.firsts, number) - 1
        block, number = self.blocks[place], number - self.firsts[place]
        return block.segment(number, self.common, block.record(block.records[number]))

    def __iter__(self) -> Iterator[Segment]:
        return chain.from_iterable(block.segments(self.common) for block in self.blocks)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SegmentTable | tuple | list):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"SegmentTable(of {len(self)})"

    def text(self) -> str:
        """The texts of all, with a line feed between two."""
        return "\n".join("".join(block.texts()) for block in self.blocks)

    def holds(self, sign: str) -> bool:
        """Whether some ASCII characters, no line feed among them, stand in any of the texts."""
        raw = sign.encode("ascii")
        return any(
            raw in block.data or any(sign in text for text in block.long.values())
            for block in self.blocks
        )

    def at_least(self, size: int) -> Iterator[int]:
        """The numbers of the texts of so many bytes or more."""
        for first, block in zip(self.firsts, self.blocks, strict=False):
            for number, (start, after) in enumerate(pairwise(block.starts)):
                if after - start > size or number in block.long:
                    yield first + number


class Collector:
    """Puts segments into columns, in order: one at a time or many at once."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._firsts = [0]
        self._common = _Numbers()
        self._alike: dict[object, Sort] = {}
        self._texts, self._sorts = list[str](), list[Sort]()
        self._ordinals, self._records = list[int](), list[tuple[int, ...]]()

    def __len__(self) -> int:
        return self._firsts[-1] + len(self._texts)

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
        self._texts.append(text)
        self._sorts.append(sort)
        self._ordinals.append(ordinal)
        self._records.append(record)
        if len(self._texts) >= _WAITING:
            self._settle()

    def extend(
        self,
        texts: Sequence[str],
        sorts: Iterable[Sort],
        ordinals: Iterable[int],
        records: Iterable[tuple[int, ...]],
    ) -> None:
        """Put in many, given in columns of the same length."""
        self._settle()
        self._put(texts, sorts, ordinals, records)

    def table(self) -> SegmentTable:
        """All that was put in. The collector is not used afterwards."""
        self._settle()
        return SegmentTable(tuple(self._blocks), tuple(self._firsts), tuple(self._common))

    def _settle(self) -> None:
        self._put(self._texts, self._sorts, self._ordinals, self._records)
        self._texts, self._sorts, self._ordinals, self._records = [], [], [], []

    def _put(
        self,
        texts: Sequence[str],
        sorts: Iterable[Sort],
        ordinals: Iterable[int],
        records: Iterable[tuple[int, ...]],
    ) -> None:
        if not texts:
            return
        long: dict[int, str] = {}
        if max(map(len, texts)) >= _LONG:
            long = {number: text for number, text in enumerate(texts) if len(text) >= _LONG}
            texts = [text if len(text) < _LONG else "" for text in texts]
        joined = "\n".join(texts)
        if joined.isascii():
            data, sizes = f"{joined}\n".encode(), map(len, texts)
        else:
            coded = [text.encode(*_EXACTLY) for text in texts]
            data, sizes = b"\n".join([*coded, b""]), map(len, coded)
        with_feeds = map((1).__add__, sizes)
        block = _Block(
            data,
            _column(list(accumulate(with_feeds, initial=0))),
            _column(list(map(self._common.__getitem__, sorts))),
            _column(list(ordinals)),
            *_of_records(records),
            long,
        )
        self._blocks.append(block)
        self._firsts.append(self._firsts[-1] + len(texts))


def _of_records(
    records: Iterable[tuple[int, ...]],
) -> tuple[array[int], array[int], array[int]]:
    """The columns `records`, `ends` and `parts` of a block; the same again and again is kept once."""
    numbers, ends, parts = list[int](), [0], list[int]()
    last: tuple[int, ...] | None = None
    for record in records:
        if record is not last and record != last:
            parts.extend(record)
            ends.append(len(parts))
            last = record
        numbers.append(len(ends) - 2)
    return _column(numbers), _column(ends), _column(parts)


def _column(numbers: list[int]) -> array[int]:
    """The numbers in two bytes each, or in four, or in eight."""
    for code in "HI":
        try:
            return array(code, numbers)
        except OverflowError:
            continue
    return array("q", numbers)


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
