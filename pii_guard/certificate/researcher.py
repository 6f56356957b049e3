"""A researcher's public key: the one a programme registers with a case."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pii_guard.errors import CertificateError

PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey
LEAST_RSA_BITS = 2048
_CURVES = (ec.SECP256R1, ec.SECP384R1)


def load_researcher(content: bytes) -> PublicKey:
    """The key in a public key file: SPKI in PEM, or one OpenSSH line (`ssh-ed25519 AAAA…`).

    Ed25519, ECDSA P-256 and P-384, and RSA of 2048 bits or more. Raises `CertificateError`.
    """
    text = content.strip()
    try:
        key = (
            serialization.load_pem_public_key(text)
            if text.startswith(b"-----BEGIN PUBLIC KEY")
            else serialization.load_ssh_public_key(text)
        )
    except (ValueError, NotImplementedError, UnsupportedAlgorithm):
        raise CertificateError(
            "not a public key", remedy="give the .pub file, never the private key"
        ) from None
    accepted = accepted_key(key)
    if accepted is None:
        raise CertificateError(
            "a key of a kind or size that is not accepted",
            remedy="use Ed25519, ECDSA P-256 or P-384, or RSA of 2048 bits or more",
        )
    return accepted


def accepted_key(key: object) -> PublicKey | None:
    """`key` if it is of a kind and size that may sign an acknowledgement, else None."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key if isinstance(key.curve, _CURVES) else None
    if isinstance(key, rsa.RSAPublicKey):
        return key if key.key_size >= LEAST_RSA_BITS else None
    return key if isinstance(key, Ed25519PublicKey) else None


def researcher_id(key: PublicKey) -> str:
    """SHA-256 of the SPKI (RFC 5280 4.1.2.7) in DER, in hex: the same as an issuer's key id."""
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()
