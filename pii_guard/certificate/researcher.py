"""A researcher's public key: the one a programme registers with a case."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from pii_guard.certificate.public_keys import PublicKey, algorithm, spki
from pii_guard.errors import CertificateError

ResearcherKey = PublicKey | RSAPublicKey
"""Beside what issuers may have, RSA: many SSH keys are. It counts for SSH signatures only."""
LEAST_RSA_BITS = 2048


def load_researcher(content: bytes) -> ResearcherKey:
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
    return accepted_key(key)


def accepted_key(key: object) -> ResearcherKey:
    """`key`, if it is of a kind and size that may acknowledge. Raises `CertificateError`."""
    if isinstance(key, RSAPublicKey):
        if key.key_size < LEAST_RSA_BITS:
            raise CertificateError(
                "an RSA key that is too short", remedy=f"use {LEAST_RSA_BITS} bits or more"
            )
        return key
    algorithm(key)
    accepted: PublicKey = key  # type: ignore[assignment]
    return accepted


def researcher_id(key: ResearcherKey) -> str:
    """SHA-256 of the SPKI (RFC 5280 4.1.2.7) in DER, in hex: the same as an issuer's key id."""
    return hashlib.sha256(spki(key)).hexdigest()  # type: ignore[arg-type]
