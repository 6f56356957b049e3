"""A page as a picture: what is left when its content cannot be proved clean."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Sequence

import pikepdf
import pypdfium2
from PIL import Image, ImageDraw

from pii_guard.formats.pdf.glyphs import Box
from pii_guard.formats.pdf.reread import PDFIUM
from pii_guard.formats.pdf.search import Values

_DPI = 150
_MOST_PIXELS = 25_000_000
_PAD = 2


def characters(page: pypdfium2.PdfTextPage) -> str:
    """The text of a page, one character for each of pdfium's, so that an index names its box."""
    codes = [
        pypdfium2.raw.FPDFText_GetUnicode(page.raw, n)  # type: ignore[attr-defined,unused-ignore]
        for n in range(page.count_chars())
    ]
    return "".join("-" if c == 0xFFFE else chr(c) if 0 < c < 0x110000 else " " for c in codes)


def places(blob: bytes, values: Values) -> dict[int, list[Box]]:
    """Where pdfium sees values: boxes as `find` gives them, by the number of the page (from 0)."""
    with PDFIUM:
        document = pypdfium2.PdfDocument(blob)
        try:
            found = {number: find(page, values) for number, page in enumerate(document)}
        finally:
            document.close()
    return {number: boxes for number, boxes in found.items() if boxes}


def find(page: pypdfium2.PdfPage, values: Values) -> list[Box]:
    """Boxes (left, bottom, right, top, in default user space) of the values as pdfium sees them."""
    text = page.get_textpage()
    try:
        return [
            text.get_charbox(number, loose=True)
            for start, end in values.shown_in(characters(text))
            for number in range(start, end)
        ]
    finally:
        text.close()


def as_picture(
    blob: bytes, pdf: pikepdf.Pdf, number: int, values: Values, more: Sequence[Box] = ()
) -> bool:
    """Replace page `number` of `pdf` by a picture of it in `blob`, the values filled in black.

    `more`: further boxes to fill. False when nothing could be located, so that a picture would
    still show it.
    """
    with PDFIUM:
        document = pypdfium2.PdfDocument(blob)
        try:
            page = document[number]
            found = [*find(page, values), *more]
            if not found:
                return False
            width, height = page.get_size()
            image = rendered(page)
            draw = ImageDraw.Draw(image)
            for box in found:
                draw.rectangle(_on_image(page, box, image.size), fill="black")
        finally:
            document.close()
    _put(pdf, number, image, width, height)
    return True


def rendered(page: pypdfium2.PdfPage) -> Image.Image:
    """The page as pdfium draws it, in red, green and blue."""
    width, height = page.get_size()
    area = width * height
    scale = min(_DPI / 72, (_MOST_PIXELS / max(1.0, area)) ** 0.5)
    image: Image.Image = page.render(scale=scale, may_draw_forms=True).to_pil()
    return image.convert("RGB")


def _on_image(page: pypdfium2.PdfPage, box: Box, size: tuple[int, int]) -> Box:
    """A box of the page in pixels of its picture: rotation and crop box are pdfium's to apply."""
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for px, py in ((box[0], box[1]), (box[2], box[3])):
        pypdfium2.raw.FPDF_PageToDevice(
            page.raw, 0, 0, *size, 0, px, py, ctypes.byref(x), ctypes.byref(y)
        )
        corners.append((x.value, y.value))
    (x0, y0), (x1, y1) = corners
    return (min(x0, x1) - _PAD, min(y0, y1) - _PAD, max(x0, x1) + _PAD, max(y0, y1) + _PAD)


def _put(pdf: pikepdf.Pdf, number: int, image: Image.Image, width: float, height: float) -> None:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=85)
    picture = pdf.make_stream(
        held.getvalue(),
        Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image,
        Width=image.width, Height=image.height,
        ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8, Filter=pikepdf.Name.DCTDecode,
    )  # fmt: skip
    page = pdf.pages[number].obj
    _forget_fields(pdf, page)
    for key in [k for k, _ in page.items() if k not in ("/Type", "/Parent")]:
        del page[key]
    page.MediaBox = pikepdf.Array([0, 0, width, height])
    page.CropBox = pikepdf.Array([0, 0, width, height])  # one inherited would cut the picture
    page.Rotate = 0
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=picture))
    page.Contents = pdf.make_stream(f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /P Do Q".encode())


def _forget_fields(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
    """Take the page's fields out of the form: their appearances would outlive the page."""
    form, gone = pdf.Root.get("/AcroForm"), set()
    for annotation in page.get("/Annots", ()):
        if isinstance(annotation, pikepdf.Dictionary) and annotation.is_indirect:
            gone.add(annotation.objgen)
    if not isinstance(form, pikepdf.Dictionary) or "/Fields" not in form:
        return
    form.Fields = pikepdf.Array([one for one in form.Fields if one.objgen not in gone])
