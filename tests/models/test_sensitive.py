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


def test_spans_lie_on_their_terms():
    terms = {t.lower() for ts in sensitive.terms().values() for t in ts}
    for one in filled(sensitive.sensitive):
        for start, end, label in one.spans:
            if label in SPECIAL and one.text[start:end].isascii():
                text = one.text[start:end].lower()
                assert text in terms or label == "HEALTH"


def test_the_same_seed_gives_the_same_text():
    assert filled(sensitive.sensitive, 50) == filled(sensitive.sensitive, 50)
