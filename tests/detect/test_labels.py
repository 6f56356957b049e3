"""Labels are shown to recognizers so that they read them as labels."""

from __future__ import annotations

import pytest

from pii_guard.detect.passages import passages
from pii_guard.detect.settling import is_time
from pii_guard.document import Kind, Segment


@pytest.mark.parametrize("kind", [Kind.FIELD, Kind.CELL])
@pytest.mark.parametrize(
    ("label", "line"),
    [
        ("ns2:firstName", "ns2 firstName: x"),
        ("a=b", "a b: x"),
        ("a\nb", "a b: x"),
        ("dob", "dob: x"),
    ],
)
def test_nothing_in_a_label_ends_it(kind, label, line):
    (one,) = passages([Segment("x", kind=kind, label=label)])
    assert one.text.strip() == line


def test_a_long_value_has_its_label_too():
    (one, *_) = passages([Segment("x " * 6_000, kind=Kind.FIELD, label="ins:note")])
    assert one.text.startswith("ins note: x")


@pytest.mark.parametrize(
    "value", ["2023-12-24T10:00:00Z", "2024-01-17 22:10", "2024-01-29T15:11:52.233+01:00"]
)
def test_times_are_told(value):
    assert is_time(value)


@pytest.mark.parametrize("value", ["2023-12-24", "12 Elm Street", "1990-05-14 in Leeds", ""])
def test_other_values_are_no_times(value):
    assert not is_time(value)
