"""Tables drawn in running text: rules, cells, and tables longer than what is read at once."""

from __future__ import annotations

import pytest

from pii_guard.detect.drawing import cells_of, head_at_end, heads, is_rule
from pii_guard.detect.passages import WINDOW, passages
from pii_guard.document import Kind, Segment

HEAD = "| id | passwd |\n|----|--------|\n"


@pytest.mark.parametrize("line", ["+---+----+", "|:--|--:|", "---+---", "> | -- | -- |\r"])
def test_rules_are_made_of_signs(line):
    assert is_rule(line)


@pytest.mark.parametrize("line", ["", "-----", "| a |", "|   |", "--- a/x +++ b/x"])
def test_other_lines_are_no_rules(line):
    assert not is_rule(line)


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("| a | b c |", ["a", "b c"]), (" 1 |  x", ["1", "x"]), ("> | a |  |\r", ["a", ""]), ("|a|", ["a"]),
        ("|", [""]), ("", [""]),
    ],
)  # fmt: skip
def test_cells_stand_between_the_signs(line, cells):
    assert [line[a:b] for a, b in cells_of(line)] == cells


def test_a_table_that_goes_on_keeps_the_names_of_its_columns():
    rows = "| 17 | Kettle_7 |\n" * 1_000
    read = list(passages([Segment(HEAD + rows + "\nover\n" + "word " * WINDOW, kind=Kind.PROSE)]))
    in_table = [p for p in read if "Kettle" in p.text]
    assert len(in_table) > 2
    assert all(p.text.startswith(HEAD) for p in in_table)
    assert all("passwd" not in p.text for p in read if "Kettle" not in p.text)


def test_what_stands_in_a_window_is_found_where_it_stands():
    text = HEAD + "| 17 | Kettle_7 |\n" * 1_000
    *_, last = passages([Segment(text, kind=Kind.PROSE)])
    at = last.text.rindex("Kettle_7")
    (place,) = last.places(at, at + 8)
    assert text[place.span.start : place.span.end] == "Kettle_7"
    assert place.span.start > WINDOW


@pytest.mark.parametrize(
    "text", ["", "| a |\n", HEAD + "over\n", "| " + "a" * 2_000 + " |\n|--|\n| 1 |\n"]
)
def test_no_table_goes_on(text):
    assert head_at_end(text) == ""


def test_a_table_goes_on_through_text_that_has_no_names_of_its_own():
    assert head_at_end("| 1 | x |\n+---+---+\n| 2 | y |\n", HEAD) == HEAD


def test_a_line_over_a_rule_names_columns_and_a_row_between_rules_does_not():
    boxed = "+-----+\n| id  |\n+-----+\n| 1   |\n+-----+"
    assert [line for _, line in heads(f"{boxed}\n\nbare | b\n-----+---\n1 | 2")] == [
        "| id  |", "bare | b",
    ]  # fmt: skip
