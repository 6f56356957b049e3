"""A font tells the letters it was made for: what only the value needed goes from it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import reportlab
from fontTools.cffLib import CFFFontSet
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import TTFont as Program
from pdf_proof import NAME, left, made, without
from pikepdf import Array, Dictionary, Name, String
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from pii_guard.formats.pdf.programs import _EEXEC, _decrypted, _names

FONTS = Path(reportlab.__file__).parent / "fonts"
REST = "so it is here"
ONLY = set(NAME) - set(REST)
"""Letters that only the name needs."""


def spec_of(blob: bytes, name: str):
    pdf = pikepdf.open(io.BytesIO(blob))
    return pdf, pdf.pages[0].obj.Resources.Font[name]


def mapped(spec) -> set[str]:
    text = spec.ToUnicode.read_bytes().decode()
    found = re.findall(r"^<[0-9A-F]+> <([0-9A-F]+)>$", text.split("endcodespacerange")[1], re.M)
    return {bytes.fromhex(one).decode("utf-16-be") for one in found}


def without_and_same_look(blob: bytes, top: int = 640) -> bytes:
    """Redacted; the line that stays, below the name's, looks as before."""
    out = without(blob)
    assert left(out) == []
    shots = [pypdfium2.PdfDocument(b)[0].render(scale=2).to_pil().convert("L") for b in (blob, out)]
    height = shots[0].height
    low = [one.crop((0, height - 2 * top, one.width, height)) for one in shots]
    assert low[0].getextrema()[0] < 100
    assert low[0].tobytes() == low[1].tobytes()
    return out


def by_reportlab() -> bytes:
    pdfmetrics.registerFont(TTFont("Vera", str(FONTS / "Vera.ttf")))
    held = io.BytesIO()
    canvas = Canvas(held, pagesize=(600, 800), invariant=1)
    canvas.setFont("Vera", 12)
    canvas.drawString(72, 700, NAME)
    canvas.drawString(72, 600, REST)
    canvas.save()
    return held.getvalue()


def test_a_subset_of_true_type_loses_letters():
    out = without_and_same_look(by_reportlab())
    with pikepdf.open(io.BytesIO(out)) as pdf:
        (spec,) = [f for k, f in pdf.pages[0].obj.Resources.Font.items() if "/ToUnicode" in f]
        assert mapped(spec) == set(REST)
        program = Program(io.BytesIO(spec.FontDescriptor.FontFile2.read_bytes()))
        drawn = [n for n in program.getGlyphOrder() if program["glyf"][n].numberOfContours]
        # A space draws nothing; what is not defined draws a box.
        assert len(drawn) <= len(set(REST)) + 1
        assert sum(float(w) > 0 for w in spec.Widths) == len(set(REST))


def composite(program: bytes, numbers: dict[str, int], subtype: str = "2", table: bool = False):
    """The text in codes of two bytes, each the number of its glyph (or a number of its own)."""
    letters = sorted(set(NAME + REST))
    cids = {c: n + 1 for n, c in enumerate(letters)} if table else numbers

    def change(pdf):
        key = "/FontFile2" if subtype == "2" else "/FontFile3"
        held = (
            pdf.make_stream(program)
            if subtype == "2"
            else pdf.make_stream(program, Subtype=Name.CIDFontType0C)
        )
        rows = "".join(f"<{cids[c]:04X}> <{ord(c):04X}>\n" for c in letters)
        below = Dictionary(
            Type=Name.Font, Subtype=Name("/CIDFontType" + subtype), BaseFont=Name("/ABCDEF+Own"), DW=0,
            CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
            W=Array([x for c in letters for x in (cids[c], Array([600]))]),
            FontDescriptor=Dictionary({
                "/Type": Name.FontDescriptor, "/FontName": Name("/ABCDEF+Own"), "/Flags": 4, key: held,
                "/FontBBox": Array([0, -200, 1000, 900]), "/Ascent": 800, "/Descent": -200,
                "/ItalicAngle": 0, "/CapHeight": 700, "/StemV": 80,
                "/CIDSet": pdf.make_stream(b"\xff" * 40)}),
        )  # fmt: skip
        if table:
            raw = bytearray(2 * (len(cids) + 1))
            for c, cid in cids.items():
                raw[2 * cid : 2 * cid + 2] = numbers[c].to_bytes(2, "big")
            below.CIDToGIDMap = pdf.make_stream(bytes(raw))
        pdf.pages[0].obj.Resources.Font.F2 = pdf.make_indirect(Dictionary(
            Type=Name.Font, Subtype=Name.Type0, BaseFont=Name("/ABCDEF+Own"), Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(below)]),
            ToUnicode=pdf.make_stream(
                f"/CIDInit begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange "
                f"{len(letters)} beginbfchar\n{rows}endbfchar endcmap".encode())))  # fmt: skip

    def line(text, y):
        codes = "".join(f"{cids[c]:04X}" for c in text)
        return f"BT /F2 12 Tf 72 {y} Td <{codes}> Tj ET\n".encode()

    return made(line(NAME, 700) + line(REST, 600), change), cids


def numbers_in(raw: bytes) -> dict[str, int]:
    program = Program(io.BytesIO(raw))
    cmap = program.getBestCmap()
    return {c: program.getGlyphID(cmap[ord(c)]) for c in set(NAME + REST)}


@pytest.mark.parametrize("table", [False, True], ids=["Identity", "CIDToGIDMap"])
def test_a_composite_font_loses_letters(table):
    raw = (FONTS / "Vera.ttf").read_bytes()
    numbers = numbers_in(raw)
    blob, cids = composite(raw, numbers, table=table)
    out = without_and_same_look(blob)
    pdf, spec = spec_of(out, "/F2")
    below = spec.DescendantFonts[0]
    assert mapped(spec) == set(REST)
    wide = {
        int(below.W[n]) + k for n in range(0, len(below.W), 2) for k in range(len(below.W[n + 1]))
    }
    assert wide == {cids[c] for c in set(REST)}
    program = Program(io.BytesIO(below.FontDescriptor.FontFile2.read_bytes()))
    order = program.getGlyphOrder()
    for c in ONLY - {" "}:
        assert program["glyf"][order[numbers[c]]].numberOfContours == 0
        assert program["hmtx"][order[numbers[c]]] == (0, 0)
    bits = below.FontDescriptor.CIDSet.read_bytes()
    held = {n for n in range(8 * len(bits)) if bits[n // 8] & 0x80 >> n % 8}
    assert held == {0, *(cids[c] for c in set(REST))}
    if table:
        glyphs = below.CIDToGIDMap.read_bytes()
        assert all(glyphs[2 * cids[c] : 2 * cids[c] + 2] == b"\0\0" for c in ONLY)


def compact() -> tuple[bytes, dict[str, int]]:
    """A CFF program with a letter-shaped box for each letter, bare as PDF embeds it."""
    letters = sorted(set(NAME + REST))
    from fontTools.agl import UV2AGL

    names = [".notdef", *(UV2AGL[ord(c)] for c in letters)]
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(c): UV2AGL[ord(c)] for c in letters})
    drawn = {}
    for number, name in enumerate(names):
        pen = T2CharStringPen(600, None)
        if name != "space":
            pen.moveTo((50, 0))
            for point in ((50, 300 + 10 * number), (450, 300 + 10 * number), (450, 0)):
                pen.lineTo(point)
            pen.closePath()
        drawn[name] = pen.getCharString()
    builder.setupCFF("Own", {}, drawn, {})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (600, 50)))
    builder.setupHorizontalHeader()
    builder.setupPost()
    held = io.BytesIO()
    builder.font.save(held)
    whole = Program(io.BytesIO(held.getvalue()))
    return whole.reader["CFF "], {c: n + 1 for n, c in enumerate(letters)}


def left_in(raw: bytes) -> tuple[set[str], list[str]]:
    """Names of the glyphs of a CFF that draw something, and all names."""
    fonts = CFFFontSet()
    fonts.decompile(io.BytesIO(raw), None)
    top = fonts[0]
    drawn = set()
    for name in top.charset:
        one = top.CharStrings[name]
        one.decompile()
        if len(one.program) > 3:
            drawn.add(name)
    return drawn, list(top.charset)


def test_a_compact_composite_font_loses_letters():
    raw, numbers = compact()
    blob, _ = composite(raw, numbers, subtype="0")
    out = without_and_same_look(blob)
    _, spec = spec_of(out, "/F2")
    drawn, names = left_in(spec.DescendantFonts[0].FontDescriptor.FontFile3.read_bytes())
    assert drawn == {*(set(REST) - {" "}), ".notdef"}
    assert not {"Z", "Q"} & set(names)


def simple(key: str, held) -> bytes:
    def change(pdf):
        pdf.pages[0].obj.Resources.Font.F2 = pdf.make_indirect(Dictionary(
            Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/ABCDEF+Own"), FirstChar=32, LastChar=122,
            Widths=Array([600] * 91), Encoding=Name.WinAnsiEncoding,
            FontDescriptor=Dictionary({
                "/Type": Name.FontDescriptor, "/FontName": Name("/ABCDEF+Own"), "/Flags": 32,
                "/FontBBox": Array([0, -200, 1000, 900]), "/Ascent": 800, "/Descent": -200,
                "/ItalicAngle": 0, "/CapHeight": 700, "/StemV": 80, "/CharSet": String("/Z/Q"),
                key: held(pdf)})))  # fmt: skip

    content = b"".join(
        b"BT /F2 12 Tf 72 %d Td (%s) Tj ET\n" % (y, t.encode())
        for t, y in ((NAME, 700), (REST, 600))
    )
    return made(content, change)


def test_a_compact_simple_font_loses_letters():
    raw, _ = compact()
    out = without_and_same_look(
        simple("/FontFile3", lambda pdf: pdf.make_stream(raw, Subtype=Name.Type1C))
    )
    _, spec = spec_of(out, "/F2")
    drawn, names = left_in(spec.FontDescriptor.FontFile3.read_bytes())
    assert drawn == {*(set(REST) - {" "}), ".notdef"}
    assert not {"Z", "Q"} & set(names)
    assert "/CharSet" not in spec.FontDescriptor
    assert int(spec.FirstChar) == 32
    assert int(spec.LastChar) == ord("t")


def printed() -> tuple[bytes, int, int, int]:
    """The Type 1 program of a font that reportlab brings, without the frame of its file."""
    raw = (FONTS / "_ei_____.pfb").read_bytes()
    parts = []
    while raw[:1] == b"\x80" and raw[1] != 3:
        size = int.from_bytes(raw[2:6], "little")
        parts.append(raw[6 : 6 + size])
        raw = raw[6 + size :]
    return b"".join(parts), len(parts[0]), sum(map(len, parts[1:-1])), len(parts[-1])


def test_a_type_1_font_loses_letters():
    raw, clear, sealed, rest = printed()
    whole = set(
        re.findall(rb"/([A-Za-z]+) \d+ (?:RD|-\|)", _decrypted(raw[clear : clear + sealed], _EEXEC))
    )
    assert {b"Z", b"Q", b"h"} <= whole
    out = without_and_same_look(
        simple(
            "/FontFile",
            lambda pdf: pdf.make_stream(raw, Length1=clear, Length2=sealed, Length3=rest),
        )
    )
    _, spec = spec_of(out, "/F2")
    held = spec.FontDescriptor.FontFile
    raw = held.read_bytes()
    body = _decrypted(raw[int(held.Length1) :][: int(held.Length2)], _EEXEC)
    names = set(re.findall(rb"/([A-Za-z]+) \d+ (?:RD|-\|)", body))
    assert names == {c.encode() for c in set(REST) - {" "}} | {b"space"}
    (gone,) = set(re.findall(rb"/\.gone\d+ (\d+) ", body))
    assert int(gone) < 12


def test_glyphs_of_a_drawn_font_go():
    def change(pdf):
        letters = sorted(set(NAME + REST) - {" "})
        procs = {
            f"/{c}": pdf.make_stream(b"700 0 d0 0 0 600 %d re f" % (300 + ord(c))) for c in letters
        }
        pdf.pages[0].obj.Resources.Font.F2 = pdf.make_indirect(Dictionary(
            Type=Name.Font, Subtype=Name.Type3, FontBBox=[0, 0, 1000, 1000], FontMatrix=[0.001, 0, 0, 0.001, 0, 0],
            FirstChar=32, LastChar=122, Widths=Array([700] * 91), CharProcs=Dictionary(procs),
            Encoding=Dictionary(Differences=Array([x for c in letters for x in (ord(c), Name("/" + c))]))))  # fmt: skip

    content = b"".join(
        b"BT /F2 12 Tf 72 %d Td (%s) Tj ET\n" % (y, t.encode())
        for t, y in ((NAME, 700), (REST, 600))
    )
    out = without_and_same_look(made(content, change))
    pdf, spec = spec_of(out, "/F2")
    kept = {f"/{c}" for c in set(REST) - {" "}}
    assert set(spec.CharProcs.keys()) == kept
    assert {str(n) for n in spec.Encoding.Differences if isinstance(n, pikepdf.Name)} == kept


def test_a_font_that_a_form_types_with_stays_whole():
    pdfmetrics.registerFont(TTFont("Vera", str(FONTS / "Vera.ttf")))
    blob = by_reportlab()
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        fonts = pdf.pages[0].obj.Resources.Font
        pdf.Root.AcroForm = Dictionary(Fields=Array([]), DR=Dictionary(Font=fonts))
        held = io.BytesIO()
        pdf.save(held)
    out = without(held.getvalue())
    with pikepdf.open(io.BytesIO(out)) as pdf:
        (spec,) = [f for k, f in pdf.pages[0].obj.Resources.Font.items() if "/ToUnicode" in f]
        assert "Z" not in REST
        assert b"005A" in spec.ToUnicode.read_bytes().upper()


def test_names_of_a_code_are_all_that_may_be_meant():
    with pikepdf.open(io.BytesIO(by_reportlab())) as pdf:
        from pii_guard.formats.pdf.fonts import Font

        (spec,) = [f for f in pdf.pages[0].obj.Resources.Font.values() if "/ToUnicode" in f]
        assert "A" in _names(Font(spec), [65])
