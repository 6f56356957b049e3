"""Lines of text found in a picture, and the running text they make, each character with its place."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pii_guard.document import Span

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]
"""Corners in pixels, in reading direction: where a line begins above, ends above, ends below, begins
below."""

_COLUMN = 2.5
_PARAGRAPH = 1.2
_PAD_ALONG, _PAD_ACROSS = 0.5, 0.16


@dataclass(frozen=True, slots=True)
class Line:
    """A line as read. `edges`: where its characters begin, and where the last ends, in parts of the
    line's length (`len(text) + 1` entries, rising). `score` in 0..1.
    """

    quad: Quad
    text: str = field(repr=False)
    edges: Sequence[float] = field(repr=False)
    score: float

    @property
    def height(self) -> float:
        """Pixels across the line."""
        return math.dist(self.quad[0], self.quad[3])

    def part(self, start: int, end: int) -> Quad:
        """The place of a half-open range of characters, with half a character and a rim around."""
        length = max(1.0, math.dist(self.quad[0], self.quad[1]))
        room = _PAD_ALONG * max(1 / max(1, len(self.text)), self.height / 3 / length)
        low, high = self.edges[start] - room, self.edges[end] + room
        rim = max(_PAD_ACROSS, 1.5 / max(1.0, self.height))
        (a, b, c, d) = self.quad
        return (
            _between(_between(a, b, low), _between(d, c, low), -rim),
            _between(_between(a, b, high), _between(d, c, high), -rim),
            _between(_between(a, b, high), _between(d, c, high), 1 + rim),
            _between(_between(a, b, low), _between(d, c, low), 1 + rim),
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader saw in a picture: lines, and places with text that it cannot read."""

    lines: tuple[Line, ...] = ()
    unread: tuple[Quad, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """Lines as one text: rows from above, what stands side by side in a row with a blank or a tab
    between.

    Labels stand before or above their values as they do for a reader.
    """

    text: str = field(repr=False)
    lines: tuple[Line, ...] = field(repr=False)
    starts: tuple[int, ...] = field(repr=False)
    """Where in `text` each of `lines` begins."""

    def quads(self, span: Span) -> Iterator[Quad]:
        """The places of a span, one for each line it is on."""
        first = max(0, bisect_right(self.starts, span.start) - 1)
        for line, at in zip(self.lines[first:], self.starts[first:], strict=True):
            start, end = max(span.start - at, 0), min(span.end - at, len(line.text))
            if at >= span.end:
                return
            if start < end:
                yield line.part(start, end)


def laid_out(lines: Sequence[Line]) -> Layout:
    """The lines in reading order."""
    if not lines:
        return Layout("", (), ())
    turn = _skew(lines)
    rows = _rows(lines, turn)
    parts: list[str] = []
    ordered: list[Line] = []
    starts: list[int] = []
    position = 0
    before: Line | None = None
    for row in rows:
        for number, line in enumerate(row):
            if before is not None:
                joint = _joint(before, line, turn) if number else _break(before, line, turn)
                parts.append(joint)
                position += len(joint)
            parts.append(line.text)
            ordered.append(line)
            starts.append(position)
            position += len(line.text)
            before = line
    return Layout("".join(parts), tuple(ordered), tuple(starts))


def _between(one: Point, other: Point, part: float) -> Point:
    return (one[0] + (other[0] - one[0]) * part, one[1] + (other[1] - one[1]) * part)


def _skew(lines: Sequence[Line]) -> float:
    """The angle at which most lines run, in radians; 0 when they disagree or are short."""
    long = [one for one in lines if len(one.text) >= 8] or list(lines)
    return statistics.median(
        math.atan2(one.quad[1][1] - one.quad[0][1], one.quad[1][0] - one.quad[0][0]) for one in long
    )


def _turned(point: Point, turn: float) -> Point:
    x, y = point
    return (x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn))


def _middle(line: Line, turn: float) -> float:
    """How far down the line's middle is, once the picture is set straight."""
    return sum(_turned(corner, turn)[1] for corner in line.quad) / 4


def _rows(lines: Sequence[Line], turn: float) -> list[list[Line]]:
    """Lines by row, from above; within a row from the left."""
    rows: list[tuple[float, list[Line]]] = []
    for line in sorted(lines, key=lambda one: (_middle(one, turn), one.quad)):
        middle = _middle(line, turn)
        if rows and middle - rows[-1][0] < 0.5 * min(line.height, rows[-1][1][-1].height):
            row = rows[-1][1]
            row.append(line)
            rows[-1] = (sum(_middle(one, turn) for one in row) / len(row), row)
        else:
            rows.append((middle, [line]))
    return [sorted(row, key=lambda one: (_turned(one.quad[0], turn), one.quad)) for _, row in rows]


def _joint(before: Line, line: Line, turn: float) -> str:
    gap = _turned(line.quad[0], turn)[0] - _turned(before.quad[1], turn)[0]
    return "\t" if gap > _COLUMN * max(before.height, line.height) else " "


def _break(before: Line, line: Line, turn: float) -> str:
    gap = _middle(line, turn) - _middle(before, turn) - (before.height + line.height) / 2
    return "\n\n" if gap > _PARAGRAPH * max(before.height, line.height) else "\n"
