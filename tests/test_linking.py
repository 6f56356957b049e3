"""What a case knows, and what a section of it knows beside."""

from __future__ import annotations

import pytest

from pii_guard.findings import KnownValue
from pii_guard.linking import Linking
from pii_guard.policy import Policy

JANE, OMAR = KnownValue("PERSON", "Jane Roe"), KnownValue("PERSON", "Omar Haddad")


@pytest.mark.parametrize("learned", [(), (JANE,)])
def test_a_section_knows_what_its_case_knows_even_if_that_is_nothing(learned):
    case = Linking(Policy())
    case.doubt(["Grant"])
    case.learn(learned)
    section = case.within()
    assert section.doubtful == {"Grant"}
    assert section.rules is case.rules
    assert section.unknown({JANE, OMAR}) == {JANE, OMAR} - set(learned)


def test_what_a_section_learns_stays_with_it():
    case = Linking(Policy())
    case.learn([JANE])
    section = case.within()
    assert section.learn([JANE, OMAR])
    assert section.learned == {OMAR}
    assert case.learned == {JANE}
    assert not section.learn([JANE])


def test_what_came_since_a_number_of_batches_is_searched_for_alone():
    case = Linking(Policy())
    case.learn([JANE])
    looked = case.batches
    case.learn([OMAR])
    text = "Jane Roe and Omar Haddad"
    found = [text[one.start : one.end] for one in case.since(looked).find(text)]
    assert found == ["Omar Haddad"]
    assert len(list(case.search.find(text))) == 2
