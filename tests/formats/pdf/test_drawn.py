"""However a page draws a value, it goes, and its neighbours stay where they were."""

from __future__ import annotations

import ctypes
import io

import pikepdf
import pypdfium2
import pytest
from pdf_proof import BOUNDS, NAME, edits_for, form, left, line, made, texts, without
from pikepdf import Array, Dictionary, Name, String
from reportlab.pdfbase.pdfmetrics import stringWidth

from pii_guard.document import Changes
from pii_guard.errors import ReasonCode
from pii_guard.formats.pdf import FORMAT

REST = "Kept text of the page."
KEPT = line(REST, 72, 640)


def set_letters(order) -> bytes:
    """Each letter in a text object of its own, drawn in the order given."""
    out, x, places = [], 72.0, []
    for character in NAME:
        places.append((x, character))
        x += stringWidth(character, "Helvetica", 12)
    for x, character in order(places):
        out.append(b"BT /F1 12 Tf 1 0 0 1 %.2f 700 Tm (%s) Tj ET" % (x, character.encode()))
    return b"\n".join(out) + b"\n"


def scrambled(places):
    return [places[i] for i in sorted(range(len(places)), key=lambda i: (i * 7) % 19)]


def with_form(content: bytes, **entries):
    def change(pdf):
        pdf.pages[0].obj.Resources.XObject = Dictionary(X=form(pdf, content, **entries))

    return change


def nested(pdf):
    inner = form(pdf, line())
    for _ in range(5):
        outer = form(pdf, b"q 1 0 0 1 1 1 cm /X Do Q")
        outer.Resources.XObject = Dictionary(X=inner)
        inner = outer
    pdf.pages[0].obj.Resources.XObject = Dictionary(X=inner)


def pattern(pdf):
    cell = pdf.make_stream(
        line(), Dictionary(Type=Name.Pattern, PatternType=1, PaintType=1, TilingType=1,
                           BBox=[0, 0, 300, 800], XStep=300, YStep=800,
                           Matrix=[1, 0, 0, 1, 20, 0],
                           Resources=Dictionary(Font=pdf.pages[0].obj.Resources.Font))
    )  # fmt: skip
    pdf.pages[0].obj.Resources.Pattern = Dictionary(P=cell)


def soft_mask(pdf):
    group = form(pdf, line(), Group=Dictionary(S=Name.Transparency, CS=Name.DeviceGray))
    mask = Dictionary(Type=Name.Mask, S=Name.Luminosity, G=group)
    pdf.pages[0].obj.Resources.ExtGState = Dictionary(G=Dictionary(SMask=mask))


def type3(procs, differences, **entries):
    def change(pdf):
        pdf.pages[0].obj.Resources.Font.T3 = pdf.make_indirect(Dictionary(
            Type=Name.Font, Subtype=Name.Type3, FontBBox=[0, 0, 1000, 1000],
            FontMatrix=[0.001, 0, 0, 0.001, 0, 0], FirstChar=32, LastChar=126,
            Widths=Array([700] * 95),
            CharProcs=Dictionary({k: pdf.make_stream(v) for k, v in procs.items()}),
            Encoding=Dictionary(Type=Name.Encoding, Differences=Array(differences)), **entries,
        ))  # fmt: skip

    return change


def letters_as_shapes(pdf):
    names = [Name("/" + {" ": "space"}.get(c, c)) for c in sorted(set(NAME))]
    differences = [part for name, c in zip(names, sorted(set(NAME)), strict=True)
                   for part in (ord(c), name)]  # fmt: skip
    procs = {str(name): b"700 0 d0 0 0 600 700 re f" for name in names}
    type3(procs, differences)(pdf)


def one_glyph_says_all(pdf):
    proc = b"700 0 d0 BT /F1 1000 Tf (" + NAME.encode() + b") Tj ET"
    fonts = pdf.pages[0].obj.Resources.Font
    type3({"/A": proc}, [65, Name.A], Resources=Dictionary(Font=Dictionary(F1=fonts.F1)))(pdf)


def hidden_layer(pdf):
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Layer")))
    pdf.Root.OCProperties = Dictionary(OCGs=[layer], D=Dictionary(OFF=[layer]))
    pdf.pages[0].obj.Resources.Properties = Dictionary(L=layer)


def cropped(pdf):
    pdf.pages[0].obj.CropBox = Array([0, 0, 600, 660])


def cmap(mapping: dict[int, str]) -> bytes:
    rows = "\n".join(
        f"<{code:02X}> <{text.encode('utf-16-be').hex()}>" for code, text in mapping.items()
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def\n"
        "1 begincodespacerange <00> <FF> endcodespacerange\n"
        f"{len(mapping)} beginbfchar\n{rows}\nendbfchar endcmap end end"
    ).encode()


def unicode_map(text: str, start: int = 0xA1):
    """A font whose codes from `start` mean the letters of `text`, by /ToUnicode alone."""

    def change(pdf):
        mapping = {start + n: c for n, c in enumerate(text)}
        pdf.pages[0].obj.Resources.Font.U = pdf.make_indirect(Dictionary(
            Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica,
            ToUnicode=pdf.make_stream(cmap(mapping)), FirstChar=start,
            LastChar=start + len(text) - 1, Widths=Array([600] * len(text)),
        ))  # fmt: skip

    return change


def codes(count: int, start: int = 0xA1) -> bytes:
    return b"<" + bytes(range(start, start + count)).hex().encode() + b">"


CASES = {
    "split over two content streams": [b"BT /F1 12 Tf 72 700 Td (Zebedee Qua", b"rtermain) Tj ET"],
    "split over two streams between operators": [
        b"BT /F1 12 Tf 72 700 Td (Zebedee Qua) Tj\n", b"(rtermain) Tj ET\n"],
    "split over Tj": b"BT /F1 12 Tf 72 700 Td (Zeb) Tj (edee) Tj ( Quarter) Tj (main) Tj ET",
    "kerned": b"BT /F1 12 Tf 72 700 Td [(Ze)20(be)-35(dee)-300(Q)80(uartermain)] TJ ET",
    "letters far apart": b"BT /F1 12 Tf 72 700 Td [" + b" -480 ".join(
        b"(%c)" % c for c in NAME.replace(" ", "").encode()[:7]) + b" -1400 " + b" -480 ".join(
        b"(%c)" % c for c in NAME.encode()[8:]) + b"] TJ ET",
    "letter spaced": b"BT /F1 12 Tf 5 Tc 72 700 Td (" + NAME.encode() + b") Tj ET",
    "hex string": b"BT /F1 12 Tf 72 700 Td <" + NAME.encode().hex().encode() + b"> Tj ET",
    "octal escapes": b"BT /F1 12 Tf 72 700 Td (" + b"".join(
        b"\\%03o" % c for c in NAME.encode()) + b") Tj ET",
    "hyphenated": b"BT /F1 12 Tf 14 TL 72 700 Td (so Zebedee Quarter-) Tj (main is) ' ET",
    "soft hyphen": b"BT /F1 12 Tf 14 TL 72 700 Td (Zebedee Quarter\xad) Tj (main) ' ET",
    "over two lines": b"BT /F1 12 Tf 14 TL 72 700 Td (so Zebedee) Tj (Quartermain is) ' ET",
    "quote operators": b'BT /F1 12 Tf 14 TL 72 714 Td 1 0 (so Zebedee Quartermain) " ET',
    "one letter each": set_letters(list),
    "drawn backwards": set_letters(lambda places: places[::-1]),
    "drawn in any order": set_letters(scrambled),
    "invisible": b"3 Tr " + line(),
    "clipped": b"q 0 0 1 1 re W n " + line() + b"Q",
    "off the page": line(y=-300),
    "unbalanced": b"Q Q q " + line(),
    "marked": b"/P <</MCID 0>> BDC " + line() + b"EMC",
}  # fmt: skip
BUILT = {
    "form": (b"/X Do", with_form(line())),
    "form with a matrix": (b"/X Do", with_form(line(), Matrix=[0, 1, -1, 0, 700, 0])),
    "nested forms": (b"/X Do", nested),
    "tiling pattern": (b"/Pattern cs /P scn 0 0 600 800 re f", pattern),
    "soft mask": (b"q /G gs 0 0 600 800 re f Q", soft_mask),
    "type 3": (line().replace(b"/F1", b"/T3"), letters_as_shapes),
    "type 3 glyph showing text": (b"BT /T3 12 Tf 72 700 Td (A) Tj ET", one_glyph_says_all),
    "hidden layer": (b"/OC /L BDC " + line() + b"EMC", hidden_layer),
    "outside the crop box": (line(), cropped),
    "code to unicode": (
        b"BT /U 12 Tf 72 700 Td " + codes(len(NAME)) + b" Tj ET",
        unicode_map(NAME),
    ),
}
ALL = {**{name: (content, None) for name, content in CASES.items()}, **BUILT}


@pytest.mark.parametrize("name", ALL)
def test_it_is_gone_from_every_reader_and_stream(name):
    content, change = ALL[name]
    parts = content if isinstance(content, list) else [content]
    blob = made([*parts, b"\n" + KEPT], change)
    out = without(blob)
    assert left(out) == []
    for reader in ("pdfium", "pypdf"):
        assert REST in texts(out)[reader], reader


AROUND = {
    "in a line": line(f"Dear {NAME}, hello again"),
    "kerned": b"BT /F1 12 Tf 72 700 Td [(Dear )120(Zebe)-40(dee Quarter)30(main)-90(, hello)] TJ ET",
    "stretched": b"BT /F1 12 Tf 130 Tz 2 Tc 4 Tw 72 700 Td (Dear Zebedee Quartermain, bye) Tj ET",
    "risen": b"BT /F1 12 Tf 72 700 Td (a) Tj 5 Ts (Zebedee Quartermain) Tj 0 Ts (b) Tj ET",
    "lines": b"BT /F1 12 Tf 14 TL 72 700 Td (one) Tj (Zebedee Quartermain) ' (three) ' "
             b"2 1 (four five) \" T* (six) Tj 0 -30 TD (Zebedee Quartermain) Tj T* (seven) Tj ET",
    "moves": b"BT /F1 12 Tf 72 700 Td (a) Tj 10 0 Td (Zebedee ) Tj 60 0 Td (Quartermain) Tj "
             b"90 0 Td (b) Tj 0 -20 TD (Zebedee Quartermain) Tj T* (c) Tj ET",
    "backwards": set_letters(lambda places: places[::-1]) + line("next", 300, 700),
    "end of a text object": line(f"x {NAME}") + line("later", 300, 700) + line("below", 72, 680),
    "groups": b"q 1 0 0 1 72 700 cm " + line(NAME, 0, 0) + b"Q q 2 0 0 2 10 10 cm "
              + line("big", 10, 200) + b"Q " + line("small", 72, 650),
    "settings in a group that stays": b"/F1 9 Tf BT 72 700 Td (Zebedee Quartermain) Tj ET "
              b"BT 72 650 Td (after) Tj ET",
}  # fmt: skip


@pytest.mark.parametrize("name", AROUND)
def test_what_stays_stays_in_its_line_and_other_lines_where_they_were(name):
    before = made([AROUND[name], KEPT])
    after = without(before)
    assert left(after) == []
    # Letters by their lines: only the value is missing, and each line stands as high as before.
    had, has = lines_of(before), lines_of(after)
    touched = 0
    for base, letters in had.items():
        kept = has.get(base, [])
        text, rest = "".join(c for c, _ in letters), "".join(c for c, _ in kept)
        gone = [part for part in ("ZebedeeQuartermain", "ZebedeeQuarter", "main") if part in text]
        if not gone:
            assert kept == letters
            continue
        touched += 1
        assert rest == text.replace(gone[0], "")
        start = text.index(gone[0])
        for part, was in ((kept[:start], letters[:start]),
                          (kept[start:], letters[start + len(gone[0]):])):  # fmt: skip
            moved = [x - y for (_, x), (_, y) in zip(part, was, strict=True)]
            assert max(moved, default=0) - min(moved, default=0) < 0.3
    assert touched >= 1


def lines_of(blob: bytes) -> dict[float, list[tuple[str, float]]]:
    """The letters of each line from left to right; tokens left out."""
    found: dict[float, list[tuple[str, float]]] = {}
    for page in pypdfium2.PdfDocument(blob):
        text = page.get_textpage()
        for n in range(text.count_chars()):
            character = chr(pypdfium2.raw.FPDFText_GetUnicode(text.raw, n))
            x, y = ctypes.c_double(), ctypes.c_double()
            pypdfium2.raw.FPDFText_GetCharOrigin(text.raw, n, x, y)
            size = pypdfium2.raw.FPDFText_GetFontSize(text.raw, n)
            token = size not in (12.0, 9.0, 24.0)
            if character.isprintable() and not character.isspace() and not token:
                found.setdefault(round(y.value, 1), []).append((character, round(x.value, 2)))
    return {base: sorted(letters, key=lambda one: one[1]) for base, letters in found.items()}


def test_a_ligature_is_read_as_letters_and_goes_whole():
    # One code stands for "ffi": the value ends within it, so its neighbour letter goes with it.
    blob = made(
        [b"BT /U 12 Tf 72 700 Td " + codes(4) + b" Tj ET\n", KEPT],
        lambda pdf: unicode_map_of(pdf, ["O", "\ufb03", "ce", "r"]),
    )
    assert FORMAT.read(blob, BOUNDS).segments[0].text.startswith("Officer")
    out = without(blob, "Officer")
    assert left(out, ("officer",)) == []


def unicode_map_of(pdf, texts_):
    mapping = {0xA1 + n: c for n, c in enumerate(texts_)}
    pdf.pages[0].obj.Resources.Font.U = pdf.make_indirect(Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, FirstChar=0xA1,
        ToUnicode=pdf.make_stream(cmap(mapping)), LastChar=0xA0 + len(texts_),
        Widths=Array([600] * len(texts_)),
    ))  # fmt: skip


@pytest.mark.parametrize("backwards", [False, True], ids=["visual", "logical"])
def test_right_to_left_text_is_read_in_its_order(backwards):
    word = "\u05d6\u05d1\u05d3\u05d9 \u05e7\u05d5\u05e8\u05d8\u05de\u05df"
    places = [72 + 8 * n for n in range(len(word))]
    shown = word if backwards else word[::-1]
    xs = places[::-1] if backwards else places
    start = {c: 0xA1 + n for n, c in enumerate(dict.fromkeys(word))}
    content = b"\n".join(
        b"BT /U 12 Tf 1 0 0 1 %d 700 Tm <%02x> Tj ET" % (x, start[c])
        for x, c in zip(xs, shown, strict=True)
    )
    blob = made([content, KEPT], lambda pdf: unicode_map_of(pdf, list(start)))
    assert FORMAT.read(blob, BOUNDS).segments[0].text.startswith(word)
    out = without(blob, word)
    assert all(c not in text for text in texts(out).values() for c in word.replace(" ", ""))


def test_letters_set_apart_keep_their_words_apart():
    text = FORMAT.read(made(CASES["letters far apart"]), BOUNDS).segments[0].text
    assert text == NAME


def test_hyphens_within_numbers_and_names_stay():
    content = b"BT /F1 12 Tf 14 TL 72 700 Td (536-22-) Tj (8417 and Ann-) ' (Marie with co-) ' (worker) ' ET"
    text = FORMAT.read(made(content), BOUNDS).segments[0].text
    assert text == "536-22-8417 and Ann-Marie with coworker"


def test_invisible_text_over_a_picture_makes_the_page_a_picture():
    def picture(pdf):
        image = pdf.make_stream(
            bytes(100), Dictionary(Type=Name.XObject, Subtype=Name.Image, Width=10, Height=10,
                                   ColorSpace=Name.DeviceGray, BitsPerComponent=8)
        )  # fmt: skip
        pdf.pages[0].obj.Resources.XObject = Dictionary(I=image)

    content = b"q 200 0 0 30 60 690 cm /I Do Q 3 Tr " + line()
    out = without(made([content, b"0 Tr " + KEPT], picture))
    assert left(out) == []
    with pikepdf.open(io.BytesIO(out)) as pdf:
        (image,) = pdf.pages[0].obj.Resources.XObject.values()
        assert int(image.Width) > 1000  # the page, not the scan
        assert [n for n in pdf.objects if isinstance(n, pikepdf.Stream)
                and n.get("/Width") == 10] == []  # fmt: skip


def test_a_value_known_from_elsewhere_goes_however_it_is_set():
    # No detector finds it like this; what else holds it tells that it must go.
    content = b"BT /F1 12 Tf 14 TL 72 700 Td (ZEBEDEE) Tj (  QUARTER) ' (MAIN) Tj ET\n"
    blob = made([content, KEPT])
    assert edits_for(blob) == ()
    out = FORMAT.write(blob, Changes((), {}, (NAME,)), BOUNDS)
    assert left(out) == []
    assert REST in texts(out)["pdfium"]


def test_halves_of_a_broken_word_are_no_words_to_the_second_reader():
    content = b"BT /F1 12 Tf 14 TL 72 700 Td (one of the alterna-) Tj (tives <PERSON_1>) ' (R-) Tj (S) ' ET\n"
    blob = made([content, KEPT])
    shown = "\n".join(s.text for s in FORMAT.reread(blob, BOUNDS).segments)
    assert "alternatives" in shown
    assert any("alterna-tives" in text for text in FORMAT.haystacks(blob) if isinstance(text, str))


def test_where_another_reader_still_reads_a_value_its_glyphs_go():
    # We take the hyphen for one of a broken word; pdfium reads it, and the value after it.
    content = b"BT /F1 12 Tf 14 TL 72 700 Td (so non-) Tj (zebedee quartermain words) ' ET\n"
    blob = made([content, KEPT])
    assert "nonzebedee" in FORMAT.read(blob, BOUNDS).segments[0].text
    out = FORMAT.write(blob, Changes((), {}, (NAME,)), BOUNDS)
    assert left(out) == []
    assert "so non-" in texts(out)["pdfium"]
    assert "words" in texts(out)["pdfium"]


@pytest.mark.parametrize("case", ["one letter each", "drawn backwards"])
def test_no_width_of_a_single_letter_is_left(case):
    # Places of single letters tell their widths, and widths tell words.
    out = without(made([CASES[case], KEPT]))
    with pikepdf.open(io.BytesIO(out)) as pdf:
        moves = [one for one in pikepdf.parse_content_stream(pdf.pages[0])
                 if str(one.operator) in ("Tm", "Td")]  # fmt: skip
    assert len(moves) == 2  # of the token and of the line that stays


def test_the_width_of_what_ends_a_line_is_told_in_steps_only():
    def gap(name):
        with pikepdf.open(io.BytesIO(without(made([line(f"To {name}"), KEPT]), name))) as pdf:
            content = pikepdf.parse_content_stream(pdf.pages[0])
            rect = next(one for one in content if str(one.operator) == "re")
            shown = [one for one in content if str(one.operator) == "TJ"]
            return [float(n) for n in rect.operands], [str(one.operands) for one in shown]

    assert gap("Zebedee Quartermain") == gap("Zebedee Quartermein")
    assert gap("Zebedee Quartermain") == gap("Zebulon Quartermain")


def test_many_glyphs_without_meaning_are_a_gap(blind):
    names = {f"/g{n}": b"700 0 d0 0 0 600 700 re f" for n in range(20)}
    codes_of = type3(names, [65, *map(Name, names)])
    blob = made([b"BT /T3 12 Tf 72 700 Td (ABCDEFGHIJ) Tj ET\n", KEPT], codes_of)
    gaps = FORMAT.read(blob, BOUNDS).gaps
    assert [gap.reason.code for gap in gaps] == [ReasonCode.NOT_COVERED]
    assert gaps[0].reason.where == "page 1: glyphs without meaning"
