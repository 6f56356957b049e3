"""A page as a picture: what is left when its content cannot be proved clean."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pikepdf
import pypdfium2
from PIL import ImageDraw

_DPI = 150
_MOST_PIXELS = 25_000_000


def find(page: pypdfium2.PdfPage, values: Sequence[str]) -> list[tuple[float, float, float, float]]:
    """Boxes (left, bottom, right, top, in page units) of the values as pdfium sees them."""
    text = page.get_textpage()
    found = []
    try:
        for value in values:
            search = text.search(value, match_case=False)
            while (hit := search.get_next()) is not None:
                start, count = hit
                found += [text.get_charbox(i, loose=True) for i in range(start, start + count)]
    finally:
        text.close()
    return found


def as_picture(blob: bytes, pdf: pikepdf.Pdf, number: int, values: Sequence[str]) -> bool:
    """Replace page `number` of `pdf` by a picture of it in `blob`, the values filled in black.

    False when the values could not be located, so that a picture would still show them.
    """
    document = pypdfium2.PdfDocument(blob)
    try:
        page = document[number]
        found = find(page, values)
        if not found:
            return False
        width, height = page.get_size()
        scale = min(_DPI / 72, (_MOST_PIXELS / max(1.0, width * height)) ** 0.5)
        image = page.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
        draw = ImageDraw.Draw(image)
        for left, bottom, right, top in found:
            draw.rectangle(
                (left * scale - 2, (height - top) * scale - 2, right * scale + 2, (height - bottom) * scale + 2),
                fill="black",
            )  # fmt: skip
    finally:
        document.close()
    _put(pdf, number, image, width, height)
    return True


def _put(pdf: pikepdf.Pdf, number: int, image: object, width: float, height: float) -> None:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=85)  # type: ignore[attr-defined]
    size = image.size  # type: ignore[attr-defined]
    picture = pdf.make_stream(
        held.getvalue(),
        Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=size[0], Height=size[1],
        ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8, Filter=pikepdf.Name.DCTDecode,
    )  # fmt: skip
    page = pdf.pages[number].obj
    for key in [k for k, _ in page.items() if k not in ("/Type", "/Parent")]:
        del page[key]
    page.MediaBox = pikepdf.Array([0, 0, width, height])
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=picture))
    page.Contents = pdf.make_stream(f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /P Do Q".encode())
