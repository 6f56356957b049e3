"""Signatures by `ssh-keygen -Y sign` are read as OpenSSH reads them, or refused."""

from __future__ import annotations

import struct

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.certificate import sshsig
from pii_guard.certificate.researcher import load_researcher, researcher_id
from pii_guard.certificate.strict import Malformed
from pii_guard.errors import CertificateError
from tests.certificate.ssh import (
    KINDS,
    keygen_sign,
    keygen_verifies,
    made,
    mpint,
    needs_ssh_keygen,
    new_key,
    ssh_public,
    string,
)

NAMESPACE, MESSAGE = "pii-guard-acknowledgement@v1", b"a statement"
ED25519 = Ed25519PrivateKey.generate()
P256 = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
GOOD = {
    "ed25519": ED25519,
    "p256": P256,
    "p384": ec.generate_private_key(ec.SECP384R1()),
    "rsa": RSA,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ssh")


@needs_ssh_keygen
@pytest.mark.parametrize("kind", KINDS)
def test_what_ssh_keygen_signs_holds_here_and_what_is_written_here_holds_there(folder, kind):
    key = new_key(folder, kind)
    public = key.with_suffix(".pub").read_bytes()
    printed = keygen_sign(key, MESSAGE, NAMESPACE)
    binary = sshsig.unarmoured(printed)
    parsed = sshsig.parse(binary)
    assert parsed.holds(MESSAGE, NAMESPACE)
    assert researcher_id(parsed.public) == researcher_id(load_researcher(public))
    assert sshsig.armoured(binary) == printed
    assert keygen_verifies(folder, public, MESSAGE, NAMESPACE, sshsig.armoured(binary))


@needs_ssh_keygen
@pytest.mark.parametrize("private", GOOD.values(), ids=GOOD)
def test_the_signatures_made_for_these_tests_are_ones_to_openssh(folder, private):
    kind = ssh_public(private)[4 : 4 + int.from_bytes(ssh_public(private)[:4], "big")]
    line = load_line(private)
    assert line.startswith(kind)
    text = sshsig.armoured(made(private, MESSAGE, NAMESPACE))
    assert keygen_verifies(folder, line, MESSAGE, NAMESPACE, text)
    assert not keygen_verifies(folder, line, MESSAGE, "file", text)


def load_line(private):
    from cryptography.hazmat.primitives import serialization

    return private.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )


@pytest.mark.parametrize("private", GOOD.values(), ids=GOOD)
@pytest.mark.parametrize("digest_name", [b"sha256", b"sha512"])
def test_a_signature_holds_for_its_message_and_namespace_only(private, digest_name):
    parsed = sshsig.parse(made(private, MESSAGE, NAMESPACE, digest_name=digest_name))
    assert parsed.holds(MESSAGE, NAMESPACE)
    assert not parsed.holds(MESSAGE + b".", NAMESPACE)
    for other in ("file", "git", "", NAMESPACE + "x", NAMESPACE[:-1], NAMESPACE.upper()):
        assert not parsed.holds(MESSAGE, other)


@pytest.mark.parametrize("private", GOOD.values(), ids=GOOD)
def test_no_bit_of_a_signature_can_be_flipped(private):
    good = made(private, MESSAGE, NAMESPACE)
    key = researcher_id(sshsig.parse(good).public)
    for at in range(len(good)):
        flipped = bytearray(good)
        flipped[at] ^= 1 << at % 8
        assert not accepted(bytes(flipped), key), at


def accepted(content, key):
    try:
        parsed = sshsig.parse(content)
    except Malformed:
        return False
    return researcher_id(parsed.public) == key and parsed.holds(MESSAGE, NAMESPACE)


@pytest.mark.parametrize(
    "content",
    {
        "a reserved part": made(ED25519, MESSAGE, NAMESPACE, reserved=b"x"),
        "SHA-1 over the message": made(ED25519, MESSAGE, NAMESPACE, digest_name=b"sha1"),
        "RSA with SHA-1": made(RSA, MESSAGE, NAMESPACE, algorithm=b"ssh-rsa"),
        "RSA with SHA-256": made(RSA, MESSAGE, NAMESPACE, algorithm=b"rsa-sha2-256"),
        "a short RSA key": made(rsa.generate_private_key(65537, 1024), MESSAGE, NAMESPACE),
        "a curve not accepted": made(ec.generate_private_key(ec.SECP521R1()), MESSAGE, NAMESPACE),
        "version 2": made(ED25519, MESSAGE, NAMESPACE, version=2),
        "something after its end": made(ED25519, MESSAGE, NAMESPACE) + b"\0",
        "cut short": made(ED25519, MESSAGE, NAMESPACE)[:-1],
        "a key of another kind than its algorithm": made(
            ED25519, MESSAGE, NAMESPACE, public=ssh_public(P256)
        ),
        "a key with something after it": made(
            ED25519, MESSAGE, NAMESPACE, public=ssh_public(ED25519) + b"\0"
        ),
        "a certificate for a key": made(
            ED25519, MESSAGE, NAMESPACE, public=string(b"ssh-ed25519-cert-v01@openssh.com")
        ),
        "nothing": b"",
        "the magic only": b"SSHSIG",
        "a length beyond everything": b"SSHSIG" + struct.pack(">II", 1, 0xFFFFFFFF),
        "over the size cap": made(ED25519, MESSAGE, "x" * 20_000),
    }.items(),
    ids=lambda item: item[0],
)
def test_what_openssh_would_not_write_is_malformed(content):
    with pytest.raises(Malformed):
        sshsig.parse(content[1])


@pytest.mark.parametrize(
    "respelled",
    [
        lambda blob: reencoded(blob, lambda one: b"\0" + one),
        lambda blob: blob + b"\0",
        lambda blob: blob[:-1],
        lambda blob: mpint(0) + mpint(0),
        lambda blob: string(b"") + string(b""),
    ],
    ids="zeros_before longer shorter zero empty".split(),
)
def test_an_ecdsa_signature_has_one_spelling(respelled):
    assert not sshsig.parse(made(P256, MESSAGE, NAMESPACE, blob=respelled)).holds(
        MESSAGE, NAMESPACE
    )


def test_an_ecdsa_number_that_lost_its_sign_is_refused():
    """RFC 4251: without the zero before its highest bit a number is negative."""
    for _ in range(64):
        lost = []

        def strip(one, lost=lost):
            lost.append(one[0] == 0)
            return one.lstrip(b"\0")

        content = made(P256, MESSAGE, NAMESPACE, blob=lambda blob: reencoded(blob, strip))
        if any(lost):
            assert not sshsig.parse(content).holds(MESSAGE, NAMESPACE)
            return
    raise AssertionError("no number of 128 had its highest bit set")


def reencoded(blob, change):
    numbers = []
    while blob:
        size = int.from_bytes(blob[:4], "big")
        numbers.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    return b"".join(string(change(one)) for one in numbers)


@given(st.binary(max_size=300))
def test_noise_is_malformed_and_never_an_error_of_ours(noise):
    for read in (
        sshsig.parse,
        sshsig.unarmoured,
        lambda one: sshsig.parse(b"SSHSIG\0\0\0\1" + one),
    ):
        with pytest.raises(Malformed):
            read(noise)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE----",
        b"-----BEGIN SSH SIGNATURE-----\nU1NI!\n-----END SSH SIGNATURE-----",
        b"-----BEGIN PGP SIGNATURE-----\nU1NI\n-----END PGP SIGNATURE-----",
        b"x" + sshsig.armoured(b"SSHSIG"),
        sshsig.armoured(b"SSHSIG" * 4_000),
    ],
    ids="empty unfinished no_base64 pgp something_before oversized".split(),
)
def test_another_text_is_no_signature(text):
    with pytest.raises(Malformed):
        sshsig.unarmoured(text)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"ssh-ed25519 AAAA",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        load_line(ec.generate_private_key(ec.SECP521R1())),
        load_line(rsa.generate_private_key(65537, 1024)),
    ],
    ids="empty cut pem_cut p521 rsa1024".split(),
)
def test_a_key_that_may_not_sign_is_refused_with_a_remedy(content):
    with pytest.raises(CertificateError) as refused:
        load_researcher(content)
    assert refused.value.remedy


def test_a_key_has_one_id_as_pem_and_as_openssh_line():
    from cryptography.hazmat.primitives import serialization

    for private in GOOD.values():
        pem = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        line = load_line(private) + b" researcher@laptop\n"
        assert researcher_id(load_researcher(pem)) == researcher_id(load_researcher(line))


def test_dsa_keys_are_refused():
    private = dsa.generate_private_key(2048)
    from cryptography.hazmat.primitives import serialization

    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(CertificateError):
        load_researcher(pem)
