"""PDF: what the search for values finds on a page, and what it does not take for one."""

from __future__ import annotations

import pikepdf
import pytest
from pdf_proof import line, made, without

from pii_guard.formats.pdf import FORMAT
from pii_guard.formats.pdf.reread import placed_texts
from pii_guard.formats.pdf.search import Values
from pii_guard.residue import Residue


def test_numbers_of_the_structure_are_nobodys():
    """A house number that is also the width of a letter: what says it is gone, the width stays."""

    def widths(pdf):
        font = pdf.pages[0].Resources.Font.F1
        font.FirstChar, font.LastChar = 32, 126
        font.Widths = pikepdf.Array([1000] * 95)

    blob = made(
        line("Lives at 1000 Dakota"), widths, object_stream_mode=pikepdf.ObjectStreamMode.generate
    )
    out = without(blob, "1000")
    residue = Residue([("ADDRESS", "1000")])
    assert residue.remains_in("Lives at 1000 Dakota")
    assert not any(map(residue.remains_in, FORMAT.haystacks(out)))
    assert any(map(residue.remains_in, FORMAT.haystacks(blob)))


@pytest.mark.parametrize("name", ["Ohm Ohm", "Oxford", "Van Le", "+ hh’mm"])
def test_short_names_that_only_pdfium_reads_as_one_are_removed(name):
    """Drawn in an order of its own: the words of a table's cells stand side by side to another reader."""
    found = list(Values([name, "hh’mm"]).shown_in(f"from {name.replace(' ', chr(10))}, and {name}"))
    assert (5, 5 + len(name)) in found
    assert (11 + len(name), 11 + 2 * len(name)) in found
    assert not list(Values([name]).shown_in(f"{name}s of x{name}"))


def test_words_in_two_fonts_are_one_word_to_the_second_reader():
    """As in formulas, where the plus is of a font of its own; our token is a word by itself."""
    content = b"BT /F1 12 Tf 72 700 Td (<PERSON_1> wrote YYMMDDhhmmss) Tj /F2 12 Tf (+) Tj /F1 12 Tf (hh'mm'.) Tj ET\n"

    def second(pdf):
        fonts = pdf.pages[0].Resources.Font
        fonts.F2 = pdf.make_indirect(
            pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1,
                               BaseFont=pikepdf.Name("/Times-Roman"), Encoding=pikepdf.Name.WinAnsiEncoding)
        )  # fmt: skip

    (text,) = placed_texts(made(content, second))
    assert text == "<PERSON_1> wrote YYMMDDhhmmss+hh'mm'."
