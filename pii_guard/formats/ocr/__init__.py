"""Text in pictures: two readers that share nothing, codes, and lines joined into running text.

`first` is the PP-OCR models of the `ocr` extra; without it pictures cannot be read at all. `second`
reads what was written: Tesseract where it is installed, else the first reader at another scale.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.ocr import tesseract
from pii_guard.formats.ocr.boxes import Pixels, drawn, scaled
from pii_guard.formats.ocr.codes import Code, codes, reads_codes
from pii_guard.formats.ocr.lines import Layout, Line, Quad, Reading, laid_out
from pii_guard.formats.ocr.rapid import Rapid, carried, rapid

__all__ = [
    "Code", "Layout", "Line", "Pixels", "Quad", "Reading", "available", "codes", "first", "laid_out",
    "reads_codes", "second", "second_reader",
]  # fmt: skip

_OTHER_SCALE = 1.5
_MOST_SIDE = 6_000


def available() -> bool:
    """Whether pictures can be read."""
    return carried() is not None


def first(pixels: Pixels) -> Reading:
    """What the first reader sees. Raises `Unreadable(NO_READER)` when none is installed."""
    return _engine().read(pixels)


def second(pixels: Pixels) -> Reading:
    """What the other reader sees. Raises `Unreadable`."""
    if tesseract.tesseract() is not None:
        return _read_by_tesseract(pixels)
    scale = _OTHER_SCALE if max(pixels.shape) <= _MOST_SIDE else 0.75
    read = _engine().read(np.ascontiguousarray(pixels), scale)
    return Reading(read.lines)


def _read_by_tesseract(pixels: Pixels) -> Reading:
    part = drawn(pixels)
    if part is None:
        return Reading(())
    read = tesseract.read(Image.fromarray(np.ascontiguousarray(pixels[part])))
    origin = (part[1].start, part[0].start)
    return Reading(tuple(replace(one, quad=scaled(one.quad, 1, origin)) for one in read.lines))


def second_reader() -> str:
    """What proves pictures here: `tesseract`, `rapidocr` at another scale, or nothing."""
    return "tesseract" if tesseract.tesseract() else "rapidocr" if available() else ""


def _engine() -> Rapid:
    engine = rapid()
    if engine is None:
        raise Unreadable(ReasonCode.NO_READER, "text in pictures")
    return engine
