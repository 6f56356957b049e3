"""The combination rule, the keep list and the thresholds, record by record."""

from __future__ import annotations

import base64

import pytest

from pii_guard.decide.rules import Located, Rules, is_full_name, locate
from pii_guard.document import Kind, Layer, Segment
from pii_guard.entities import entity
from pii_guard.findings import Action, Basis, Finding, Severity
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


def worst(*found):
    return [d.severity for d in Rules(Policy(), lambda *_: False).decide(list(found))]


@pytest.mark.parametrize(
    ("kinds", "first"),
    [
        ("EMAIL_ADDRESS", Severity.MEDIUM),
        ("USERNAME IP_ADDRESS", Severity.LOW),
        ("USERNAME EMAIL_ADDRESS", Severity.MEDIUM),
        ("PHONE_NUMBER EMAIL_ADDRESS", Severity.HIGH),
        ("HEALTH EMAIL_ADDRESS", Severity.HIGH),
        ("RELIGION USERNAME", Severity.HIGH),
        ("US_SSN", Severity.MEDIUM),
        ("US_SSN USERNAME", Severity.CRITICAL),
        ("USERNAME US_SSN", Severity.CRITICAL),
        ("CREDIT_CARD USERNAME LOCATION", Severity.CRITICAL),
    ],
)
def test_severity_by_what_stands_in_the_record(kinds, first):
    assert worst(*(one(kind, f"value {n}") for n, kind in enumerate(kinds.split())))[0] is first


def test_company_of_another_record_does_not_count():
    assert worst(one("US_SSN", "x", (1,)), one("USERNAME", "y", (2,)))[0] is Severity.MEDIUM


def test_what_stays_has_no_severity():
    assert worst(one("USERNAME", "jroe")) == [None]


def test_two_of_a_kind_stand_beside_each_other():
    found = [one("EMAIL_ADDRESS", "a@b.example"), one("EMAIL_ADDRESS", "c@d.example")]
    decided = Rules(Policy(), lambda *_: False).decide(found)
    assert [d.beside for d in decided] == [("EMAIL_ADDRESS",)] * 2
    assert {d.severity for d in decided} == {Severity.MEDIUM}


def test_an_explanation_names_types_and_no_value():
    found = [one("US_SSN", "078-05-1120"), one("PERSON", "Jane Roe")]
    for decision in Rules(Policy(), lambda *_: False).decide(found):
        action = Action(
            decision.located.finding, decision.operator, decision.basis, beside=decision.beside
        )
        assert action.explanation.startswith("identifies somebody alone; in its record: ")
        assert not any(one.value in action.explanation for one in found)


def test_two_readings_of_an_encoded_run_that_do_not_fit_together_go_as_they_stand():
    run = base64.b64encode(b"to jane.roe@mail.example, and more to her").decode()
    shifted = Finding(
        "EMAIL_ADDRESS",
        entity("EMAIL_ADDRESS").category,
        0,
        1,
        30,
        0.9,
        layer=Layer("base64", 0, 0),
    )
    (located,) = locate([Segment(run)], [(shifted, False)])
    assert (located.value, located.finding.layer) == (run[1:30], None)


def test_a_mailbox_of_everybody_with_somebodys_name_in_it_goes():
    found = (
        one("EMAIL_ADDRESS", "documentation", linked=True),
        one("EMAIL_ADDRESS", "documentation"),
    )
    assert bases(*found) == [Basis.STRONG_IDENTIFIER, Basis.DOCUMENTATION_VALUE]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Contact Jane Whitfield, info@jane-whitfield.de or support@whitfield.de", "support@"),
        ("Contact Jane Whitfield, info@acme.de or security@acme.de", "info@acme.de or security@acme.de"),
    ],
)  # fmt: skip
def test_a_role_mailbox_at_somebodys_own_domain_holds_no_file_up(guard, text, left):
    result = guard.redact(text.encode(), name="a.txt")
    assert result.verdict == "redacted", result.reason
    assert b"jane-whitfield" not in result.output
    assert left.encode() in result.output
