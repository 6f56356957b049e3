"""Labels: every word of a certificate has one, and none of them promises too much."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.certificate import claims
from pii_guard.certificate import vocabulary as v
from pii_guard.certificate.buckets import Amount
from pii_guard.certificate.render.copies import described
from pii_guard.certificate.render.english import ENGLISH
from pii_guard.certificate.render.totals import totals
from pii_guard.certificate.render.words import Words, artifact_ranges, spelt_out
from tests.certificate.render.samples import finding

WORDS = {
    "type": v.TYPES, "category": v.CATEGORIES, "action": v.ACTIONS, "basis": v.RETAINING,
    "unread": v.UNREAD, "reason": v.REASONS, "disposition": v.DISPOSITIONS, "result": v.RESULTS,
    "result_means": v.RESULTS, "key_origin": v.KEY_ORIGINS, "gap": v.KNOWN_GAPS, "layer": v.LAYERS,
    "not_covered": v.NOT_COVERED, "store": claims.Store,
    "claim": claims.Kind, "assurance": claims.Assurance, "remark": claims.Note,
}  # fmt: skip


@pytest.mark.parametrize("kind", WORDS)
def test_every_word_of_the_vocabulary_has_a_label(kind):
    assert [word for word in WORDS[kind] if not Words().has(kind, word)] == []


@pytest.mark.parametrize("claim", claims.Kind)
def test_every_claim_has_a_sentence(claim):
    assert Words().word("claim", claim).endswith(".")


@pytest.mark.parametrize(
    "promise",
    ["irrecoverabl", "unrecoverabl", "certified", "purge", "destroy", r"\bclear(ed)?\b", "permanent",
     "complian", "guarant", "all copies", "wiped", "secure", "NIST", "GDPR"],
)  # fmt: skip
def test_no_label_promises_more_than_a_file_deletion_can(promise):
    assert [key for key, label in ENGLISH.items() if re.search(promise, label, re.IGNORECASE)] == []


def test_what_an_unlinked_copy_may_have_left_is_said():
    assert "its blocks may still be on the disk" in ENGLISH["claim.unlinked"]
    assert "its blocks may still be on the disk" in ENGLISH["claim.overwritten_best_effort"]


@pytest.mark.parametrize(
    ("word", "legible"),
    [
        ("left_where_it_is", "left where it is"),
        ("versionsDeleted", "versions deleted"),
        ("XX_NOVEL_KIND", "XX novel kind"),
        ("list_object_versions", "list object versions"),
        ("sha256:00ff", "sha256:00ff"),
        ("", ""),
    ],
)
def test_a_word_without_a_label_is_spelt_out(word, legible):
    assert spelt_out(word) == legible
    assert Words().word("no_such_kind", word) == legible


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "none"), ([], "none"), (True, "yes"), (False, "no"), (0, "0"), (1234567, "1,234,567"),
        (["a_b", 2], "a b, 2"), ({"tempFs": ["tmpfs"]}, "temporary files on: tmpfs"),
        ("2026-12-23", "23 December 2026"), ("2026-13-45", "2026-13-45"),
        ("2026-11-23T19:39:12Z", "23 November 2026, 19:39:12 UTC"), ("HMAC-SHA256", "HMAC-SHA256"),
        (list(range(20)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, and 8 more"),
    ],
)  # fmt: skip
def test_any_value_is_said_legibly(value, said):
    assert described(value, Words()) == said


@given(st.integers(1, 2**60 - 1))
def test_ranges_name_every_attachment_once(bits):
    numbers = {number for number in range(1, 61) if bits >> (number - 1) & 1}
    said = artifact_ranges((f"artifact-{n:03}" for n in numbers), Words())
    named, more = set(), re.search(r"and (\d+) more", said)
    for first, last in re.findall(r"artifact-(\d+)(?: to artifact-(\d+))?", said):
        run = set(range(int(first), int(last or first) + 1))
        assert not named & run
        named |= run
    assert named <= numbers
    assert len(numbers - named) == (int(more[1]) if more else 0)


KINDS = st.sampled_from(
    [("full_name", "PERSON"), ("health", "HEALTH"), ("new_category", "NEW_TYPE")]
)
GROUPS = st.lists(
    st.tuples(st.integers(1, 3), KINDS, st.lists(st.integers(1, 5), min_size=1), st.booleans()),
    max_size=12,
)


@given(GROUPS)
def test_totals_lose_no_occurrence_and_never_count_too_few_values(groups):
    findings = [
        finding(number, one, *kind, tokens, cut=cut)
        for number, (one, kind, tokens, cut) in enumerate(groups, 1)
    ]
    made = totals(findings)
    said = sum(one["occurrences"] for one in findings)
    assert sum((total.occurrences for total in made), Amount(0, 0)) == Amount(said, said)
    values = defaultdict(set)
    for _, (_, kind), tokens, _ in groups:
        values[kind] |= set(tokens)
    for total in made:
        uncut = not any(one["locationsTruncated"] for one in findings if one["type"] == total.kind)
        assert total.distinct.least <= total.distinct.most >= len(values[total.kind])
        if uncut:
            assert (total.exact, total.distinct) == (True, Amount.of(len(values[total.kind])))
