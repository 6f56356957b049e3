"""No place in the output tells how wide the value was. Figures: `tests/benchmarks/pdf_widths.py`."""

from __future__ import annotations

import io

import pikepdf
import pytest
from pdf_proof import line, made
from pikepdf import Array, Dictionary, Name

from tests.benchmarks.pdf_widths import SETTINGS, document, left, redacted

NAMES = ("Tom Jackson", "Brigitte Vandermeulen", "Ada Ilic")
TOLD = {"right, alone"}


@pytest.mark.parametrize(("title", "font", "setting"), SETTINGS, ids=[s[0] for s in SETTINGS])
def test_names_of_any_width_leave_the_same(title, font, setting):
    outs = {left(redacted(document(*setting(name, font), font), name)) for name in NAMES}
    assert len(outs) == (len(NAMES) if title in TOLD else 1)


def positions(blob: bytes) -> list[list[float]]:
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        content = list(pikepdf.parse_content_stream(pdf.pages[0]))
    return [
        [float(n) for n in one.operands] for one in content if str(one.operator) in ("Td", "Tm")
    ]


def test_what_follows_on_the_next_line_stays_where_it_was():
    content = (
        b"BT /F1 12 Tf 14 TL 72 700 Td (Ann) Tj (Tom Jackson) Tj ( b) Tj 30 0 Td (, c) Tj "
        b"-30 -14 Td (next) Tj T* (last) Tj ET"
    )
    out = redacted(made(content), "Tom Jackson")
    ends = positions(out)
    # Whatever moved within the line, the lines below begin at the left.
    x = y = 0.0
    places = []
    with pikepdf.open(io.BytesIO(out)) as pdf:
        for one in pikepdf.parse_content_stream(pdf.pages[0]):
            name = str(one.operator)
            if name == "BT":
                x = y = 0.0
            elif name == "Td":
                x, y = x + float(one.operands[0]), y + float(one.operands[1])
            elif name == "T*":
                y -= 14
            elif name in ("Tj", "TJ"):
                places.append((round(x, 2), round(y, 2)))
    assert (72.0, 686.0) in places
    assert (72.0, 672.0) in places
    assert ends


def test_a_cell_of_another_column_stays():
    def cell(name):
        out = redacted(made(line(name) + line("Kent", 300)), name)
        with pikepdf.open(io.BytesIO(out)) as pdf:
            return [list(one.operands) for one in pikepdf.parse_content_stream(pdf.pages[0])
                    if str(one.operator) == "Td"]  # fmt: skip

    assert cell("Tom Jackson") == cell("Brigitte Vandermeulen")
    assert [300, 700] in cell("Tom Jackson")


def test_where_there_is_no_room_the_gap_is_told_in_steps_and_covers_nothing():
    def texts(name):
        blob = made(line(name) + line("|", 126))  # the rule of a table, close by
        return left(redacted(blob, name)), redacted(blob, name)

    (one, blob), (other, _) = texts("Bo Jil"), texts("Bo Jin")
    assert one == other
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        boxes = [[float(n) for n in one.operands] for one in pikepdf.parse_content_stream(pdf.pages[0])
                 if str(one.operator) == "re"]  # fmt: skip
    assert all(x + wide <= 126 for x, _, wide, _ in boxes)


def test_a_box_around_more_than_the_line_stays():
    def change(pdf):
        pdf.pages[0].obj.Annots = Array(
            [Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=[60, 600, 400, 720])]
        )

    content = b"60 600 340 120 re S 60 690 m 400 690 l S\n" + line("Dear Tom Jackson, hello")
    with pikepdf.open(io.BytesIO(redacted(made(content, change), "Tom Jackson"))) as pdf:
        shown = [list(one.operands) for one in pikepdf.parse_content_stream(pdf.pages[0])
                 if str(one.operator) in ("re", "l")]  # fmt: skip
        assert [float(n) for n in pdf.pages[0].obj.Annots[0].Rect] == [60, 600, 400, 720]
    assert [60, 600, 340, 120] in shown
    assert [400, 690] in shown
