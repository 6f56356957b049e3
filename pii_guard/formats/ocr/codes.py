"""QR codes and barcodes, decoded by zxing-cpp where it is installed."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field

from pii_guard.formats.ocr.boxes import Pixels
from pii_guard.formats.ocr.lines import Quad


@dataclass(frozen=True, slots=True)
class Code:
    """A code as decoded; `text` is None when what it holds is no text."""

    quad: Quad
    text: str | None = field(repr=False)


def reads_codes() -> bool:
    """Whether codes can be decoded."""
    return importlib.util.find_spec("zxingcpp") is not None


def codes(pixels: Pixels) -> tuple[Code, ...]:
    """The codes in a picture, from above."""
    if not reads_codes():
        return ()
    import zxingcpp

    found = []
    for one in zxingcpp.read_barcodes(pixels):
        place = one.position
        a, b, c, d = (
            (float(corner.x), float(corner.y))
            for corner in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
        )
        readable = one.content_type is not zxingcpp.ContentType.Binary
        found.append(Code((a, b, c, d), one.text if readable and one.text.strip() else None))
    return tuple(sorted(found, key=lambda code: (code.quad[0][1], code.quad[0][0])))
