"""Broken, locked and hostile PDFs: each ends with a reason, soon, and nothing else is raised."""

from __future__ import annotations

import io
import logging
import re
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_proof import BOUNDS, NAME, form, left, line, made, without
from pikepdf import Array, Dictionary, Name, String

from pii_guard.document import Changes
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.pdf import FORMAT
from pii_guard.formats.pdf.opened import Opened


def locked(user: str, **how) -> bytes:
    return made(line(), encryption=pikepdf.Encryption(user=user, owner="owner", **how))


@pytest.mark.parametrize("revision", [3, 4, 6])
def test_an_unknown_password_is_a_reason(revision):
    blob = locked("secret", R=revision, aes=revision > 3, metadata=revision > 3)
    with pytest.raises(Unreadable) as refused:
        FORMAT.read(blob, BOUNDS)
    assert refused.value.reason.code is ReasonCode.ENCRYPTED
    assert "unencrypted copy" in str(refused.value.reason)


@pytest.mark.parametrize("revision", [3, 4, 6])
def test_an_empty_password_opens_and_the_output_is_open(revision):
    out = without(locked("", R=revision, aes=revision > 3, metadata=revision > 3))
    assert left(out) == []
    with pikepdf.open(io.BytesIO(out)) as pdf:
        assert not pdf.is_encrypted


def test_what_keys_are_made_of_is_no_text_and_what_stands_beside_it_is():
    """One in four such files was rewritten for a name or a house number in random bytes."""
    blob = locked("", R=3, aes=False, metadata=False)
    start = blob.rfind(b"xref", 0, blob.rfind(b"startxref"))
    note = b"/Mark (told openly) "
    noted = blob.replace(b"/Filter /Standard", note + b"/Filter /Standard")
    noted = noted.replace(b"startxref\n%d" % start, b"startxref\n%d" % (start + len(note)))
    texts = [segment.text for segment in FORMAT.read(noted, BOUNDS).segments]
    assert texts == [f"Dear {NAME}, hello", "told openly"]


def chain(pdf, depth: int):
    inner = form(pdf, line())
    for _ in range(depth):
        outer = form(pdf, b"/X Do")
        outer.Resources.XObject = Dictionary(X=inner)
        inner = outer
    pdf.pages[0].obj.Resources.XObject = Dictionary(X=inner)


def loop(pdf):
    one, other = form(pdf, b"/X Do " + line()), form(pdf, b"/X Do")
    one.Resources.XObject, other.Resources.XObject = Dictionary(X=other), Dictionary(X=one)
    pdf.pages[0].obj.Resources.XObject = Dictionary(X=one)


def bomb(pdf):
    inner = form(pdf, line())
    for _ in range(14):
        outer = form(pdf, b"/X Do " * 20)
        outer.Resources.XObject = Dictionary(X=inner)
        inner = outer
    pdf.pages[0].obj.Resources.XObject = Dictionary(X=inner)


def pattern_loop(pdf):
    cell = pdf.make_stream(
        b"/Pattern cs /P scn 0 0 9 9 re f",
        Dictionary(Type=Name.Pattern, PatternType=1, BBox=[0, 0, 9, 9], XStep=9, YStep=9),
    )
    cell.Resources = Dictionary(Pattern=Dictionary(P=cell))
    pdf.pages[0].obj.Resources.Pattern = Dictionary(P=cell)


@pytest.mark.parametrize(
    ("content", "change"),
    [
        (b"/X Do", lambda pdf: chain(pdf, 10_000)),
        (b"/X Do", loop),
        (b"/X Do", bomb),
        (b"/Pattern cs /P scn 0 0 9 9 re f", pattern_loop),
    ],
    ids=["10,000 deep", "loop", "bomb", "pattern loop"],
)
def test_forms_in_forms_without_end_are_a_gap(content, change):
    blob = made([content, line("text", 72, 500)], change)
    begun = time.process_time()
    (gap, *_) = FORMAT.read(blob, BOUNDS).gaps
    assert time.process_time() - begun < 20
    assert (gap.reason.code, gap.reason.where) == (
        ReasonCode.LIMIT_NESTING,
        "page 1: forms within forms",
    )


def test_a_glyph_that_draws_itself_is_drawn_once():
    """Found by the fuzzer: ten times at each of twenty depths, and all of it was tried for 14 seconds."""

    def change(pdf):
        glyph = pdf.make_stream(b"500 0 d0 BT /F3 1 Tf (aaaaaaaaaa) Tj ET")
        own = pdf.make_indirect(
            Dictionary(Type=Name.Font, Subtype=Name.Type3, FontMatrix=[0.001, 0, 0, 0.001, 0, 0],
                       FontBBox=[0, 0, 500, 700], FirstChar=97, LastChar=97, Widths=[500],
                       CharProcs=Dictionary(a=glyph),
                       Encoding=Dictionary(Differences=Array([97, Name("/a")])))
        )  # fmt: skip
        own.Resources = Dictionary(Font=Dictionary(F3=own))
        pdf.pages[0].obj.Resources.Font.F3 = own

    blob = made([line("text"), b"BT /F3 12 Tf 72 500 Td (a) Tj ET"], change)
    opened = Opened(blob, BOUNDS)
    assert opened.walker.repeated < 1_000
    (gap, *_) = FORMAT.read(blob, BOUNDS).gaps
    assert gap.reason.code is ReasonCode.LIMIT_NESTING


def test_fourteen_forms_deep_is_no_hindrance():
    assert left(without(made(b"/X Do", lambda pdf: chain(pdf, 14)))) == []


def nested_arrays() -> bytes:
    return made(line()).replace(b"/Type /Catalog", b"/Deep " + b"[" * 10_000 + b"]" * 10_000)


def nested_dictionaries() -> bytes:
    return made(line()).replace(b"/Type /Page ", b"/A <<" * 10_000 + b">>" * 10_000 + b" ")


def page_tree_loop() -> bytes:
    return made(line()).replace(b"/Kids [ 3 0 R ]", b"/Kids [ 2 0 R ]")


def inherited_from_itself() -> bytes:
    return made(line()).replace(b"/Parent 2 0 R", b"/Parent 3 0 R")


def wrong_operands() -> bytes:
    return made(b"BT /F1 12 Tf (a) Td (b) (c) Tm [(x) /y] TJ ET")


def wrong_types() -> bytes:
    def change(pdf):
        page = pdf.pages[0].obj
        page.Annots = Array([1, Name.X, Array([]), Dictionary(AP=Dictionary(N=Array([])))])

    return made(line(), change)


def odd_box() -> bytes:
    return made(line()).replace(b"[ 0 0 600 800 ]", b"[ (a) 0 /b null ]")


def no_pages() -> bytes:
    return made(line()).replace(b"/Pages 2 0 R", b"/Pages 9 0 R")


def bad_stream() -> bytes:
    return made(line()).replace(zlib.compress(line())[:2], b"!!")


BROKEN = [nested_arrays, nested_dictionaries, page_tree_loop, inherited_from_itself, wrong_operands,
          wrong_types, odd_box, no_pages, bad_stream]  # fmt: skip


def outcome(blob: bytes) -> str:
    """How reading and writing end; whatever is raised besides `Unreadable` goes through."""
    try:
        document = FORMAT.read(blob, BOUNDS)
        FORMAT.write(blob, Changes((), {}, (NAME,)), BOUNDS)
    except Unreadable as unreadable:
        return unreadable.reason.code.value
    return document.gaps[0].reason.code.value if document.gaps else "read"


@pytest.mark.parametrize("build", BROKEN, ids=lambda f: f.__name__)
def test_broken_parts_end_with_a_reason_or_are_repaired(build):
    blob = build()
    how = outcome(blob)
    assert how in ("read", "corrupt", "no_text", "not_covered", "verification_failed")
    if how == "read":
        assert left(FORMAT.write(blob, Changes((), {}, (NAME,)), BOUNDS)) == []


SOUND = made(line(), lambda pdf: pdf.docinfo.__setitem__("/Title", NAME))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("name", ["plain", "updated"])
def test_a_truncated_file_is_corrupt(share, name):
    # The half of an update that is there would be passed on unread.
    blob = SOUND[: int(len(SOUND) * share)]
    if name == "updated":
        blob = SOUND + blob.replace(b"%PDF", b"")
    with pytest.raises(Unreadable) as refused:
        FORMAT.read(blob, BOUNDS)
    assert refused.value.reason.code is ReasonCode.CORRUPT


def test_a_file_whose_end_is_damaged_is_repaired():
    blob = SOUND.replace(b"/Size", b"/Sise").replace(b"startxref\n", b"startxref\n9")
    assert left(without(blob)) == []


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=4)), max_size=6
    )
)
def test_no_damage_raises_anything_but_unreadable(damage):
    blob = bytearray(SOUND)
    for place, piece in damage:
        blob[place : place + len(piece)] = piece
    outcome(bytes(blob))


def test_pages_of_earlier_revisions_count():
    blob = made(line())
    again = blob + b"\nstartxref\n%d\n%%%%EOF\n" % int(blob.rpartition(b"startxref")[2].split()[0])
    assert FORMAT.read(again, Bounds(max_pages=1)).gaps == ()
    older = blob + b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    table = b"xref\n1 1\n%010d 00000 n \ntrailer\n<< /Size 9 /Root 1 0 R /Prev %d >>\n" % (
        len(blob),
        int(blob.rpartition(b"startxref")[2].split()[0]),
    )
    newer = older + table + b"startxref\n%d\n%%%%EOF\n" % len(older)
    with pytest.raises(Unreadable) as refused:
        FORMAT.read(newer, Bounds(max_pages=1))
    assert refused.value.reason.where == "earlier revisions"


def drawn_as_paths() -> bytes:
    return made(b"0 0 m 9 9 l S " * 30)


def test_a_file_without_any_text_is_never_clean(blind, unconfined):
    result = unconfined.redact(drawn_as_paths(), name="outlines.pdf")
    assert (result.verdict, result.reason.code) == ("quarantined", "no_text")
    assert "text layer" in str(result.reason)


def test_an_empty_page_hides_nothing(guard):
    assert guard.redact(made(b""), name="empty.pdf").verdict == "clean"


def test_large_files_are_walked_twice_with_the_same_outcome(monkeypatch):
    def change(pdf):
        pdf.pages[1].obj.Contents = pdf.make_stream(
            b"/Span <</ActualText (Zebedee Quartermain)>> BDC " + line("odd glyphs") + b"EMC /X Do"
        )
        pdf.pages[1].obj.Resources.XObject = Dictionary(X=form(pdf, line(y=500)))

    blob = made(line(), change, pages=3)
    at_once = without(blob)
    monkeypatch.setattr("pii_guard.formats.pdf._HELD_GLYPHS", 30)
    assert without(blob) == at_once
    assert left(at_once) == []


class Kept(logging.Handler):
    """A host application's log. (pytest's own listens to the libraries themselves.)"""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def test_no_library_logs_what_it_reads(monkeypatch):
    def change(pdf):
        font = pdf.pages[0].obj.Resources.Font.F1
        font.Subtype, font.BaseFont = Name.TrueType, Name.Odd
        font.FontDescriptor = Dictionary(FontBBox=String(NAME), Flags=4, FontName=Name.Odd)

    log, root, blob = Kept(), logging.getLogger(), made(line(), change)
    monkeypatch.setattr(root, "handlers", [log])
    monkeypatch.setattr(root, "level", 0)
    FORMAT.reread(FORMAT.write(blob, Changes((), {}, (NAME,)), BOUNDS), BOUNDS)
    list(FORMAT.haystacks(blob))
    assert log.lines == []
    # Other users of the library keep their log.
    logging.getLogger("pdfminer.pdffont").warning("theirs")
    assert log.lines == ["theirs"]


def test_many_threads_may_work_at_once():
    # pdfium serves one thread at a time; two at once would end the process.
    blob = made(line(), pages=4)
    with ThreadPoolExecutor(4) as pool:
        outs = set(pool.map(without, [blob] * 12))
    assert len(outs) == 1
    assert left(outs.pop()) == []


def test_time_grows_with_the_pages_and_not_faster():
    def seconds(pages):
        blob = made(
            b"".join(line(f"line {n} {NAME}", 72, 20 + 15 * n) for n in range(50)), pages=pages
        )
        begun = time.process_time()
        FORMAT.write(blob, Changes((), {}, (NAME,)), BOUNDS)
        return time.process_time() - begun

    seconds(2)
    assert seconds(24) < 8 * seconds(6) + 0.2


def lying() -> bytes:
    """A page whose font shows letters and claims to mean others."""
    claims = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <ff> "
        b"endcodespacerange 1 beginbfrange <00> <ff> <0041> endbfrange endcmap end end"
    )

    def change(pdf):
        pdf.pages[0].obj.Resources.Font.F1.ToUnicode = pdf.make_stream(claims)

    return made(line(f"Dear {NAME}, hello"), change)


def test_text_that_shows_something_else_than_it_means_is_a_gap(blind, unconfined):
    result = unconfined.redact(lying())
    assert result.verdict == "quarantined"
    assert result.reason.code == "not_covered"


@pytest.mark.parametrize(
    "content",
    [
        b"BT /F1 12 Tf 72 700 Td (nothing) Tj ET % by zebedee@quartermain.example\n",
        b"BT /F1 12 Tf 72 700 Td (50% \\( of (all\\)) \\)) Tj ET\n% Zebedee Quartermain, born 1985-03-12\n",
    ],
)
def test_a_comment_in_a_content_stream_is_read(guard, content):
    blob = made(content)
    assert any("uartermain" in s.text for s in FORMAT.read(blob, BOUNDS).segments)
    result = guard.redact(blob)
    assert result.verdict != "clean"
    assert result.output is None or left(result.output) == []


def test_a_percent_sign_in_a_string_is_no_comment():
    segments = FORMAT.read(made(line("50% of all (and 20% more) \\)")), BOUNDS).segments
    assert [s.locator[0].axis for s in segments if s.text.strip()] == ["page"]


def test_an_earlier_state_behind_a_damaged_table_is_not_passed_as_clean(guard):
    """qpdf takes the last object of a number; pdfminer, as some viewers, the first."""
    old = made(line(), object_stream_mode=pikepdf.ObjectStreamMode.disable)
    number = re.search(rb"/Contents \[ (\d+) 0 R", old)[1]
    later = b"%s 0 obj\n<< /Length 38 >>\nstream\nBT /F1 12 Tf 72 700 Td (nothing) Tj ET\nendstream\nendobj\n"
    blob = old[: old.index(b"xref")] + later % number + old[old.index(b"xref") :]
    result = guard.redact(blob.replace(b"startxref\n", b"startxref\n9"))
    assert result.verdict == "quarantined"


@pytest.mark.parametrize("table", [True, False])
def test_a_stream_behind_a_broken_dictionary_is_not_passed_as_clean(guard, table):
    """qpdf takes the object for a word and the page for empty; the stream is in the file."""

    def change(pdf):
        (pdf.pages[0].obj.Contents,) = pdf.pages[0].obj.Contents

    blob = made(line(), change, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    number = re.search(rb"/Contents (\d+) 0 R", blob)[1]
    blob = blob.replace(b"/Contents %s 0 R" % number, b"/Contents %s   R" % number)
    blob = blob.replace(b"\n%s 0 obj\n<<" % number, b"\n%s 0 obj\nM9" % number)
    assert blob.count(b"M9 /") == 1
    if not table:
        blob = blob.replace(b"startxref\n", b"startxref\n9")
    assert guard.redact(blob).verdict == "quarantined"


SAID = b"(Zebedee Quartermain)"


@pytest.mark.parametrize(
    "content",
    {
        "an operator that nobody knows": b"BT /F1 12 Tf 72 600 Td %s Tj! ET",
        "an operator without operands": b"%s q Q",
        "an operator of numbers": b"BT %s 14 TL ET",
        "one operand too many": b"BT /F1 12 Tf %s (x) Tj ET",
        "one array too many": b"BT /F1 12 Tf [(x)] [%s] TJ ET",
        "entries of an entry of a mark": b"/Span << /A [<< /B %s >>] >> DP",
        "entries of an image": b"BI /W 1 /H 1 /BPC 8 /CS /G /Title %s ID x EI",
        "behind the last operator": b"q Q %s",
        "words between operators": b"q ask Quartermain about it Q",
        "words in an array": b"BT /F1 12 Tf [(x) Quartermain] TJ ET",
        "a string without an end": b"BT /F1 12 Tf 72 600 Td (x%s Tj ET",
        "an array without an end": b"BT /F1 12 Tf [%s TJ ET",
        "an image without an end": b"BI /W 1 /H 1 ID %s",
    }.items(),
    ids=lambda item: item[0],
)
def test_text_that_no_operator_shows_is_not_passed_as_clean(guard, content):
    """qpdf leaves it out in silence, and so do viewers; it is in the file."""
    blob = made(line("nothing") + content[1].replace(b"%s", SAID) + b"\n")
    assert guard.redact(blob).verdict == "quarantined"


def test_content_that_ends_anyhow_but_without_text_is_as_good_as_any():
    for tail in (
        b"q Q 1 0 ",
        b"Q % end",
        b"\0 ",
        b"BI /W 1 /H 1 /BPC 8 /CS [/I /RGB 1 <000000FFFFFF>] ID x EI",
    ):
        document = FORMAT.read(made(line("nothing of note") + tail), BOUNDS)
        assert not document.gaps


def test_a_drawn_object_without_its_kind_is_read_as_text(guard):
    def change(pdf):
        held = form(pdf, b"BT /F1 12 Tf (zebedee@quartermain.example) Tj ET")
        del held.Subtype
        pdf.pages[0].obj.Resources.XObject = Dictionary(Fm=held)

    result = guard.redact(made(line("nothing"), change))
    assert result.verdict == "redacted"
    assert left(result.output) == []


def test_text_that_is_drawn_without_height_goes_like_any_other(guard):
    result = guard.redact(made(b"1 0 0 0 0 0 cm " + line("write to zebedee@quartermain.example")))
    assert result.verdict == "redacted"
    assert left(result.output) == []


def test_strings_in_no_encoding_are_read_byte_by_byte(guard):
    odd = String(b"\xfe\xff\xd8\x00\xdc")  # half of a surrogate, in UTF-16

    def change(pdf):
        pdf.attachments["a"] = pikepdf.AttachedFileSpec(
            pdf, b"write to zebedee@quartermain.example"
        )
        spec = pdf.Root.Names.EmbeddedFiles.Names[1]
        spec.UF = spec.F = pdf.Root.Names.EmbeddedFiles.Names[0] = odd
        annotation = Dictionary(
            Type=Name.Annot, Subtype=Name.Text, Rect=[9, 9, 99, 99], Contents=odd
        )
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(annotation)])

    result = guard.redact(made(line("nothing"), change))
    assert result.verdict == "redacted"
    assert left(result.output) == []
