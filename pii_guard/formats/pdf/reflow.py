"""Where the rest of a line goes when a value is taken out of it.

Were it to stay, the width of the gap would tell the value: with Helvetica and a list of 6,071 words,
45 fit a gap in the middle. So a gap gets the width of its token and the line closes up as its setting
demands: at the side that was free, around its middle, or over its spaces when both sides are set.
Rules, highlights and links that stand in the line go with it. Lines that are not horizontal, and
text that patterns and glyph descriptions draw, keep their gaps.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from pii_guard.formats.pdf.glyphs import Box, Glyph

_APART = 1.5
"""Sizes of a gap over which text does not belong to one line any more but to columns."""
_SPACE = 0.15
_NEAR = 0.12
_SAME = 0.75
"""Units by which edges of lines may differ that are set at one margin."""
_WIDEST_SPACE = 0.8
BARE = 2.0
"""Sizes that a box without a token is wide."""


@dataclass(slots=True)
class Gap:
    """What was taken out of a line: from `start` to `end`, of which `wide` units are to be left.

    `span`: the number of the span that it belongs to; `at`: where it starts in the new line.
    """

    span: int
    start: float
    end: float
    wide: float
    low: float
    high: float
    at: float = 0.0

    @property
    def change(self) -> float:
        """How much wider the line gets."""
        return self.wide - (self.end - self.start)


@dataclass(slots=True)
class Line:
    """A run of glyphs on one baseline, from left to right, without a gap as wide as of columns."""

    members: list[int]
    left: float
    right: float
    base: float
    size: float
    gaps: list[Gap] = field(default_factory=list)
    spaces: list[float] = field(default_factory=list)
    side: str = "left"
    _ends: list[float] = field(default_factory=list)
    _grown: list[float] = field(default_factory=list)

    @property
    def set_out(self) -> bool:
        """Whether its spaces take up what changes."""
        return self.side == "both"

    def settle(self) -> None:
        """To be called when the gaps are known, and again when their widths change."""
        self.gaps.sort(key=lambda gap: gap.start)
        self._ends = [gap.end - 0.01 for gap in self.gaps]
        self._grown = list(accumulate((gap.change for gap in self.gaps), initial=0.0))

    def moved(self, x: float) -> float:
        """How far what stood at `x` moves to the right; within a gap in proportion."""
        total = self._grown[-1]
        shift = {"right": -total, "middle": -total / 2}.get(self.side, 0.0)
        if self.set_out:
            shift -= total * bisect_right(self.spaces, x + 0.001) / len(self.spaces)
        before = bisect_right(self._ends, x)
        shift += self._grown[before]
        if before < len(self.gaps):
            gap = self.gaps[before]
            if x > gap.start + 0.01:
                shift += gap.change * (x - gap.start) / (gap.end - gap.start)
        return shift

    def holds(self, box: Box) -> bool:
        """Whether a box stands in this line and no further: an underline, a highlight, a link."""
        x0, y0, x1, y1 = box
        reach = 0.5 * self.size
        return (
            x0 >= self.left - reach
            and x1 <= self.right + reach
            and y0 >= self.base - 0.6 * self.size
            and y1 <= self.base + 1.4 * self.size
            and x0 < x1
        )


@dataclass(frozen=True, slots=True)
class Span:
    """Glyphs (by number) to be taken out together, and how wide their token is in sizes."""

    hits: frozenset[int]
    wide: float


def reflowed(
    glyphs: Sequence[Glyph], gone: set[int], spans: Sequence[Span], page: Box
) -> list[Line]:
    """The lines that lose glyphs, with their gaps and the way they close up. `page`: its box."""
    lines = list(_lines(glyphs))
    edges = _Edges(lines)
    owners: dict[int, list[int]] = defaultdict(list)
    for number, span in enumerate(spans):
        for hit in span.hits:
            owners[hit].append(number)
    found = []
    for line in lines:
        here: dict[int, list[int]] = defaultdict(list)
        for number in line.members:
            if glyphs[number].text.strip():
                for owner in owners.get(number, ()):
                    here[owner].append(number)
        if not here:
            continue
        kept = [glyphs[n] for n in line.members if n not in gone]
        parts = [
            (spans[n].wide, n, part) for n in sorted(here) for part in _parts(here[n], kept, glyphs)
        ]
        line.gaps = _gaps(parts, kept, line)
        if line.gaps:
            line.spaces = _spaces(glyphs, line)
            line.settle()
            told = edges.side(line, page)
            line.side = told or "left"
            _fit(line, edges, page)
            alone = not told and not any(one.text.strip() for one in kept)
            for gap in line.gaps:
                gap.at = gap.start + line.moved(gap.start)
                if alone:  # it may have been set anywhere: say so in steps only
                    gap.at = gap.at // line.size * line.size
            found.append(line)
    return found


def flat(glyph: Glyph) -> bool:
    """Whether it stands on a horizontal line, once, so that it can move along it."""
    return glyph.placed and glyph.dx > 0 and abs(glyph.dy) < 0.001 * glyph.dx


def _lines(glyphs: Sequence[Glyph]) -> Iterable[Line]:
    rows: dict[int, list[int]] = defaultdict(list)
    for number, glyph in enumerate(glyphs):
        if flat(glyph):
            rows[round(glyph.y)].append(number)
    row: list[int] = []
    first = last = 0
    for key in sorted(rows):
        if row and (key - last > 1 or key - first > 2):
            yield from _runs(glyphs, row)
            row = []
        if not row:
            first = key
        row = row + rows[key]
        last = key
    if row:
        yield from _runs(glyphs, row)


def _runs(glyphs: Sequence[Glyph], row: list[int]) -> Iterable[Line]:
    row.sort(key=lambda n: (glyphs[n].x, n))
    members: list[int] = []
    end = 0.0
    for number in row:
        glyph = glyphs[number]
        ink = bool(glyph.text.strip())
        if members and ink and glyph.x - end > _APART * glyph.size:
            yield _line(glyphs, members)
            members = []
        if ink:
            end = glyph.x + glyph.dx if not members else max(end, glyph.x + glyph.dx)
        elif not members:
            end = glyph.x
        members.append(number)
    if members:
        yield _line(glyphs, members)


def _line(glyphs: Sequence[Glyph], members: list[int]) -> Line:
    inked = [glyphs[n] for n in members if glyphs[n].text.strip()]
    if not inked:
        return Line(members, 0.0, 0.0, glyphs[members[0]].y, glyphs[members[0]].size)
    size = max(one.size for one in inked)
    right = max(one.x + one.dx for one in inked)
    return Line(members, inked[0].x, right, inked[0].y, size)


def _parts(
    hits: list[int], kept: Sequence[Glyph], glyphs: Sequence[Glyph]
) -> Iterable[list[Glyph]]:
    """A span's glyphs in a line, parted where a kept letter stands between them."""
    letters = sorted(one.x for one in kept if one.text.strip())
    parts: list[list[Glyph]] = []
    last = -1
    for one in sorted((glyphs[n] for n in hits), key=lambda g: g.x):
        before = bisect_left(letters, one.x + one.dx / 2)
        if parts and last == before:
            parts[-1].append(one)
        else:
            parts.append([one])
        last = before
    return parts


def _gaps(
    parts: Iterable[tuple[float, int, list[Glyph]]], kept: Sequence[Glyph], line: Line
) -> list[Gap]:
    """`parts`: width of the token in heights of the box, number of the span, glyphs."""
    found: list[Gap] = []
    for wide, number, part in parts:
        start, end = min(one.x for one in part), max(one.x + one.dx for one in part)
        low, high = min(one.box[1] for one in part), max(one.box[3] for one in part)
        found.append(Gap(number, start, end, wide * (high - low), low, high))
    found.sort(key=lambda gap: (gap.start, gap.span))
    apart: list[Gap] = []
    for gap in found:  # of those that stand on one another, one
        if apart and apart[-1].end - gap.start > 0.5 * (gap.end - gap.start):
            continue
        apart.append(gap)
    # What kerns with a letter that is gone tells of it.
    starts, ends = sorted(g.x for g in kept), sorted(g.x + g.dx for g in kept)
    for gap in apart:
        gap.end = _nearest(starts, gap.end, _NEAR * line.size)
        gap.start = _nearest(ends, gap.start, _NEAR * line.size)
    for gap, other in pairwise(apart):
        gap.end = min(gap.end, other.start)
    return [gap for gap in apart if gap.end > gap.start + 0.02]


def _nearest(places: Sequence[float], place: float, reach: float) -> float:
    """The place of those within reach that is nearest, else the place itself."""
    at = bisect_left(places, place)
    near = [one for one in places[max(0, at - 1) : at + 1] if abs(one - place) < reach]
    return min(near, key=lambda one: abs(one - place), default=place)


def _spaces(glyphs: Sequence[Glyph], line: Line) -> list[float]:
    """Where spaces end in the line, outside its gaps."""
    found = []
    last: float | None = None
    for number in line.members:
        glyph = glyphs[number]
        if not glyph.text.strip():
            continue
        if last is not None and glyph.x - last > _SPACE * glyph.size:
            found.append(glyph.x)
        last = max(last if last is not None else glyph.x, glyph.x + glyph.dx)
    starts = [gap.start for gap in line.gaps]

    def inside(x: float) -> bool:
        before = bisect_left(starts, x - 0.001) - 1
        return before >= 0 and x < line.gaps[before].end - 0.01

    return sorted(x for x in found if not inside(x))


class _Edges:
    """Where the lines of a page begin, end and have their middle."""

    def __init__(self, lines: Iterable[Line]) -> None:
        seen = [line for line in lines if line.right > line.left]
        self._left = sorted(line.left for line in seen)
        self._right = sorted(line.right for line in seen)
        self._middle = sorted(line.left + line.right for line in seen)
        self._level: dict[int, list[Line]] = defaultdict(list)
        for line in seen:
            self._level[round(line.base / 16)].append(line)

    def side(self, line: Line, page: Box) -> str:
        """At which side a line was set, as others tell that begin or end there; nothing if none."""
        left, right = _shared(self._left, line.left), _shared(self._right, line.right)
        if left and right:
            return "both"
        if left or right:
            return "left" if left else "right"
        centre = line.left + line.right
        if _shared(self._middle, centre) or abs(page[0] + page[2] - centre) < 2 * _SAME:
            return "middle"
        if self._left and abs(page[2] - line.right - self._left[0] + page[0]) < _SAME:
            return "right"  # as far from the edge of the page as the others on the left
        return ""

    def room(self, line: Line, page: Box) -> tuple[float, float]:
        """How much is free on the left and on the right of a line."""
        row = round(line.base / 16)
        left, right = page[0], page[2]
        for other in (o for n in (row - 1, row, row + 1) for o in self._level.get(n, ())):
            if other is not line and abs(other.base - line.base) < line.size:
                if other.left >= line.right - 0.01:
                    right = min(right, other.left)
                if other.right <= line.left + 0.01:
                    left = max(left, other.right)
        return line.left - left, right - line.right


def _shared(places: Sequence[float], place: float) -> bool:
    """Whether another one is there besides itself."""
    return bisect_right(places, place + _SAME) - bisect_left(places, place - _SAME) > 1


def _fit(line: Line, edges: _Edges, page: Box) -> None:
    """See that the line has room for its new width and its spaces for what they are to take up."""
    total = sum(gap.change for gap in line.gaps)
    if line.side == "both":
        spread = -total / len(line.spaces) if line.spaces else 0.0
        if not line.spaces or not -0.15 * line.size < spread < _WIDEST_SPACE * line.size:
            line.side = "left"
    if line.side == "both" or total <= 0:
        return
    left, right = edges.room(line, page)
    room = {"left": right, "right": left}.get(line.side, 2 * min(left, right))
    if total < room - 1:
        return
    for gap in line.gaps:  # narrower than it was, by steps that many values share
        if gap.change > 0:
            gap.wide = max(line.size / 2, (gap.end - gap.start) // line.size * line.size)
    line.settle()
