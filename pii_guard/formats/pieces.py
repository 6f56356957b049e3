"""What a lexer yields: pieces, a segment each, one at a time or in batches of many small ones."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, overload

from pii_guard.document import Kind, Locator, Span, Step
from pii_guard.segment_table import Sort

MANY = 4_096
"""Pieces from which a lexer yields its batch."""


def verbatim(text: str) -> str:
    """The spelling of a replacement where nothing needs escaping."""
    return text


class Shifted(Sequence[int]):
    """Where the characters of an unescaped text stand in the source, and its end; a few numbers an escape.

    From the character `firsts[n]` on they stand one after the other from `places[n]` on. Both ascend;
    `firsts` begins with 0. `size`: entries, one more than characters.
    """

    __slots__ = ("_firsts", "_places", "_size")

    def __init__(self, firsts: Sequence[int], places: Sequence[int], size: int) -> None:
        self._firsts, self._places, self._size = array("q", firsts), array("q", places), size

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, number: int) -> int: ...

    @overload
    def __getitem__(self, number: slice) -> list[int]: ...

    def __getitem__(self, number: int | slice) -> int | list[int]:
        if isinstance(number, slice):
            return list(map(self.__getitem__, range(*number.indices(self._size))))
        if number < 0:
            number += self._size
        if not 0 <= number < self._size:
            raise IndexError("no such character")
        run = bisect_right(self._firsts, number) - 1
        return self._places[run] + number - self._firsts[run]


class Deferred(Sequence[int]):
    """Places that are worked out when somebody asks: few of the escaped texts are ever edited."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Sequence[int]]) -> None:
        self._make = make
        self._made: Sequence[int] | None = None

    def _places(self) -> Sequence[int]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __len__(self) -> int:
        return len(self._places())

    @overload
    def __getitem__(self, number: int) -> int: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[int]: ...

    def __getitem__(self, number: int | slice) -> int | Sequence[int]:
        return self._places()[number]


def unescaped(
    text: str, start: int, end: int, escape: re.Pattern[str], meant: Callable[[re.Match[str]], str]
) -> tuple[str, Shifted]:
    """The string that is escaped at `start`..`end`, and where each of its characters stands.

    `escape` is what stands for one character, `meant`: for which.
    """
    parts, firsts, places = list[str](), [0], [start]
    position, size = start, 0
    for match in escape.finditer(text, start, end):
        begun = match.start()
        parts += (text[position:begun], meant(match))
        size += begun - position + 1
        position = match.end()
        firsts.append(size)
        places.append(position)
    parts.append(text[position:end])
    return "".join(parts), Shifted(firsts, places, size + end - position + 1)


class Piece(NamedTuple):
    """A segment of a spliced format and where it stands in the source text.

    `start`/`end`: half-open character range in the source. `offsets`: source position of each
    character of `text` and of its end (`len(text) + 1` entries), or None when the text stands there
    verbatim. `spell` escapes a replacement for that place. The rest is the segment's. A tuple, since
    files have tens of thousands a megabyte and a frozen dataclass takes three times as long to make.
    """

    text: str
    start: int
    end: int
    offsets: Sequence[int] | None = None
    spell: Callable[[str], str] = verbatim
    kind: Kind = Kind.FIELD
    label: str = ""
    record: tuple[int, ...] = ()
    number: bool = False
    locator: Locator | None = None
    """Where it stands; None: numbered in order (`value 1`, `value 2`, …)."""
    islands: Sequence[tuple[int, int]] = ()
    """The source ranges that are the piece's own, where tags or the like stand between them."""
    whole: bool = False
    """Whether its characters have no places of their own: any edit replaces the whole piece."""

    def __repr__(self) -> str:
        return f"Piece({self.start}, {self.end}, {self.kind!r})"

    def source_ranges(self, span: Span) -> list[tuple[int, int]]:
        """The source ranges of `span` (one, but for islands); all of it for a number or a whole."""
        if self.number or self.whole:
            return [(self.start, self.end)]
        if self.offsets is None:
            return [(self.start + span.start, self.start + span.end)]
        start, after = self.offsets[span.start], self.offsets[span.end]
        if not self.islands:
            return [(start, after)]
        return [
            (max(start, low), min(after, high))
            for low, high in self.islands
            if max(start, low) < min(after, high)
        ]

    def part(self, start: int, end: int) -> Piece:
        """The piece of its characters `start`..`end` (half-open)."""
        at = self.offsets
        if at is None:
            low, high = self.start + start, self.start + end
            return self._replace(text=self.text[start:end], start=low, end=high)
        return self._replace(
            text=self.text[start:end],
            start=at[start],
            end=at[end],
            offsets=at[start : end + 1],
        )


def _numbers() -> array[int]:
    return array("q")


Odd = tuple[Sequence[int] | None, Callable[[str], str]]
"""The offsets of a piece, and how a replacement is spelled in it."""


class Sorts(dict[tuple[Kind, str, bool, str], Sort]):
    """The one sort of pieces of a kind and label, numbers or not, that are numbered by an axis."""

    def __missing__(self, what: tuple[Kind, str, bool, str]) -> Sort:
        sort = self[what] = Sort(*what)
        return sort


@dataclass(slots=True)
class Batch:
    """Pieces in columns, an entry a piece, for files that have very many: filled by a lexer.

    `starts`: where each begins in the source. It stands there verbatim and is spelled by `spell`,
    but for those in `odd`. `sorts`, `ordinals` and `records` as in a `SegmentTable`. `islands`: the
    source ranges of those that have any. `ends`: where those end that are replaced as a whole.
    """

    spell: Callable[[str], str]
    texts: list[str] = field(default_factory=list, repr=False)
    starts: array[int] = field(default_factory=_numbers)
    sorts: list[Sort] = field(default_factory=list, repr=False)
    ordinals: array[int] = field(default_factory=_numbers)
    records: list[tuple[int, ...]] = field(default_factory=list)
    odd: dict[int, Odd] = field(default_factory=dict, repr=False)
    islands: dict[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)

    def piece(self, number: int) -> Piece:
        """The piece of that number."""
        text, start, sort = self.texts[number], self.starts[number], self.sorts[number]
        offsets, spell = self.odd.get(number) or (None, self.spell)
        end = self.ends.get(number)
        is_whole = end is not None
        if end is None:
            end = start + len(text) if offsets is None else offsets[-1]
        return Piece(
            text,
            start,
            end,
            offsets,
            spell,
            sort.kind,
            sort.label,
            self.records[number],
            sort.number,
            (Step(sort.axis, self.ordinals[number]), *sort.after),
            self.islands.get(number, ()),
            is_whole,
        )

    def add(self, piece: Piece, sorts: Sorts) -> None:
        """Put in a piece, whose ordinal is still to be told."""
        if piece.whole:
            self.ends[len(self.texts)] = piece.end
        if piece.offsets is not None or piece.spell is not self.spell:
            self.odd[len(self.texts)] = piece.offsets, piece.spell
        if piece.islands:
            self.islands[len(self.texts)] = piece.islands
        axis = piece.locator[0].axis if piece.locator else ""
        self.texts.append(piece.text)
        self.starts.append(piece.start)
        self.sorts.append(sorts[piece.kind, piece.label, piece.number, axis])
        self.records.append(piece.record)

    def pieces(self) -> Iterator[Piece]:
        """All of them."""
        return map(self.piece, range(len(self)))

    def only(self, numbers: Sequence[int]) -> Batch:
        """The pieces of those numbers, which ascend."""
        return Batch(
            self.spell,
            [self.texts[n] for n in numbers],
            array("q", [self.starts[n] for n in numbers]),
            [self.sorts[n] for n in numbers],
            array("q", [self.ordinals[n] for n in numbers]),
            [self.records[n] for n in numbers],
            {place: self.odd[n] for place, n in enumerate(numbers) if n in self.odd},
            {place: self.islands[n] for place, n in enumerate(numbers) if n in self.islands},
            {place: self.ends[n] for place, n in enumerate(numbers) if n in self.ends},
        )

    def part(self, first: int, after: int) -> Batch:
        """The pieces `first`..`after` (half-open)."""
        return Batch(
            self.spell,
            self.texts[first:after],
            self.starts[first:after],
            self.sorts[first:after],
            self.ordinals[first:after],
            self.records[first:after],
            {n - first: odd for n, odd in self.odd.items() if first <= n < after},
            {n - first: held for n, held in self.islands.items() if first <= n < after},
            {n - first: end for n, end in self.ends.items() if first <= n < after},
        )


def together(batches: Iterable[Batch]) -> Batch:
    """At least one batch and those that follow, which spell alike, as one."""
    left = iter(batches)
    whole = next(left)
    for one in left:
        whole.odd |= {len(whole) + n: odd for n, odd in one.odd.items()}
        whole.islands |= {len(whole) + n: held for n, held in one.islands.items()}
        whole.ends |= {len(whole) + n: end for n, end in one.ends.items()}
        whole.texts += one.texts
        whole.starts += one.starts
        whole.sorts += one.sorts
        whole.ordinals += one.ordinals
        whole.records += one.records
    return whole
