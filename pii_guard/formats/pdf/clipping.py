"""What a content stream may paint in: the clipping path (ISO 32000-1, 8.5.4), as far as it is a rectangle."""

from __future__ import annotations

from typing import Any

from pii_guard.formats.pdf.glyphs import Box, Matrix, point

_CLIPS = frozenset({"W", "W*"})
_BUILDS = frozenset({"m", "l", "c", "v", "y", "h"})
_ENDS = frozenset({"n", "f", "F", "f*", "B", "B*", "b", "b*", "S", "s"})
PATHS = _CLIPS | _BUILDS | _ENDS | {"re"}
"""Operators that make, use or end a path."""


class Clipping:
    """Follows the path of one stream. Other shapes than one upright rectangle narrow nothing."""

    __slots__ = ("_boxes", "_clips", "_odd")

    def __init__(self) -> None:
        self._boxes: list[Box] = []
        self._odd = self._clips = False

    def take(self, name: str, operands: Any, ctm: Matrix, clip: Box | None) -> Box | None:
        """Meet an operator of `PATHS`; returns the clip after it, in default user space (None: all)."""
        if name == "re":
            if len(self._boxes) < 2:
                self._boxes.append(_box(operands, ctm))
            self._odd = self._odd or bool(ctm[1] or ctm[2])
        elif name in _BUILDS:
            self._odd = True
        elif name in _CLIPS:
            self._clips = True
        else:
            if self._clips and not self._odd and len(self._boxes) == 1:
                clip = _shared(clip, self._boxes[0])
            self._boxes.clear()
            self._odd = self._clips = False
        return clip


def _box(operands: Any, ctm: Matrix) -> Box:
    x, y, wide, high = (float(n) for n in operands[:4])
    (a, b), (c, d) = point(ctm, x, y), point(ctm, x + wide, y + high)
    return min(a, c), min(b, d), max(a, c), max(b, d)


def _shared(one: Box | None, other: Box) -> Box:
    if one is None:
        return other
    return (
        max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]),
    )  # fmt: skip
