"""What a PDF carries besides text: signatures, sound, models, names that programs chose."""

from __future__ import annotations

import io
import zlib

import pikepdf
import pytest
from pdf_proof import BOUNDS, NAME, edits_for, left, line, made, without
from pikepdf import Array, Dictionary, Name, String

from pii_guard.document import UNSCANNED
from pii_guard.formats.pdf import FORMAT
from pii_guard.formats.pdf.signed import certificate_text

PLAIN = line("Nothing personal is drawn here.")
IDENTIFIER = bytes.fromhex("19c0aae7bd2fd48e351f1e6f19e1f845")


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + body


def certificate(name: str, tag: int = 0x0C, coding: str = "utf-8") -> bytes:
    """As much of one as names somebody, in a signature (RFC 5652) padded with zeros."""
    named = der(0x31, der(0x30, der(6, b"\x55\x04\x03"), der(tag, name.encode(coding))))
    mail = der(4, der(0x30, der(0x81, b"zq@mail.example")))
    return der(
        0x30, der(6, b"\x2a\x86\x48"), der(0xA0, named, mail), der(2, b"\x01" * 140)
    ) + bytes(300)


def signed(body: bytes):
    def change(pdf):
        value = pdf.make_indirect(
            Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), ByteRange=[0, 1, 2, 3],
                       Contents=String(body))
        )  # fmt: skip
        one = pdf.make_indirect(
            Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("s"), V=value,
                       Rect=[0, 0, 0, 0])
        )  # fmt: skip
        pdf.pages[0].obj.Annots = Array([one])
        pdf.Root.AcroForm = Dictionary(Fields=Array([one]), SigFlags=3)

    return change


@pytest.mark.parametrize(
    ("tag", "coding"), [(0x0C, "utf-8"), (0x13, "ascii"), (0x14, "latin-1"), (0x1E, "utf-16-be")]
)
def test_the_name_of_who_signed_is_read_and_goes_with_the_signature(tag, coding):
    blob = made(PLAIN, signed(certificate(NAME, tag, coding)))
    texts = [s.text for s in FORMAT.read(blob, BOUNDS).segments]
    assert f"Name: {NAME}\nzq@mail.example" in texts
    out = without(blob)
    assert left(out) == []
    with pikepdf.open(io.BytesIO(out)) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert "/V" not in field
        assert str(field.T) == "s"


@pytest.mark.parametrize(
    "body", [b"\x30\x05\x0c", b"no DER", b"\x30\x80\x00\x00", b"\x30" + b"\xff" * 90]
)
def test_a_signature_that_nobody_can_read_goes(guard, body):
    assert certificate_text(body) == UNSCANNED
    result = guard.redact(made(PLAIN, signed(body)), name="a.pdf")
    assert result.verdict == "redacted"
    assert body not in result.output


def test_a_signature_without_a_name_stays(guard):
    blob = made(PLAIN, signed(der(0x30, der(2, b"\x01" * 40)) + bytes(100)))
    assert guard.redact(blob, name="a.pdf").output == blob


def sound(pdf):
    held = pdf.make_stream(bytes(range(256)) * 8, Type=Name.Sound, R=8000, B=8)
    pdf.pages[0].obj.Annots = Array(
        [Dictionary(Type=Name.Annot, Subtype=Name.Sound, Sound=held, Rect=[0, 0, 9, 9])]
    )


def model(pdf):
    scene = pdf.make_stream(
        b"U3D\0" + bytes(range(256)), {"/Type": Name("/3D"), "/Subtype": Name.U3D}
    )
    note = Dictionary(
        {"/Type": Name.Annot, "/Subtype": Name("/3D"), "/3DD": scene, "/Rect": Array([0, 0, 9, 9])}
    )
    pdf.pages[0].obj.Annots = Array([note])


def unknown(pdf):
    pdf.Root.Extra = pdf.make_stream(bytes(range(256)))


@pytest.mark.parametrize("change", [sound, model, unknown])
def test_binary_data_that_nobody_can_scan_is_not_kept(guard, change):
    blob = made(PLAIN, change)
    assert UNSCANNED in [s.text for s in FORMAT.read(blob, BOUNDS).segments]
    result = guard.redact(blob, name="a.pdf")
    assert result.verdict == "redacted"
    with pikepdf.open(io.BytesIO(result.output)) as pdf:
        held = [o.read_bytes() for o in pdf.objects if isinstance(o, pikepdf.Stream)]
    assert not any(bytes(range(200, 256)) in one for one in held)


@pytest.mark.parametrize("name", ["/FlateDeco", "/FlateDecode"])
def test_a_stream_that_its_filter_does_not_open_is_not_kept(guard, name):
    """Other programs may open it: they know the filter, or take what they get."""
    packed = zlib.compress(f"ask {NAME}".encode())
    data = packed if name == "/FlateDeco" else b"\0\0" + packed

    def change(pdf):
        pdf.Root.Own = pdf.make_stream(b"")
        pdf.Root.Own.write(data, filter=Name(name))

    blob = made(PLAIN, change)
    assert packed in blob
    result = guard.redact(blob)
    assert result.verdict == "redacted"
    assert packed not in result.output


def test_an_identifier_of_random_bytes_is_no_address_in_a_damaged_file(guard):
    """Found by chance: one in twenty such files read as a house number in a street, and was held."""

    def change(pdf):
        pdf.trailer.ID = Array([String(IDENTIFIER), String(b"")])
        pdf.Root.Own = pdf.make_stream(b"")
        pdf.Root.Own.write(b"\0\0" + zlib.compress(NAME.encode()), filter=Name.FlateDecode)

    blob = made(PLAIN, change)
    assert IDENTIFIER.hex().encode() in blob
    assert guard.redact(blob).verdict == "redacted"


def tables(pdf):
    """Binary data of fonts and colours."""
    resources = pdf.pages[0].obj.Resources
    wide = bytes(range(256)) * 3
    resources.ColorSpace = Dictionary(
        A=Array([Name.Indexed, Name.DeviceRGB, 255, pdf.make_stream(wide)]),
        B=Array([Name.ICCBased, pdf.make_stream(wide, N=3)]),
    )
    resources.Font.F9 = Dictionary(
        Type=Name.Font, Subtype=Name.Type0, BaseFont=Name.X, Encoding=Name("/Identity-H"),
        DescendantFonts=Array([Dictionary(
            Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name.X,
            CIDToGIDMap=pdf.make_stream(wide),
            FontDescriptor=Dictionary(FontName=Name.X, CIDSet=pdf.make_stream(wide)))]))  # fmt: skip


def test_binary_data_of_fonts_and_colours_is_none_of_it(guard):
    blob = made(PLAIN, tables)
    assert UNSCANNED not in [s.text for s in FORMAT.read(blob, BOUNDS).segments]
    assert guard.redact(blob, name="a.pdf").output == blob


def test_a_name_that_tells_is_renamed_wherever_it_ties_things_together():
    told = Name("/" + NAME)

    def change(pdf):
        root = pdf.make_indirect(
            Dictionary(Type=Name.StructTreeRoot, RoleMap=Dictionary({str(told): Name.P}))
        )
        root.K = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=told, P=root, K=0))
        pdf.Root.StructTreeRoot = root
        pdf.pages[0].obj.Resources.Properties = Dictionary({str(told): Dictionary(MCID=0)})
        pdf.pages[0].obj.Resources.ColorSpace = Dictionary(
            S=Array(
                [
                    Name.Separation,
                    told,
                    Name.DeviceGray,
                    Dictionary(FunctionType=2, Domain=[0, 1], N=1),
                ]
            )
        )

    escaped = str(told).replace(" ", "#20").encode()
    blob = made(escaped + b" " + escaped + b" BDC " + PLAIN + b"EMC", change)
    assert len(edits_for(blob)) == 1
    out = without(blob)
    assert left(out) == []
    with pikepdf.open(io.BytesIO(out)) as pdf:
        (new,) = pdf.Root.StructTreeRoot.RoleMap.keys()
        assert new == pdf.Root.StructTreeRoot.K.S
        assert list(pdf.pages[0].obj.Resources.Properties.keys()) == [new]
        assert pdf.pages[0].obj.Resources.ColorSpace.S[1] == new
        first = pikepdf.parse_content_stream(pdf.pages[0])
        (mark,) = [one for one in first if str(one.operator) == "BDC"]
        assert [str(n) for n in mark.operands] == [new, new]


def test_a_name_that_holds_a_known_value_is_renamed_too():
    blob = made(line(), lambda pdf: pdf.Root.__setitem__("/X", Name("/ZebedeeQuartermain")))
    assert left(without(blob)) == []


def test_ordinary_names_are_no_text():
    axes = [s.text for s in FORMAT.read(made(PLAIN), BOUNDS).segments]
    assert axes == ["Nothing personal is drawn here."]
