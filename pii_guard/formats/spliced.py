"""Text-based formats by splicing: only the characters of an edit change, all others are copied.

A lexer yields `Piece`s: a segment's text with the place of each of its characters in the source, and
`Inlay`s: files within the text. Those in base64 are cut out of pieces for it (`inlays.py`).
A format of this kind is its lexer and an independent reader: see `records` modules for examples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from pii_guard.document import Changes, Child, Document, Edit, Kind, Locator, Segment, Span, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.cutting import Cutting
from pii_guard.formats.decoding import decode
from pii_guard.formats.inlays import Inlay, inlays, may_hold_inlays, without_inlays

_NO_CHILDREN: Mapping[int, bytes] = MappingProxyType({})


def verbatim(text: str) -> str:
    """The spelling of a replacement where nothing needs escaping."""
    return text


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

    def segment(self, ordinal: int) -> Segment:
        """The piece as the segment with that 1-based ordinal."""
        locator = (Step("value", ordinal),) if self.locator is None else self.locator
        return Segment(self.text, locator, self.kind, self.label, self.record, self.number)


Lexed = Iterable[Piece | Inlay]
Lexer = Callable[[str, Bounds], Lexed]


@dataclass(frozen=True, slots=True)
class SplicedFormat:
    """A `Format` made of a lexer and a second reader.

    `lex(text, bounds)` yields pieces in source order, disjoint. `second(blob, bounds)` is `reread`.
    `cutting`: how its files are cut into sections, if they may be.
    """

    media_types: frozenset[str]
    lex: Lexer
    second: Callable[[bytes, Bounds], Document]
    exact: bool = True
    cutting: Cutting | None = None

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Every piece as a segment, every inlay as a child. Raises `Unreadable`."""
        return document_of(cut(self.lex(decode(blob).text, bounds)), bounds)

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The blob with the edited spans and children spliced. Raises `Unreadable`."""
        source = decode(blob)
        lexed = cut(self.lex(source.text, bounds))
        found = replacements(lexed, changes.edits, changes.children)
        return source.splice(found) if found else blob

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """The blob as another library sees it. Raises `Unreadable`."""
        return without_inlays(self.second(blob, bounds))


def cut(lexed: Lexed) -> Iterator[Piece | Inlay]:
    """The same with the files in pieces as inlays, the pieces being what is around them."""
    for piece in lexed:
        if isinstance(piece, Inlay) or piece.number or not may_hold_inlays(piece.text):
            yield piece
            continue
        found = list(inlays(piece.text))
        if not found:
            yield piece
            continue
        if piece.whole:
            raise Unreadable(ReasonCode.NOT_COVERED, "a file within a value that is written anew")
        position = 0
        for one in found:
            if one.start > position:
                yield piece.part(position, one.start)
            ranges = piece.source_ranges(Span(one.start, one.end))
            if len(ranges) != 1:
                raise Unreadable(ReasonCode.NOT_COVERED, "a file that tags cut")
            ((start, end),) = ranges
            yield replace(
                one, start=start, end=end, locator=piece.locator or (), record=piece.record
            )
            position = one.end
        if position < len(piece.text):
            yield piece.part(position, len(piece.text))


def document_of(lexed: Lexed, bounds: Bounds) -> Document:
    """A document of the pieces in order. Raises `Unreadable(LIMIT_FINDINGS)` beyond the bound."""
    segments: list[Segment] = []
    children: list[Child] = []
    most = bounds.max_segments
    for piece in lexed:
        if isinstance(piece, Inlay):
            children.append(piece.child(len(children) + 1))
            continue
        if len(segments) >= most:
            raise Unreadable(ReasonCode.LIMIT_FINDINGS, f"more than {most} values")
        segments.append(piece.segment(len(segments) + 1))
    return Document(tuple(segments), tuple(children))


def replacements(
    lexed: Lexed, edits: Sequence[Edit], children: Mapping[int, bytes] = _NO_CHILDREN
) -> list[tuple[int, int, str]]:
    """Source ranges and their new text for `Source.splice`, in source order.

    The replacement goes into the first range of an edit, its other ranges become empty. Edits of
    one piece that meet after widening (both inside one escape, or a number) become one. An inlay
    that is not among `children` becomes empty.
    """
    wanted = {number: list(group) for number, group in groupby(edits, key=attrgetter("segment"))}
    found: list[tuple[int, int, str]] = []
    number = child = 0
    for piece in lexed:
        if isinstance(piece, Inlay):
            content = children.get(child, b"")
            if content != piece.blob:
                found.append((piece.start, piece.end, piece.spell(content)))
            child += 1
            continue
        position = piece.start
        for edit in wanted.get(number, ()):
            text = piece.spell(edit.replacement)
            for start, end in piece.source_ranges(edit.span):
                if max(start, position) < end:
                    found.append((max(start, position), end, text))
                    position, text = end, ""
        number += 1
    return sorted(found)
