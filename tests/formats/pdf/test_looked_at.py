"""Pages that text alone does not tell: scans with a layer of text, mixed pages, glyphs without meaning."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import reportlab
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from pii_guard.document import Changes, Edit, Span
from pii_guard.formats import ocr
from pii_guard.formats.base import Bounds
from pii_guard.formats.pdf import FORMAT
from pii_guard.formats.pdf.text import whole_words
from tests.fixtures import CANARY, KEPT
from tests.fixtures.image import shot

needs_ocr = pytest.mark.skipif(not ocr.available(), reason="the ocr extra is not installed")
OTHER = "anselm.brandwood@brandwood-post.net"
VERA = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


def text_of(blob: bytes) -> str:
    return "\n".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(blob))


def scan(layer: str, words: str = "") -> bytes:
    """A picture of a page over the whole page, with a layer of text that nobody sees."""
    held = io.BytesIO()
    canvas = Canvas(held, pagesize=(600, 800), invariant=1)
    canvas.drawImage(ImageReader(shot((f"Write to {CANARY}", KEPT), (760, 980))), 0, 0, 600, 800)
    text = canvas.beginText(30, 770)
    text.setTextRenderMode(3)
    text.textOut(layer)
    canvas.drawText(text)
    if words:
        canvas.drawString(72, 100, words)
    canvas.save()
    return held.getvalue()


def looked_at(blob: bytes) -> str:
    from tests.formats.pdf.test_in_pictures import looked_at as look

    return look(blob).replace(" ", "")


@needs_ocr
@pytest.mark.parametrize(
    "layer", [f"Write to {CANARY}", "VVrite t0 zebed ee quart crrnain", "Nothing"]
)
def test_a_scan_with_a_layer_of_text_loses_both(guard, layer):
    blob = scan(layer)
    assert CANARY in looked_at(blob)
    result = guard.redact(blob, name="scan.pdf")
    assert result.verdict == "redacted"
    assert "quartermain" not in looked_at(result.output)
    assert "quartermain" not in text_of(result.output)
    assert KEPT.replace(" ", "") in looked_at(result.output)


@needs_ocr
def test_a_mixed_page_loses_what_its_text_says_and_what_its_picture_shows(guard):
    result = guard.redact(scan("Nothing", f"Ask {OTHER} for it"), name="mixed.pdf")
    assert result.verdict == "redacted"
    seen = looked_at(result.output)
    assert "quartermain" not in seen
    assert "brandwood" not in seen + text_of(result.output)


@pytest.mark.parametrize("layer", [f"Write to {CANARY}", "Nothing"])
def test_a_scan_is_held_where_nobody_can_look(blind, unconfined, layer):
    result = unconfined.redact(scan(layer), name="scan.pdf")
    assert (result.verdict, result.reason.code) == ("quarantined", "not_covered")


def unmapped(text: str, beside: str = "", size: int = 24) -> bytes:
    """A page that draws `text` with glyphs of which nothing says what they mean."""
    from test_subsets import composite, numbers_in

    raw = VERA.read_bytes()
    blob, _ = composite(raw, numbers_in(raw))
    from fontTools.ttLib import TTFont

    program = TTFont(io.BytesIO(raw))
    cmap = program.getBestCmap()
    bare = TTFont(io.BytesIO(raw))
    del bare["cmap"]  # it would tell what the glyphs mean
    held = io.BytesIO()
    bare.save(held)
    codes = "".join(f"{program.getGlyphID(cmap[ord(c)]):04X}" for c in text)
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        font = pdf.pages[0].obj.Resources.Font.F2
        del font.ToUnicode
        below = font.DescendantFonts[0]
        below.DW = 600
        below.FontDescriptor.FontFile2.write(held.getvalue())
        del below.W
        content = f"BT /F2 {size} Tf 40 700 Td <{codes}> Tj ET\n"
        for n, line in enumerate(beside.splitlines()):
            content += f"BT /F1 12 Tf 40 {600 - 15 * n} Td ({line}) Tj ET\n"
        pdf.pages[0].obj.Contents = pdf.make_stream(content.encode())
        held = io.BytesIO()
        pdf.save(held)
    return held.getvalue()


@needs_ocr
def test_a_page_of_glyphs_without_meaning_is_looked_at(guard):
    blob = unmapped(OTHER, size=20)
    assert "brandwood" not in text_of(blob)
    assert "brandwood" in looked_at(blob)
    result = guard.redact(blob, name="a.pdf")
    assert result.verdict == "redacted"
    assert "brandwood" not in looked_at(result.output)


PLENTY = "\n".join(
    f"Line {n} of a page that everybody can read without any help" for n in range(30)
)


@needs_ocr
def test_one_word_of_glyphs_without_meaning_is_looked_at(guard):
    blob = unmapped(OTHER, PLENTY, size=20)
    assert "brandwood" in looked_at(blob)
    result = guard.redact(blob, name="a.pdf")
    assert result.verdict == "redacted"
    assert "brandwood" not in looked_at(result.output)


@pytest.mark.parametrize("beside", ["", PLENTY])
def test_glyphs_without_meaning_are_held_where_nobody_can_look(blind, unconfined, beside):
    result = unconfined.redact(unmapped("Zebedee", beside), name="a.pdf")
    assert result.verdict == "quarantined"
    assert result.reason.code in ("not_covered", "no_text")


def test_a_glyph_without_meaning_goes_with_the_word_it_stands_in():
    text = "to Zebedee Quarter\ufffdmain, now"
    assert whole_words(text, 3, 18) == (3, 24)
    assert whole_words("to Zebedee, now", 3, 10) == (3, 10)
    blob = unmapped("m")
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        code = pdf.pages[0].obj.Contents.read_bytes().split(b"<")[1].split(b">")[0]
        pdf.pages[0].obj.Contents = pdf.make_stream(
            b"BT /F1 12 Tf 40 700 Td (to Quarter) Tj /F2 12 Tf <"
            + code
            + b"> Tj /F1 12 Tf (ain, now) Tj ET"
        )
        held = io.BytesIO()
        pdf.save(held)
    (page,) = [
        s for s in FORMAT.read(held.getvalue(), Bounds()).segments if s.locator[0].axis == "page"
    ]
    start = page.text.index("Quarter")
    assert page.text[start : start + 8] == "Quarter\ufffd"
    out = FORMAT.write(
        held.getvalue(), Changes((Edit(0, Span(start, start + 7), "<PERSON_1>"),)), Bounds()
    )
    assert "ain" not in text_of(out)
    assert "now" in text_of(out)
