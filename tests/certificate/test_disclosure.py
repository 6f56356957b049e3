"""With `disclosure = "bucketed"` a certificate says how many there were in ranges, and nothing narrows them."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard import CertificateError, Guard, Policy, PolicyError
from pii_guard.certificate import sign, verify
from pii_guard.certificate.buckets import BUCKETS, Amount, bucket, total
from pii_guard.certificate.commitments import commit
from pii_guard.certificate.consistency import contradictions
from pii_guard.certificate.grammar import json_schema, misfit
from pii_guard.certificate.render import render_html
from pii_guard.findings import Action, Basis, Category, Finding
from pii_guard.keystore import KeyStore
from pii_guard.programme import Programme
from pii_guard.tally import Tally
from tests.certificate.conftest import facts, parsed, statement
from tests.certificate.render.samples import shown

BUCKETED = Programme(disclosure="bucketed")


def bucketed(removed=1, kept=1, **changes):
    """The invented case with so many SSNs removed and addresses kept."""
    first, *others = facts().artifacts
    found = Finding("US_SSN", Category.GOVERNMENT_ID, 0, 0, 11, 0.9)
    own = Finding("IP_ADDRESS", Category.NAME_PLUS_IDENTIFIER, 0, 0, 9, 0.6)
    actions = [
        Action(found, "surrogate", Basis.STRONG_IDENTIFIER, f"<US_SSN_{number}>")
        for number in range(1, removed + 1)
    ] + [Action(own, "keep", Basis.RESEARCHER_TEST_ASSET)] * kept
    artifacts = [replace(first, tally=Tally().add(actions), **changes), *others]
    return parsed(programme=BUCKETED, artifacts=artifacts)


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_count_is_in_its_range_and_a_greater_one_in_none_before(one, other):
    assert BUCKETS[bucket(one)].least <= one <= (BUCKETS[bucket(one)].most or one)
    order = list(BUCKETS)
    assert one > other or order.index(bucket(one)) <= order.index(bucket(other))
    both = total([bucket(one), bucket(other), 3])
    assert both.least <= one + other + 3 <= (both.most or one + other + 3)


@pytest.mark.parametrize("field", ["removed", "kept"])
def test_counts_of_one_range_give_the_same_certificate(field):
    """One person cannot be told from five: not by a count, a place, a token or a length."""
    for one in BUCKETS.values():
        sizes = (one.least, one.least + 1, one.most or one.least + 500)
        assert len({json.dumps(bucketed(**{field: size})) for size in sizes}) == 1


def test_what_is_said_in_ranges_is_good_and_valid(key, trust):
    said = bucketed(removed=7, unlinked=3)
    assert misfit(said) is None
    assert list(contradictions(said)) == []
    jsonschema.Draft202012Validator(json_schema()).validate(said)
    predicate = said["predicate"]
    (found,) = predicate["findings"]
    assert (found["occurrences"], found["distinct"], found["locations"]) == ("6-20", "6-20", [])
    assert (predicate["retained"][0]["occurrences"], predicate["artifacts"][0]["unlinked"]) == (
        "1-5", "1-5",
    )  # fmt: skip
    assert verify(sign(statement(programme=BUCKETED), key).to_json(), trust).exit_code == 0


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("disclosure",), "exact"),
        (("findings", 0, "occurrences"), 7),
        (("findings", 0, "distinct"), 7),
        (("findings", 0, "distinct"), ">100"),
        (("findings", 0, "locations"), [{"place": "-"}]),
        (("findings", 0, "locationsTruncated"), False),
        (("retained", 0, "occurrences"), 1),
        (("artifacts", 0, "unlinked"), 3),
        (("commitments",), commit(bytes(32), "k-" + "0" * 16, [("PERSON", "x")]).to_dict()),
    ],
)
def test_nothing_narrows_a_range_down(where, value):
    said = bucketed(removed=7, unlinked=3)
    target = said["predicate"]
    for step in where[:-1]:
        target = target[step]
    target[where[-1]] = value
    assert misfit(said) is None
    assert list(contradictions(said))


def test_a_range_in_an_exact_certificate_is_a_contradiction():
    said = parsed()
    said["predicate"]["findings"][0]["occurrences"] = "1-5"
    assert list(contradictions(said))


@pytest.mark.parametrize("word", ["2-5", "5", "1–5", "many", ">101", ""])
def test_there_are_no_other_ranges(word):
    said = bucketed()
    said["predicate"]["findings"][0]["occurrences"] = word
    assert misfit(said) == "/predicate/findings/0/occurrences"


def test_commitments_cannot_be_made_beside_ranges(tmp_path):
    with pytest.raises(PolicyError, match="ranges"):
        Guard(Policy(programme=BUCKETED), keystore=KeyStore.at(tmp_path))
    with pytest.raises(CertificateError, match="ranges"):
        statement(
            programme=BUCKETED, commitments=commit(bytes(32), "k-" + "0" * 16, [("PERSON", "x")])
        )


def test_a_policy_asks_for_ranges_and_for_nothing_else():
    assert Policy.from_table({"programme": {"disclosure": "bucketed"}}).programme == BUCKETED
    with pytest.raises(PolicyError, match="disclosure must be one of exact, bucketed"):
        Policy.from_table({"programme": {"disclosure": "rough"}})


def test_a_form_shows_ranges_as_ranges():
    page = render_html(shown(bucketed(removed=7, unlinked=101)))
    assert "6 to 20" in page
    assert "more than 100 values" in page
    assert Amount(2, None) + Amount(1, 1) == Amount(3, None)
