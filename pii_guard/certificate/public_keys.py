"""Public keys: which algorithms count, what a key is called, how it is read and checked with."""

from __future__ import annotations

import base64
import hashlib
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pii_guard.certificate.strict import Malformed, strict_base64
from pii_guard.errors import CertificateError

PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey
Algorithm = Literal["ed25519", "ecdsa-p256", "ecdsa-p384"]
CURVES: dict[str, tuple[Algorithm, type[ec.EllipticCurve], type[hashes.HashAlgorithm]]] = {
    "secp256r1": ("ecdsa-p256", ec.SECP256R1, hashes.SHA256),
    "secp384r1": ("ecdsa-p384", ec.SECP384R1, hashes.SHA384),
}
"""The curves that count, by their name in SEC 2, each with the digest that goes with it."""
ALGORITHMS: tuple[Algorithm, ...] = ("ed25519", "ecdsa-p256", "ecdsa-p384")
_OTHER = "use an Ed25519 key, or ECDSA on P-256 or P-384"


def algorithm(key: object) -> Algorithm:
    """The algorithm of a public or private key. Raises `CertificateError` for any other."""
    if isinstance(key, (ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey)):
        if key.curve.name in CURVES:
            return CURVES[key.curve.name][0]
    elif isinstance(key, (Ed25519PublicKey, Ed25519PrivateKey)):
        return "ed25519"
    raise CertificateError("the key has an algorithm that is not accepted", remedy=_OTHER)


def digest_of(curve: ec.EllipticCurve) -> ec.ECDSA:
    """ECDSA with the digest that goes with a curve: SHA-256 for P-256, SHA-384 for P-384."""
    return ec.ECDSA(CURVES[curve.name][2]())


def spki(public: PublicKey) -> bytes:
    """The SubjectPublicKeyInfo (RFC 5280 4.1.2.7) in DER: the same for every spelling of a key."""
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def pem(public: PublicKey) -> bytes:
    """The SubjectPublicKeyInfo in PEM (RFC 7468 section 13)."""
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def key_id(public: PublicKey) -> str:
    """SHA-256 of the SPKI in DER, in hex."""
    return hashlib.sha256(spki(public)).hexdigest()


def read_public(content: bytes) -> PublicKey:
    """The key in an SPKI: PEM, DER, or the DER in base64. Raises `CertificateError`."""
    try:
        if content.lstrip().startswith(b"-----BEGIN PUBLIC KEY"):
            key = serialization.load_pem_public_key(content.strip())
        elif content.startswith(b"0"):  # a DER sequence; base64 of one starts with M
            key = serialization.load_der_public_key(content)
        else:
            key = serialization.load_der_public_key(strict_base64(content.strip().decode("ascii")))
    except (ValueError, Malformed, UnsupportedAlgorithm):
        raise CertificateError(
            "there is no public key in it", remedy="pass the .pub file of a key"
        ) from None
    algorithm(key)
    assert isinstance(key, (Ed25519PublicKey, ec.EllipticCurvePublicKey))
    return key


def encoded(public: PublicKey) -> str:
    """The SPKI's DER in base64, as trust policies list it."""
    return base64.b64encode(spki(public)).decode()


def holds(public: PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is the key's over `data`.

    Ed25519 as in RFC 8032; ECDSA (FIPS 186-5) as an ASN.1 sequence in DER (RFC 3279 2.2.3). An
    ECDSA signature has a second spelling (r, n - s) that holds as well: nothing may depend on the
    bytes of a signature, only on what is signed.
    """
    try:
        if isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, data, digest_of(public.curve))
        else:
            public.verify(signature, data)
    except InvalidSignature:
        return False
    return True
