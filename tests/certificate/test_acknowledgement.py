"""The researcher's acknowledgement: what it says, who may sign it, and that the programme adds to it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pii_guard.certificate import Researcher, generate, verify
from pii_guard.certificate.acknowledged import check_acknowledgement, is_countersigned
from pii_guard.certificate.acknowledgement import NAMESPACE, Remainder, Signing
from pii_guard.certificate.acknowledgement_grammar import json_schema
from pii_guard.certificate.envelope import countersign, envelope_json, open_envelope, pae
from pii_guard.certificate.researcher import load_researcher, researcher_id
from pii_guard.certificate.ssh_envelope import sealed_by_ssh
from pii_guard.certificate.terms import PLACES, shipped_terms
from pii_guard.errors import CertificateError
from tests.certificate.acknowledging import (
    CERTIFICATE,
    DONE,
    EVERY,
    PLATFORM,
    TERMS,
    WET_INK,
    acknowledged,
    answers,
    check,
    enveloped,
    signed,
)
from tests.certificate.conftest import IDENTIFIER, spki, statement, trusting
from tests.certificate.ssh import (
    KINDS,
    keygen_sign,
    keygen_verifies,
    made,
    needs_ssh_keygen,
    new_key,
)


@pytest.fixture
def researcher(tmp_path):
    return generate(tmp_path / "researcher.pem")


@pytest.fixture
def both(key, researcher, tmp_path):
    """Trust in an issuer and in a researcher."""
    return trusting(tmp_path / "trust.json", key, {"spki": spki(researcher), "role": "researcher"})


def test_it_says_which_certificate_which_words_where_and_what_is_left():
    whole = json.loads(acknowledged())
    digest = hashlib.sha256(CERTIFICATE).hexdigest()
    assert whole["subject"] == [{"name": "deletion-certificate", "digest": {"sha256": digest}}]
    assert whole["predicateType"] == "urn:pii-guard:acknowledgement:v1"
    assert whole["predicate"] == {
        "nonce": "cd" * 16,
        "certificate": {"id": IDENTIFIER},
        "terms": TERMS.reference(),
        "statements": ["search", "exceptions", "sharing", "confidentiality", "means", "rights"],
        "placesChecked": ["device", "downloads"],
        "exceptions": [{"place": "backups", "reason": "automatic_backup", "until": "2027-01-31"}],
        "completedAt": "2026-11-25T19:40:00Z",
        "signer": {"method": "pkcs8"},
        "identityAssurance": "registered_key",
    }


def test_the_same_answers_make_the_same_bytes():
    assert acknowledged() == acknowledged(places=("device", "downloads"))
    assert acknowledged() == acknowledged(completed_at=DONE.astimezone())


def test_its_grammar_is_also_a_json_schema():
    schema = json_schema()
    for signing in (None, PLATFORM, WET_INK):
        jsonschema.validate(json.loads(acknowledged(signing)), schema)
    whole = json.loads(acknowledged())
    whole["predicate"]["note"] = "Jane Roe"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(whole, schema)


def test_the_packaged_schema_is_the_grammar():
    # After a change of the grammar before a release: write `json_schema()` there again.
    packaged = files("pii_guard.certificate") / "schemas" / "acknowledgement-v1.json"
    assert json.loads(packaged.read_text("utf-8")) == json_schema()
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_a_key_registered_for_the_case_signs(key, trust, researcher):
    content = signed(acknowledged(), researcher)
    registered = [load_researcher(researcher.public_pem)]
    assert check(content, trust, researchers=registered) == []
    assert check(content, trust) == ["a signature is not by a trusted key"]


def test_a_key_in_the_trust_policy_with_the_role_signs(both, researcher):
    assert check(signed(acknowledged(), researcher), both) == []


@needs_ssh_keygen
@pytest.mark.parametrize("kind", KINDS)
def test_an_ssh_key_signs_and_openssh_agrees(tmp_path, trust, kind):
    path = new_key(tmp_path, kind)
    public = path.with_suffix(".pub").read_bytes()
    payload = acknowledged(Signing("sshsig"))
    printed = keygen_sign(path, pae(payload), NAMESPACE)
    content = sealed_by_ssh(payload, printed, NAMESPACE)
    assert check(content, trust, researchers=[load_researcher(public)]) == []
    assert keygen_verifies(tmp_path, public, pae(payload), NAMESPACE, printed)


@pytest.mark.parametrize("signing", [PLATFORM, WET_INK], ids=["platform_session", "wet_ink"])
def test_the_programme_records_a_session_or_a_page_with_less_assurance(key, trust, signing):
    content = signed(acknowledged(signing), key)
    assert check(content, trust, least_assurance=signing.method) == []
    assert check(content, trust, least_assurance="registered_key") == [
        "the signer's identity is less assured than asked"
    ]


def test_a_page_is_less_than_a_session(key, trust):
    content = signed(acknowledged(WET_INK), key)
    assert check(content, trust, least_assurance="platform_session")


def test_the_programme_countersigns_the_same_bytes(both, key, researcher):
    content = signed(acknowledged(), researcher)
    assert check(content, both, countersigned=True) == ["the programme has not countersigned it"]
    assert not is_countersigned(content, both)
    receipt = envelope_json(countersign(content, key))
    assert open_envelope(receipt).payload == open_envelope(content).payload
    assert check(receipt, both, countersigned=True) == []
    assert is_countersigned(receipt, both)


def test_one_key_countersigns_once(key, researcher):
    with pytest.raises(CertificateError, match="has signed it already"):
        countersign(signed(acknowledged(), researcher, key), key)


def test_each_shipped_language_is_approved(both, researcher):
    for language in ("en", "de", "fr"):
        content = signed(acknowledged(terms=shipped_terms(language)), researcher)
        assert check(content, both) == []


def test_it_may_be_completed_in_the_second_of_issue(both, researcher):
    content = signed(acknowledged(completed_at=DONE - timedelta(days=2)), researcher)
    assert check(content, both) == []


def test_a_key_revoked_later_holds_where_something_independent_saw_it_before(
    key, researcher, tmp_path
):
    entry = {"spki": spki(researcher), "role": "researcher", "revokedAt": "2026-12-01T00:00:00Z"}
    trust = trusting(tmp_path / "trust.json", key, entry)
    content = signed(acknowledged(), researcher)
    assert check(content, trust, independent=datetime(2026, 11, 30, tzinfo=UTC)) == []
    for late in (None, datetime(2026, 12, 1, tzinfo=UTC)):
        (fault,) = check(content, trust, independent=late)
        assert "revoked" in fault


def test_the_identity_that_the_certificate_names_has_to_sign(key, researcher, tmp_path):
    named = statement(researcher=Researcher("r-7Q2K"))
    content = signed(acknowledged(certificate=named), researcher)
    for identity, faults in (
        ("r-7Q2K", []),
        ("r-XXXX", ["a signature is by neither the case's researcher nor an issuer"]),
    ):
        entry = {"spki": spki(researcher), "role": "researcher", "identity": identity}
        trust = trusting(tmp_path / "trust.json", key, entry)
        assert check_acknowledgement(content, named, trust) == faults


def test_the_key_that_the_certificate_names_has_to_sign(key, both, researcher, tmp_path):
    named = statement(researcher=Researcher("r-7Q2K", researcher.key_id))
    content = signed(acknowledged(certificate=named), researcher)
    own = [load_researcher(researcher.public_pem)]
    only_issuer = trusting(tmp_path / "issuer.json", key)
    assert check_acknowledgement(content, named, only_issuer, researchers=own) == []
    other = statement(researcher=Researcher("r-7Q2K", "2" * 64))
    content = signed(acknowledged(certificate=other), researcher)
    for trust, registered in ((both, ()), (only_issuer, own)):
        assert check_acknowledgement(content, other, trust, researchers=registered) == [
            "a signature is by neither the case's researcher nor an issuer"
        ]


def test_an_ssh_key_whose_id_the_certificate_names_needs_no_list_of_keys(trust):
    """The certificate pins the key by its digest; the signature brings the key along."""
    private = Ed25519PrivateKey.generate()
    name = researcher_id(private.public_key())
    named = statement(researcher=Researcher("r-7Q2K", name))
    payload = acknowledged(Signing("sshsig"), certificate=named)
    good = made(private, pae(payload), NAMESPACE)
    assert check_acknowledgement(enveloped(payload, **{f"_{name}": good}), named, trust) == []
    for bad in (
        made(Ed25519PrivateKey.generate(), pae(payload), NAMESPACE),
        made(private, pae(payload), "file"),
        made(private, payload, NAMESPACE),
        private.sign(pae(payload)),
    ):
        content = enveloped(payload, **{f"_{name}": bad})
        assert check_acknowledgement(content, named, trust) == [
            "a signature is not by a trusted key"
        ]


def test_as_many_issuers_countersign_as_the_trust_policy_asks_for(key, researcher, tmp_path):
    second = generate(tmp_path / "second.pem")
    entry = {"spki": spki(researcher), "role": "researcher"}
    trust = trusting(tmp_path / "trust.json", key, second, entry, thresholds={"issuer": 2})
    one = signed(acknowledged(), researcher, key)
    assert check(one, trust) == []
    assert check(one, trust, countersigned=True) == ["the programme has not countersigned it"]
    both = envelope_json(countersign(one, second))
    assert check(both, trust, countersigned=True) == []


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"places": ("under the bed",)}, "/predicate/placesChecked/0"),
        ({"places": ()}, "/predicate/placesChecked"),
        ({"statements": ()}, "/predicate/statements"),
        ({"statements": ("I, Jane Roe, say",)}, "/predicate/statements/0"),
        ({"remainders": (Remainder("attic", "no_access"),)}, "/predicate/exceptions/0/place"),
        ({"remainders": (Remainder("paper", "lazy"),)}, "/predicate/exceptions/0/reason"),
        ({"signing": Signing("pgp")}, "/predicate/signer/method"),
        ({"signing": Signing("pkcs8", account="u-1")}, "/predicate/signer"),
        ({"signing": Signing("platform_session", account="u-1")}, "/predicate/signer"),
        (
            {"signing": Signing("platform_session", account="jane@roe.example", accepted_at=DONE)},
            "/predicate/signer/account",
        ),
        (
            {"signing": Signing("platform_session", account="jane-roe", accepted_at=DONE)},
            "/predicate/signer/account",
        ),
        ({"signing": Signing("wet_ink", page="page.png")}, "/predicate/signer/page"),
    ],
)
def test_nothing_but_our_words_can_be_said(changes, where):
    with pytest.raises(CertificateError) as refused:
        acknowledged(**changes)
    assert str(refused.value).endswith(where)
    assert "jane" not in str(refused.value).lower()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"statements": ("search",)}, "a statement that its terms require is not ticked"),
        ({"statements": (*EVERY, "waiver")}, "one that its terms do not have"),
        ({"completed_at": DONE - timedelta(days=9)}, "completed before the certificate"),
        ({"remainders": (Remainder("backups", "automatic_backup"),)}, "has no date"),
        (
            {"remainders": (Remainder("backups", "automatic_backup", date(2026, 11, 24)),)},
            "ended before the search",
        ),
        ({"remainders": (Remainder("paper", "no_access"),) * 2}, "lists an exception twice"),
        (
            {"signing": Signing("platform_session", "u-1", DONE - timedelta(seconds=1))},
            "accepted before it was completed",
        ),
    ],
    ids="required statements completed dateless ended twice accepted".split(),
)
def test_what_the_checker_would_refuse_is_not_built(changes, fault):
    with pytest.raises(CertificateError, match=fault):
        acknowledged(**changes)


def test_a_time_without_its_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        acknowledged(completed_at=DONE.replace(tzinfo=None))


def test_every_place_can_be_ticked():
    whole = json.loads(acknowledged(places=PLACES))
    assert whole["predicate"]["placesChecked"] == list(PLACES)


def test_an_acknowledgement_is_no_certificate(key, trust):
    report = verify(signed(acknowledged(), key), trust)
    assert [rule.name for rule in report.rules if rule.status == "fail"] == ["types"]


def test_answers_and_envelopes_show_no_payload(researcher):
    shown = repr(open_envelope(signed(acknowledged(), researcher)))
    assert IDENTIFIER not in shown
    assert "device" in repr(answers())
