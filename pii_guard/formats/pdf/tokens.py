"""Draws boxes and tokens on a page where glyphs were.

The token stands in an opaque box in Helvetica, as text, so that a reader can follow who is who.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pikepdf
from pdfminer.pdffont import FontMetricsDB

from pii_guard.formats.pdf.glyphs import Box, Glyph

_WIDTHS: dict[str, float] = {
    str(character): float(width) / 1000
    for character, width in FontMetricsDB.get_metrics("Helvetica")[1].items()
}


_SIZE = 0.7
"""Of a token, to the height of its box."""


def length(token: str) -> float:
    """How wide a token is, as a share of the height of its box."""
    return _SIZE * sum(_WIDTHS.get(character, 0.6) for character in token) / 0.98


def boxes(glyphs: Sequence[Glyph]) -> list[Box]:
    """One box for each line of the glyphs."""
    found: list[Box] = []
    for glyph in glyphs:
        x0, y0, x1, y1 = glyph.box
        if found:
            a, b, c, d = found[-1]
            reach = 1.5 * glyph.size
            if x0 <= c + reach and x1 >= a - reach and y0 < d and y1 > b:
                found[-1] = (min(a, x0), min(b, y0), max(c, x1), max(d, y1))
                continue
        found.append(glyph.box)
    return found


def widened(box: Box, room: Callable[[Box], float]) -> Box:
    """The box, its right side moved on to a coarse step where nothing is drawn.

    So the width of what ended a line is told in steps of its height only. `room(box)` is how
    far to the right it may reach.
    """
    x0, y0, x1, y1 = box
    step = y1 - y0
    if not 0 < step < 200:
        return box
    wanted = (x0, y0, x0 + step * math.ceil((x1 - x0) / step), y1)
    return wanted if wanted[2] <= room(wanted) else box


def draw(page: pikepdf.Page, marks: Sequence[tuple[list[Box], str]], restores: int) -> None:
    """Draw the boxes on a page, the token in the first box of each mark.

    `restores`: how many graphics states the page's own content restores more than it saves.
    """
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )
    # A name of our own: drawn ones are random.
    name = page.add_resource(font, pikepdf.Name.Font, pikepdf.Name.PiiGuardToken)
    content = ["q"]
    for places, token in marks:
        for first, (x0, y0, x1, y1) in enumerate(places):
            wide, tall = x1 - x0, y1 - y0
            content.append(f"0 g {x0:.2f} {y0:.2f} {wide:.2f} {tall:.2f} re f")
            # Text may be drawn so that it has no height: then there is nothing to write in.
            if first == 0 and token and token.isascii() and tall > 0:
                size = _SIZE * tall
                length = sum(_WIDTHS.get(character, 0.6) for character in token) * size
                stretch = max(5.0, min(100.0, 98 * wide / length))
                shown = token.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
                content.append(
                    f"1 g BT {name} {size:.2f} Tf {stretch:.1f} Tz 0 Tr 0 Tc 0 Tw 0 Ts "
                    f"1 0 0 1 {x0 + 0.01 * wide:.2f} {y0 + 0.25 * tall:.2f} Tm ({shown}) Tj ET"
                )
    content.append("Q")
    page.contents_add(b"q\n" * (1 + restores), prepend=True)
    page.contents_add(b"\nQ\n" + "\n".join(content).encode("ascii"), prepend=False)
