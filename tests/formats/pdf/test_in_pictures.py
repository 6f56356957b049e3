"""Text that a PDF shows in pictures, or in ways that only somebody who looks can read."""

from __future__ import annotations

import io

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from pii_guard.formats import Formats, ocr
from pii_guard.formats.base import Bounds
from tests.fixtures import CANARY, KEPT
from tests.fixtures.image import flat, saved, shot

pytestmark = pytest.mark.skipif(not ocr.available(), reason="the ocr extra is not installed")
FORMAT = Formats().of("application/pdf")
LINES = (f"Write to {CANARY}", KEPT)


def page(
    *pictures: Image.Image, words: str = "", jpeg: bool = False, inline: bool = False
) -> bytes:
    held = io.BytesIO()
    canvas = Canvas(held, invariant=1)
    top = 600.0
    for picture in pictures:
        source = io.BytesIO(saved(picture, "JPEG", quality=90)) if jpeg else picture
        height = 500 * picture.height / picture.width
        if inline:
            canvas.drawInlineImage(source, 50, top - height, 500, height)
        else:
            canvas.drawImage(ImageReader(source), 50, top - height, 500, height, mask="auto")
        top -= height
    if words:
        canvas.drawString(72, 700, words)
    canvas.showPage()
    canvas.save()
    return held.getvalue()


def looked_at(blob: bytes) -> str:
    """All that the first reader sees on the pages, drawn by pdfium."""
    document = pypdfium2.PdfDocument(blob)
    drawn = [np.asarray(p.render(scale=2).to_pil().convert("RGB")) for p in document]
    return "\n".join(ocr.laid_out(ocr.first(np.ascontiguousarray(one)).lines).text for one in drawn)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "jpeg", "jpeg L"])
def test_a_picture_beside_text_is_filled_in_its_place(guard, mode):
    plain = mode.removeprefix("jpeg").strip() or "RGB"
    blob = page(shot(LINES).convert(plain), words="Words of the page", jpeg=mode.startswith("jpeg"))
    assert CANARY in looked_at(blob)
    result = guard.redact(blob, name="a.pdf")
    assert result.verdict == "redacted"
    seen = looked_at(result.output)
    assert "quartermain" not in seen
    assert KEPT in seen
    assert (
        "Words of the page"
        in pypdfium2.PdfDocument(result.output)[0].get_textpage().get_text_range()
    )


def test_a_scanned_page_keeps_its_picture(guard):
    result = guard.redact(page(shot(LINES, (760, 980)), jpeg=True), name="scan.pdf")
    assert result.verdict == "redacted"
    with pikepdf.open(io.BytesIO(result.output)) as pdf:
        (picture,) = (o for o in pdf.objects if isinstance(o, pikepdf.Stream) and "/Width" in o)
        assert (picture.Filter, int(picture.Width)) == ("/DCTDecode", 760)


def test_a_picture_with_nothing_to_redact_leaves_every_byte(guard):
    blob = page(shot([KEPT]), words="Words of the page")
    assert guard.redact(blob, name="a.pdf").output == blob


def test_a_stencil_is_filled(guard):
    blob = page(flat(size=(400, 100)), words="Words of the page")
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        (picture,) = (o for o in pdf.objects if isinstance(o, pikepdf.Stream) and "/Width" in o)
        bits = shot(LINES).convert("1")
        picture.write(bits.tobytes())
        del picture["/ColorSpace"]
        picture.ImageMask, picture.BitsPerComponent = True, 1
        picture.Width, picture.Height = bits.size
        held = io.BytesIO()
        pdf.save(held)
    assert CANARY in looked_at(held.getvalue())
    result = guard.redact(held.getvalue(), name="a.pdf")
    assert result.verdict == "redacted"
    assert "quartermain" not in looked_at(result.output)


def test_text_that_only_a_soft_mask_holds_is_found(guard):
    image = Image.new("RGBA", (760, 150), "black")
    mask = Image.eval(shot(LINES).convert("L"), lambda level: 255 - level)
    image.putalpha(mask)
    blob = page(image, words="Words of the page")
    assert CANARY in looked_at(blob)
    result = guard.redact(blob, name="a.pdf")
    assert result.verdict == "redacted"
    assert "quartermain" not in looked_at(result.output)


def test_a_page_whose_letters_are_drawn_as_pictures_in_its_content_is_looked_at(guard):
    blob = page(shot(LINES), inline=True)
    result = guard.redact(blob, name="a.pdf")
    assert result.verdict == "redacted"
    seen = looked_at(result.output)
    assert "quartermain" not in seen
    assert KEPT in seen


def test_a_line_cut_over_several_pictures_is_looked_at(guard):
    whole = shot(LINES)
    strips = [whole.crop((0, top, 760, top + 15)) for top in range(0, 150, 15)]
    blob = page(*strips)
    assert CANARY in looked_at(blob)
    result = guard.redact(blob, name="a.pdf")
    assert result.verdict == "redacted"
    assert "quartermain" not in looked_at(result.output)


def test_glyphs_that_mean_something_else_are_looked_at(guard):
    from tests.formats.pdf.test_hostile import NAME, lying

    blob = lying()
    result = guard.redact(blob, name="a.pdf")
    assert result.verdict == "redacted"
    assert NAME in looked_at(blob)
    assert NAME.split()[-1] not in looked_at(result.output)


def test_pictures_are_numbered_the_same_each_time():
    blob = page(shot(LINES), shot([KEPT]), words="Words")
    children = FORMAT.read(blob, Bounds()).children
    assert [child.locator[0].axis for child in children] == ["picture", "picture"]
    assert children == FORMAT.read(blob, Bounds()).children


def test_a_picture_nobody_vouches_for_is_not_copied():
    from pii_guard.document import Changes, Edit, Span

    blob = page(shot(LINES), words="Words of the page")
    out = FORMAT.write(blob, Changes((Edit(0, Span(0, 5), "<X_1>"),)), Bounds())
    assert "quartermain" not in looked_at(out)


@pytest.mark.parametrize("used", [True, False])
def test_a_picture_that_nobody_can_decode_holds_the_file(guard, used):
    blob = page(shot(LINES), words="Words of the page")
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        (picture,) = (o for o in pdf.objects if isinstance(o, pikepdf.Stream) and "/Width" in o)
        picture.write(b"no such picture", filter=pikepdf.Name.JPXDecode)
        if not used:
            pdf.pages[0].Contents = pdf.make_stream(b"")
        held = io.BytesIO()
        pdf.save(held)
    result = guard.redact(held.getvalue(), name="a.pdf")
    assert (result.verdict, result.reason.code) == ("quarantined", "not_covered")
