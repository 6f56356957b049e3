"""What shows only in the output is taken back to its place in the input, and goes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from presidio_analyzer import LocalRecognizer, RecognizerResult

from pii_guard import Guard
from pii_guard.document import Edit, Span
from pii_guard.entities import entity
from pii_guard.findings import Finding, Redacted
from pii_guard.second_look import in_place_of, origin

TEXT = "0123456789" * 4


@st.composite
def edited(draw):
    cuts = sorted(draw(st.sets(st.integers(0, len(TEXT)), min_size=2, max_size=8)))
    spans = [Span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    edits = [Edit(0, span, draw(st.sampled_from(["<A_1>", "x", ""]))) for span in spans]
    out, position, kept = "", 0, []
    for edit in edits:
        kept += [(len(out) + i - position, i) for i in range(position, edit.span.start)]
        out += TEXT[position : edit.span.start] + edit.replacement
        position = edit.span.end
    kept += [(len(out) + i - position, i) for i in range(position, len(TEXT))]
    return edits, kept


@given(edited())
def test_characters_that_stayed_are_found_again(case):
    edits, kept = case
    for after, before in kept:
        start, end = origin(edits, after, after + 1)
        assert start <= before < end
        touching = any(edit.span.start <= before + 1 and before <= edit.span.end for edit in edits)
        assert touching or (start, end) == (before, before + 1)


def test_a_place_within_a_replacement_is_all_that_was_replaced():
    edits = [Edit(0, Span(2, 9), "<PERSON_1>")]
    assert origin(edits, 4, 6) == (2, 9)
    assert origin(edits, 0, 5) == (0, 9)
    assert origin(edits, 12, 14) == (9, 11)


def found(kind: str, start: int, end: int) -> Finding:
    return Finding(kind, entity(kind).category, 0, start, end, 0.8)


@pytest.mark.parametrize(
    ("new", "old", "kinds"),
    [
        ([("PERSON", 4, 9)], [("LOCATION", 0, 9)], [("PERSON", 0, 9)]),
        ([("LOCATION", 4, 9)], [("PERSON", 0, 9)], [("PERSON", 0, 9)]),
        ([("USERNAME", 4, 9)], [("LOCATION", 0, 9)], [("USERNAME", 0, 9)]),
        ([("PERSON", 4, 9)], [("LOCATION", 0, 3)], [("LOCATION", 0, 3), ("PERSON", 4, 9)]),
        ([], [("LOCATION", 0, 3)], [("LOCATION", 0, 3)]),
    ],
)
def test_new_findings_stand_in_place_of_those_they_overlap(new, old, kinds):
    got = in_place_of([found(*one) for one in new], [found(*one) for one in old])
    assert [(f.entity_type, f.start, f.end) for f in got] == kinds


class AfterToken(LocalRecognizer):
    """Finds a number only where a token of ours stands before it, as a model may."""

    def __init__(self) -> None:
        super().__init__(["US_SSN"], name="AfterToken", supported_language="en")

    def load(self) -> None:
        pass

    def analyze(self, text, entities, nlp_artifacts=None):
        return [
            RecognizerResult("US_SSN", *m.span("n"), 0.9,
                             recognition_metadata={RecognizerResult.RECOGNIZER_NAME_KEY: self.name})
            for m in re.finditer(r"> or (?P<n>q\d{3})", text)
        ]  # fmt: skip


def test_what_shows_in_the_output_only_goes_in_the_next_round():
    guard = Guard(recognizers=[AfterToken()])
    result = guard.redact(b"ask jane.roe@mail.example or q123 about it\n", name="a.txt")
    assert isinstance(result, Redacted)
    assert result.output == b"ask <EMAIL_ADDRESS_1> or <US_SSN_1> about it\n"


def test_a_value_that_only_the_last_search_sees_goes_in_the_next_round():
    # No recognizer reads a number in brackets as what it is, nor does linking.
    text = b"Jane Quillfeather, SSN 536-90-4399.\nrow 7: 536(90)4399 again\n"
    result = Guard().redact(text, name="a.txt")
    assert isinstance(result, Redacted)
    assert b"4399" not in result.output
    assert result.output.endswith(b"again\n")
