"""The second reader of YAML reads most lines by itself: it must read them as ruamel.yaml does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml.error import YAMLError

from pii_guard.document import Document
from pii_guard.errors import Unreadable
from pii_guard.formats import yaml_lines, yaml_reread
from pii_guard.formats.base import Bounds
from pii_guard.formats.yaml_levels import Reading
from pii_guard.formats.yaml_reread import reread, scalars

BOUNDS = Bounds()

_BITS = st.sampled_from(
    [
        "- ", "-", "a: ", "b:", "key one: ", '"q k": ', "'s': ", "word", "two words", '"x"', '""',
        '"e\\u0041"', '"\\x41"', "'it''s'", "# c", " # c", "|", "|-", ">", "|2", "&a ", "*a", "!t ",
        "[a, b]", "{a: b}", "[a,", '"open', "'open", "? ", ": ", "a:b", "---", "...", "%Y", "-1", "é",
        "k: |", "j: |-", "- |", "  x", "[a, b c]", "[]", '[ "x", 1]', "a: [q]", "<<: *a", "a : b", ", x", "- k: v", "@x", ":x", "x#y", "x #y", "\t", "\x85", "\r", "\u2028",
    ]
)  # fmt: skip
YAML_LINES = st.builds(
    lambda indent, bits: " " * indent + "".join(bits),
    st.sampled_from([0, 0, 0, 1, 2, 2, 3, 4]),
    st.lists(_BITS, max_size=3),
)


def said(reading: Reading) -> list[tuple[str, str, str, tuple[int, ...]]]:
    """What was read."""
    reading.settle()
    return [(one.text, one.kind, one.label, one.record) for one in reading.segments.table()]


def by_ruamel(text: str) -> list[tuple[str, str, str, tuple[int, ...]]] | None:
    """What ruamel.yaml reads in the whole text; None where it refuses it."""
    whole = Reading(BOUNDS)
    try:
        for event in yaml_reread._events(text):
            whole.take(event)
    except (YAMLError, ValueError):
        return None
    return said(whole)


def by_us(text: str) -> list[tuple[str, str, str, tuple[int, ...]]] | None:
    """What the second reader reads."""
    try:
        return said(scalars(text, BOUNDS))
    except Unreadable:
        return None


@settings(max_examples=1_500)
@given(st.lists(YAML_LINES, max_size=6))
def test_reads_every_text_as_ruamel_reads_the_whole_of_it(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    assert by_us(text) == by_ruamel(text)


HIDING = {
    "on a line below its key": "note:\n  jane@mail.example\n",
    "over two lines": "note: jane\n  @mail.example\nnext: x\n",
    "after a blank line": "note: a\n\n  jane@mail.example\n",
    "in a block below its key": "note: |\n  a: b\n  jane@mail.example\n",
    "in a block as far left as its mark": "note:\n    |\n  jane@mail.example\n",
    "in a block that looks like a comment": "a:\n  |\n # jane@mail.example\nb: c\n",
    "in a block of a whole document": "--- |\njane@mail.example\n",
    "in quotes with escapes": 'note: "jane\\x40mail.example"\n',
    "in quotes over lines": 'note: "jane\\\n  @mail.example"\n',
    "in a block below a blank line": "note: |\n\n  jane@mail.example\nb: c\n",
    "in a block above less": "note: |-\n    a\n    jane@mail.example\n\n\nb: c\n",
    "in a list of one line": "a: [b, 'jane@mail.example', \"c\"]\nd: e\n",
    "under a question mark": "? jane@mail.example\n: a\n",
    "in a list at the column of its key": "names:\n- jane@mail.example\n- b\n",
    "in a list in a list": "- - jane@mail.example\n  - b\n- c\n",
    "in braces": "a: {b: [jane@mail.example]}\nc: d\n",
    "after a tag": "a: !t jane@mail.example\n",
    "after an anchor": "a: &x jane@mail.example\nb: *x\nc: d\n",
    "in a second document": "a: b\n---\njane@mail.example: c\n",
    "behind windows line ends": "a: b\r\nnote: jane@mail.example\r\n",
}


@pytest.mark.parametrize("text", HIDING.values(), ids=HIDING)
def test_sees_what_hides(text: str) -> None:
    found = by_us(text)
    assert found is not None
    assert found == by_ruamel(text)
    assert any("jane@mail.example" in one[0].replace(" ", "") for one in found)


def test_plain_lines_are_not_given_to_ruamel(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(text: str) -> None:
        raise AssertionError

    monkeypatch.setattr(yaml_reread, "_events", refused)
    monkeypatch.setattr(yaml_lines.YAML, "parse", refused)
    text = (
        "# a\ncustomers:\n- name: Jane Roe  # b\n  mail: \"jane@mail.example\"\n- 'it''s'\n"
        "lines: |\n  one\n  two\nlist: [a, b]\nempty:\n"
    )
    assert [one.text for one in _of(text).segments] == [
        "customers", "name", "Jane Roe", "mail", "jane@mail.example", "it's", "lines", "one\ntwo\n", "list", "a", "b",
        "empty", " a", " b",
    ]  # fmt: skip


def test_values_after_an_alias_keep_their_labels() -> None:
    labels = [(one.text, one.label) for one in _of("a: &x 1\nb: *x\nc: d\n").segments]
    assert labels == [("a", ""), ("1", "a"), ("b", ""), ("c", ""), ("d", "c")]


def test_values_nested_too_deep_are_refused() -> None:
    text = "".join(f"{'  ' * depth}a:\n" for depth in range(4))
    assert scalars(text, Bounds(max_nesting=4))
    with pytest.raises(Unreadable, match="limit:nesting"):
        scalars(text, Bounds(max_nesting=3))


def _of(text: str) -> Document:
    return reread(text.encode(), BOUNDS)
