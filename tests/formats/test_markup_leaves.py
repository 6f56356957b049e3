"""Elements that hold only a text are read by one pattern: a comment in them must change nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.errors import Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.markup import lex_html, lex_xml
from pii_guard.formats.spliced import singly

_NAMES = st.sampled_from("p td th tr li table b h1 div pre x option P".split())
_TEXTS = st.sampled_from(
    ["", " ", "\n", "Jane", "a &amp; b", " Roe ", "<!-- c -->", "<br>", "<![CDATA[d]]>"]
)
_GIVEN = st.sampled_from(
    [
        "",
        " ",
        ' class="a"',
        " title='Jane &amp; Roe'",
        "\nname=n value='Ann'",
        ' a/b="c>d"',
        ' x@y="1"',
    ]
)
_LEAVES = st.builds(
    lambda name, given, text: f"<{name}{given}>{text}</{name}>", _NAMES, _GIVEN, _TEXTS
)
_TAGS = st.builds(lambda name, end: f"<{end}{name}>", _NAMES, st.sampled_from(["", "/"]))
_PAGES = st.lists(st.one_of(_LEAVES, _LEAVES, _TEXTS, _TAGS), max_size=10).map("".join)
_NESTED = st.recursive(
    _LEAVES,
    lambda inner: st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>",
        _NAMES,
        st.lists(st.one_of(inner, _TEXTS.filter(lambda text: text != "<br>")), max_size=4),
    ),
    max_leaves=8,
).filter(lambda text: "<br>" not in text)


def read(lex, text: str) -> object:
    try:
        return [
            (p.text.strip(), p.kind, p.label, p.record, p.locator)
            for p in singly(lex(text, Bounds(max_nesting=4)))
        ]
    except Unreadable as unreadable:
        return unreadable.reason.code


def remarked(text: str) -> str:
    """The same with an empty comment behind every start tag: no pattern for short cuts takes it."""
    return re.sub(r"<\w(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", r"\g<0><!---->", text)


@settings(max_examples=400)
@given(_PAGES)
def test_a_page_reads_the_same_with_comments_in_its_elements(page: str) -> None:
    assert read(lex_html, page) == read(lex_html, remarked(page))


@settings(max_examples=400)
@given(_NESTED)
def test_a_document_reads_the_same_with_comments_in_its_elements(document: str) -> None:
    assert read(lex_xml, document) == read(lex_xml, remarked(document))


@pytest.mark.parametrize("lex", [lex_html, lex_xml])
def test_the_text_of_an_element_is_replaced_where_it_stands(lex) -> None:
    text = "<div>\n  <p>Jane Roe</p><p>a</p>\n</div>"
    (piece, _) = singly(lex(text, Bounds()))
    assert text[piece.start : piece.end] == piece.text == "Jane Roe"
    assert piece.locator[0].ordinal == 2
