"""Envelopes: what is signed, by how many, and that no bit of it may differ."""

from __future__ import annotations

import base64
import json
import random

import pytest
from securesystemslib.dsse import Envelope

from pii_guard import CertificateError
from pii_guard.certificate import generate, sign, verify
from pii_guard.certificate.envelope import (
    MOST_SIGNATURES,
    PAYLOAD_TYPE,
    Opened,
    Unverified,
    countersign,
    envelope_json,
    open_envelope,
    pae,
    seal,
)
from pii_guard.certificate.public_keys import ALGORITHMS
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.trust import Trust, TrustedKey
from tests.certificate.conftest import statement

FLIPS = {"ed25519": 8_000, "ecdsa-p256": 1_000, "ecdsa-p384": 1_000}


@pytest.fixture
def signers(tmp_path):
    return [generate(tmp_path / f"{name}.pem", None, name) for name in ALGORITHMS]


def pinned(*signers):
    return {one.key_id: one.public for one in signers}.get


def test_the_encoding_that_is_signed_is_that_of_dsse():
    """The example of the specification, and securesystemslib's for whatever else."""
    assert pae(b"hello world", "http://example.com/HelloWorld") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    for payload in (b"", b"\x00\xff", "é 1 x".encode()):
        assert pae(payload, "ä") == Envelope(payload, "ä", {}).pae()


def test_several_sign_the_same_bytes(signers):
    certificate = sign(statement(), *signers)
    opened = open_envelope(certificate.to_json())
    assert opened.payload == statement()
    assert opened.signers(pinned(*signers)) == tuple(one.key_id for one in signers)


def test_a_countersignature_leaves_the_first_as_it_was(signers):
    first, second, _ = signers
    before = sign(statement(), first)
    after = countersign(before.to_json(), second)
    assert after["signatures"][0] == before.envelope["signatures"][0]
    assert after["payload"] == before.envelope["payload"]
    assert countersign(before.envelope, second)["payload"] == after["payload"]
    assert open_envelope(after).signers(pinned(first, second)) == (first.key_id, second.key_id)
    assert before.envelope["signatures"] == after["signatures"][:1]


def test_nobody_signs_twice(signers):
    first = signers[0]
    with pytest.raises(CertificateError):
        sign(statement(), first, first)
    with pytest.raises(CertificateError):
        countersign(sign(statement(), first).envelope, first)
    with pytest.raises(CertificateError):
        seal(statement(), [])


def test_a_countersignature_goes_on_an_envelope_only(signers):
    first, second, _ = signers
    good = sign(statement(), first).envelope
    for broken in (b"{}", {**good, "extra": 1}, {**good, "payloadType": "text/plain"}, {}):
        with pytest.raises(Malformed):
            countersign(broken, second)
    one = good["signatures"][0]
    crowd = [{**one, "keyid": f"{number:064x}"} for number in range(MOST_SIGNATURES)]
    with pytest.raises(CertificateError):
        countersign({**good, "signatures": crowd}, second)


def test_a_key_in_the_envelope_is_never_used(signers):
    """Whatever it brings along: a field beside the signature makes it no envelope at all."""
    thief, issuer, _ = signers
    forged = sign(statement(), thief).envelope
    with pytest.raises(Unverified):
        open_envelope(forged).signers(pinned(issuer))
    for name in ("key", "spki", "cert", "publicKey"):
        one = {**forged["signatures"][0], name: thief.public_pem.decode()}
        with pytest.raises(Malformed):
            open_envelope({**forged, "signatures": [one]})


def test_an_envelope_of_one_type_is_none_of_another(signers):
    """A policy's signature is not one over a statement of the same bytes."""
    other = "application/vnd.pii-guard.trust+json"
    policy = seal(b"{}", signers[:1], other)
    with pytest.raises(Malformed):
        open_envelope(policy)
    moved = open_envelope({**policy, "payloadType": PAYLOAD_TYPE})
    with pytest.raises(Unverified):
        moved.signers(pinned(*signers))


def test_strangers_are_ignored_only_where_asked(signers):
    first, second, _ = signers
    opened = open_envelope(sign(statement(), first, second).envelope)
    with pytest.raises(Unverified):
        opened.signers(pinned(first))
    assert opened.signers(pinned(first), strangers=True) == (first.key_id,)
    broken = Opened(opened.payload + b" ", opened.signatures)
    with pytest.raises(Unverified):
        broken.signers(pinned(first), strangers=True)


@pytest.mark.parametrize("name", FLIPS)
def test_ten_thousand_random_bit_flips_are_all_refused(tmp_path, name):
    """In the file, in the decoded payload and in the decoded signature, in equal parts."""
    signer = generate(tmp_path / "k.pem", None, name)
    trust = Trust((TrustedKey(signer.public),))
    good = sign(statement(), signer)
    content, one = good.to_json(), good.envelope["signatures"][0]
    assert verify(content, trust).exit_code == 0
    chance = random.Random(name)

    def flipped(blob):
        at = chance.randrange(8 * len(blob))
        changed = bytearray(blob)
        changed[at // 8] ^= 1 << at % 8
        return bytes(changed)

    def text(blob):
        return base64.b64encode(blob).decode()

    damage = (
        lambda: flipped(content),
        lambda: envelope_json({**good.envelope, "payload": text(flipped(good.payload))}),
        lambda: envelope_json(
            {
                **good.envelope,
                "signatures": [{**one, "sig": text(flipped(base64.b64decode(one["sig"])))}],
            }
        ),
    )
    for number in range(FLIPS[name]):
        assert verify(damage[number % 3](), trust).exit_code in (1, 3)


@pytest.mark.parametrize(
    "forge",
    [
        lambda content: content.replace(b'"payload"', b'"payload": "e30=", "payload"', 1),
        lambda content: content.replace(b'"sig"', b'"sig": "AAAA", "sig"', 1),
        lambda content: content.replace(b'"signatures": [', b'"signatures": [NaN, ', 1),
        lambda content: content.replace(b'"signatures": [', b'"signatures": [Infinity, ', 1),
        lambda content: content.replace(b'"payload": "', b'"payload": "\\ud800', 1),
        lambda content: content.decode().encode("utf-16"),
        lambda content: content + b"{}",
    ],
    ids="duplicate_payload duplicate_sig nan infinity surrogate utf16 two_values".split(),
)
def test_what_two_readers_could_read_in_two_ways_is_refused(signers, forge):
    content = sign(statement(), signers[0]).to_json()
    assert forge(content) != content
    with pytest.raises(Malformed):
        open_envelope(forge(content))


def test_nothing_shows_what_is_inside(signers):
    opened = open_envelope(sign(b'{"name":"Jane Roe"}', signers[0]).to_json())
    assert "Jane" not in repr(opened)
    assert json.loads(opened.payload)["name"] == "Jane Roe"
