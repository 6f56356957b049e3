"""Objects that cannot be read: qpdf leaves out what it does not understand, and the file still says it."""

from __future__ import annotations

import io

import pikepdf
import pytest
from pdf_proof import line, made

from pii_guard.formats.pdf import history
from tests.fixtures import CANARY

PLAIN = line("Nothing personal is drawn here.")
WIDE = CANARY.encode("utf-16")[2:].hex().encode()


def with_root(entry: bytes) -> bytes:
    """A file whose catalog has an entry as it stands; its cross-reference table is made anew."""
    held = io.BytesIO()
    with pikepdf.open(io.BytesIO(made(PLAIN))) as pdf:
        pdf.Root.Mark = pikepdf.Name("/Here")
        pdf.save(held, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert held.getvalue().count(b"/Mark /Here") == 1
    return held.getvalue().replace(b"/Mark /Here", entry)


@pytest.mark.parametrize(
    "entry",
    [
        b"/OpenAction << M* (var to = '%s';) /S /JavaScript >>" % CANARY.encode(),
        b"/Dest [ 5 0 R est [ /Fit ] /Title (From %s)" % CANARY.encode(),
        b"/Dest [ /Title <FFFE%s>" % WIDE,
        b"/Title (From %s" % CANARY.encode(),
    ],
    ids=["no key", "open list", "in UTF-16", "open string"],
)
def test_a_string_of_an_object_that_cannot_be_read_is_read(guard, entry):
    blob = with_root(entry)
    result = guard.redact(blob, name="a.pdf")
    assert result.verdict in ("redacted", "quarantined")
    output = result.output or b""
    assert CANARY.encode() not in output
    assert WIDE not in output


def test_a_damaged_file_that_tells_of_nobody_stays_as_it_is(guard):
    """It may be the proof of concept."""
    blob = with_root(b"/OpenAction << M* (app.alert\\(1\\)) /S /JavaScript >>")
    result = guard.redact(blob, name="a.pdf")
    assert (result.verdict, result.output) == ("clean", blob)


def test_a_map_of_codes_without_its_end_is_not_kept(guard):
    """Some readers take it as far as it goes: poppler shows what pdfminer reads nothing of."""
    letters = sorted(set(CANARY))
    codes = {letter: code for code, letter in enumerate(letters, 1)}
    mapping = "".join(f"<{code:04x}> <{ord(letter):04x}>\n" for letter, code in codes.items())
    head = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange"
    said = f"{head} {len(letters)} beginbfchar\n{mapping} /C2> <00/c tc>\n /C2>6N <0euc>\n /C0raM>".encode()
    held = io.BytesIO()
    with pikepdf.open(io.BytesIO(made(PLAIN))) as pdf:
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type0, BaseFont=pikepdf.Name("/AAAAAA+Own"),
            Encoding=pikepdf.Name("/Identity-H"), ToUnicode=pdf.make_stream(said),
            DescendantFonts=[pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.CIDFontType2, BaseFont=pikepdf.Name("/AAAAAA+Own"),
                CIDSystemInfo=pikepdf.Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0), DW=600,
            )],
        )  # fmt: skip
        page = pdf.pages[0]
        page.obj.Resources.Font["/F9"] = pdf.make_indirect(font)
        shown = "".join(f"{codes[letter]:04x}" for letter in CANARY)
        page.contents_add(f"BT /F9 12 Tf 72 600 Td <{shown}> Tj ET".encode())
        pdf.save(held)
    result = guard.redact(held.getvalue(), name="a.pdf")
    assert result.verdict in ("redacted", "quarantined")
    with pikepdf.open(io.BytesIO(result.output or made(PLAIN))) as pdf:
        streams = [
            one.read_bytes()
            for one in pdf.objects
            if isinstance(one, pikepdf.Stream) and one.get("/Subtype") != pikepdf.Name.Image
        ]
    assert not any(mapping.encode() in one for one in streams)


def test_strings_that_never_end_are_looked_at_once():
    assert len(list(history.strings(b"(a" * 100_000))) == 1
