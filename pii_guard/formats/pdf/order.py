"""The order in which glyphs are read, where it is not the order in which they are drawn."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from pii_guard.formats.pdf.glyphs import Glyph

_OFF_LINE = 0.3
_MOST = 2_000


def reading_order(glyphs: Sequence[Glyph]) -> list[int]:
    """Numbers of the glyphs as they are read: draw order, except within lines drawn out of order.

    A line drawn backwards or letter by letter in any order is sorted along its direction; runs of
    right-to-left letters that stand in visual order are turned round.
    """
    order: list[int] = []
    for line, ordered in _lines(glyphs):
        if not ordered:
            line = _sorted(glyphs, line)
        order += _turned(glyphs, line)
    return order


def _lines(glyphs: Sequence[Glyph]) -> list[tuple[list[int], bool]]:
    """Runs of glyphs on one base line that do not return to where the run has been.

    Each with whether it is in order already.
    """
    lines: list[tuple[list[int], bool]] = []
    line: list[int] = []
    taken: list[tuple[float, float]] = []
    first: Glyph | None = None
    low = high = 0.0
    ordered = True
    ux = uy = 0.0
    for number, glyph in enumerate(glyphs):
        if first is not None:
            vx, vy = glyph.x - first.x, glyph.y - first.y
            start = vx * ux + vy * uy
            end = start + glyph.dx * ux + glyph.dy * uy
            size = first.size
            if abs(vy * ux - vx * uy) <= _OFF_LINE * size and end >= start:
                if start >= high - 0.3 * size:
                    high = max(high, end)
                    line.append(number)
                    taken.append((start, end))
                    continue
                if end <= low + 0.3 * size or _is_free(taken, start, end):
                    ordered = False
                    low = min(low, start)
                    line.append(number)
                    taken.append((start, end))
                    continue
        if line:
            lines.append((line, ordered))
        line, first, ordered = [number], glyph, True
        length = math.hypot(glyph.dx, glyph.dy)
        ux, uy = (glyph.dx / length, glyph.dy / length) if length else (1.0, 0.0)
        low, high = 0.0, length
        taken = [(0.0, length)]
    if line:
        lines.append((line, ordered))
    return lines


def _is_free(taken: list[tuple[float, float]], start: float, end: float) -> bool:
    middle = (start + end) / 2
    return len(taken) < _MOST and not any(one <= middle <= other for one, other in reversed(taken))


def _sorted(glyphs: Sequence[Glyph], line: list[int]) -> list[int]:
    first = glyphs[line[0]]
    dx, dy = (first.dx, first.dy) if first.dx or first.dy else (1.0, 0.0)
    return sorted(
        line,
        key=lambda n: ((glyphs[n].x - first.x) * dx + (glyphs[n].y - first.y) * dy, n),
    )


def _turned(glyphs: Sequence[Glyph], line: list[int]) -> list[int]:
    """The line with its runs of right-to-left letters turned: they now stand left to right."""
    if not any(is_rtl(glyphs[n].text) for n in line):
        return line
    out: list[int] = []
    run: list[int] = []
    neutral: list[int] = []
    for number in line:
        text = glyphs[number].text
        if is_rtl(text):
            run += neutral
            neutral = []
            run.append(number)
        elif run and not text.isalnum():
            neutral.append(number)
        else:
            out += [*reversed(run), *neutral, number]
            run, neutral = [], []
    return [*out, *reversed(run), *neutral]


def is_rtl(text: str) -> bool:
    """Whether the text is written from right to left."""
    return bool(text) and text[0] > "\u0590" and unicodedata.bidirectional(text[0]) in ("R", "AL")
