"""Cells have one label, whichever reader says it: else a value is found and its proof looks elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from pii_guard import Guard
from pii_guard.document import Document, Kind
from pii_guard.findings import Redacted
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.identify import identify
from tests.fixtures.office import docx, odf, pptx, xlsx

HEADS = ("Name", "E-mail", "Phone")
JANE = ("Jane Roe", "jane.roe@mail-post.net", "(212) 555-0120")
JOHN = ("John Moss", "", "(212) 555-0143")


def calc(*rows: str) -> bytes:
    """A sheet as LibreOffice writes it: what is empty to its edge is there as well, counted."""
    empty = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    return odf("spreadsheet", f'<table:table table:name="S">{"".join(rows)}{empty}</table:table>')


def calc_row(*cells: str, skip: int = 0) -> str:
    before = f'<table:table-cell table:number-columns-repeated="{skip}"/>' if skip else ""
    made = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        if text
        else "<table:table-cell/>"
        for text in cells
    )
    after = f'<table:table-cell table:number-columns-repeated="{16384 - skip - len(cells)}"/>'
    return f"<table:table-row>{before}{made}{after}</table:table-row>"


def word_table(*rows: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def word_cells(*texts: str, span: int = 0, within: str = "") -> str:
    told = f'<w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr>' if span else ""
    return "".join(
        f"<w:tc>{told}{within}<w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>" for text in texts
    )


def slide_table(*rows: str) -> bytes:
    made = "".join(f"<a:tr>{row}</a:tr>" for row in rows)
    frame = (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="9" name=""/><p:cNvGraphicFramePr/><p:nvPr/>'
        f"</p:nvGraphicFramePr><a:graphic><a:graphicData><a:tbl>{made}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )
    return pptx(shapes=frame)


def slide_cells(*texts: str, span: int = 0) -> str:
    first = f' gridSpan="{span}"' if span else ""
    merged = '<a:tc hMerge="1"><a:txBody><a:p/></a:txBody></a:tc>' * (span - 1)
    return "".join(
        f"<a:tc{first}><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>{merged}"
        for text in texts
    )


def excel_rows(*rows: tuple[int, tuple[str, ...]]) -> bytes:
    return xlsx(
        "".join(
            f'<row r="{number}">'
            + "".join(
                f'<c r="{chr(65 + n)}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
                for n, text in enumerate(cells)
                if text
            )
            + "</row>"
            for number, cells in rows
        )
    )


def tables() -> Iterator[tuple[str, bytes]]:
    yield "a sheet to its edge", calc(calc_row(*HEADS), calc_row(*JANE), calc_row(*JOHN))
    yield "a sheet with a gap", calc(calc_row(*HEADS, skip=2), calc_row(*JANE, skip=2))
    title = calc_row("Customers of March"), calc_row("", "", "")
    yield "a sheet with a title", calc(*title, calc_row(*HEADS), calc_row(*JANE))
    yield "cells over columns", docx(
        word_table(word_cells("Customer", span=2) + word_cells("E-mail"),
                   word_cells(JANE[0], "x") + word_cells(JANE[1]))
    )  # fmt: skip
    inner = word_table(word_cells("Left", "Right"), word_cells("one", "two"))
    yield (
        "a table within a table",
        docx(word_table(word_cells(*HEADS), word_cells(*JANE, within=inner))),
    )
    yield "a cell of two paragraphs", docx(
        word_table(word_cells("Full", within="<w:p><w:r><w:t>Name</w:t></w:r></w:p>") + word_cells("Jane Roe"))
    )  # fmt: skip
    yield (
        "merged cells of a slide",
        slide_table(
            slide_cells("Customer", span=2) + slide_cells("E-mail"),
            slide_cells(JANE[0], "x") + slide_cells(JANE[1]),
        ),
    )
    yield "an empty row below the heads", excel_rows((1, HEADS), (2, ()), (3, JANE), (4, JOHN))


TABLES = dict(tables())


def labelled(document: Document) -> Counter[tuple[str, str, str]]:
    cells = (one for one in document.segments if one.kind in (Kind.CELL, Kind.NAME))
    return Counter((one.kind.value, one.label, one.text) for one in cells if one.text.strip())


@pytest.mark.parametrize("name", TABLES)
def test_both_readers_give_a_cell_the_same_label(name: str):
    blob = TABLES[name]
    form = Formats().of(identify(blob))
    first, second = form.read(blob, Bounds()), form.reread(blob, Bounds())
    assert labelled(first) == labelled(second)


@pytest.mark.parametrize("name", [one for one in TABLES if "sheet" in one])
def test_a_sheet_to_its_edge_has_heads(guard: Guard, name: str):
    found = Formats().of(identify(TABLES[name])).reread(TABLES[name], Bounds())
    assert {one.label for one in found.segments if one.text in JANE} == set(HEADS)
    assert isinstance(guard.redact(TABLES[name], name="a.ods"), Redacted)


def test_a_name_beside_its_label_is_no_head(guard: Guard):
    blob = excel_rows(
        (1, ("Severity", "high")), (2, ("Reporter", "Tobias Feldkamp")), (3, ("Age", "31"))
    )
    found = Formats().of(identify(blob)).read(blob, Bounds()).segments
    labels = {one.text: one.label for one in found if one.kind is Kind.CELL}
    assert labels["Tobias Feldkamp"] == "Reporter"
    assert labels["31"] == "Age"
    assert len({one.record for one in found if one.text in labels}) == 1


def test_a_number_of_a_sheet_is_one_to_the_second_reader_too():
    cell = (
        '<table:table-cell office:value-type="float" office:value="2125550120">'
        "<text:p>212-555-0120</text:p></table:table-cell>"
    )
    blob = calc(f"<table:table-row>{cell}</table:table-row>")
    found = Formats().of(identify(blob)).reread(blob, Bounds()).segments
    assert [(one.text, one.number) for one in found if "0120" in one.text] == [("2125550120", True)]
