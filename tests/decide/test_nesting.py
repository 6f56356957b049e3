"""A list within somebody's object is about them; a list of people is not one record."""

from __future__ import annotations

import json

import pytest

from pii_guard.decide.nesting import Nesting
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds

PATIENT = {
    "name": "Jane Whitfield",
    "diagnoses": [{"code": "F32.1"}, {"code": "J45", "by": {"team": "B"}, "notes": [{"text": "x"}]}],
    "ward": "C",
}  # fmt: skip


def around(source: str, media_type: str = "application/json") -> dict[str, tuple[int, ...]]:
    """The records around each value, by the value."""
    segments = Formats().of(media_type).read(source.encode(), Bounds()).segments
    nesting = Nesting(segments)
    return {
        s.text: nesting.above(n) + s.record
        for n, s in enumerate(segments)
        if s.kind.value == "field"
    }


def test_an_element_of_a_list_is_within_the_object_around():
    found = around(json.dumps(PATIENT))
    assert found["Jane Whitfield"] == found["C"] == (1,)
    assert found["F32.1"] == (1, 2)
    assert found["J45"] == (1, 3)
    assert found["B"] == (1, 3, 4)
    assert found["x"] == (1, 3, 5)


def test_each_list_is_within_its_own_object():
    found = around(json.dumps({"users": [PATIENT, {"name": "Ann", "diagnoses": [{"code": "Z9"}]}]}))
    assert found["F32.1"][:2] == found["Jane Whitfield"]
    assert found["Z9"][:2] == found["Ann"] != found["Jane Whitfield"]


def test_yaml_is_no_different():
    found = around("name: Jane\ndiagnoses:\n- code: B20\n- code: C1\n", "application/yaml")
    assert found["B20"][:1] == found["C1"][:1] == found["Jane"]


@pytest.mark.parametrize(
    "source", ['{"a.b": "x", "c": {"d.e.f": "y"}}', '[{"a.b.c": "x"}, {"a.b.c": "y"}]']
)
def test_keys_with_dots_are_no_lists(source):
    assert all(len(record) < 3 for record in around(source).values())


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_what_a_list_tells_of_somebody_goes(guard, name):
    told = '{"name": "Jane Whitfield", "diagnoses": [{"code": "B20", "text": "HIV disease"}]}'
    output = guard.redact(told.encode(), name=name).output
    assert b"HIV" not in output
    assert b"B20" not in output


@pytest.mark.parametrize(
    "told",
    [
        '{"total": 2, "checks": [{"host": "web-03", "diagnosis": "Connection refused"}]}',
        '{"users": [{"email": "jane.roe@corp.de"}, {"diagnosis": "Connection refused"}]}',
    ],
)
def test_what_a_list_tells_of_nobody_stays(guard, told):
    assert b"Connection refused" in guard.redact(told.encode(), name="a.json").output
