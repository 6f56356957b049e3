"""Running text of a page from its glyphs, each character knowing its glyph."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pii_guard.formats.pdf.walk import Glyph

_SPACE = 0.22
_OFF_LINE = 0.5


@dataclass(frozen=True, slots=True)
class PageText:
    """`text` and, for each of its characters, the number of its glyph or -1 (white space of ours)."""

    text: str = field(repr=False)
    glyphs: tuple[int, ...] = field(repr=False)

    def between(self, start: int, end: int) -> set[int]:
        """The glyphs of characters `start`..`end`."""
        return {number for number in self.glyphs[start:end] if number >= 0}


def page_text(glyphs: Sequence[Glyph]) -> PageText:
    """Glyphs in the order they are drawn; gaps become spaces, jumps line ends.

    Soft hyphens at a line end join the word. A glyph drawn again in place (fake bold) counts once.
    """
    text: list[str] = []
    owners: list[int] = []
    last: Glyph | None = None
    for number, glyph in enumerate(glyphs):
        if last is not None:
            if _same_place(last, glyph):
                continue
            gap = _gap(last, glyph)
            if gap == "\n" and text and text[-1] in "\u00ad\u2010":
                text.pop()
                owners.pop()
            elif gap and not (text and text[-1].isspace() and gap == " "):
                text.append(gap)
                owners.append(-1)
        for character in glyph.text or "\ufffd":
            text.append(" " if character in "\u00a0\r\n\t" else character)
            owners.append(number)
        last = glyph
    return PageText("".join(text), tuple(owners))


def _same_place(one: Glyph, other: Glyph) -> bool:
    near = math.hypot(one.x - other.x, one.y - other.y) < 0.12 * one.size
    return near and one.text == other.text and bool(one.text.strip())


def _gap(last: Glyph, glyph: Glyph) -> str:
    length = math.hypot(last.dx, last.dy)
    ux, uy = (last.dx / length, last.dy / length) if length else (1.0, 0.0)
    vx, vy = glyph.x - last.x - last.dx, glyph.y - last.y - last.dy
    along, across = vx * ux + vy * uy, abs(vy * ux - vx * uy)
    size = max(last.size, 0.1)
    if across > _OFF_LINE * size or along < -size:
        return "\n"
    if along > 1.5 * size:
        return "\t"
    return " " if along > _SPACE * size else ""


def covered(glyphs: Sequence[Glyph], hits: Iterable[int]) -> set[int]:
    """The hits and every other glyph whose centre lies in one of their boxes: hidden copies."""
    found = set(hits)
    boxes = [glyphs[number].box for number in found]
    if not boxes:
        return found
    left, low = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, high = max(b[2] for b in boxes), max(b[3] for b in boxes)
    for number, glyph in enumerate(glyphs):
        x, y = (glyph.box[0] + glyph.box[2]) / 2, (glyph.box[1] + glyph.box[3]) / 2
        if number in found or not (left <= x <= right and low <= y <= high):
            continue
        for x0, y0, x1, y1 in boxes:
            middle, reach = (y0 + y1) / 2, 0.3 * (y1 - y0)
            if x0 <= x <= x1 and middle - reach <= y <= middle + reach:
                found.add(number)
                break
    return found
