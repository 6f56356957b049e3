"""Lays a page out anew after its glyphs were taken: boxes, and what stands in their lines."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pikepdf

from pii_guard.formats.pdf.glyphs import Box, Glyph, PageWalk, Rule, StreamKey
from pii_guard.formats.pdf.reflow import BARE, Line, Span, flat, reflowed
from pii_guard.formats.pdf.rewrite import Edits
from pii_guard.formats.pdf.showing import Layout
from pii_guard.formats.pdf.tokens import boxes, length, widened

_ROW = 50.0
_Marks = list[tuple[list[Box], str]]


def placed(
    walk: PageWalk, spans: Sequence[tuple[set[int], str]], gone: set[int], page: pikepdf.Page
) -> tuple[_Marks, list[Line]]:
    """The boxes to draw for each span, with its token, and the lines that close up."""
    glyphs = walk.glyphs
    left, low, right, high = (float(n) for n in page.mediabox)
    wanted = [
        Span(frozenset(hits), length(token) if token.isascii() and token else BARE)
        for hits, token in spans
    ]
    lines = reflowed(glyphs, gone, wanted, (left, low, right, high))
    by_span: dict[int, list[Box]] = defaultdict(list)
    for line in sorted(lines, key=lambda one: -one.base):
        for gap in line.gaps:
            by_span[gap.span].append((gap.at, gap.low, gap.at + gap.wide, gap.high))
    room = _Room(glyphs, gone, right)
    marks = []
    for number, (hits, token) in enumerate(spans):
        rest = [
            glyphs[n]
            for n in sorted(hits)
            if glyphs[n].placed and glyphs[n].text.strip() and not flat(glyphs[n])
        ]
        drawn = [*by_span.get(number, ()), *(widened(box, room.beside) for box in boxes(rest))]
        if drawn:
            marks.append((drawn, token))
    return marks, lines


class _Room:
    """How far boxes may reach on a page: not over what stays."""

    def __init__(self, glyphs: Sequence[Glyph], gone: set[int], edge: float) -> None:
        self._glyphs, self._gone, self._edge = glyphs, gone, edge
        self._rows: dict[int, list[Glyph]] | None = None

    def beside(self, box: Box) -> float:
        """The right end of what is free beside a box."""
        if self._rows is None:
            kept = (g for n, g in enumerate(self._glyphs) if n not in self._gone)
            self._rows = _rows(g for g in kept if g.text.strip())
        near = self._rows.get(round((box[1] + box[3]) / 2 / 8), ())
        right = [g.box[0] - 1 for g in near if g.box[2] > box[0] and g.box[0] >= box[0]]
        return min([self._edge, *right])


def _rows(glyphs: Iterable[Glyph]) -> dict[int, list[Glyph]]:
    """Glyphs by the rows of 8 units that their boxes touch."""
    rows: dict[int, list[Glyph]] = {}
    for glyph in glyphs:
        low, high = round(glyph.box[1] / 8), round(glyph.box[3] / 8)
        for row in range(low, min(high, low + 50) + 1):
            rows.setdefault(row, []).append(glyph)
    return rows


def follow(
    edits: Edits, walk: PageWalk, gone: set[int], lines: Sequence[Line], page: pikepdf.Page
) -> None:
    """Move what stands in lines that close up: their glyphs, rules behind them, annotations."""
    if not lines:
        return
    shifts: dict[int, float] = {}
    even: set[int] = set()
    for line in lines:
        for number in line.members:
            if number not in gone:
                shifts[number] = round(line.moved(walk.glyphs[number].x), 4)
        if line.set_out:
            even.update(line.members)
    _glyphs(edits, walk, lines, shifts, even)
    rules: dict[int, list[Rule]] = defaultdict(list)
    for rule in walk.rules:
        rules[int(rule.box[1] // _ROW)].append(rule)
    for line in lines:
        low, high = line.base - 0.6 * line.size, line.base + 1.4 * line.size
        for row in range(int(low // _ROW), min(int(high // _ROW), int(low // _ROW) + 40) + 1):
            for rule in rules.get(row, ()):
                if line.holds(rule.box):
                    edits.path(rule, line.moved(rule.box[0]), line.moved(rule.box[2]))
    for annotation in page.obj.get("/Annots", ()):
        if (
            isinstance(annotation, pikepdf.Dictionary)
            and annotation.get("/Subtype") != pikepdf.Name.Widget
        ):
            _annotation(annotation, lines)


def _glyphs(
    edits: Edits,
    walk: PageWalk,
    lines: Sequence[Line],
    shifts: dict[int, float],
    even: set[int],
) -> None:
    members = {number for line in lines for number in line.members}
    touched: dict[StreamKey, set[int]] = defaultdict(set)
    for number in members:
        one = walk.glyphs[number]
        touched[one.stream].add(one.operator)
    follows: dict[StreamKey, set[int]] = {}
    all_shown: dict[StreamKey, set[int]] = defaultdict(set)
    for one in walk.glyphs:
        all_shown[one.stream].add(one.operator)
    for stream, operators in touched.items():
        shown = sorted(all_shown[stream])
        # The pen stands elsewhere behind an operator: the next one may depend on it.
        after = dict(pairwise(shown))
        follows[stream] = operators | {after[one] for one in operators if one in after}
    held: dict[tuple[StreamKey, int], dict[int, dict[int, tuple[Glyph, float]]]] = {}
    spread: set[tuple[StreamKey, int]] = set()
    for number, one in enumerate(walk.glyphs):
        if one.operator in follows.get(one.stream, ()):
            key = (one.stream, one.operator)
            spread.update([key] if number in even else [])
            elements = held.setdefault(key, {}).setdefault(one.element, {})
            elements.setdefault(one.offset, (one, shifts.get(number, 0.0)))
    for (stream, operator), glyphs in held.items():
        edits.layout(stream, operator, Layout(glyphs, even=(stream, operator) in spread))


def _annotation(annotation: Any, lines: Sequence[Line]) -> None:
    for key, size in (("/Rect", 4), ("/QuadPoints", 8)):
        numbers = annotation.get(key)
        if not isinstance(numbers, pikepdf.Array) or len(numbers) % size:
            continue
        values = [float(n) for n in numbers]
        for start in range(0, len(values), size):
            xs, ys = values[start : start + size : 2], values[start + 1 : start + size : 2]
            box = (min(xs), min(ys), max(xs), max(ys))
            for line in lines:
                if line.holds(box) and not math.isinf(box[0]):
                    for n in range(start, start + size, 2):
                        values[n] = round(values[n] + line.moved(values[n]), 4)
                    break
        annotation[key] = pikepdf.Array(values)
