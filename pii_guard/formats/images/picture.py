"""The format of pictures: metadata by pieces of the file, text by looking at the pixels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import attrgetter

from pii_guard.document import UNSCANNED, Changes, Child, Document, Edit, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.images import second
from pii_guard.formats.images.frames import opened
from pii_guard.formats.images.held import Piece, Value, joined, values_of
from pii_guard.formats.images.painting import painted
from pii_guard.formats.images.seen import Place, places_of, rimmed, seen, seen_again
from pii_guard.formats.images.wanted import Wanted
from pii_guard.formats.ocr import Quad

_LOOKS = 3

Split = Callable[[bytes], list[Piece]]
Assemble = Callable[[list[Piece], Iterator[Value]], bytes]


@dataclass(frozen=True, slots=True)
class Picture:
    """A format of pictures. `kind` is Pillow's name of it.

    Segments are what stands beside the pixels, then for each frame (those that look alike are one)
    its text, its codes, and the places with text that cannot be read (`UNSCANNED`).
    """

    media_types: frozenset[str]
    kind: str
    split: Split
    assemble: Assemble = joined
    exact: bool = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """All that can be read beside and in the pixels. Raises `Unreadable`."""
        segments: list[Segment] = []
        children: list[Child] = []
        number = 0
        with opened(blob, self.kind, bounds) as image:  # first: it tells how large the picture is
            for held in chain.from_iterable(piece.held for piece in self.split(blob)):
                number += 1
                where = (Step("metadata", number),)
                if held.blob is not None:
                    children.append(Child(held.blob, where, "", held.media_type))
                else:
                    segments.append(Segment(held.text, where, held.kind, held.label))
            segments += seen(blob, image, bounds).segments
        return Document(tuple(segments), tuple(children))

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The picture with what is edited in its pixels filled. Raises `Unreadable`."""
        edits = {n: list(group) for n, group in groupby(changes.edits, key=attrgetter("segment"))}
        pieces = self.split(blob)
        before = values_of(pieces)
        after = _edited(before, edits, changes)
        if after == before and not edits:
            return blob
        written = self.assemble(pieces, iter(after)) if after != before else blob
        first = sum(not isinstance(value, bytes) for value in before)
        fills: dict[int, list[Quad]] = defaultdict(list)
        if any(segment >= first for segment in edits):
            with opened(blob, self.kind, bounds) as image:
                places = places_of(blob, lambda: seen(blob, image, bounds))
            for segment, some in edits.items():
                if segment >= first:
                    _add(fills, places[segment - first], some)
        return self._filled(written, fills, Wanted(changes.gone), bounds)

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """The picture as Pillow and the second reader of pictures see it. Raises `Unreadable`."""
        return second.document(blob, self.kind, bounds)

    def _filled(
        self, written: bytes, fills: dict[int, list[Quad]], wanted: Wanted, bounds: Bounds
    ) -> bytes:
        """The file with places filled, and those where the second reader still reads a value."""
        for _ in range(_LOOKS):
            if fills:
                written = painted(written, self.kind, fills, bounds)
            fills = defaultdict(list)
            with opened(written, self.kind, bounds) as image:
                for numbers, layout in seen_again(image, bounds, keep=True):
                    for span in wanted.within(layout.text):
                        for number in numbers:
                            fills[number] += map(rimmed, layout.quads(span))
            if not fills:
                return written
        raise Unreadable(ReasonCode.VERIFICATION_FAILED, "a value is still to be read in a picture")


def _edited(before: Sequence[Value], edits: dict[int, list[Edit]], changes: Changes) -> list[Value]:
    """The new value of everything held: segments and children are numbered apart."""
    after: list[Value] = []
    segment = child = 0
    for value in before:
        if isinstance(value, bytes):
            after.append(changes.children.get(child))
            child += 1
        else:
            after.append(_spliced(str(value), edits.get(segment, ())))
            segment += 1
    return after


def _spliced(text: str, edits: Sequence[Edit]) -> Value:
    if text == UNSCANNED and edits:
        return None
    for edit in reversed(edits):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


def _add(fills: dict[int, list[Quad]], place: Place, edits: Sequence[Edit]) -> None:
    for edit in edits:
        for quad in place.quads(edit.span):
            for number in place.frames:
                fills[number].append(quad)
