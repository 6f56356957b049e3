"""Revocation and supersession: an issuer says so, of exactly these bytes, for a reason of ours."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import jsonschema
import pytest
import rfc8785

from pii_guard.certificate import generate
from pii_guard.certificate.revocation import (
    ACTIONS,
    build_revocation,
    check_revocation,
    json_schema,
)
from pii_guard.certificate.strict import Malformed
from pii_guard.errors import CertificateError
from tests.certificate.acknowledging import CERTIFICATE, acknowledged, signed
from tests.certificate.conftest import WHEN, spki, statement, trusting

NEW = statement(ref="VDP-2")


def revocation(payload=CERTIFICATE, target="deletion-certificate", **changes):
    given = {"action": "revoke", "reason": "residue_found", "effective_at": WHEN,
             "issued_at": WHEN + timedelta(days=1), "nonce": "ef" * 16, **changes}  # fmt: skip
    action, reason = given.pop("action"), given.pop("reason")
    return build_revocation(payload, target, action, reason, **given)


def superseding(**changes):
    return revocation(
        **{"action": "supersede", "reason": "corrected", "replacement": NEW, **changes}
    )


def altered(payload, **predicate):
    whole = json.loads(payload)
    whole["predicate"] |= predicate
    return rfc8785.dumps(whole)


def test_a_revocation_says_of_what_why_and_since_when(key, trust):
    found, faults = check_revocation(signed(revocation(), key), CERTIFICATE, trust)
    assert faults == []
    assert found is not None
    assert found.target == "deletion-certificate"
    assert found.digest == f"sha256:{hashlib.sha256(CERTIFICATE).hexdigest()}"
    assert (found.action, found.reason, found.replacement) == ("revoke", "residue_found", None)
    assert (found.effective_at, found.issued_at) == (WHEN, WHEN + timedelta(days=1))


def test_a_supersession_names_what_takes_its_place(key, trust):
    found, faults = check_revocation(signed(superseding(), key), CERTIFICATE, trust)
    assert faults == []
    assert found is not None
    assert found.replacement == f"sha256:{hashlib.sha256(NEW).hexdigest()}"


def test_the_packaged_schema_is_the_grammar():
    # After a change of the grammar before a release: write `json_schema()` there again.
    packaged = files("pii_guard.certificate") / "schemas" / "revocation-v1.json"
    assert json.loads(packaged.read_text("utf-8")) == json_schema()
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_an_acknowledgement_can_be_revoked(key, trust):
    payload = acknowledged()
    content = signed(revocation(payload, "acknowledgement", reason="signer_withdrew"), key)
    found, faults = check_revocation(content, payload, trust)
    assert (faults, found and found.target) == ([], "acknowledgement")


@pytest.mark.parametrize(
    ("action", "reason"), [(a, r) for a, rs in ACTIONS.items() for r in sorted(rs)]
)
def test_every_reason_can_be_stated_and_fits_the_schema(action, reason):
    made = superseding if action == "supersede" else revocation
    jsonschema.validate(json.loads(made(reason=reason)), json_schema())


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: revocation(reason="corrected"), "a reason of another action"),
        (lambda: superseding(reason="key_compromised"), "a reason of another action"),
        (lambda: superseding(replacement=None), "a replacement is missing"),
        (lambda: revocation(replacement=NEW), "nothing is replaced"),
        (lambda: superseding(replacement=CERTIFICATE), "replaces something by itself"),
        (lambda: revocation(reason="Jane Roe asked"), "/predicate/reason"),
        (lambda: revocation(action="delete"), "/predicate/action"),
        (lambda: revocation(target="letter"), "/subject/0/name"),
        (lambda: revocation(nonce="1"), "/predicate/nonce"),
    ],
)
def test_what_cannot_be_stated_is_refused(make, fault):
    with pytest.raises(CertificateError, match=fault) as refused:
        make()
    assert "Jane" not in str(refused.value)


def test_a_revocation_of_another_certificate_is_not_replayed(key, trust):
    assert check_revocation(signed(revocation(NEW), key), CERTIFICATE, trust) == (
        None,
        ["it is about something else"],
    )


def test_only_an_issuer_revokes(key, tmp_path):
    other = generate(tmp_path / "other.pem")
    content = signed(revocation(), other)
    for role in ("researcher", "log", "validator", None):
        listed = [{"spki": spki(other), "role": role}] if role else []
        trust = trusting(tmp_path / "trust.json", key, *listed)
        assert check_revocation(content, CERTIFICATE, trust) == (
            None,
            [
                "not signed by a trusted issuer key"
                if role
                else "a signature is not by a trusted key"
            ],
        )


def test_a_thief_cannot_revoke_with_a_backdated_statement(key, tmp_path):
    entry = {"spki": spki(key), "role": "issuer", "revokedAt": "2026-12-01T00:00:00Z"}
    trust = trusting(tmp_path / "trust.json", entry)
    content = signed(revocation(), key)
    assert check_revocation(content, CERTIFICATE, trust)[0] is None
    seen = datetime(2026, 11, 30, tzinfo=UTC)
    assert check_revocation(content, CERTIFICATE, trust, independent=seen)[1] == []
    assert check_revocation(content, CERTIFICATE, trust, independent=WHEN)[1] == [
        "dated later than something independent saw it"
    ]


def test_it_may_take_effect_before_it_is_issued(key, trust):
    early = revocation(effective_at=WHEN - timedelta(days=90), reason="key_compromised")
    assert check_revocation(signed(early, key), CERTIFICATE, trust)[1] == []


@pytest.mark.parametrize(
    "forged",
    [
        altered(revocation(), note="Jane Roe"),
        altered(revocation(), reason="Jane Roe"),
        altered(revocation(), replacement="sha256:" + "0" * 64),
        altered(superseding(), action="revoke"),
        altered(superseding(), replacement=f"sha256:{hashlib.sha256(CERTIFICATE).hexdigest()}"),
        altered(revocation(), effectiveAt="now"),
        rfc8785.dumps({**json.loads(revocation()), "subject": []}),
        rfc8785.dumps(
            {**json.loads(revocation()), "subject": json.loads(revocation())["subject"] * 2}
        ),
        acknowledged(),
        CERTIFICATE,
        b"[]",
    ],
)
def test_another_statement_revokes_nothing(key, trust, forged):
    found, faults = check_revocation(signed(forged, key), CERTIFICATE, trust)
    assert found is None
    assert len(faults) == 1
    assert "Jane" not in faults[0]


def test_duplicate_keys_and_flips_are_refused(key, trust):
    twice = revocation().replace(b'"nonce"', b'"reason":"wrong_case","nonce"')
    with pytest.raises(Malformed):
        check_revocation(signed(twice, key), CERTIFICATE, trust)
    good = signed(revocation(), key)
    for at in range(len(good)):
        flipped = bytearray(good)
        flipped[at] ^= 1 << at % 8
        try:
            found, faults = check_revocation(bytes(flipped), CERTIFICATE, trust)
        except Malformed:
            continue
        assert found is None, at
        assert faults, at
