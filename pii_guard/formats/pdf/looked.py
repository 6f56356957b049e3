"""Pages that can only be looked at: drawn by pdfium, read by the reader of pictures."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pypdfium2

from pii_guard.document import UNSCANNED, Span
from pii_guard.formats import ocr
from pii_guard.formats.ocr import Layout, Pixels, Quad
from pii_guard.formats.pdf.glyphs import Box
from pii_guard.formats.pdf.raster import rendered
from pii_guard.formats.pdf.reread import PDFIUM


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be read on a page (from 0) and what cannot be: a text, and boxes for spans of it.

    A look of which `unread` is set stands for a place with text that cannot be read.
    """

    page: int
    layout: Layout = field(repr=False)
    size: tuple[int, int]
    unread: Quad | None = None

    @property
    def text(self) -> str:
        """The text of the segment."""
        return UNSCANNED if self.unread is not None else self.layout.text

    def boxes(self, blob: bytes, span: Span) -> list[Box]:
        """Where a span stands, in default user space of the page."""
        quads = [self.unread] if self.unread is not None else list(self.layout.quads(span))
        with PDFIUM:
            document = pypdfium2.PdfDocument(blob)
            try:
                page = document[self.page]
                return [_on_page(page, quad, self.size) for quad in quads]
            finally:
                document.close()


def looks(blob: bytes, page: int) -> Iterator[Look]:
    """What the first reader sees on a page. Raises `Unreadable`."""
    pixels = drawn(blob, page)
    size = (pixels.shape[1], pixels.shape[0])
    reading = ocr.first(pixels)
    layout = ocr.laid_out(reading.lines)
    if layout.text:
        yield Look(page, layout, size)
    for quad in reading.unread:
        yield Look(page, ocr.laid_out(()), size, quad)


def drawn(blob: bytes, page: int) -> Pixels:
    """The page as pdfium draws it."""
    with PDFIUM:
        document = pypdfium2.PdfDocument(blob)
        try:
            image = rendered(document[page])
        finally:
            document.close()
    return np.ascontiguousarray(np.asarray(image))


def _on_page(page: pypdfium2.PdfPage, quad: Quad, size: tuple[int, int]) -> Box:
    x, y = ctypes.c_double(), ctypes.c_double()
    corners = []
    for px, py in quad:
        pypdfium2.raw.FPDF_DeviceToPage(
            page.raw, 0, 0, *size, 0, round(px), round(py), ctypes.byref(x), ctypes.byref(y)
        )
        corners.append((x.value, y.value))
    xs, ys = [c[0] for c in corners], [c[1] for c in corners]
    return (min(xs), min(ys), max(xs), max(ys))
