"""A QR code (ISO/IEC 18004) as an inline SVG picture."""

from __future__ import annotations

from itertools import groupby

import segno

from pii_guard.certificate.render.markup import E, Node

_QUIET = 4
"""Modules of margin that the standard asks for."""


def qr(text: str, label: str) -> Node:
    """The code of a text, dark on white in any colour scheme: many readers know no other.

    Error correction is level M (15 % may be lost). `label` is read to who does not see it.
    """
    rows = [list(row) for row in segno.make_qr(text, error="m").matrix_iter(border=_QUIET)]
    size = len(rows)
    return E.svg(
        {"viewBox": f"0 0 {size} {size}", "role": "img", "aria-label": label, "class": "qr",
         "shape-rendering": "crispEdges"},
        E.rect({"width": str(size), "height": str(size), "fill": "#fff"}),
        E.path({"fill": "#000", "d": "".join(_runs(y, row) for y, row in enumerate(rows))}),
    )  # fmt: skip


def _runs(y: int, row: list[int]) -> str:
    """One row's dark stretches as rectangles of a path."""
    drawn, x = [], 0
    for dark, run in groupby(row, bool):
        width = len(list(run))
        if dark:
            drawn.append(f"M{x} {y}h{width}v1h-{width}z")
        x += width
    return "".join(drawn)
