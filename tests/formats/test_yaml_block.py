"""Most lines of YAML are read without libyaml: they must be read as libyaml reads the whole text."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pii_guard.errors import Unreadable
from pii_guard.formats import yaml_block, yaml_text
from pii_guard.formats.base import Bounds
from pii_guard.formats.pieces import Piece
from pii_guard.formats.spliced import singly
from pii_guard.formats.yaml_scalars import whole
from tests.formats.test_yaml_reread import HIDING, YAML_LINES

BOUNDS = Bounds()
Read = tuple[str, list[int], str, str, str, tuple[int, ...], bool]


def said(pieces: Iterable[object]) -> list[Read]:
    """What pieces say, where each of their characters stands, and how one is written there."""
    return [
        (
            one.text,
            list(one.offsets or range(one.start, one.end + 1)),
            one.spell("a'b\"\\ #c: "),
            one.kind,
            one.label,
            one.record,
            one.number,
        )
        for one in pieces
        if isinstance(one, Piece)
    ]


def by_libyaml(text: str) -> list[Read] | None:
    """The pieces of the whole text by libyaml; None where it refuses it."""
    try:
        return said(whole(text, BOUNDS))
    except Unreadable:
        return None


def by_us(text: str) -> list[Read] | None:
    """The pieces as they are read."""
    try:
        return said(singly(yaml_text.lex(text, BOUNDS)))
    except Unreadable:
        return None


@settings(max_examples=1_500)
@given(st.lists(YAML_LINES, max_size=6), st.sampled_from(["\n", "\r\n"]))
@example(["a: b", "", "  c", "d: e"], "\n")
@example(["- b", "", "  c"], "\n")
@example(["- k: v", "", "   c"], "\n")
@example(["a:", "    b", "  c"], "\n")
@example(["a:", "    &x b", "  c"], "\n")
@example(["a: 'b # c' # d"], "\n")
@example(["a:", "- b", "c:", "  - d", " - e"], "\n")
def test_reads_every_text_as_libyaml_reads_the_whole_of_it(lines: list[str], end: str) -> None:
    text = end.join([*lines, ""])
    assert by_us(text) == by_libyaml(text)


@pytest.mark.parametrize("text", HIDING.values(), ids=HIDING)
def test_sees_what_hides(text: str) -> None:
    assert by_us(text) == by_libyaml(text)


def test_plain_lines_are_not_given_to_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(yaml_block, "events", refused)
    monkeypatch.setattr(yaml_text, "whole", refused)
    text = (
        "# a\ncustomers:\n- name: Jane Roe  # b\n  mail: \"jane@mail.example\"\n  'id': 17\n"
        "- 'it''s'\nempty:\n"
    )
    read = by_us(text)
    assert read is not None
    assert [one[0] for one in read] == [
        " a", "customers", "name", "Jane Roe", " b", "mail", "jane@mail.example", "id", "17", "it's", "empty",
    ]  # fmt: skip


def test_lines_that_libyaml_reads_do_not_keep_it_from_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError

    text = "a: |\n  b\n  c # d\ne: &f [g, {h: i}] # j\nk: 'l\n  m'\nn: o\n"
    expected = by_libyaml(text)
    monkeypatch.setattr(yaml_text, "whole", refused)
    assert by_us(text) == expected is not None
