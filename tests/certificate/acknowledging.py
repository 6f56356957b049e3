"""An invented acknowledgement of the invented case, for the tests of B and C."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import date, timedelta

import rfc8785

from pii_guard.certificate.acknowledged import check_acknowledgement
from pii_guard.certificate.acknowledgement import (
    Answers,
    Remainder,
    Signing,
    build_acknowledgement,
)
from pii_guard.certificate.envelope import PAYLOAD_TYPE, envelope_json, seal
from pii_guard.certificate.terms import shipped_terms
from tests.certificate.conftest import WHEN, statement

NONCE = "cd" * 16
DONE = WHEN + timedelta(days=2)
TERMS = shipped_terms("en")
EVERY = tuple(one.identifier for one in TERMS.clauses)
CERTIFICATE = statement()
PLATFORM = Signing("platform_session", account="u-7Q2K", accepted_at=DONE)
WET_INK = Signing("wet_ink", page="sha256:" + "5" * 64)


def answers(**changes):
    left = Remainder("backups", "automatic_backup", date(2027, 1, 31))
    return replace(Answers(EVERY, ("downloads", "device"), DONE, (left,)), **changes)


def acknowledged(signing=None, certificate=CERTIFICATE, terms=TERMS, **changes):
    return build_acknowledgement(
        certificate, terms, answers(**changes), signing or Signing("pkcs8"), nonce=NONCE
    )


def altered(payload=None, **predicate):
    """A statement that no builder would make: fields of the predicate replaced, or with None, gone."""
    whole = json.loads(payload or acknowledged())
    whole["predicate"] = {
        k: v for k, v in {**whole["predicate"], **predicate}.items() if v is not None
    }
    return rfc8785.dumps(whole)


def signed(payload, *signers):
    return envelope_json(seal(payload, signers))


def enveloped(payload, **signatures):
    """An envelope with these signatures, right or wrong, by key id (behind an underscore)."""
    entries = [
        {"keyid": name.removeprefix("_"), "sig": base64.b64encode(value).decode()}
        for name, value in signatures.items()
    ]
    text = base64.b64encode(payload).decode()
    return envelope_json({"payload": text, "payloadType": PAYLOAD_TYPE, "signatures": entries})


def check(content, trust, **options):
    return check_acknowledgement(content, CERTIFICATE, trust, **options)
