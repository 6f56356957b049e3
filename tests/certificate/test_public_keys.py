"""Public keys: three algorithms and no other; one id, however a key is spelt."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from pii_guard import CertificateError
from pii_guard.certificate import generate, load, sign, verify
from pii_guard.certificate.public_keys import ALGORITHMS, algorithm, key_id, read_public, spki
from pii_guard.certificate.trust import Trust, TrustedKey
from tests.certificate.conftest import statement

DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_signs_and_is_verified_here_and_by_securesystemslib(tmp_path, name):
    generate(tmp_path / "k.pem", b"long enough", name)
    signer = load(tmp_path / "k.pem", lambda: b"long enough")
    assert algorithm(signer.public) == name
    certificate = sign(statement(), signer)
    trust = Trust((TrustedKey(read_public((tmp_path / "k.pub").read_bytes())),))
    assert verify(certificate.to_json(), trust).exit_code == 0
    Envelope.from_dict(certificate.envelope).verify(
        [SSlibKey.from_crypto(signer.public, keyid=signer.key_id)], 1
    )


def other_keys():
    yield rsa.generate_private_key(65537, 2048)
    yield ec.generate_private_key(ec.SECP521R1())
    yield ec.generate_private_key(ec.SECP256K1())
    yield ed448.Ed448PrivateKey.generate()


@pytest.mark.parametrize("private", other_keys(), ids="rsa p521 secp256k1 ed448".split())
def test_other_algorithms_are_refused(tmp_path, private):
    with pytest.raises(CertificateError, match="algorithm"):
        read_public(private.public_key().public_bytes(PEM, SPKI))
    path = tmp_path / "k.pem"
    plain = serialization.NoEncryption()
    path.write_bytes(private.private_bytes(PEM, serialization.PrivateFormat.PKCS8, plain))
    with pytest.raises(CertificateError, match="algorithm"):
        load(path)


def test_an_algorithm_that_is_none_makes_no_key(tmp_path):
    with pytest.raises(CertificateError):
        generate(tmp_path / "k.pem", None, "rsa")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ALGORITHMS)
def test_one_key_has_one_id_however_it_is_spelt(tmp_path, name):
    public = generate(tmp_path / "k.pem", None, name).public
    pem, der = public.public_bytes(PEM, SPKI), spki(public)
    spellings = [
        pem, pem.replace(b"\n", b"\r\n"), b"\n " + pem, der, base64.b64encode(der),
        base64.b64encode(der) + b"\n",
    ]  # fmt: skip
    assert {key_id(read_public(one)) for one in spellings} == {key_id(public)}


def test_a_compressed_point_is_the_same_key():
    """The SPKI has other bytes then: the id is that of the key, not of the bytes that came."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = public.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    # SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of the compressed point }
    head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    assert key_id(read_public(head + point)) == key_id(public)


@pytest.mark.parametrize(
    "content", [b"", b"0", b"0\x80", b"AAAA", b"\xff", b"-----BEGIN PUBLIC KEY-----", b"ssh-ed25519 AAAA"]
)  # fmt: skip
def test_what_is_no_public_key_is_an_error(content):
    with pytest.raises(CertificateError) as caught:
        read_public(content)
    assert caught.value.remedy


def test_a_private_key_is_no_public_key(tmp_path):
    generate(tmp_path / "k.pem")
    with pytest.raises(CertificateError) as caught:
        read_public((tmp_path / "k.pem").read_bytes())
    assert "PRIVATE" not in str(caught.value)
