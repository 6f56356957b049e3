"""Segments laid out as the texts that recognizers read, with the way back to the segments.

Prose stands as it is, cut into windows at line ends. Fields, cells and metadata of one record stand
together, one a line as `label: value`: a recognizer or a model then reads a column or a key the way
it reads a form in prose.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from pii_guard.detect.drawing import head_at_end
from pii_guard.document import Kind, Layer, Segment, Span
from pii_guard.views import View, changed_lines, views
from pii_guard.views.runs import encoded

WINDOW = 6_000
"""Characters of one passage, at most, unless a single line is longer."""
OVERLAP = 200
"""Characters repeated when a line is longer than a window: longer than any identifier."""

_KEY = re.compile(r"(?!(?:\D*\d){5})[A-Za-z_$@#][\w$:-]{0,40}")
_SHORTEST_RUN = 24
"""Characters of a name that may be an address in base64."""
_RUNNING = frozenset({Kind.PROSE, Kind.LOG, Kind.CODE, Kind.OCR})


class Placed(NamedTuple):
    """Characters `start`..`end` of the passage are those of `segment` from `offset` on."""

    start: int
    end: int
    segment: int
    offset: int


class Place(NamedTuple):
    """A span of a segment, and how what was read is written there."""

    segment: int
    span: Span
    layer: Layer | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to analyse; `placed` is sorted and disjoint."""

    text: str = field(repr=False)
    placed: tuple[Placed, ...]
    kind: Kind

    def places(self, start: int, end: int) -> Iterator[Place]:
        """Where the passage's characters `start`..`end` stand; labels stand nowhere."""
        first = bisect_right(self.placed, start, key=lambda part: part.start) - 1
        for part in islice(self.placed, max(0, first), None):
            if part.start >= end:
                return
            left, right = max(start, part.start), min(end, part.end)
            if left < right:
                shift = part.offset - part.start
                yield Place(part.segment, Span(left + shift, right + shift))


@dataclass(frozen=True, slots=True)
class ViewPassage:
    """A view of a passage: the same text as its reader will see it."""

    text: str = field(repr=False)
    of: Passage
    view: View = field(repr=False)
    kind: Kind

    def places(self, start: int, end: int) -> Iterator[Place]:
        """Where the view's characters `start`..`end` stand."""
        layer = self.view.layer(start, end)
        for place in self.of.places(self.view.starts[start], self.view.ends[end - 1]):
            yield place._replace(layer=layer)


def with_views(passage: Passage) -> Iterator[Passage | ViewPassage]:
    """The passage, and what of it reads differently once decoded."""
    yield passage
    for view in views(passage.text):
        if view.layer(0, 1).scheme == "inline":
            view = changed_lines(view, passage.text)
            kind = passage.kind
        else:
            kind = Kind.LOG
        if view.text.strip():
            yield ViewPassage(view.text, passage, view, kind)


def passages(segments: Sequence[Segment], without: Container[int] = ()) -> Iterator[Passage]:
    """All text of the segments, each character in at least one passage, in order.

    Segments whose number is in `without` are left out.
    """
    form: list[tuple[int, Segment]] = []
    size = 0
    for number, segment in enumerate(segments):
        if number in without or not segment.text.strip() or _is_plain_key(segment):
            continue
        if segment.kind in _RUNNING or len(segment.text) > WINDOW:
            yield from _windows(number, segment)
            continue
        needed = len(segment.text) + len(segment.label) + 3
        if form and size + needed > WINDOW:
            yield _form(form)
            form, size = [], 0
        form.append((number, segment))
        size += needed
    if form:
        yield _form(form)


def _is_plain_key(segment: Segment) -> bool:
    """Keys and headers that are identifiers of a program (`first_name`) name nobody."""
    if segment.kind is not Kind.NAME or _KEY.fullmatch(segment.text) is None:
        return False
    return len(segment.text) < _SHORTEST_RUN or not any(True for _ in encoded(segment.text))


def _form(fields: Sequence[tuple[int, Segment]]) -> Passage:
    parts: list[str] = []
    placed: list[Placed] = []
    position = 0
    record: tuple[int, ...] | None = None
    for number, segment in fields:
        gap = "\n" if record is not None and segment.record[:1] != record[:1] else ""
        head = f"{gap}{_shown(segment.label)}: " if segment.label else gap
        start = position + len(head)
        placed.append(Placed(start, start + len(segment.text), number, 0))
        parts += [head, segment.text, "\n"]
        position = start + len(segment.text) + 1
        record = segment.record
    return Passage("".join(parts), tuple(placed), Kind.FIELD)


_SIGNS = str.maketrans(dict.fromkeys(":：=|\n", " "))


def _shown(label: str) -> str:
    """A label without what would end it before its value: `ns2:firstName`."""
    return label.translate(_SIGNS)


def _windows(number: int, segment: Segment) -> Iterator[Passage]:
    head = f"{_shown(segment.label)}: " if segment.label and segment.kind not in _RUNNING else ""
    drawn = ""
    for start, end in windows(segment.text, WINDOW):
        # A table that goes on from the window before is read below the names of its columns.
        above = len(head) + len(drawn)
        placed = (Placed(above, above + end - start, number, start),)
        yield Passage(head + drawn + segment.text[start:end], placed, segment.kind)
        drawn = head_at_end(segment.text[start:end], drawn)


def windows(text: str, size: int) -> Iterator[tuple[int, int]]:
    """Half-open ranges of at most `size` characters that cover the text, cut at line ends.

    A cut inside a line repeats `OVERLAP` characters, so that nothing is split on both sides.
    """
    start = 0
    while start < len(text):
        end = _cut(text, start, size)
        yield start, end
        if end == len(text):
            return
        start = end if text[end - 1] == "\n" else max(start + 1, end - OVERLAP)


def _cut(text: str, start: int, size: int) -> int:
    """The end of the window from `start`: an empty line, else a line end, else its full length."""
    if len(text) - start <= size:
        return len(text)
    limit = start + size
    for mark in ("\n\n", "\r\n\r\n", "\n"):
        at = text.rfind(mark, start + size // 2, limit)
        if at >= 0:
            return at + len(mark)
    return limit
