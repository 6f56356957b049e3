"""Wherever a PDF keeps a value beside its pages, it is read, and it is gone afterwards."""

from __future__ import annotations

import io
import zlib

import pikepdf
import pypdf
import pytest
from pdf_proof import BOUNDS, NAME, bodies, edits_for, form, left, line, made, texts, without
from pikepdf import Array, Dictionary, Name, String

from pii_guard.document import Changes, Edit, Span
from pii_guard.formats.pdf import FORMAT

PLAIN = line("Nothing personal is drawn here.")
XHTML = '<?xml version="1.0"?><body xmlns="http://www.w3.org/1999/xhtml"><p>by {}</p></body>'


def annotate(pdf, **entries):
    note = pdf.make_indirect(Dictionary(Type=Name.Annot, Rect=[10, 10, 200, 40], **entries))
    page = pdf.pages[0].obj
    page.Annots = Array([*page.get("/Annots", ()), note])
    return note


def comment(pdf):
    annotate(
        pdf, Subtype=Name.Text, Contents=String(f"see {NAME}"), T=String(NAME), Subj=String(NAME)
    )


def rich_comment(pdf):
    rich = XHTML.format("Zebe<b>dee</b> Quarter<i>main</i>")
    annotate(pdf, Subtype=Name.FreeText, RC=String(rich), Contents=String("note"))


def stamp(pdf):
    annotate(pdf, Subtype=Name.Stamp, AP=Dictionary(N=form(pdf, line(y=10))))


def states(pdf):
    on = form(pdf, line(y=10))
    one = annotate(pdf, Subtype=Name.Widget, FT=Name.Btn, T=String("box"), AS=Name.Off,
             AP=Dictionary(N=Dictionary(Off=form(pdf, b""), On=on), D=Dictionary(On=on)))  # fmt: skip
    pdf.Root.AcroForm = Dictionary(Fields=Array([one]))


def link(pdf):
    action = Dictionary(S=Name.URI, URI=String("https://x.example/?q=Zebedee Quartermain"))
    annotate(pdf, Subtype=Name.Link, A=action)


def scripted(pdf):
    js = pdf.make_stream(f"app.alert('{NAME}')".encode())
    one = annotate(pdf, Subtype=Name.Widget, FT=Name.Tx, T=String("t"), AA=Dictionary(
        K=Dictionary(S=Name.JavaScript, JS=js)))  # fmt: skip
    pdf.Root.AcroForm = Dictionary(Fields=Array([one]))
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([
        String("start"), Dictionary(S=Name.JavaScript, JS=String(f"var a = '{NAME}'"))])))  # fmt: skip


def field(pdf):
    one = annotate(
        pdf, Subtype=Name.Widget, FT=Name.Tx, T=String("customer"), V=String(NAME),
        DV=String(NAME), TU=String(f"as {NAME} signs"), TM=String(NAME), MaxLen=5,
        RV=String(XHTML.format("Zebe<b>dee</b> Quartermain")),
        MK=Dictionary(CA=String(NAME)), AP=Dictionary(N=form(pdf, line(y=10))),
    )  # fmt: skip
    choice = annotate(pdf, Subtype=Name.Widget, FT=Name.Ch, T=String("c"), V=String(NAME),
                      Opt=Array([Array([String("1"), String(NAME)]), String(NAME)]))  # fmt: skip
    pdf.Root.AcroForm = Dictionary(Fields=Array([one, choice]))


def field_off_the_pages(pdf):
    lone = pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("x"), V=String("y"), Subtype=Name.Widget,
                                        AP=Dictionary(N=form(pdf, line(y=10)))))  # fmt: skip
    pdf.Root.AcroForm = Dictionary(Fields=Array([lone]))


def xfa(pdf):
    field(pdf)
    data = f"<data><name>{NAME}</name></data>".encode()
    packet = pdf.make_stream(data, Dictionary(Type=Name.EmbeddedFile))
    pdf.Root.AcroForm.XFA = Array([String("datasets"), packet, String("x"), pdf.make_stream(data)])


def outline(pdf):
    with pdf.open_outline() as tree:
        tree.root.append(pikepdf.OutlineItem(f"On {NAME}", 0))


def wide_outline(pdf):
    with pdf.open_outline() as tree:
        tree.root.append(pikepdf.OutlineItem(f"On {NAME} \u2192 \u0416", 0))


def named_destinations(pdf):
    page = pdf.pages[0].obj
    pdf.Root.Names = Dictionary(
        Dests=Dictionary(Names=Array([String(NAME), Array([page, Name.Fit])]))
    )
    pdf.Root.Dests = Dictionary({f"/{NAME}": Array([page, Name.Fit])})
    annotate(pdf, Subtype=Name.Link, Dest=Name(f"/{NAME}"))


def page_labels(pdf):
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=String(f"{NAME} "), S=Name.D)]))


def info(pdf):
    for key in ("/Author", "/Title", "/Creator", "/Producer", "/Company"):
        pdf.docinfo[key] = NAME


def xmp(pdf):
    with pdf.open_metadata() as meta:
        meta["dc:description"] = NAME


def wide_xmp(pdf):
    text = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{NAME}</x:xmpmeta>"
    pdf.pages[0].obj.Metadata = pdf.make_stream(
        text.encode("utf-16"), Dictionary(Type=Name.Metadata, Subtype=Name.XML)
    )


def trailer(pdf):
    pdf.trailer.Owner = String(NAME)


def marked(key, content=PLAIN, wide=False):
    def change(pdf):
        shown = (b"\xfe\xff" + NAME.encode("utf-16-be")).hex() if wide else NAME.encode().hex()
        mark = f"/Span <<{key} <{shown}> /MCID 7>> BDC ".encode()
        pdf.pages[0].obj.Contents = pdf.make_stream(mark + content + b" EMC")

    return change


def listed_properties(pdf):
    pdf.pages[0].obj.Resources.Properties = Dictionary(P=Dictionary(ActualText=String(NAME)))
    pdf.pages[0].obj.Contents = pdf.make_stream(b"/Span /P BDC " + PLAIN + b"EMC")


DRAWN = line()


def structure(pdf, content=DRAWN, text=NAME):
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    page = pdf.pages[0].obj
    one = pdf.make_indirect(Dictionary(
        S=Name.Span, P=root, K=0, Pg=page, ActualText=String(text), Alt=String(text),
        E=String(text), T=String(text)))  # fmt: skip
    root.K = Array([one])
    pdf.Root.StructTreeRoot = root
    page.Contents = pdf.make_stream(b"/Span <</MCID 0>> BDC " + content + b"EMC")


def private(pdf):
    pdf.pages[0].obj.PieceInfo = Dictionary(
        App=Dictionary(Private=Dictionary(Log=pdf.make_stream(NAME.encode()), Who=String(NAME)))
    )


def beside_a_mapping(pdf):
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def\n"
        f"% by {NAME}\n1 beginbfchar <0041> <0041> endbfchar {NAME} endcmap end end"
    )
    pdf.pages[0].obj.Resources.Font.F1.ToUnicode = pdf.make_stream(cmap.encode())


def deflated_without_a_filter(pdf):
    pdf.pages[0].obj.Thumb = pdf.make_stream(
        zlib.compress(NAME.encode()), Dictionary(Width=40, Height=1, BitsPerComponent=8)
    )


def deflated_in_metadata(pdf):
    packed = zlib.compress(f"by {NAME}".encode())
    pdf.pages[0].obj.Metadata = pdf.make_stream(
        b"<x:xmpmeta>" + packed + b"</x:xmpmeta>" * 30,
        Dictionary(Type=Name.Metadata, Subtype=Name.XML),
    )


def deflated_in_a_font(pdf):
    program = pdf.make_stream(
        bytes(99) + zlib.compress(f"by {NAME}".encode()), Dictionary(Length1=99)
    )
    pdf.pages[0].obj.Resources.Font.F1.FontDescriptor = pdf.make_indirect(
        Dictionary(Type=Name.FontDescriptor, FontName=Name.Helvetica, FontFile2=program)
    )


def orphan_object(pdf):
    pdf.make_indirect(Dictionary(Old=String(NAME)))


def unused_form(pdf):
    pdf.pages[0].obj.Resources.XObject = Dictionary(Unused=form(pdf, line()))


def layer_name(pdf):
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(NAME)))
    pdf.Root.OCProperties = Dictionary(OCGs=[layer], D=Dictionary(OFF=[layer]))


def threads(pdf):
    pdf.Root.Threads = Array([Dictionary(I=Dictionary(Title=String(NAME), Author=String(NAME)))])


PLACES = [comment, rich_comment, stamp, states, link, scripted, field, field_off_the_pages, xfa,
          outline, wide_outline, named_destinations, page_labels, info, xmp, wide_xmp, trailer,
          listed_properties, structure, private, beside_a_mapping, deflated_without_a_filter,
          deflated_in_metadata, deflated_in_a_font, unused_form,
          layer_name, threads]  # fmt: skip
MARKS = [marked(key, wide=wide) for key in ("/ActualText", "/Alt", "/E") for wide in (False, True)]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "object streams"])
@pytest.mark.parametrize("place", PLACES, ids=lambda f: f.__name__)
def test_a_place_beside_the_pages(place, packed):
    mode = "generate" if packed else "disable"
    blob = made(PLAIN, place, object_stream_mode=getattr(pikepdf.ObjectStreamMode, mode))
    out = without(blob)
    assert left(out) == []
    if place not in (structure, listed_properties):
        assert "Nothing personal is drawn here." in texts(out)["pdfium"]


@pytest.mark.parametrize("change", MARKS)
def test_text_that_stands_for_what_is_drawn(change):
    assert left(without(made(PLAIN, change))) == []


@pytest.mark.parametrize("change", [marked("/ActualText", wide=True), listed_properties,
                                    lambda pdf: structure(pdf, PLAIN)])  # fmt: skip
def test_what_is_drawn_goes_with_the_text_that_stands_for_it(change):
    # The glyphs say something else to every extractor; the eye may read the value in them.
    out = without(made(PLAIN, change))
    assert "personal" not in texts(out)["pdfium"]
    assert "<PERSON_1>" in texts(out)["pdfium"]


def test_a_picture_goes_with_the_text_that_stands_for_it():
    def picture(pdf):
        image = pdf.make_stream(
            bytes(4), Dictionary(Type=Name.XObject, Subtype=Name.Image, Width=2, Height=2,
                                 ColorSpace=Name.DeviceGray, BitsPerComponent=8)
        )  # fmt: skip
        pdf.pages[0].obj.Resources.XObject = Dictionary(I=image)
        marked("/ActualText", b"q 9 0 0 9 0 0 cm /I Do Q " + PLAIN)(pdf)

    with pikepdf.open(io.BytesIO(without(made(PLAIN, picture)))) as pdf:
        assert [s for s in pdf.objects if s.get("/Subtype") == Name.Image] == []


def test_replacement_texts_that_repeat_parts_of_it_go():
    # Neither holds the value; together they spell it.
    content = (
        b"/Span <</ActualText (Zebedee Quar)>> BDC BT /F1 12 Tf 72 700 Td (Zebedee Quar) Tj EMC "
        b"/Span <</ActualText (termain)>> BDC (termain) Tj ET EMC "
        b"/Span <</ActualText (stays)>> BDC " + line("low", 72, 300) + b"EMC"
    )
    out = without(made(content))
    assert left(out) == []
    assert any(b"stays" in body for body in bodies(out))


def test_structure_of_other_pages_keeps_its_texts():
    def change(pdf):
        structure(pdf, line())
        other = pdf.make_indirect(Dictionary(
            S=Name.Figure, K=0, Pg=pdf.pages[1].obj, Alt=String("a chart of sales")))  # fmt: skip
        pdf.Root.StructTreeRoot.K.append(other)

    with pikepdf.open(io.BytesIO(without(made(PLAIN, change, pages=2)))) as pdf:
        kept = [str(one.Alt) for one in pdf.Root.StructTreeRoot.K if "/Alt" in one]
    assert kept == ["<PERSON_1>", "a chart of sales"] or kept == ["a chart of sales"]


def test_a_field_takes_what_stands_in_it_now():
    with pikepdf.open(io.BytesIO(without(made(PLAIN, field)))) as pdf:
        one = pdf.Root.AcroForm.Fields[0]
        assert str(one.V) == "<PERSON_1>"
        assert int(one.MaxLen) >= len("<PERSON_1>")
        assert str(one.RV).endswith("<p>by &lt;PERSON_1&gt;</p></body>")


def test_links_still_lead_to_their_renamed_destination():
    with pikepdf.open(io.BytesIO(without(made(PLAIN, named_destinations)))) as pdf:
        assert pdf.pages[0].obj.Annots[0].Dest == Name("/<PERSON_1>")
        assert "/<PERSON_1>" in pdf.Root.Dests


def test_fields_that_the_form_does_not_list_are_kept_and_listed():
    def lone(pdf):
        annotate(pdf, Subtype=Name.Widget, FT=Name.Tx, T=String("t"), V=String(NAME))
        pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.pages[0].obj.Annots[0]]))

    blob = made(PLAIN, lone).replace(b"/Fields", b"/Felder")
    out = without(blob)
    assert pypdf.PdfReader(io.BytesIO(out)).get_form_text_fields() == {"t": "<PERSON_1>"}


# -- files within -------------------------------------------------------------------------------


def attached(pdf):
    pdf.attachments["list.txt"] = NAME.encode()


def attached_directly(pdf):
    stream = pdf.make_stream(NAME.encode(), Dictionary(Type=Name.EmbeddedFile))
    annotate(pdf, Subtype=Name.FileAttachment,
             FS=Dictionary(Type=Name.Filespec, F=String("a.txt"), EF=Dictionary(F=stream)))  # fmt: skip


def untyped(pdf):
    stream = pdf.make_stream(NAME.encode())
    pdf.Root.AF = Array([Dictionary(F=String("a.txt"), EF=Dictionary(F=stream))])


def unreachable(pdf):
    pdf.pages[0].obj.Stray = pdf.make_stream(NAME.encode(), Dictionary(Type=Name.EmbeddedFile))


@pytest.mark.parametrize("place", [attached, attached_directly, untyped, unreachable])
def test_files_within_are_children(place):
    blob = made(PLAIN, place)
    assert [child.blob for child in FORMAT.read(blob, BOUNDS).children] == [NAME.encode()]
    out = FORMAT.write(blob, Changes((), {0: b"clean"}, (NAME,)), BOUNDS)
    assert left(out) == []
    assert [child.blob for child in FORMAT.read(out, BOUNDS).children] == [b"clean"]


# -- what no reader shows -----------------------------------------------------------------------


def updated(blob: bytes, number: int, body: bytes) -> bytes:
    """The file with an incremental update that writes object `number` anew."""
    start = len(blob)
    last = int(blob.rpartition(b"startxref")[2].split()[0])
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        root = pdf.Root.objgen[0]
    table = start + len(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    return blob + (
        b"%d 0 obj\n%s\nendobj\nxref\n%d 1\n%010d 00000 n \ntrailer\n"
        b"<< /Size 50 /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
        % (number, body, number, start, root, last, table)
    )


def content_number(blob: bytes) -> int:
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        return pdf.pages[0].obj.Contents[0].objgen[0]


def new_stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)


def covered_up() -> bytes:
    """A first revision drew the value, the second draws something else in its place."""
    blob = made(line(), object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return updated(blob, content_number(blob), new_stream(PLAIN))


def covered_up_twice() -> bytes:
    blob = covered_up()
    return updated(blob, content_number(blob), new_stream(line("third")))


def orphaned() -> bytes:
    blob = made(PLAIN, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return updated(blob, 40, b"<< /Old (%s) >>" % NAME.encode())


def dead() -> bytes:
    """An object that no cross-reference table lists."""
    head, mark, tail = made(PLAIN, object_stream_mode=pikepdf.ObjectStreamMode.disable).partition(
        b"xref\n"
    )
    old = b"77 0 obj\n<< /Old (%s) >>\nendobj\n" % NAME.encode()
    return (
        head
        + old
        + mark
        + tail.replace(b"startxref\n%d" % len(head), b"startxref\n%d" % (len(head) + len(old)))
    )


def deleted_page() -> bytes:
    """A page that was taken out of the page tree, its object still there."""

    def change(pdf):
        page = pdf.pages[1].obj
        page.Contents = pdf.make_stream(line())
        del pdf.pages[1]
        pdf.pages[0].obj.Next = page

    return made(PLAIN, change, pages=2)


def after_the_end() -> bytes:
    return made(PLAIN) + f"\nexported for {NAME}\n".encode()


def before_the_header() -> bytes:
    return f"From: {NAME}\n\n".encode() + made(PLAIN)


def in_a_comment() -> bytes:
    head, mark, tail = made(PLAIN).partition(b"\nstartxref")
    return head + f"\n% made for {NAME}".encode() + mark + tail


HIDDEN = [
    covered_up,
    covered_up_twice,
    orphaned,
    dead,
    deleted_page,
    after_the_end,
    before_the_header,
    in_a_comment,
]


@pytest.mark.parametrize("build", HIDDEN, ids=lambda f: f.__name__)
def test_what_no_reader_shows_is_read_and_goes(build):
    blob = build()
    shown = "third" if build is covered_up_twice else "Nothing personal is drawn here."
    assert texts(blob)["pdfium"].strip() == shown
    assert edits_for(blob) != ()
    out = without(blob)
    assert left(out) == []
    assert out.count(b"%%EOF") == 1
    assert texts(out)["pdfium"].strip() == shown


def test_a_value_only_in_an_earlier_revision_is_not_passed_as_clean(guard):
    result = guard.redact(covered_up().replace(b"hello", b"howdy"), name="letter.pdf")
    assert result.verdict == "redacted"
    assert left(result.output) == []


@pytest.mark.parametrize("linear", [False, True])
def test_a_file_without_a_past_has_nothing_to_tell(linear):
    blob = made(PLAIN, linearize=linear)
    axes = {s.locator[0].axis for s in FORMAT.read(blob, BOUNDS).segments}
    assert axes <= {"page", "string"}
    assert FORMAT.read(blob, BOUNDS).gaps == ()


def test_bytes_after_the_end_that_are_no_text_are_a_gap():
    (gap,) = FORMAT.read(made(PLAIN) + bytes(range(256)) * 8, BOUNDS).gaps
    assert (gap.reason.code, gap.reason.where) == ("not_covered", "bytes around the document")


def test_names_of_properties_are_searched():
    # A name cannot be edited: it is found, so that the file is given up.
    blob = made(PLAIN, lambda pdf: pdf.Root.__setitem__("/X", Name("/Quartermain")))
    assert any("Quartermain" in text for text in FORMAT.haystacks(blob) if isinstance(text, str))


def test_attachments_that_are_not_asked_for_are_emptied():
    out = FORMAT.write(made(PLAIN, attached), Changes((Edit(0, Span(0, 7), ""),)), BOUNDS)
    assert left(out) == []
    assert pypdf.PdfReader(io.BytesIO(out)).attachments == {"list.txt": [b""]}
