"""HTTP archives are walked once, and a name with its value is read by one pattern.

What no pattern for short cuts takes must read the same, and what stands somewhere must be written there.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.document import Changes, Document, Edit, Kind, Span
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.har import FORMAT
from pii_guard.formats.json_text import lex_json
from pii_guard.formats.spliced import singly
from tests.fixtures import captures

_TEXTS = st.sampled_from(
    [
        "Jane Roe",
        "",
        "12",
        "Content-Length",
        "base64",
        "SmFuZQ==",
        'a"b\\\n',
        "\u2603\U0001f600",
        "[1}",
    ]
)
_KEYS = st.sampled_from(
    "log entries name value text content headers encoding size x \u2603".split()
)
_NUMBERS = st.sampled_from([0, -1, 4, 1.5e300])
_PAIRS = st.builds(lambda name, value: {"name": name, "value": value}, _TEXTS, _TEXTS)
_VALUES = st.recursive(
    st.one_of(_TEXTS, _NUMBERS, st.none(), st.booleans(), _PAIRS),
    lambda inner: st.one_of(
        st.lists(st.one_of(inner, _PAIRS), max_size=4),
        st.dictionaries(_KEYS, inner, max_size=4),
    ),
    max_leaves=24,
)
_ARCHIVES = st.builds(
    lambda entries, rest: {"log": {"entries": entries, **rest}},
    st.lists(_VALUES, max_size=3),
    st.dictionaries(st.sampled_from(["x", "comment", "pages"]), _VALUES, max_size=2),
)
_SPELLED = st.tuples(st.booleans(), st.sampled_from([None, 0, 2]))


def spelled(archive: Any, how: tuple[bool, int | None]) -> str:
    ascii_only, indent = how
    return json.dumps(archive, ensure_ascii=ascii_only, indent=indent)


def read(text: str) -> Document | ReasonCode:
    try:
        return FORMAT.read(text.encode(), Bounds())
    except Unreadable as unreadable:
        return unreadable.reason.code


@settings(max_examples=300)
@given(_ARCHIVES, _SPELLED)
def test_names_and_values_read_the_same_with_a_comment_before_them(archive, how):
    text = spelled(archive, how)
    assert read(text) == read(text.replace('"name":', '"comment": null, "name":'))


@settings(max_examples=300)
@given(_ARCHIVES, _SPELLED)
def test_every_value_is_one_that_json_has_in_the_same_order_and_line(archive, how):
    text = spelled(archive, how)
    found = read(text)
    if isinstance(found, Document):
        every = iter([(p.text, p.locator, p.number) for p in singly(lex_json(text, Bounds()))])
        assert all((s.text, s.locator, s.number) in every for s in found.segments)


@settings(max_examples=300)
@given(_ARCHIVES, _SPELLED)
def test_an_edit_of_every_value_is_written_where_the_value_stands(archive, how):
    text = spelled(archive, how)
    found = read(text)
    if not isinstance(found, Document):
        return
    edits = [
        Edit(number, Span(0, len(one.text)), "7" if one.number else "<X>")
        for number, one in enumerate(found.segments)
        if one.text and one.label != "encoding"
    ]
    kept = {number: child.blob for number, child in enumerate(found.children)}
    out = FORMAT.write(text.encode(), Changes(tuple(edits), kept), Bounds())
    again = FORMAT.reread(out, Bounds())
    gone = {found.segments[edit.segment].text for edit in edits if edit.replacement == "<X>"}
    left = {one.text for one in again.segments if one.label not in ("encoding", "content-length")}
    # What an archive says of itself is none of the segments of the first reader.
    assert not (gone & left - {"12", "4", "0", "-1"})


def test_a_name_that_stands_twice_names_the_value_of_both():
    text = """{"log": {"entries": [{"headers": [{"name": "a", "value": "Jane"}],
              "headers": [{"name": "b", "value": "Roe", "comment": ""}]}]}}"""
    labels = {one.text: one.label for one in FORMAT.read(text.encode(), Bounds()).segments}
    assert labels["Jane"] == labels["Roe"] == "b"


def test_a_media_type_that_is_an_object_is_none():
    text = '{"log": {"entries": [{"content": {"text": "Jane", "mimeType": {"name": "Roe"}}}]}}'
    for document in (FORMAT.read(text.encode(), Bounds()), FORMAT.reread(text.encode(), Bounds())):
        assert [child.media_type for child in document.children] == ["text/plain"]


@pytest.mark.parametrize(
    "inner", ["[" * 9 + "]" * 9, "[" * 8 + '{"name": "a", "value": "b"}' + "]" * 8]
)
def test_brackets_deeper_than_the_bound_are_refused(inner):
    FORMAT.read(inner.encode(), Bounds(max_nesting=9))
    with pytest.raises(Unreadable) as refused:
        FORMAT.read(inner.encode(), Bounds(max_nesting=8))
    assert refused.value.reason.code is ReasonCode.LIMIT_NESTING


@pytest.mark.parametrize(
    "broken", ["{", '{"log": [1 2]}', '{"log": "a}', "[1٢]", '{"a": "\\x"}', "[01]", "{} {}"]
)
def test_what_the_standard_library_refuses_is_refused(broken):
    with pytest.raises(Unreadable):
        FORMAT.read(broken.encode(), Bounds())


def test_the_names_of_parameters_are_keys_and_hold_no_archive(guard):
    told = {
        "first_name": "Julia",
        "last_name": "Roe",
        "email": "j.roe@mail.example",
        "city": "Rome",
        "plan": "gold",
    }
    params = [{"name": name, "value": value} for name, value in told.items()]
    params[-1]["comment"] = "x"  # no pair and nothing else: read without the short cut
    form = {
        "mimeType": "application/x-www-form-urlencoded",
        "text": urlencode(told),
        "params": params,
    }
    blob = captures.archive(post=form)
    for document in (FORMAT.read(blob, Bounds()), FORMAT.reread(blob, Bounds())):
        kinds = {one.text: one.kind for one in document.segments if one.text in told}
        assert kinds == dict.fromkeys(told, Kind.NAME)
    result = guard.redact(blob, name="a.har")
    assert result.verdict == "redacted", result.reason
    posted = json.loads(result.output)["log"]["entries"][0]["request"]["postData"]
    assert [one["name"] for one in posted["params"]] == list(told)
    assert [name for name, _ in parse_qsl(posted["text"])] == list(told)
