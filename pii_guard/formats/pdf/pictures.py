"""Pictures in a PDF as files within it: read and filled by the formats of pictures, then put back."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf
import pypdfium2
from PIL import Image

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.pdf.raster import rendered
from pii_guard.formats.pdf.reread import PDFIUM

_LEAST = 8
"""Pixels of a side below which nothing can be written."""
_DEPTH = 12
_STRIP = 6
# What pikepdf and Pillow raise for pictures that they cannot decode.
_BROKEN = (
    pikepdf.PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, SyntaxError,
    NotImplementedError, OverflowError, MemoryError, RuntimeError, Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the file. `blob` is None when it cannot be decoded here."""

    stream: Any = field(repr=False)
    blob: bytes | None = field(repr=False)
    media_type: str = "image/png"


def pictures(pdf: pikepdf.Pdf, bounds: Bounds) -> Iterator[Picture]:
    """Every picture large enough to hold text, soft masks and unused ones among them.

    Raises `Unreadable(LIMIT_PIXELS)`.
    """
    for item in pdf.objects:
        if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == pikepdf.Name.Image:
            width, height = int(item.get("/Width", 0)), int(item.get("/Height", 0))
            if min(width, height) >= _LEAST:
                _check(width, height, bounds)
                yield _picture(item)


def _check(width: int, height: int, bounds: Bounds) -> None:
    if width * height > bounds.max_pixels:
        raise Unreadable(ReasonCode.LIMIT_PIXELS, f"more than {bounds.max_pixels}")


def _picture(stream: Any) -> Picture:
    try:
        filters = stream.get("/Filter")
        names = [str(n) for n in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
        if names == ["/DCTDecode"]:
            return Picture(stream, stream.read_raw_bytes(), "image/jpeg")
        held = io.BytesIO()
        if names[-1] == "/DCTDecode" and pikepdf.PdfImage(stream).extract_to(stream=held) == ".jpg":
            return Picture(stream, held.getvalue(), "image/jpeg")
        held = io.BytesIO()
        _decoded(stream, names).save(held, "PNG", compress_level=1)
        return Picture(stream, held.getvalue())
    except _BROKEN:
        return Picture(stream, None)


def _decoded(stream: Any, filters: list[str]) -> Image.Image:
    if stream.get("/ImageMask", False):
        if "/CCITTFaxDecode" in filters:
            raise NotImplementedError
        size = (int(stream.Width), int(stream.Height))
        return Image.frombytes("1", size, stream.read_bytes())
    image = pikepdf.PdfImage(stream).as_pil_image()
    return image if image.mode in ("1", "L", "RGB") else image.convert("RGB")


def put(picture: Picture, content: bytes | None) -> None:
    """Let the picture show `content`, a file of its media type; nothing at all for None."""
    stream = picture.stream
    if content is None:
        _write(stream, Image.new("L", (1, 1)))
    elif content == picture.blob:
        return
    elif picture.media_type == "image/jpeg":
        stream.write(content, filter=pikepdf.Name.DCTDecode)
    else:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            image.load()
            _write(stream, image)


def _write(stream: Any, image: Image.Image) -> None:
    stencil = bool(stream.get("/ImageMask", False))
    if stencil:
        image = image.convert("1")
    elif image.mode not in ("1", "L", "RGB"):
        image = image.convert("RGB")
    if not stencil:
        for key in ("/Decode", "/Matte"):
            if key in stream:
                del stream[key]
        if isinstance(stream.get("/Mask"), pikepdf.Array):
            del stream["/Mask"]  # colours of the old coding
        colour = pikepdf.Name.DeviceRGB if image.mode == "RGB" else pikepdf.Name.DeviceGray
        stream.ColorSpace = colour
    stream.Width, stream.Height = image.size
    stream.BitsPerComponent = 1 if image.mode == "1" else 8
    stream.write(image.tobytes())


def is_strip(size: tuple[int, int]) -> bool:
    """Whether it is so low that it may be one of several that make up a line of text."""
    return size[0] > _STRIP * size[1]


def shown(blob: bytes, bounds: Bounds) -> Iterator[bytes]:
    """Every picture that a page shows as pdfium decodes it, as PNG, each once; strips as the page."""
    known: set[bytes] = set()
    with PDFIUM:
        document = pypdfium2.PdfDocument(blob)
        try:
            for page in document:
                for image in _on_page(page, bounds):
                    held = io.BytesIO()
                    image.convert("RGB").save(held, "PNG", compress_level=1)
                    if held.getvalue() not in known:
                        known.add(held.getvalue())
                        yield held.getvalue()
        finally:
            document.close()


def undecoded(blob: bytes, pages: Iterable[int], bounds: Bounds) -> list[int]:
    """Those of the pages (from 0) with a picture that pdfium cannot decode either."""
    found = []
    with PDFIUM:
        document = pypdfium2.PdfDocument(blob)
        try:
            for number in pages:
                kinds = [pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
                items = document[number].get_objects(kinds, max_depth=_DEPTH)
                if any(_bitmap(item, bounds) is None for item in items):
                    found.append(number)
        finally:
            document.close()
    return found


def _bitmap(item: Any, bounds: Bounds) -> Image.Image | None:
    try:
        width, height = item.get_px_size()
        _check(width, height, bounds)
        image: Image.Image = item.get_bitmap(render=False).to_pil()
    except (pypdfium2.PdfiumError, *_BROKEN):
        return None
    return image


def _on_page(page: pypdfium2.PdfPage, bounds: Bounds) -> Iterator[Image.Image]:
    strips = 0
    for item in page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=_DEPTH):
        image = _bitmap(item, bounds)
        if image is None:
            continue
        strips += is_strip(image.size)
        if min(image.size) >= _LEAST and not is_strip(image.size):
            yield image
    if strips:
        yield rendered(page)
