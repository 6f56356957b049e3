"""An invented case and its certificate, for all tests of this room."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pii_guard.certificate import (
    ArtifactFacts,
    CaseFacts,
    Trust,
    build_statement,
    generate,
    load_trust,
    sign,
    verify,
)
from pii_guard.certificate.envelope import seal
from pii_guard.certificate.note import Kind, NoteKey, NoteSigner, parse_note
from pii_guard.certificate.revocation import build_revocation
from pii_guard.certificate.statement import LEFT
from pii_guard.certificate.trust import TrustedKey
from pii_guard.errors import ReasonCode
from pii_guard.findings import Action, Basis, Category, Finding
from pii_guard.ledger import enter, open_ledger
from pii_guard.tally import Tally

WHEN = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
OUTPUTS = (b"User <PERSON_1> SSN <US_SSN_1>", b"nothing in it")
DIGEST = "sha256:" + "0" * 64
ORIGIN, WITNESS = "pii-guard.example/ledger", "witness.example/w1"
LATER = WHEN + timedelta(days=1)
IDENTIFIER = "urn:uuid:5b1f6c1e-3d0e-4b52-9a55-0d4b6c0a7f11"


def facts(**changes):
    finding = Finding("US_SSN", Category.GOVERNMENT_ID, 0, 4, 15, 0.9, (), "UsSsn", "***")
    kept = Finding("IP_ADDRESS", Category.NAME_PLUS_IDENTIFIER, 0, 20, 30, 0.6)
    actions = (
        Action(finding, "surrogate", Basis.STRONG_IDENTIFIER, "<US_SSN_1>"),
        Action(kept, "keep", Basis.RESEARCHER_TEST_ASSET),
    )
    first, second = (hashlib.sha256(blob).hexdigest() for blob in OUTPUTS)
    artifacts = [
        ArtifactFacts("text/markdown", "redacted", first, Tally().add(actions)),
        ArtifactFacts("text/csv", "clean", second, Tally()),
        ArtifactFacts("image/png", "quarantined", None, Tally(), ReasonCode.UNSUPPORTED, [LEFT]),
    ]
    return replace(CaseFacts("VDP-1", artifacts, DIGEST, DIGEST, DIGEST, "0.1.0"), **changes)


def statement(**changes):
    return build_statement(
        facts(**changes), issued_at=WHEN, certificate_id=IDENTIFIER, nonce="ab" * 16
    )


def parsed(**changes):
    return json.loads(statement(**changes))


def spki(signer):
    return "".join(signer.public_pem.decode().splitlines()[1:-1])


def trusting(path, *entries, **changes):
    """Trust in keys, from a policy file; an entry is a signer, or a table with its own fields."""
    keys = [e if isinstance(e, dict) else {"spki": spki(e), "role": "issuer"} for e in entries]
    path.write_text(json.dumps({"schema": "pii-guard/trust/1", "keys": keys, **changes}))
    return load_trust(path)


def envelope(certificate, **changes):
    return json.dumps({**certificate.envelope, **changes}).encode()


def repacked(certificate, payload):
    """The same signature over another payload."""
    return envelope(certificate, payload=base64.b64encode(payload).decode())


def verify_file(path, trust):
    return verify(path.read_bytes(), trust)


def statuses(report):
    return {rule.name: rule.status for rule in report.rules}


def failed(report):
    return [rule.name for rule in report.rules if rule.status == "fail"]


@pytest.fixture
def key(tmp_path):
    return generate(tmp_path / "issuer.pem")


@pytest.fixture
def trust(key, tmp_path):
    return load_trust(tmp_path / "issuer.pub")


@pytest.fixture
def stored(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    for number, blob in enumerate(OUTPUTS):
        (folder / f"anything{number}.md").write_bytes(blob)
    return folder


# -- a ledger, and who watches it


def watched(bundle, watcher, at):
    note = parse_note(bundle.checkpoint)
    key = NoteKey(WITNESS, watcher.public_key(), Kind.COSIGNATURE)
    return replace(bundle, checkpoint=str(note.cosigned(key, watcher.sign, at)))


def ended(
    payload,
    key,
    action="revoke",
    reason="issued_in_error",
    target="deletion-certificate",
    **changes,
):
    said = build_revocation(
        payload,
        target,
        action,
        reason,
        effective_at=LATER,
        issued_at=LATER,
        nonce="ef" * 16,
        **changes,
    )
    return seal(said, [key])


@pytest.fixture
def log(tmp_path):
    return generate(tmp_path / "log.pem")


@pytest.fixture
def watcher():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def researcher(tmp_path):
    return generate(tmp_path / "researcher.pem")


@pytest.fixture
def trusted(key, log, watcher, researcher):
    def made(**changes):
        return Trust(
            (
                TrustedKey(key.public, "issuer", **changes),
                TrustedKey(log.public, "log", ORIGIN),
                TrustedKey(watcher.public_key(), "witness", WITNESS),
                TrustedKey(researcher.public, "researcher", "r-7Q2K"),
            )
        )

    return made


@pytest.fixture
def ledger(tmp_path, log):
    signer = NoteSigner(NoteKey.of(ORIGIN, log.public), log.sign)
    opened = open_ledger(tmp_path / "ledger.db", signer=signer, create=True)
    opened.append_many([(f"leaf {number}".encode(), None) for number in range(5)])
    yield opened
    opened.close()


@pytest.fixture
def bundle(ledger, key):
    return enter(ledger, sign(statement(), key))
