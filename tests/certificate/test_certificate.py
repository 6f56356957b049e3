"""Certificates hold up, and every attack on one fails closed."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pii_guard import CertificateError
from pii_guard.certificate import (
    ArtifactFacts,
    CaseFacts,
    build_statement,
    default_signer,
    generate,
    load,
    load_trust,
    sign,
    verify,
)
from pii_guard.certificate.keys import default_key_path
from pii_guard.findings import Action, Basis, Category, Finding

WHEN = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
OUTPUT = b"User <PERSON_1> SSN <US_SSN_1>"
D = "sha256:" + "0" * 64


def facts(**changes):
    finding = Finding("US_SSN", Category.GOVERNMENT_ID, 0, 4, 15, 0.9, (), "UsSsn", "***")
    kept = Finding("IP_ADDRESS", Category.NAME_PLUS_IDENTIFIER, 0, 20, 30, 0.6)
    actions = (
        Action(finding, "surrogate", Basis.STRONG_IDENTIFIER, "<US_SSN_1>"),
        Action(kept, "keep", Basis.RESEARCHER_TEST_ASSET),
    )
    digest = hashlib.sha256(OUTPUT).hexdigest()
    artifact = ArtifactFacts("text/markdown", "redacted", digest, actions)
    return replace(CaseFacts("VDP-1", [artifact], D, D, D, "0.1.0"), **changes)


def statement(**changes):
    return build_statement(
        facts(**changes), issued_at=WHEN, certificate_id="urn:uuid:1", nonce="ab" * 16
    )


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
    (folder / "anything.md").write_bytes(OUTPUT)
    return folder


def statuses(report):
    return {rule.name: rule.status for rule in report.rules}


def test_a_good_certificate_passes(key, trust, stored):
    report = verify(sign(statement(), key).to_json(), trust, stored, lambda blob, kind: 0)
    assert report.exit_code == 0
    assert statuses(report)["outputs"] == statuses(report)["rescan"] == "pass"


def test_the_statement_is_the_same_for_the_same_facts():
    assert statement() == statement()
    parsed = json.loads(statement())
    assert parsed["subject"][0]["name"] == "artifact-001.md"
    (found,) = parsed["predicate"]["findings"]
    assert (found["policyCategory"], found["occurrences"], found["distinct"]) == (
        "government_id",
        1,
        1,
    )
    assert parsed["predicate"]["retained"][0]["basis"] == "researcher_test_asset"
    assert parsed["predicate"]["notCovered"]


@pytest.mark.parametrize("ref", ["Jane Roe", "", "x" * 200, "a\nb", "jane@mail.example"])
def test_a_reference_that_may_be_personal_is_refused(ref):
    with pytest.raises(CertificateError):
        statement(ref=ref)


def test_a_string_outside_the_grammar_is_never_signed():
    with pytest.raises(CertificateError):
        statement(tool_version="Jané Roe\n")


def test_a_self_trusted_key_is_not_trusted(trust, tmp_path):
    forged = sign(statement(), generate(tmp_path / "thief.pem"))
    assert verify(forged.to_json(), trust).exit_code == 1


def test_an_altered_output_is_seen(key, trust, stored):
    (stored / "anything.md").write_bytes(OUTPUT + b" ")
    assert statuses(verify(sign(statement(), key).to_json(), trust, stored))["outputs"] == "fail"


def test_a_failing_rescan_is_seen(key, trust, stored):
    report = verify(sign(statement(), key).to_json(), trust, stored, lambda blob, kind: 1)
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("coverage", "received"), 7), (("result",), "incomplete"), (("residualScan", "findings"), 1),
        (("notCovered",), []), (("deletions",), []), (("findings", 0, "distinct"), 9),
    ],
)  # fmt: skip
def test_a_signed_but_inconsistent_statement_fails(key, trust, path, value):
    parsed = json.loads(statement())
    target = parsed["predicate"]
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    report = verify(sign(json.dumps(parsed).encode(), key).to_json(), trust)
    assert statuses(report)["consistency"] == "fail"


def envelope(certificate, **changes):
    return json.dumps({**certificate.envelope, **changes}).encode()


@pytest.mark.parametrize(
    "broken",
    [
        lambda c: b"",
        lambda c: b"not json",
        lambda c: b"\xff\xfe",
        lambda c: b" " * (17 * 1024 * 1024),
        lambda c: envelope(c, payloadType="text/plain"),
        lambda c: envelope(c, signatures=[]),
        lambda c: envelope(c, extra=1),
        lambda c: envelope(c, payload=c.envelope["payload"] + "\n"),
        lambda c: c.to_json().replace(b'"payloadType"', b'"payload": "", "payloadType"', 1),
        lambda c: b"[" * 100_000,
    ],
    ids="empty text utf16 oversized type_confusion stripped_signature unknown_field base64_slack "
    "duplicate_key nesting".split(),
)
def test_malformed_envelopes_are_refused(key, trust, broken):
    assert verify(broken(sign(statement(), key)), trust).exit_code == 3


@pytest.mark.parametrize(
    "payload",
    [
        b'{"_type": NaN}',
        statement().replace(b'"findings":0', b'"findings":0.0'),
        statement().replace(b'"_type"', b'"_type":"x","_type"', 1),
        b"[]",
        b"{}",
    ],
    ids="nan float duplicate_key list empty".split(),
)
def test_a_signed_but_malformed_statement_is_refused(key, trust, payload):
    assert verify(sign(payload, key).to_json(), trust).exit_code != 0


def test_bit_flips_never_verify(key, trust):
    good = sign(statement(), key).to_json()
    rng = random.Random(11)
    for _ in range(400):
        flipped = bytearray(good)
        at = rng.randrange(len(good))
        flipped[at] ^= 1 << rng.randrange(8)
        same = bytes(flipped).split() == good.split()
        ours = verify(bytes(flipped), trust).exit_code
        # A flip in the key id is no forgery: the signature is still the issuer's over the same bytes.
        if not same:
            inside = good[: at + 1].rfind(b'"keyid"') > good[: at + 1].rfind(b'"sig"')
            assert ours != 0 or inside


def test_a_revoked_key_cannot_vouch_by_its_own_clock(key, tmp_path):
    spki = base64.b64encode(base64.b64decode(b"".join(key.public_pem.splitlines()[1:-1]))).decode()
    entry = {
        "spki": spki,
        "role": "issuer",
        "identity": "acme",
        "revokedAt": "2027-01-01T00:00:00+00:00",
    }
    path = tmp_path / "trust.json"
    path.write_text(json.dumps({"schema": "pii-guard/trust/1", "keys": [entry]}))
    report = verify(sign(statement(), key).to_json(), load_trust(path))
    assert statuses(report)["key validity"] == "fail"


def test_a_key_of_another_role_is_no_issuer(key, tmp_path):
    spki = "".join(key.public_pem.decode().splitlines()[1:-1])
    path = tmp_path / "trust.json"
    keys = [{"spki": spki, "role": "researcher"}, {"spki": spki, "role": "log"}]
    path.write_text(json.dumps({"schema": "pii-guard/trust/1", "keys": keys}))
    assert verify(sign(statement(), key).to_json(), load_trust(path)).exit_code == 1


@pytest.mark.parametrize(
    "content", ["", "x", "{}", '{"schema": "pii-guard/trust/1", "keys": [{}]}']
)
def test_a_bad_trust_file_is_a_usage_error(tmp_path, content):
    path = tmp_path / "t"
    path.write_text(content)
    with pytest.raises(CertificateError):
        load_trust(path)


def test_no_number_can_be_confirmed_from_a_certificate(guard):
    case = guard.case("VDP-9")
    case.add(b"SSN 536-22-8417, call +1 212-555-0143")
    text = case.close().to_json().decode()
    payload = base64.b64decode(json.loads(text)["payload"]).decode()
    digests = set()
    for serial in range(10_000):
        for form in (f"536-22-{serial:04}", f"53622{serial:04}", f"+1 212-555-{serial:04}"):
            assert form not in payload
            digests |= {
                hashlib.new(name, form.encode()).hexdigest() for name in ("md5", "sha1", "sha256")
            }
    words = set(payload.replace('"', " ").replace(":", " ").split())
    assert not digests & words


def test_keys_are_private_and_never_overwritten(tmp_path):
    path = tmp_path / "k.pem"
    generate(path, b"secret passphrase")
    assert path.stat().st_mode & 0o077 == 0
    assert b"ENCRYPTED" in path.read_bytes()
    with pytest.raises(CertificateError):
        generate(path)
    with pytest.raises(CertificateError):
        load(path, b"wrong")
    assert load(path, b"secret passphrase").key_id
    assert not list(tmp_path.glob(".*"))


def test_the_default_key_is_made_once(tmp_path):
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "PII_GUARD_KEY": str(tmp_path / "a" / "k.pem")}
    assert default_key_path(environment) == tmp_path / "a" / "k.pem"
    first, second = default_signer(environment), default_signer(environment)
    assert (first.origin, second.origin) == ("created", "file")
    assert first.key_id == second.key_id


def test_without_a_place_for_a_key_it_lives_in_memory(tmp_path):
    (tmp_path / "file").write_text("")
    signer = default_signer({"PII_GUARD_KEY": str(tmp_path / "file" / "k.pem")})
    assert signer.origin == "ephemeral"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_alone_checks_the_signature(key, tmp_path):
    certificate = sign(statement(), key)
    kind, payload = certificate.envelope["payloadType"].encode(), certificate.payload
    # DSSE v1, pre-authentication encoding.
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    (tmp_path / "pae").write_bytes(signed)
    (tmp_path / "sig").write_bytes(base64.b64decode(certificate.envelope["signatures"][0]["sig"]))
    done = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", tmp_path / "issuer.pub", "-rawin",
         "-in", tmp_path / "pae", "-sigfile", tmp_path / "sig"],
        capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
