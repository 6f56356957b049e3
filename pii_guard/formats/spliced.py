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

from pii_guard.document import Changes, Child, Document, Edit, Span, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.cutting import Cutting
from pii_guard.formats.decoding import decode, hides_packed
from pii_guard.formats.inlays import Inlay, inlays, may_hold_inlays, which_may, without_inlays
from pii_guard.formats.pieces import Batch, Piece
from pii_guard.segment_table import Collector

_NO_CHILDREN: Mapping[int, bytes] = MappingProxyType({})

Lexed = Iterable[Piece | Inlay | Batch]
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
        source = decode(blob)
        if hides_packed(source.exact):
            raise Unreadable(ReasonCode.UNKNOWN_CONTENT, "packed data within text")
        return document_of(cut(self.lex(source.text, bounds)), bounds)

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The blob with the edited spans and children spliced. Raises `Unreadable`."""
        source = decode(blob)
        lexed = cut(self.lex(source.text, bounds))
        found = replacements(lexed, changes.edits, changes.children)
        return source.splice(found) if found else blob

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """The blob as another library sees it. Raises `Unreadable`."""
        return without_inlays(self.second(blob, bounds))


def singly(lexed: Lexed) -> Iterator[Piece | Inlay]:
    """The same with batches as the pieces in them."""
    for one in lexed:
        if isinstance(one, Batch):
            yield from one.pieces()
        else:
            yield one


def cut(lexed: Lexed) -> Lexed:
    """The same with the files in pieces as inlays, the pieces being what is around them."""
    for one in lexed:
        if isinstance(one, Inlay):
            yield one
        elif isinstance(one, Piece):
            yield from _cut(one)
        else:
            done = 0
            for number in which_may(one.texts):
                around = list(_cut(one.piece(number)))
                if len(around) != 1 or isinstance(around[0], Inlay):
                    yield one.part(done, number)
                    yield from around
                    done = number + 1
            yield one.part(done, len(one)) if done else one


def _cut(piece: Piece) -> Iterator[Piece | Inlay]:
    found = () if piece.number or not may_hold_inlays(piece.text) else list(inlays(piece.text))
    if not found:
        yield piece
        return
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
        yield replace(one, start=start, end=end, locator=piece.locator or (), record=piece.record)
        position = one.end
    if position < len(piece.text):
        yield piece.part(position, len(piece.text))


def document_of(lexed: Lexed, bounds: Bounds) -> Document:
    """A document of the pieces in order. Raises `Unreadable(LIMIT_CELLS)` beyond the bound."""
    segments = Collector()
    children: list[Child] = []
    most = bounds.max_cells
    for one in lexed:
        if isinstance(one, Inlay):
            children.append(one.child(len(children) + 1))
            continue
        if len(segments) + (len(one) if isinstance(one, Batch) else 1) > most:
            raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {most} values")
        if isinstance(one, Batch):
            segments.extend(one.texts, one.sorts, one.ordinals, one.records)
        else:
            where = (Step("value", len(segments) + 1),) if one.locator is None else one.locator
            segments.add(one.text, where, one.kind, one.label, one.record, one.number)
    return Document(segments.table(), tuple(children))


def replacements(
    lexed: Lexed, edits: Sequence[Edit], children: Mapping[int, bytes] = _NO_CHILDREN
) -> list[tuple[int, int, str]]:
    """Source ranges and their new text for `Source.splice`, in source order.

    The replacement goes into the first range of an edit, its other ranges become empty. Edits of
    one piece that meet after widening (both inside one escape, or a number) become one. An inlay
    that is not among `children` becomes empty.
    """
    wanted = {number: list(group) for number, group in groupby(edits, key=attrgetter("segment"))}
    due = iter(sorted(wanted))
    next_due = next(due, None)
    found: list[tuple[int, int, str]] = []
    number = child = 0
    for one in lexed:
        if isinstance(one, Inlay):
            content = children.get(child, b"")
            if content != one.blob:
                found.append((one.start, one.end, one.spell(content)))
            child += 1
            continue
        first, number = number, number + (len(one) if isinstance(one, Batch) else 1)
        while next_due is not None and next_due < number:
            piece = one.piece(next_due - first) if isinstance(one, Batch) else one
            found += _edited(piece, wanted[next_due])
            next_due = next(due, None)
    return sorted(found)


def _edited(piece: Piece, edits: Iterable[Edit]) -> Iterator[tuple[int, int, str]]:
    position = piece.start
    for edit in edits:
        text = piece.spell(edit.replacement)
        for start, end in piece.source_ranges(edit.span):
            if max(start, position) < end:
                yield max(start, position), end, text
                position, text = end, ""
