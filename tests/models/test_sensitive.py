"""Special categories in the training text: labelled where they are about somebody, not elsewhere."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("faker", reason="the test extra brings it")

from models.generate import Writer, sensitive
from pii_guard.detect.pipeline import LABELS

SPECIAL = {"HEALTH", "RELIGION", "POLITICS", "ETHNICITY", "ORIENTATION", "GENDER"}


def filled(make, count=400):
    rng, writer = random.Random(5), Writer(5)
    return [writer.fill(make(rng)) for _ in range(count)]


def test_every_special_category_is_met():
    met = {label for one in filled(sensitive.sensitive) for *_, label in one.spans}
    assert met >= SPECIAL
    assert met <= set(LABELS)


def test_the_same_words_about_machines_carry_no_label():
    assert {
        label for one in filled(sensitive.neutral) for *_, label in one.spans
    } & SPECIAL == set()


def test_no_template_is_left_unfilled():
    for one in filled(sensitive.sensitive) + filled(sensitive.neutral):
        assert not any(mark in one.text for mark in ("⟨", "⟩", "¦", "[[", "]]"))


def test_an_article_stays_outside_its_span():
    for one in filled(sensitive.sensitive, 1_500):
        for start, end, label in one.spans:
            if label in SPECIAL:
                text = one.text[start:end]
                assert text == text.strip()
                assert not text.lower().startswith(("a ", "an ", "the ", "eine ", "der ")), text


def test_bare_pronouns_and_roles_are_no_gender():
    for one in filled(sensitive.sensitive, 1_500):
        for start, end, label in one.spans:
            if label == "GENDER":
                assert one.text[start:end].lower() not in ("he", "she", "they", "her", "him")


def test_names_that_are_also_words_are_people_in_one_place_and_nothing_in_the_other():
    people = {
        one.text[s:e] for one in filled(sensitive.sensitive, 3_000) for s, e, x in one.spans
        if x == "PERSON"
    }  # fmt: skip
    nothing = " ".join(one.text for one in filled(sensitive.neutral, 3_000) if not one.spans)
    for name in ("Jordan", "Christian", "Chase", "Paris", "Grant", "Jackson"):
        assert any(name in person.split() for person in people), name
        assert name in nothing, name


def test_every_template_of_every_register_fills():
    rng, writer = random.Random(1), Writer(1)
    for register, _ in (*sensitive._ABOUT, *sensitive._NOT_ABOUT):
        for template in sensitive.templates(register):
            assert writer.fill(sensitive.expanded(template, rng)).text.strip()


@pytest.mark.parametrize("slot", sorted(slot for slot in sensitive.terms() if slot[0].isupper()))
def test_every_slot_gives_a_term_without_loose_ends(slot):
    rng = random.Random(2)
    for _ in range(60):
        term, label = sensitive.value(slot, rng)
        assert term
        assert term == term.strip()
        assert not set("~¦{}[]") & set(term)
        assert label


def test_an_unknown_slot_is_an_error():
    with pytest.raises(KeyError):
        sensitive.value("NO_SUCH", random.Random(1))


def test_columns_have_values_and_names():
    rng = random.Random(3)
    for column, slot in sensitive.COLUMNS:
        assert sensitive.HEADERS[column]
        assert sensitive.value(slot, rng)[1] in SPECIAL


def test_no_template_takes_over():
    texts = [one.text for one in filled(sensitive.sensitive, 3_000)]
    assert len(set(texts)) > 2_850
    bare = [one.text for one in filled(sensitive.neutral, 3_000)]
    assert len(set(bare)) > 2_700


def test_the_same_seed_gives_the_same_text():
    assert filled(sensitive.sensitive, 50) == filled(sensitive.sensitive, 50)
