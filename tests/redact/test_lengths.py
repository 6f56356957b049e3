"""Lengths of serialized strings are those of what stands in them."""

from __future__ import annotations

import pytest

from pii_guard.document import Edit, Span
from pii_guard.redact.lengths import with_lengths


def rewritten(text: str, *values: str) -> str:
    edits = sorted(
        Edit(0, Span(at := text.index(value), at + len(value)), "<PERSON_1>") for value in values
    )
    for edit in reversed(with_lengths(text, edits)):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ('s:4:"name";s:8:"Jane Roe";', ["Jane Roe"], 's:4:"name";s:10:"<PERSON_1>";'),
        (r"s:8:\"Jane Roe\";", ["Jane Roe"], r"s:10:\"<PERSON_1>\";"),
        ('s:8:"Zoë Roe";s:4:"Zoë";', ["Zoë Roe"], 's:10:"<PERSON_1>";s:4:"Zoë";'),
        ('é s:4:"Zoë";', ["Zoë"], 'é s:10:"<PERSON_1>";'),
        ('s:16:"Dear Jane, Roe x";', ["Jane", "Roe"], 's:29:"Dear <PERSON_1>, <PERSON_1> x";'),
        (
            's:20:"a:1:{i:0;s:3:"Roe";}";s:2:"ab";',
            ["Roe"],
            's:28:"a:1:{i:0;s:10:"<PERSON_1>";}";s:2:"ab";',
        ),
        (
            's:32:"dump: a:1:{i:0;s:9:"Whitfield";}";',
            ["Whitfield"],
            's:34:"dump: a:1:{i:0;s:10:"<PERSON_1>";}";',
        ),
    ],
)
def test_lengths_are_those_of_what_is_written(text, values, expected):
    assert rewritten(text, *values) == expected


@pytest.mark.parametrize(
    "text",
    [
        's:9:"Jane Roe";',
        's:7:"Jane Roe";',
        "s:8:'Jane Roe';",
        'ms:8:"Jane Roe";',
        's:8:"',
        's:3:"Zoë',
        's:9999999:"Jane Roe"',
    ],
)
def test_other_numbers_stay(text):
    values = ["Jane Roe"] if "Jane Roe" in text else []
    assert rewritten(text, *values) == text.replace("Jane Roe", "<PERSON_1>")


def test_an_edit_over_a_head_is_left_alone():
    assert rewritten('s:8:"Jane Roe";', 's:8:"Jane') == '<PERSON_1> Roe";'
