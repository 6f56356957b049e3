"""A word that is a name once and a word everywhere else is not looked for in the whole case."""

from __future__ import annotations

from pii_guard.decide.rules import Decision, locate
from pii_guard.detect.doubtful import doubtful_words
from pii_guard.detect.settling import NER
from pii_guard.document import Kind, Segment
from pii_guard.entities import entity
from pii_guard.findings import Basis, Finding, KnownValue
from pii_guard.linking import Linking
from pii_guard.policy import Policy

TEXT = "ask Mantle about it. The Mantle folds, the Mantle cools, a Mantle rises."


def found(start: int, end: int, recognizer: str = NER, segment: int = 0) -> Finding:
    return Finding(
        "PERSON", entity("PERSON").category, segment, start, end, 0.8, recognizer=recognizer
    )


def test_a_word_that_is_mostly_a_word_is_doubtful():
    assert doubtful_words([Segment(TEXT)], [found(4, 10)]) == {"Mantle"}


def test_a_word_is_judged_as_it_is_written():
    assert (
        doubtful_words([Segment(TEXT.replace("The Mantle", "The mantle"))], [found(4, 10)]) == set()
    )


def test_a_name_that_something_else_than_the_model_knows_is_not_doubtful():
    second = Segment("Mantle", kind=Kind.FIELD)
    findings = [found(4, 10), found(0, 6, "LabelledValue", segment=1)]
    assert doubtful_words([Segment(TEXT), second], findings) == set()


def test_parts_of_whole_names_are_not_doubtful():
    text = "Ana Mantle called. " + TEXT[21:]
    assert doubtful_words([Segment(text)], [found(0, 10)]) == set()


def test_what_the_model_does_not_read_as_a_whole_says_nothing():
    assert doubtful_words([Segment(TEXT, kind=Kind.LOG)], [found(4, 10)]) == set()


def test_a_doubtful_word_is_not_learnt():
    (one,) = locate([Segment(TEXT)], [(found(4, 10), False)])
    decided = [Decision(one, "replace", Basis.COMBINATION)]
    linking = Linking(Policy())
    assert linking.gone(decided) == {KnownValue("PERSON", "Mantle")}
    linking.doubt({"Mantle"})
    assert linking.gone(decided) == set()
