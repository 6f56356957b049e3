"""What holds for all recognizers: one reading by the gate, no crash on any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.detect.gate import Gate, Needs, skeleton
from pii_guard.detect.recognizer import LABELLED, PATTERN, VALIDATED, WEAK, Identifier, standing
from pii_guard.detect.recognizers import recognizer_classes, recognizers
from tests.detect.recognizers.tables import plain, tables

OURS = recognizers()


def test_recognizers_are_found_by_being_there():
    names = {one.__name__ for one in recognizer_classes()}
    assert {"UsSsn", "DeTaxId", "CreditCard", "LabelledValue", "EmailAddress"} <= names
    assert not any(name.startswith("_") for name in names)
    assert "Numbered" not in names


def test_the_gate_loses_nothing_that_counts():
    """What a recognizer finds in its texts, it finds behind the gate as well."""
    for name, table in tables().items():
        one = next(one for one in OURS if one.name == name)
        if isinstance(one, Identifier):
            for text in map(plain, table.finds):
                sure = [m for m in one.matches(text) if m.score > WEAK]
                assert len(one.analyze(text, [])) == len(sure)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_no_text_breaks_a_recognizer(text):
    for one in OURS:
        for result in one.analyze(text, []):
            assert 0 <= result.start < result.end <= len(text)


@settings(max_examples=150, deadline=None)
@given(st.text("0123456789-./ ABXabx:()+@", max_size=60))
def test_no_run_of_digits_and_marks_breaks_a_recognizer(text):
    for one in OURS:
        if isinstance(one, Identifier):
            for match in one.matches(text):
                assert 0 <= match.start < match.end <= len(text)
                assert 0 < match.score <= 1


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_a_skeleton_keeps_every_place(text):
    shape = skeleton(text)
    assert len(shape) == len(text)
    assert not any(c.isdecimal() and c != "9" for c in shape)


def test_a_gate_opens_by_shape_piece_and_phrase():
    gate = Gate(
        {
            "shape": Needs(shapes=("99-AA",)),
            "phrase": Needs(words=("tax id",)),
            "piece": Needs(pieces=("straße ",)),
            "unspaced": Needs(words=("身份证",)),
            "always": Needs(),
        }
    )

    def open_for(text):
        return {n for n in ("shape", "phrase", "piece", "unspaced") if gate.opens(text, n)}

    assert gate.opens("", "always")
    assert open_for("") == set()
    assert open_for("see 12-AB") == {"shape"}
    assert open_for("TAX_ID") == {"phrase"}
    assert open_for("taxid, tax identity") == set()
    assert open_for("HAUPTSTRASSE 1 Lindenstraße 4") == {"piece"}
    assert open_for("我的身份证号码") == {"unspaced"}


class Serial(Identifier):
    """A made-up number."""

    entity = "SERIAL"
    pattern = standing(r"\d{6}")
    score = WEAK
    words = ("serial", "serial number")


class AdjacentSerial(Serial):
    """The same, only directly behind its word."""

    adjacent = True


@pytest.mark.parametrize(
    ("text", "near", "adjacent"),
    [
        ("serial 123456", True, True),
        ("Serial No.: 123456", True, True),
        ("serial_number=123456", True, True),
        ("the serial is 123456", True, True),
        ("serial:\n123456", True, True),
        ("serial of the old box, 123456", True, False),
        ("serial: none\nbuild 123456", False, False),
        ("serials were lost\n\n123456", False, False),
        ("serialize 123456", False, False),
        ("123456 serial", False, False),
    ],
)
def test_a_label_counts_where_it_names_the_value(text, near, adjacent):
    def score(one):
        return next(m.score for m in one.matches(text))

    assert score(Serial()) == (LABELLED if near else WEAK)
    assert score(AdjacentSerial()) == (LABELLED if adjacent else WEAK)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("123456 is my serial number", 1),
        ("123456 är mitt serial", 1),
        ("123456 is the new serial", 0),
        ("123456 serial number", 0),
        ("123456 is my serialized form", 0),
        ("serial 123456 and 234567, 345678", 3),
        ("serial 123456 / 234567", 2),
        ("serial 123456 234567", 1),
        ("serial 123456 at 234567", 1),
        ("123456 and 234567", 0),
    ],
)
def test_a_label_reaches_a_list_and_may_follow_as_a_statement(text, named):
    assert [m.score for m in AdjacentSerial().matches(text)].count(LABELLED) == named


@pytest.mark.parametrize(
    "around", ["x{}", "{}x", "{}.5", "1.{}", "${}", "{}%", "-{}", "{}-", "{}=", "#{}b"]
)
def test_a_standing_form_is_no_part_of_something_longer(around):
    assert list(Serial().matches(around.format("123456"))) == []


class Lettered(Identifier):
    """A made-up number with a letter."""

    entity = "SERIAL"
    pattern = standing(r"[A-Z]\d{6}")


@pytest.mark.parametrize(
    "around",
    [
        "_{}_",
        "x_{}",
        "{}_7",
        "7,{},7",
        "{}:7",
        "-{}",
        "+{}",
        "ab-{}",
        "ab.{}",
        "'%{}%'",
        "{}=x",
        "{}-",
    ],
)
def test_signs_of_a_text_are_no_part_of_a_form_with_letters(around):
    assert len(list(Lettered().matches(around.format("K123456")))) == 1


@pytest.mark.parametrize("around", ["x{}", "{}x", "{}.5", "1.{}", "7-{}", "{}-7", "{}-b7", "{}="])
def test_a_form_with_letters_is_no_part_of_a_longer_one(around):
    assert list(Lettered().matches(around.format("K123456"))) == []


def test_scores_rise_with_proof():
    assert WEAK < PATTERN < LABELLED < VALIDATED
