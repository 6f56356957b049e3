"""Pages that a spreadsheet printed: what stands in two cells is not one word, however near it stands."""

from __future__ import annotations

import io

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from pii_guard import Guard
from pii_guard.findings import Redacted
from pii_guard.formats.base import Bounds
from pii_guard.formats.pdf import FORMAT

SIZE, WIDE, PADDING = 11, 60, 1


def sheet(*rows: tuple[str, ...]) -> bytes:
    """A page as LibreOffice draws a sheet: numbers at the right of a cell, the rest clipped to it."""
    held = io.BytesIO()
    canvas = Canvas(held, invariant=1)
    for row, cells in enumerate(rows):
        y = 700 - 15 * row
        for column, text in enumerate(cells):
            left = 60 + column * WIDE
            canvas.saveState()
            canvas.setFont("Helvetica", SIZE)
            if text.isdigit():
                canvas.drawRightString(left + WIDE - PADDING, y, text)
            else:
                shown = text
                if stringWidth(text, "Helvetica", SIZE) > WIDE - 2 * PADDING:
                    path = canvas.beginPath()
                    path.rect(left, y - 4, WIDE, 14)
                    canvas.clipPath(path, stroke=0)
                    while stringWidth(shown[:-1], "Helvetica", SIZE) > WIDE - PADDING:
                        shown = shown[:-1]
                canvas.drawString(left + PADDING, y, shown)
            canvas.restoreState()
    canvas.save()
    return held.getvalue()


def test_cells_that_touch_are_read_apart():
    blob = sheet(
        ("5957345", "Oxford"), ("+1 297 555 0123", "Dakota"), ("edson.mondaca@a", "Rue Capois 1234")
    )
    lines = FORMAT.read(blob, Bounds()).segments[0].text.splitlines()
    assert lines[0] == "5957345 Oxford"
    assert lines[1].endswith(" Dakota")
    assert lines[2].startswith("edson.mond Rue Capois")


def test_runs_of_a_word_under_clips_of_their_own_stay_one_word():
    held = io.BytesIO()
    canvas = Canvas(held, invariant=1)
    x = 60.0
    for run in ("Jane R", "oe", "1980"):
        wide = stringWidth(run, "Helvetica", SIZE)
        canvas.saveState()
        canvas.setFont("Helvetica", SIZE)
        path = canvas.beginPath()
        path.rect(x, 690, wide, 20)
        canvas.clipPath(path, stroke=0)
        canvas.drawString(x, 700, run)
        canvas.restoreState()
        x += wide
    canvas.save()
    assert FORMAT.read(held.getvalue(), Bounds()).segments[0].text == "Jane Roe1980"


@pytest.mark.slow
def test_a_printed_sheet_is_redacted(guard: Guard):
    blob = sheet(
        ("id", "name", "mail", "city"),
        ("1449064", "Tewodros Farah", "t.farah@mail-post.net", "Oxford"),
        ("8360580", "Naoko Hayashi", "naoko@mail-post.net", "Dakota"),
        ("8581867", "Hemal Chacko", "hemal@mail-post.net", "Oxford"),
    )
    assert isinstance(guard.redact(blob, name="a.pdf"), Redacted)
