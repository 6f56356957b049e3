"""What of running text is one record where it is written as a list."""

from __future__ import annotations

import re

import pytest

from pii_guard.decide.rules import locate
from pii_guard.document import Kind, Segment
from pii_guard.entities import entity
from pii_guard.findings import Finding


def records(text: str, kind: Kind = Kind.PROSE) -> list[tuple[int, ...]]:
    """The record of each word in capitals."""
    segment = Segment(text, kind=kind)
    found = [
        Finding("PERSON", entity("PERSON").category, 0, m.start(), m.end(), 0.9)
        for m in re.finditer("[A-Z]{3,}", text)
    ]
    return [place.record for place in locate([segment], ((f, False) for f in found))]


@pytest.mark.parametrize(
    "text",
    [
        "- Name: JANE\n- Religion: QUAKER\n- Phone: NUMBER",
        "* **Name:** JANE\n* **Faith:** QUAKER",
        "  - [x] Name: JANE\n  - Faith: QUAKER\n",
    ],
)
def test_a_list_of_fields_is_one_record(text):
    assert len(set(records(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "- JANE did it\n- QUAKER oats",
        "- Name: JANE\n- a QUAKER",
        "- Name: JANE\n\n- Faith: QUAKER",
        "- Host: https://JANE\n- Name: QUAKER",
        "1. Name: JANE\n2. Name: QUAKER",
    ],
)
def test_items_of_other_lists_are_records_of_their_own(text):
    assert len(set(records(text))) == 2
