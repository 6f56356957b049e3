"""Where text is: rectangles from a map of how likely each pixel belongs to a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pii_guard.formats.ocr.lines import Quad

Pixels = NDArray[np.uint8]
"""Height by width by three, red first; or by nothing, of likelihoods."""

_TEXT, _BOX, _GROWTH = 0.3, 0.4, 1.6
_TILE, _OVERLAP = 1_024, 96
_MARGIN = 48
"""Pixels around what is drawn that are looked at as well: networks see lines by what is around them."""
_UPRIGHT = 1.5
_LEAST = 3.0


def tiles(length: int) -> Iterator[tuple[int, int]]:
    """Ranges that cover a side, overlapping so that no line of usual height is cut in all of them."""
    if length <= _TILE + 2 * _OVERLAP:
        yield 0, length
        return
    step = _TILE - _OVERLAP
    for start in range(0, max(1, length - _OVERLAP), step):
        yield start, min(length, start + _TILE)


def drawn(pixels: Pixels) -> tuple[slice, slice] | None:
    """Rows and columns outside of which each row is of one colour, with a margin; None: all are.

    Screenshots are blank for a good part, and finding text costs by the pixel. No letter is without a
    change of colour along its row.
    """
    changes = (pixels[:, 1:] != pixels[:, :-1]).any(axis=2)
    rows, columns = np.flatnonzero(changes.any(axis=1)), np.flatnonzero(changes.any(axis=0))
    if not len(rows):
        return None
    return (
        slice(max(0, int(rows[0]) - _MARGIN), int(rows[-1]) + 1 + _MARGIN),
        slice(max(0, int(columns[0]) - _MARGIN), int(columns[-1]) + 2 + _MARGIN),
    )


def boxes(likely: Pixels) -> list[Quad]:
    """Rectangles around what is likely text, grown to what the network shrank in training."""
    import cv2

    mask = cv2.dilate((likely > _TEXT * 255).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Quad] = []
    for contour in contours:
        centre, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < _LEAST or _mean(likely, contour) < _BOX:
            continue
        growth = width * height * _GROWTH / (width + height)
        corners = cv2.boxPoints((centre, (width + growth, height + growth), angle))
        found.append(_directed(corners))
    return sorted(found, key=lambda quad: (quad[0][1], quad[0][0]))


def _mean(likely: Pixels, contour: Any) -> float:
    import cv2

    x, y, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), np.uint8)
    cv2.drawContours(mask, [contour], -1, 1, -1, offset=(-x, -y))
    return float(cv2.mean(likely[y : y + height, x : x + width], mask)[0]) / 255


def _directed(corners: NDArray[np.float32]) -> Quad:
    """The corners of a rectangle in reading direction: along its longer side, from the left or from
    above.
    """
    points = sorted((float(x), float(y)) for x, y in corners)
    left, right = sorted(points[:2], key=lambda p: p[1]), sorted(points[2:], key=lambda p: p[1])
    quad = (left[0], right[0], right[1], left[1])
    along, across = sides(quad)
    return (quad[1], quad[2], quad[3], quad[0]) if across >= _UPRIGHT * along else quad


def sides(quad: Quad) -> tuple[float, float]:
    """Length and height of a line."""
    (ax, ay), (bx, by), _, (dx, dy) = quad
    return float(np.hypot(bx - ax, by - ay)), float(np.hypot(dx - ax, dy - ay))


def scaled(quad: Quad, factor: float, origin: tuple[float, float] = (0, 0)) -> Quad:
    """The place in a picture that is larger by `factor`, with `origin` as its corner."""
    a, b, c, d = ((x * factor + origin[0], y * factor + origin[1]) for x, y in quad)
    return (a, b, c, d)
