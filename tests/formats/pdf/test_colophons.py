"""Who made a font is in its program: it goes, and what the font draws stays."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import reportlab
from fontTools.cffLib import CFFFontSet
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont as Embedded
from reportlab.pdfgen.canvas import Canvas

from pii_guard import Guard
from pii_guard.findings import Redacted
from pii_guard.formats.pdf.colophons import without_colophon

VERA = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
NOTE = "(c) 2020 Ming Hua"


def true_type() -> bytes:
    font, held = TTFont(VERA), io.BytesIO()
    for record in font["name"].names:
        record.string = NOTE if record.nameID == 0 else "Own"
    font.save(held)
    return held.getvalue()


def open_type() -> bytes:
    builder = FontBuilder(1000, isTTF=False)
    pen = T2CharStringPen(500, None)
    pen.moveTo((0, 0))
    pen.lineTo((0, 500))
    pen.lineTo((500, 0))
    pen.closePath()
    drawn = pen.getCharString()
    builder.setupGlyphOrder([".notdef", "a.own"])
    builder.setupCharacterMap({97: "a.own"})
    told = {"Notice": NOTE, "Copyright": NOTE, "FullName": "Ming"}
    builder.setupCFF("Bare", told, {".notdef": drawn, "a.own": drawn}, {})
    builder.setupHorizontalMetrics({".notdef": (500, 0), "a.own": (500, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"copyright": NOTE, "familyName": "Ming"})
    builder.setupOS2()
    builder.setupPost()
    held = io.BytesIO()
    builder.font.save(held)
    return held.getvalue()


def says_it(program: bytes) -> bool:
    return b"Ming" in program or "Ming".encode("utf-16-be") in program


def test_a_true_type_program_has_no_names():
    before = true_type()
    after = without_colophon(before)
    assert says_it(before)
    assert not says_it(after)
    assert len(after) == len(before)
    font, old = TTFont(io.BytesIO(after), checkChecksums=1), TTFont(io.BytesIO(before))
    assert font["name"].names == []
    assert font.getTableData("glyf") == old.getTableData("glyf")


def test_a_cff_keeps_its_glyphs_by_name():
    whole = open_type()
    bare = bytes(TTFont(io.BytesIO(whole)).getTableData("CFF "))
    for before in (whole, bare):
        after = without_colophon(before)
        assert says_it(before)
        assert not says_it(after)
    fonts = CFFFontSet()
    fonts.decompile(io.BytesIO(without_colophon(bare)), None)
    assert fonts[0].charset == [".notdef", "a.own"]
    fonts[0].CharStrings["a.own"].decompile()


def test_a_type_1_program_stays_one():
    before = (
        b"%!PS-AdobeFont-1.0: Own\n%%Title: Own\n% Copyright Ming Hua\n11 dict begin\n"
        b"/FontInfo 9 dict dup begin /Notice (\xa9 Ming Hua) readonly def /isFixedPitch false def end\n"
        b"currentfile eexec Ming"
    )
    after = without_colophon(before)
    assert after.count(b"Ming") == 1  # what is encrypted is no text
    assert len(after) == len(before)
    assert after.startswith(b"%!PS-AdobeFont-1.0: Own\n%%Title: Own\n%  ")
    assert b"/isFixedPitch false def" in after


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80), st.sampled_from([b"", b"\0\1\0\0", b"OTTO", b"\1\0\4", b"%!"]))
def test_a_broken_program_is_left(rest: bytes, head: bytes):
    assert len(without_colophon(head + rest)) == len(head + rest)


def test_nobody_is_held_for_being_called_like_who_made_a_font(guard: Guard, tmp_path):
    (tmp_path / "own.ttf").write_bytes(true_type())
    pdfmetrics.registerFont(Embedded("Own", str(tmp_path / "own.ttf")))
    held = io.BytesIO()
    canvas = Canvas(held, invariant=1)
    canvas.setFont("Helvetica", 12)
    canvas.drawString(72, 700, "Dear Ming Zhao, your order has shipped. Name: Ming")
    canvas.setFont("Own", 12)
    canvas.drawString(72, 600, "Nothing else is here.")
    canvas.save()
    blob = held.getvalue()
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        programs = [one.FontFile2.read_bytes() for one in pdf.objects
                    if isinstance(one, pikepdf.Dictionary) and "/FontFile2" in one]  # fmt: skip
    assert any(map(says_it, programs))
    assert isinstance(guard.redact(blob, name="a.pdf"), Redacted)
