"""Values at the beginning of a patch's lines are read without its signs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.detect.patches import unmarked
from pii_guard.document import Segment

HEAD = "--- a/people.csv\n+++ b/people.csv\n@@ -7,3 +7,3 @@ id,name\n"


def without_signs(text):
    (segment,) = unmarked([Segment(text)])
    return segment.text


def test_signs_become_blanks_and_everything_stays_where_it_was():
    text = HEAD + " one\n-two\n+three\n four\n+five\n"
    assert without_signs(text) == HEAD + " one\n two\n three\n four\n+five\n"


def test_a_hunk_ends_with_the_lines_that_it_counts():
    text = HEAD + " 1\n 2\n 3\n+49 170 1234567 is my number\n"
    assert without_signs(text) == text


def test_a_hunk_without_counts_has_a_line_of_each():
    text = "@@ -7 +7 @@\n-one\n+two\n+three\n"
    assert without_signs(text) == "@@ -7 +7 @@\n one\n two\n+three\n"


def test_lines_that_nobody_would_count_end_it():
    text = "@@ -1,99 +1,99 @@\n+one\nRegards\n+49 170 1234567\n"
    assert without_signs(text) == "@@ -1,99 +1,99 @@\n one\nRegards\n+49 170 1234567\n"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_empty_lines_without_their_blank_are_lines(end):
    text = end.join(["@@ -1,2 +1,3 @@", " one", "", "+two", "+three"])
    assert without_signs(text) == text.replace("+two", " two")


def test_a_line_without_an_end_of_line_is_told_by_a_line_that_counts_nothing():
    text = "@@ -1 +1 @@\n-one\n\\ No newline at end of file\n+two\n"
    assert without_signs(text).endswith("file\n two\n")


def test_what_is_no_patch_stays():
    text = "+49 170 1234567\n-1\n@@ minus @@ -1 +1 @@\n+1\n"
    assert without_signs(text) == text


@given(st.text("+- \\\n\r@1,9a"))
def test_nothing_but_signs_at_the_beginning_of_lines_changes(text):
    text = "@@ -1,9 +1,9 @@\n" + text
    changed = without_signs(text)
    assert len(changed) == len(text)
    for place, (old, new) in enumerate(zip(text, changed, strict=True)):
        assert old == new or (old in "+-" and new == " " and text[place - 1] == "\n")
