"""The schema in the package says what the verifier checks."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard import CertificateError, PolicyError
from pii_guard.certificate import Researcher, Superseded
from pii_guard.certificate.commitments import commit
from pii_guard.certificate.consistency import contradictions
from pii_guard.certificate.grammar import json_schema, misfit
from pii_guard.certificate.shapes import Count, Each, Flag, Form, Table, Word, any_of
from pii_guard.programme import Programme
from tests.certificate.conftest import IDENTIFIER, facts, parsed, statement

PACKAGED = files("pii_guard.certificate") / "schemas" / "deletion-certificate-v1.json"
PROGRAMME = Programme(
    "acme-vdp",
    "https://acme.example/vdp",
    "sha256:" + "1" * 64,
    ("legal_obligation",),
    legal_hold=True,
)
FULL = {
    "programme": PROGRAMME,
    "researcher": Researcher("r-7Q2K", "2" * 64),
    "supersedes": Superseded(IDENTIFIER.replace("5b1f", "0000"), "3" * 64),
    "commitments": commit(bytes(32), "k-" + "0" * 16, [("PERSON", "Jane Roe")]),
}


def test_the_packaged_schema_is_the_grammar():
    # After a change of the grammar before a release: write `json_schema()` there again.
    assert json.loads(PACKAGED.read_text("utf-8")) == json_schema()


def test_what_is_issued_is_valid():
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.check_schema(json_schema())
    for said in (parsed(), parsed(**FULL)):
        assert misfit(said) is None
        validator.validate(said)


def test_a_full_certificate_says_who_issued_it_for_whom_and_in_place_of_what():
    said = parsed(**FULL)["predicate"]
    assert said["issuer"]["id"] == "acme-vdp"
    assert said["case"]["disclosurePolicy"] == {
        "uri": "https://acme.example/vdp",
        "digest": "sha256:" + "1" * 64,
    }
    assert said["case"]["legalBasis"] == ["legal_obligation"]
    assert said["researcher"] == {"ref": "r-7Q2K", "keyId": "2" * 64}
    assert said["supersedes"]["digest"] == "sha256:" + "3" * 64
    assert said["retention"] == {
        "until": "2032-11-23",
        "legalHold": True,
        "keyShredBy": "2027-02-21",
    }


SHAPE = Table(
    {"word": Word.of("ab"), "form": Form("[0-9]{2}", 2)},
    {"count": Count(1), "flag": Flag(), "each": Each(Word.of(["x"]), 1)},
)
ANY = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 3),
        st.sampled_from(["a", "b", "12", "1", "x", "123", "1\n"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["word", "form", "count", "flag", "each", "other"]), inner),
    ),
    max_leaves=8,
)


@given(
    ANY
    | st.fixed_dictionaries(
        {"word": ANY, "form": ANY}, optional={"count": ANY, "flag": ANY, "each": ANY}
    )
)
def test_a_shape_and_its_schema_agree(value):
    newline = "1\n"  # `$` of Python's patterns lets one line end pass, that of ECMA 262 does not
    if newline not in json.dumps(value).replace("\\n", "\n"):
        assert (SHAPE.misfit(value) is None) == jsonschema.Draft202012Validator(
            SHAPE.schema()
        ).is_valid(value)


@given(st.lists(st.text(max_size=5), min_size=1), st.text(max_size=5))
def test_a_pattern_of_words_takes_these_words_only(words, other):
    pattern = Form(any_of(words))
    assert all(pattern.misfit(word) is None for word in words)
    assert (pattern.misfit(other) is None) == (other in words)


# -- nothing that is untrue is signed -----------------------------------------------------------


def test_a_statement_whose_residual_scan_found_something_contradicts_itself():
    said = parsed()
    said["predicate"]["residualScan"]["findings"] = 1
    assert list(contradictions(said)) == ["the residual scan found something"]


def test_an_output_without_a_proof_is_not_signed():
    whole = facts()
    first = replace(whole.artifacts[0], output_sha256=None)
    with pytest.raises(CertificateError, match="an output or a reason that it cannot have"):
        statement(artifacts=[first, *whole.artifacts[1:]])


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"supersedes": Superseded(IDENTIFIER, "3" * 64)}, "supersedes itself"),
        ({"supersedes": Superseded(IDENTIFIER, "jane")}, "grammar at /predicate/supersedes/digest"),
        ({"researcher": Researcher("Jane Roe")}, "reference"),
        ({"researcher": Researcher("jane@mail.example")}, "reference"),
    ],
)
def test_what_cannot_be_is_not_signed(changes, what):
    with pytest.raises(CertificateError, match=what):
        statement(**changes)


@pytest.mark.parametrize(
    "table",
    [
        {"id": "Jane Roe"}, {"id": "x" * 65}, {"policy_uri": "https://jane@acme.example/"}, {"policy_uri": "http://acme.example"},
        {"policy_uri": "https://acme.example/?q=jane"}, {"policy_digest": "sha256:1"}, {"legal_basis": ["because"]},
        {"legal_basis": "consent"}, {"retention_days": 0}, {"retention_days": "6"}, {"legal_hold": 1}, {"other": 1},
        {"key_shred_days": True},
    ],
)  # fmt: skip
def test_a_programme_says_what_is_wrong_with_it(table):
    with pytest.raises(PolicyError, match="programme"):
        Programme.from_table(table)


def test_a_programme_is_read_from_its_table():
    table = {"id": "acme-vdp", "policy_uri": "https://acme.example/vdp", "policy_digest": "sha256:" + "1" * 64,
             "legal_basis": ["legal_obligation"], "legal_hold": True}  # fmt: skip
    assert Programme.from_table(table) == PROGRAMME
