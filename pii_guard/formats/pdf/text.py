"""Running text of a page from its glyphs, each character knowing its glyph."""

from __future__ import annotations

import math
import statistics
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pii_guard.formats.pdf.fonts import NOTHING
from pii_guard.formats.pdf.glyphs import Box, Glyph
from pii_guard.formats.pdf.order import is_rtl, reading_order

_SPACE = 0.22
_OFF_LINE = 0.5
_PADDING = 0.04
"""Sizes that a text stands off the side of its cell at least (LibreOffice: 0.35 mm)."""
_CELL = 24.0
_LONGEST_WORD = 60
UNKNOWN = "\ufffd"
"""Stands in a text for a glyph without meaning."""


@dataclass(frozen=True, slots=True)
class PageText:
    """`text` and, for each of its characters, the number of its glyph or -1 (white space of ours)."""

    text: str = field(repr=False)
    glyphs: array[int] = field(repr=False)

    def between(self, start: int, end: int) -> set[int]:
        """The glyphs of characters `start`..`end`."""
        return {number for number in self.glyphs[start:end] if number >= 0}


class _Writer:
    """Collects characters with their glyphs."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.owners: list[int] = []
        # Where a space of ours stands between lone letters, how wide it is in sizes.
        self.gaps: dict[int, float] = {}

    def put(self, characters: str, owner: int) -> None:
        for character in characters:
            self.text.append(" " if character in "\u00a0\r\n\t" else character)
            self.owners.append(owner)

    def space(self, gap: str, width: float) -> None:
        if gap == " " and self.text and self.text[-1].isspace():
            return
        self.gaps[len(self.text)] = width
        self.text.append(gap)
        self.owners.append(-1)

    def hyphen_taken(self) -> bool:
        """Drop a soft hyphen at the end; whether there was one."""
        if self.text and self.text[-1] in "\u00ad\u2010":
            self.text.pop()
            self.owners.pop()
            return True
        return False


def page_text(glyphs: Sequence[Glyph]) -> PageText:
    """Glyphs in reading order; gaps become spaces, jumps line ends.

    Hyphens at a line end join the word, letters set apart are drawn together, ligatures are their
    letters. A glyph drawn again in place (fake bold) counts once.
    """
    out = _Writer()
    last: Glyph | None = None
    for number in reading_order(glyphs):
        glyph = glyphs[number]
        if glyph.text == NOTHING:
            continue
        if last is not None:
            if glyph.text == last.text and _same_place(last, glyph):
                continue
            gap, width = _gap(last, glyph)
            if gap and not (gap == "\n" and out.hyphen_taken()):
                out.space(gap, width)
        out.put(_letters(glyph.text) or UNKNOWN, number)
        last = glyph
    _close_up(out)
    return _unhyphenated(out)


def _letters(text: str) -> str:
    """Ligatures and presentation forms as the letters they stand for."""
    if text.isascii() or not any("\ufb00" <= c <= "\ufeff" for c in text):
        return text
    return unicodedata.normalize("NFKC", text)


def _same_place(one: Glyph, other: Glyph) -> bool:
    near = math.hypot(one.x - other.x, one.y - other.y) < 0.12 * one.size
    return near and bool(one.text.strip())


def _gap(last: Glyph, glyph: Glyph) -> tuple[str, float]:
    """What stands between two glyphs, and how wide it is in sizes."""
    dx, dy = last.dx, last.dy
    vx, vy = glyph.x - last.x - dx, glyph.y - last.y - dy
    size = last.size if last.size > 0.1 else 0.1
    if dy == 0 and dx > 0:
        along, across = vx, abs(vy)
    else:
        length = math.hypot(dx, dy)
        ux, uy = (dx / length, dy / length) if length else (1.0, 0.0)
        along, across = vx * ux + vy * uy, abs(vy * ux - vx * uy)
    if along < -size and across <= _OFF_LINE * size and (is_rtl(last.text) or is_rtl(glyph.text)):
        along = -along - math.hypot(dx, dy) - math.hypot(glyph.dx, glyph.dy)
    if across > _OFF_LINE * size or along < -size:
        return "\n", 0.0
    if along > 1.5 * size:
        return "\t", along / size
    apart = along > _SPACE * size or (dy == 0 and dx > 0 and _are_cells(last, glyph, along))
    return (" " if apart else ""), along / size


def _are_cells(last: Glyph, glyph: Glyph, along: float) -> bool:
    """Whether two glyphs that are near each other are of two cells of a sheet.

    Where a cell has no room for its text the clip ends, with the text behind it unseen, and the next
    one starts a little further on; or a number stands at the right of its cell before a word.
    """
    size = last.size
    if last.clip != glyph.clip:
        if last.clip and last.clip[2] < glyph.x - _PADDING * size:
            return True
        if glyph.clip and last.x + last.dx <= glyph.clip[0] < glyph.x - _PADDING * size:
            return True
    return (
        along > 2 * _PADDING * size
        and last.operator != glyph.operator
        and (last.text.isdigit() and glyph.text.isalpha())
    )


def _close_up(out: _Writer) -> None:
    """Take spaces of ours out of runs of lone letters: letters set apart, not words of one letter.

    In a run of at least four, gaps up to 1.6 times the middle one belong to the setting.
    """
    places = sorted(place for place in out.gaps if out.text[place] != "\n")
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 2:
            runs[-1].append(place)
        else:
            runs.append([place])
    dropped: set[int] = set()
    for run in runs:
        if len(run) >= 3:
            middle = statistics.median(out.gaps[place] for place in run)
            dropped.update(p for p in run if out.gaps[p] <= 1.6 * middle and out.text[p] == " ")
    if dropped:
        out.text = [c for n, c in enumerate(out.text) if n not in dropped]
        out.owners = [c for n, c in enumerate(out.owners) if n not in dropped]


def _unhyphenated(out: _Writer) -> PageText:
    """The text with words joined that a hyphen splits over two lines.

    Between small letters the hyphen goes too; within numbers, accounts and names it stays.
    """
    text, owners = "".join(out.text), out.owners
    position = text.find("-\n")
    if position < 0:
        return PageText(text, array("i", owners))
    parts, kept, done = [], [], 0
    while position >= 0:
        before, after = text[position - 1 : position], text[position + 2 : position + 3]
        if before.isalnum() and after.isalnum():
            end = position + (not (before.islower() and after.islower()))
            parts.append(text[done:end])
            kept += owners[done:end]
            done = position + 2
        position = text.find("-\n", position + 2)
    parts.append(text[done:])
    kept += owners[done:]
    return PageText("".join(parts), array("i", kept))


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A span with the rest of its first and last word, where that holds glyphs without meaning.

    What a detector could not read may belong to what it found.
    """
    low, high = start, end
    while low > 0 and start - low < _LONGEST_WORD and not text[low - 1].isspace():
        low -= 1
    while high < len(text) and high - end < _LONGEST_WORD and not text[high].isspace():
        high += 1
    return (
        low if UNKNOWN in text[low:start] else start,
        high if UNKNOWN in text[end:high] else end,
    )


def covered(glyphs: Sequence[Glyph], hits: Iterable[int]) -> set[int]:
    """The hits and every other glyph whose centre lies in one of their boxes: hidden copies."""
    found = set(hits)
    boxes = []
    for number in found:
        x0, y0, x1, y1 = glyphs[number].box
        middle, reach = (y0 + y1) / 2, 0.3 * (y1 - y0)
        boxes.append((x0, middle - reach, x1, middle + reach))
    return found | inside(glyphs, boxes)


def inside(glyphs: Sequence[Glyph], boxes: Sequence[Box]) -> set[int]:
    """The glyphs whose centre lies in one of the boxes."""
    if not boxes:
        return set()
    cells: dict[tuple[int, int], list[Box]] = defaultdict(list)
    large: list[Box] = []
    for box in boxes:
        if max(box[2] - box[0], box[3] - box[1]) > 4 * _CELL:
            large.append(box)
            continue
        for column in range(int(box[0] // _CELL), int(box[2] // _CELL) + 1):
            for row in range(int(box[1] // _CELL), int(box[3] // _CELL) + 1):
                cells[column, row].append(box)
    found = set()
    for number, glyph in enumerate(glyphs):
        box = glyph.box
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        near: Sequence[Box] = cells.get((int(x // _CELL), int(y // _CELL)), ())
        for x0, y0, x1, y1 in (*near, *large) if large else near:
            if x0 <= x <= x1 and y0 <= y <= y1:
                found.add(number)
                break
    return found
