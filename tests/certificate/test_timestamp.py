"""Time-stamps on checkpoints, from a local authority: who may vouch, and for what."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID

from pii_guard.certificate.checkpoint import Checkpoint, sign_checkpoint
from pii_guard.certificate.note import Kind, NoteKey, NoteSigner, parse_note
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.timestamp import load_roots, query, stamped_at
from pii_guard.errors import CertificateError
from tests.certificate.authority import OPENSSL, authority

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
pytest.importorskip("rfc3161_client", reason="the extra `timestamp` is not installed")

LOG = NoteSigner.of("pii-guard.example/ledger", Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
NOTE = sign_checkpoint(Checkpoint("pii-guard.example/ledger", 3, bytes(range(32))), LOG)
OTHER = sign_checkpoint(Checkpoint("pii-guard.example/ledger", 4, bytes(range(32))), LOG)


@pytest.fixture(scope="module")
def tsa(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("tsa") / "own")


@pytest.fixture(scope="module")
def asked(tsa):
    return query(NOTE)


@pytest.fixture(scope="module")
def token(tsa, asked):
    return tsa.answer(asked.der)


def test_a_stamp_says_by_when_the_checkpoint_existed(tsa, asked, token):
    when = stamped_at(token, NOTE, [tsa.root], asked.nonce)
    assert when.tzinfo is UTC
    assert abs(when - datetime.now(UTC)) < timedelta(minutes=5)


def test_the_stamp_s_accuracy_is_added(tmp_path):
    """Of a stamp that may be an hour off the latest moment counts: a revocation may lie between."""
    vague = authority(tmp_path / "vague", seconds=3600)
    when = stamped_at(vague.answer(query(NOTE).der), NOTE, [vague.root])
    assert when - datetime.now(UTC) > timedelta(minutes=55)


def test_openssl_agrees(tsa, token, tmp_path):
    (tmp_path / "text").write_text(parse_note(NOTE).text)
    (tmp_path / "token").write_bytes(token)
    command = [OPENSSL, "ts", "-verify", "-data", "text", "-in", "token"]
    done = subprocess.run(
        [*command, "-CAfile", tsa.folder / "root.pem"], cwd=tmp_path, capture_output=True
    )
    assert done.returncode == 0, done.stderr


def test_a_witness_who_signs_later_does_not_spoil_the_stamp(tsa, token):
    witness = Ed25519PrivateKey.generate()
    key = NoteKey("witness.example/w1", witness.public_key(), Kind.COSIGNATURE)
    note = str(parse_note(NOTE).cosigned(key, witness.sign, datetime.now(UTC)))
    assert stamped_at(token, note, [tsa.root]) == stamped_at(token, NOTE, [tsa.root])


def test_another_checkpoint_s_stamp_is_not_this_one_s(tsa, token):
    with pytest.raises(Malformed, match="does not verify"):
        stamped_at(token, OTHER, [tsa.root])


def test_an_authority_that_nobody_pinned_vouches_for_nothing(tsa, token, tmp_path):
    stranger = authority(tmp_path / "stranger")
    with pytest.raises(Malformed, match="does not verify"):
        stamped_at(token, NOTE, [stranger.root])
    forged = stranger.answer(query(NOTE).der)
    with pytest.raises(Malformed, match="does not verify"):
        stamped_at(forged, NOTE, [tsa.root])


@pytest.mark.parametrize(
    ("usage", "stamps"),
    [(ExtendedKeyUsageOID.TIME_STAMPING, True), (ExtendedKeyUsageOID.SERVER_AUTH, False)],
)
def test_a_web_server_s_certificate_under_the_same_root_does_not_stamp(tsa, token, usage, stamps):
    forged = tsa.resigned(token, usage)
    if stamps:  # else the forgery below might be refused for another reason
        assert stamped_at(forged, NOTE, [tsa.root])
        return
    with pytest.raises(Malformed, match="does not verify"):
        stamped_at(forged, NOTE, [tsa.root])


def test_an_answer_to_another_query_is_refused(tsa, asked, token):
    with pytest.raises(Malformed, match="does not verify"):
        stamped_at(token, NOTE, [tsa.root], asked.nonce + 1)


def test_a_refusal_is_no_stamp(tsa, tmp_path):
    refusal = tsa.answer(b"no query")
    with pytest.raises(Malformed, match="does not verify"):
        stamped_at(refusal, NOTE, [tsa.root])


def test_no_changed_bit_is_accepted_with_another_time(tsa, token):
    """Bits outside of what is signed (the status, spare certificates) may change nothing either."""
    chance, when, accepted = random.Random(1), stamped_at(token, NOTE, [tsa.root]), 0
    for _ in range(1500):
        raw = bytearray(token)
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        try:
            moved = stamped_at(bytes(raw), NOTE, [tsa.root])
        except Malformed:
            continue
        assert moved == when
        accepted += 1
    assert accepted < 300


@pytest.mark.parametrize("size", [0, 1, 10, 100])
def test_noise_is_refused(tsa, token, size):
    for noise in (random.Random(size).randbytes(size), token[:size], token + bytes(size + 1)):
        with pytest.raises(Malformed):
            stamped_at(noise, NOTE, [tsa.root])
    with pytest.raises(Malformed, match="too long"):
        stamped_at(bytes(70_000), NOTE, [tsa.root])


def test_without_a_root_nothing_is_trusted(token):
    with pytest.raises(CertificateError, match="no authority"):
        stamped_at(token, NOTE, [])


def test_roots_come_from_a_file(tsa, tmp_path):
    assert load_roots(tsa.folder / "root.pem") == (tsa.root,)
    for content in (b"", b"nothing"):
        (tmp_path / "bad.pem").write_bytes(content)
        with pytest.raises(CertificateError, match="cannot be read"):
            load_roots(tmp_path / "bad.pem")
    with pytest.raises(CertificateError, match="cannot be read"):
        load_roots(tmp_path / "none.pem")


def test_without_the_extra_it_says_what_to_install(monkeypatch, token, tsa):
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    for ask in (lambda: query(NOTE), lambda: stamped_at(token, NOTE, [tsa.root])):
        with pytest.raises(CertificateError) as caught:
            ask()
        assert "timestamp" in caught.value.remedy
