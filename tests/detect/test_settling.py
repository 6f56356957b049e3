"""What is left of proposals: whole addresses and dates, nothing that is a number alone."""

from __future__ import annotations

import re

import pytest

from pii_guard.detect.settling import (
    NER,
    Candidate,
    crossings,
    full_names,
    judged,
    settle,
    with_words,
)


def test_numbers_are_part_of_an_address_beside_one_or_behind_their_label():
    text = "Togo 95522 and 4711; my zip code is 49865"
    spans = [("LOCATION", "Togo"), ("ADDRESS", "95522"), ("ADDRESS", "4711"), ("ADDRESS", "49865")]
    candidates = [
        Candidate(text.index(v), text.index(v) + len(v), kind, 0.8, NER) for kind, v in spans
    ]
    kept = [text[c.start : c.end] for c in with_words(candidates, text)]
    assert kept == ["Togo", "95522", "49865"]


@pytest.mark.parametrize(
    "run", ["080112156a616e652e726f65406d61696c", "ZG8gd3JpdGUgdG8gamFuZS5yb2VAbWFpbC4="]
)
def test_a_run_of_encoded_text_is_no_place(run):
    """`state=` before it has the model say so."""
    assert not list(with_words([Candidate(6, 6 + len(run), "LOCATION", 0.9, NER)], f"state={run}"))


def test_streets_that_meet_are_one_address():
    text = "at the corner of Elm and 12 Oak Road, then Kent and Ash"
    spans = [
        ("LOCATION", "Elm"),
        ("ADDRESS", "12 Oak Road"),
        ("LOCATION", "Kent"),
        ("LOCATION", "Ash"),
    ]
    candidates = [
        Candidate(text.index(v), text.index(v) + len(v), kind, 0.8, NER) for kind, v in spans
    ]
    joined = crossings(candidates, text)
    assert [text[c.start : c.end] for c in joined] == [
        "the corner of Elm and 12 Oak Road", "Kent", "Ash",
    ]  # fmt: skip


def test_a_part_of_a_date_of_birth_is_the_whole():
    text = "born 3/16/2008."
    (one,) = settle([Candidate(6, 10, "DATE_OF_BIRTH", 0.8, NER)], text)
    assert text[one.start : one.end] == "3/16/2008"


def test_a_street_taken_for_somebody_keeps_its_number_and_its_crossing():
    text = "35 Laugar\nto Neville and Kent 41\n12\nJane"
    spans = [
        ("ADDRESS", "35"), ("PERSON", "Laugar"), ("PERSON", "Neville"), ("ADDRESS", "Kent 41"),
        ("ADDRESS", "12"), ("PERSON", "Jane"),
    ]  # fmt: skip
    candidates = [
        Candidate(text.index(v), text.index(v) + len(v), kind, 0.8, NER) for kind, v in spans
    ]
    kept = crossings(list(with_words(candidates, text)), text)
    assert [text[c.start : c.end] for c in kept] == [
        "35", "Laugar", "Neville and Kent 41", "12", "Jane",
    ]  # fmt: skip


def test_numbers_do_not_vouch_for_each_other():
    text = "| 10,800 | 2,900 |"
    candidates = [Candidate(2, 8, "ADDRESS", 0.8, NER), Candidate(11, 16, "ADDRESS", 0.8, NER)]
    assert not list(with_words(candidates, text))


def test_encoded_text_names_nobody():
    text = "first V2VsY29tZSB0byB0aGUgdGVhbQ and Jane-Marie Vanderbilt-Roemer"
    candidates = [
        Candidate(0, 32, "PERSON", 0.8, NER),
        Candidate(37, len(text), "PERSON", 0.8, NER),
    ]
    kept = list(with_words(candidates, text))
    assert [text[c.start : c.end] for c in kept] == ["Jane-Marie Vanderbilt-Roemer"]


@pytest.mark.parametrize(
    ("kind", "value", "stays"),
    [
        ("PERSON", "Jane Roe", True),
        ("PERSON", "J. R. O’Neil-Smith", True),
        ("PERSON", "J%C3%BCrgen%20Roe", True),
        ("PERSON", "%uff0e%uff0e%u2215", False),
        ("ADDRESS", "%252e%252e%252f\n%c0%ae%c0", False),
        ("LOCATION", "{++++++++++kind++++++++++", False),
        ("DATE_OF_BIRTH", "12 March 1985", True),
        ("DATE_OF_BIRTH", "1985.3.12", True),
        ("DATE_OF_BIRTH", "0201 1976", False),
        ("DATE_OF_BIRTH", "1983", False),
        ("DATE_OF_BIRTH", "Apr 28 06:21:35 host symptomsd[980", False),
    ],
)
def test_what_the_model_names_looks_like_a_name_or_a_date(kind, value, stays):
    text = f"x {value} y"
    candidate = Candidate(2, 2 + len(value), kind, 0.8, NER)
    assert list(with_words([candidate], text)) == ([candidate] if stays else [])


def test_a_year_is_a_birthday_where_the_text_says_so():
    text = "she was born in 1983"
    candidate = Candidate(16, 20, "DATE_OF_BIRTH", 0.8, NER)
    assert list(with_words([candidate], text)) == [candidate]


@pytest.mark.parametrize(
    ("text", "kinds", "names"),
    [
        ("by Darshan Sen today", ("LOCATION", "PERSON"), ["Darshan Sen"]),
        ("by Darshan, Sen today", ("LOCATION", "PERSON"), ["Darshan", "Sen"]),
        ("by Darshan Sen today", ("PERSON", "LOCATION"), ["Darshan", "Sen"]),
        ("by darshan Sen today", ("LOCATION", "PERSON"), ["darshan", "Sen"]),
    ],
)
def test_a_place_before_a_name_is_a_given_name(text, kinds, names):
    spots = [re.search(name, text, re.I).span() for name in ("darshan", "sen")]
    candidates = [Candidate(*spot, kind, 0.8, NER) for spot, kind in zip(spots, kinds, strict=True)]
    assert [text[c.start : c.end] for c in full_names(candidates, text)] == names


def test_what_the_model_wrongly_takes_for_a_place_hides_no_number():
    text = "a<br>536-22-8417<br>b"
    number = Candidate(5, 16, "US_SSN", 0.6, "UsSsn")
    assert judged([Candidate(5, 16, "LOCATION", 0.8, NER), number], text) == [number]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("536-22-8417", [("US_SSN", "536-22-8417")]),
        ("jroe536-22-8417", [("USERNAME", "jroe"), ("US_SSN", "536-22-8417")]),
    ],
)
def test_a_number_for_an_account_is_the_number(name, kept):
    """Accounts are evidence by default: what is only taken for one would stay."""
    text = f"user={name}"
    start, end = text.index("536"), len(text)
    account = Candidate(5, end, "USERNAME", 0.9, "LabelledValue")
    number = Candidate(start, end, "US_SSN", 0.6, "UsSsn")
    found = judged([account, number], text)
    assert [(c.entity_type, text[c.start : c.end]) for c in found] == kept


def test_an_account_with_numbers_that_are_none_by_themselves_is_an_account():
    account = Candidate(5, 11, "USERNAME", 0.9, "LabelledValue")
    assert judged([account, Candidate(5, 11, "UK_NHS", 0.3, "UkNhs")], "user=jroe42") == [account]
