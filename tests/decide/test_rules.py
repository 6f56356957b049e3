"""The combination rule, the keep list and the thresholds, record by record."""

from __future__ import annotations

import pytest

from pii_guard.decide.rules import Located, Rules, is_full_name, locate
from pii_guard.document import Kind, Segment
from pii_guard.entities import entity
from pii_guard.findings import Basis, Finding
from pii_guard.policy import Keep, Policy, Rule


def one(kind, value, record=(1,), *, score=0.9, label="", linked=False):
    finding = Finding(kind, entity(kind).category, 0, 0, len(value), score)
    return Located(finding, value, record, label, linked)


def bases(*found, policy=None):
    rules = Rules(policy or Policy(), lambda _, value: value == "documentation")
    return [decision.basis for decision in rules.decide(list(found))]


def test_a_strong_identifier_goes_alone():
    assert bases(one("EMAIL_ADDRESS", "a@b.example")) == [Basis.STRONG_IDENTIFIER]


@pytest.mark.parametrize("kind", ["USERNAME", "IP_ADDRESS", "LOCATION", "HEALTH", "AGE"])
def test_a_weak_identifier_stays_alone(kind):
    assert bases(one(kind, "value")) == [Basis.UNCOMBINED]


def test_a_first_name_stays_alone_and_goes_beside_a_contact():
    assert bases(one("PERSON", "Jane")) == [Basis.UNCOMBINED]
    together = bases(one("PERSON", "Jane"), one("EMAIL_ADDRESS", "a@b.example"))
    assert together == [Basis.COMBINATION, Basis.STRONG_IDENTIFIER]


def test_another_record_does_not_combine():
    assert bases(one("PERSON", "Jane", (1,)), one("EMAIL_ADDRESS", "a@b.example", (2,)))[0] is (
        Basis.UNCOMBINED
    )


def test_a_record_combines_with_the_one_it_is_in_two_steps_up_at_most():
    mail = one("EMAIL_ADDRESS", "a@b.example", (1,))
    assert bases(mail, one("USERNAME", "jroe", (1, 2, 3)))[1] is Basis.COMBINATION
    assert bases(mail, one("USERNAME", "jroe", (1, 2, 3, 4)))[1] is Basis.UNCOMBINED


def test_siblings_in_one_parent_do_not_combine():
    assert bases(one("EMAIL_ADDRESS", "a@b.example", (1, 2)), one("USERNAME", "j", (1, 3)))[1] is (
        Basis.UNCOMBINED
    )


def test_two_weak_kinds_combine_when_one_is_a_name():
    assert set(bases(one("USERNAME", "jroe"), one("IP_ADDRESS", "81.2.69.142"))) == {
        Basis.COMBINATION
    }
    assert set(bases(one("LOCATION", "Leeds"), one("IP_ADDRESS", "81.2.69.142"))) == {
        Basis.UNCOMBINED
    }


def test_given_and_family_name_columns_are_a_full_name():
    rules = Rules(Policy(), lambda *_: False)
    found = [one("PERSON", "Roe", label="last_name"), one("PERSON", "Jane", label="first_name")]
    assert [d.full_name for d in rules.decide(found)] == ["Jane Roe", "Jane Roe"]


def test_the_keep_list_wins_over_combination():
    keep = Keep(frozenset({"tester_lina"}), frozenset({"l@r.example"}), ("203.0.113.0/24",))
    policy = Policy(keep=keep)
    found = (
        one("USERNAME", "tester_lina"), one("EMAIL_ADDRESS", "L@r.example"),
        one("IP_ADDRESS", "203.0.113.77"), one("EMAIL_ADDRESS", "victim@b.example"),
    )  # fmt: skip
    asset = Basis.RESEARCHER_TEST_ASSET
    assert bases(*found, policy=policy) == [asset, asset, asset, Basis.STRONG_IDENTIFIER]


def test_thresholds_documentation_and_kept_types():
    assert bases(one("EMAIL_ADDRESS", "x", score=0.2)) == [Basis.BELOW_THRESHOLD]
    assert bases(one("EMAIL_ADDRESS", "documentation")) == [Basis.DOCUMENTATION_VALUE]
    policy = Policy({"EMAIL_ADDRESS": Rule(operator="keep")})
    assert bases(one("EMAIL_ADDRESS", "x"), policy=policy) == [Basis.POLICY_KEEP]


def test_a_linked_value_goes_wherever_it_stands():
    assert bases(one("USERNAME", "jroe", linked=True)) == [Basis.LINKED]


def test_paragraphs_and_list_items_are_records_of_prose():
    text = "Jane said so.\n\n- a@b.example\n- Omar"
    segment = Segment(text, (), Kind.PROSE)
    spans = [(0, 4), (17, 28), (31, 35)]
    findings = [(Finding("X", entity("X").category, 0, s, e, 1.0), False) for s, e in spans]
    assert len({located.record for located in locate([segment], findings)}) == 3


@pytest.mark.parametrize(
    ("name", "full"),
    [("Jane Roe", True), ("Roe, Jane", True), ("J. Roe", True), ("Jane", False), ("J.", False)],
)
def test_full_names(name, full):
    assert is_full_name(name) is full
