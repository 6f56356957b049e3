"""Fields that are named by what stands beside them, and tables on their side."""

from __future__ import annotations

import io
from collections.abc import Sequence

import docx
import pytest

from pii_guard.detect.layout import laid_out
from pii_guard.document import Kind, Segment
from pii_guard.policy import Policy
from pii_guard.stages import survey, workshop

SHOP = workshop(Policy())


def read(text: str) -> Sequence[Segment]:
    return survey(SHOP, text.encode(), "a.json" if text[0] in "{[" else "a.csv").document.segments


def labels(text: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Each text of the file with its label and record."""
    return {
        s.text: (s.label, s.record) for s in laid_out(read(text)) if s.kind in ("field", "cell")
    }


@pytest.mark.parametrize(
    ("text", "value", "label"),
    [
        ('{"key": "victimPhone", "value": "0825519034"}', "0825519034", "victimPhone"),
        ('{"attributes": [{"name": "email", "value": "x"}]}', "x", "email"),
        ('{"telecom": [{"system": "phone", "value": "805 772", "use": "home"}]}', "805 772", "phone"),
        ('{"attribute_code": "lastname", "value": "Roe"}', "Roe", "lastname"),
        ('{"type": "text", "question": "Date of birth", "answer": "1977"}', "1977", "Date of birth"),
        ("id,meta_key,meta_value\n7,billing_phone,0825519034\n7,color,teal\n", "0825519034", "billing_phone"),
    ],
)  # fmt: skip
def test_a_key_in_the_same_record_names_the_value(text, value, label):
    assert labels(text)[value][0] == label


@pytest.mark.parametrize(
    "text",
    [
        '{"key": "theme", "value": "dark"}',
        '{"value": 7, "unit": "kg"}',
        '{"name": "phone"}',
        '[{"name": "phone"}, {"value": "dark"}]',
        "id,name,value\n7,color,teal\n",
    ],
)
def test_other_values_keep_their_labels(text):
    segments = read(text)
    assert laid_out(segments) is segments


def test_rows_of_one_owner_are_one_record():
    text = "entity_id,attribute_code,value\n1,firstname,Wei\n1,lastname,Li\n2,firstname,Ana\n"
    found = labels(text)
    assert found["Wei"][1] == found["Li"][1] != found["Ana"][1]


def test_pairs_in_one_list_are_one_record():
    found = labels(
        '{"fields": [{"key": "first_name", "value": "Wei"}, {"key": "last_name", "value": "Li"}]}'
    )
    assert found["Wei"][1] == found["Li"][1]


TURNED = """Field,Rec 1,Rec 2
Member Name,Shanelle Okoro,Bartholomew Finch
Date of Birth,11/03/1984,02/19/1957
Home Phone,(312) 774-9021,(773) 208-4415
Plan,Gold,Bronze
"""


def test_a_table_on_its_side_is_labelled_by_its_first_column():
    found = labels(TURNED)
    assert found["02/19/1957"][0] == "Date of Birth"
    assert found["Gold"][0] == "Plan"


def test_a_column_of_a_table_on_its_side_is_a_record():
    found = labels(TURNED)
    assert found["Bartholomew Finch"][1] == found["(773) 208-4415"][1] != found["Gold"][1]


def test_a_form_of_two_columns_has_no_names_above_it():
    """`Jane Roe` above a date is no name of a column."""
    found = labels(
        "Patient,Jane Roe\nDate of birth,11/03/1984\nPhone,0912 771 0934\nFaith,Quaker\n"
    )
    assert found["Jane Roe"][0] == "Patient"
    assert found["Quaker"] == ("Faith", found["Jane Roe"][1])


def test_a_form_in_a_word_file_is_one_too():
    table = docx.Document()
    rows = (
        ("Patient", "Jane Roe"),
        ("DOB", "11/03/1984"),
        ("Phone", "0912 771"),
        ("Faith", "Quaker"),
    )
    grid = table.add_table(rows=0, cols=2)
    for row in rows:
        for cell, text in zip(grid.add_row().cells, row, strict=True):
            cell.text = text
    blob = io.BytesIO()
    table.save(blob)
    segments = survey(SHOP, blob.getvalue(), "a.docx").document.segments
    found = {s.text: (s.label, s.kind) for s in laid_out(segments)}
    assert [found[value] for _, value in rows] == [(name, Kind.CELL) for name, _ in rows]


def test_halves_of_names_are_named_so():
    found = labels(
        "f,A,B\nGiven,Kaveh,Niloufar\nFamily,Rostamian,Daryaei\nTel,0912 771 0934,0912 448 2210\n"
    )
    assert found["Niloufar"][0] == "Given name"


@pytest.mark.parametrize(
    "text",
    [
        "name,email,phone\nemail,a,b\nphone,c,d\ndob,e,f\n",
        "Metric,Jan,Feb\nLogins,1,2\nErrors,3,4\nphone,5,6\n",
        "field,email\nemail,1\nphone,2\ndob,3\n",
    ],
)
def test_other_tables_stand_as_they_are(text):
    segments = read(text)
    assert laid_out(segments) is segments
