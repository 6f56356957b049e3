"""What stands in a strangers' text is seen, runs nowhere and leads nowhere."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.report.harmless import cell, masked, steps, uri, visible

TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("invoice\u202efdp.exe", "invoice⟨U+202E⟩fdp.exe"),
        ("a\x00b\tc\r\nd", "a⟨U+0000⟩b⟨U+0009⟩c⟨U+000D⟩⟨U+000A⟩d"),
        ("pay\u200bpal \u2066x\u2069", "pay⟨U+200B⟩pal ⟨U+2066⟩x⟨U+2069⟩"),
        ("\x1b[31mred", "⟨U+001B⟩[31mred"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("half\ud800", "half⟨U+D800⟩"),
        ("e\u0301tude", "e\u0301tude"),
        ("Z\u0300\u0301\u0302\u0303\u0304", "Z\u0300\u0301\u0302⟨U+0303⟩⟨U+0304⟩"),
        ("Müller/日本語/עברית", "Müller/日本語/עברית"),
    ],
)  # fmt: skip
def test_what_hides_is_named_and_what_shows_stays(text, shown):
    assert visible(text) == shown


@settings(deadline=None)
@given(TEXT)
def test_nothing_unseen_is_left(text):
    shown = visible(text)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert visible(shown) == shown


def test_a_long_text_keeps_its_beginning_and_its_end():
    shown = visible("a" * 500 + "/name.txt", 30)
    assert len(shown) == 30
    assert shown.startswith("aaa")
    assert shown.endswith("…" + "a/name.txt"[-10:])


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "＝", "＋", "－", "＠", " =", "\u3000@"])
def test_no_cell_begins_as_a_formula_does(begin):
    assert cell(begin + "cmd|'/c calc'!A1").startswith("'")


@pytest.mark.parametrize("begin", ["\t=1", "\r=1", "\n=1", "\x00=1"])
def test_what_a_spreadsheet_would_skip_before_a_formula_is_named(begin):
    assert cell(begin).startswith("⟨U+00")


def test_an_ordinary_cell_stays_as_it_is():
    assert cell("exports/a=b+c.csv") == "exports/a=b+c.csv"


@settings(deadline=None)
@given(TEXT)
def test_a_location_becomes_an_address_of_the_same_place_and_of_no_other(text):
    made = uri(text)
    split = urlsplit(made)
    assert made.isascii()
    assert not set(made) & set(' "<>\\^`{|}#?')
    if not text.startswith(("s3://", "file://")):
        assert split.netloc == ""
        assert split.scheme == ""
        told = text.encode("utf-8", "backslashreplace").decode()
        assert unquote(made.removeprefix("/.") if text.startswith("//") else made) == told


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("s3://reports/VDP-1/a b.csv", "s3://reports/VDP-1/a%20b.csv"),
        ("exports/<PERSON_1>.csv", "exports/%3CPERSON_1%3E.csv"),
        ("100%.txt", "100%25.txt"),
        ("javascript://x/%0aalert(1)", "javascript%3A//x/%250aalert%281%29"),
        ("//evil.example/x", "/.//evil.example/x"),
        ("a.txt?x#y", "a.txt%3Fx%23y"),
        ("..\\..\\x", "..%5C..%5Cx"),
    ],
)
def test_addresses_keep_a_store_and_nothing_else_of_meaning(location, address):
    assert uri(location) == address


def test_a_location_has_steps_from_the_top():
    assert steps("s3://bucket/a//b.txt") == ["s3://bucket", "a", "b.txt"]
    assert steps("a/b.zip/c.txt") == ["a", "b.zip", "c.txt"]
    assert steps("") == []
    assert steps("file://") == ["file://"]


def test_a_preview_that_is_not_masked_is_not_shown():
    assert [masked(one) for one in ("J***", "***", "é***")] == ["J***", "***", "é***"]
    assert [masked(one) for one in ("Jane", "Jane***", "4***", "", "J****")] == ["***"] * 5
