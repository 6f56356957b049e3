"""Whom a verifier trusts: keys pinned out of band, never taken from an envelope."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pii_guard.certificate.keys import key_id
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.errors import CertificateError

ROLES = ("issuer", "log", "researcher", "validator")
_FIELDS = {"spki", "role", "identity", "notBefore", "notAfter", "revokedAt", "reason", "keyId"}


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A pinned public key with its role; dates are aware, None where open."""

    public: Ed25519PublicKey
    role: str = "issuer"
    identity: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def key_id(self) -> str:
        """SHA-256 of the SPKI, in hex."""
        return key_id(self.public)


@dataclass(frozen=True, slots=True)
class Trust:
    """The pinned keys. The same public key counts once, under whatever names it is listed."""

    keys: tuple[TrustedKey, ...]

    def issuers(self) -> dict[str, TrustedKey]:
        """Issuer keys by key id."""
        return {key.key_id: key for key in self.keys if key.role == "issuer"}


def load_trust(path: Path) -> Trust:
    """Trust in a file: a public key in PEM (an issuer), or a trust policy in JSON.

    Raises `CertificateError`.
    """
    try:
        content = path.read_bytes()
    except OSError:
        raise CertificateError(
            f"cannot read the trust file {path.name}", remedy="check --trust"
        ) from None
    if content.lstrip().startswith(b"{"):
        return _policy(content)
    return Trust((TrustedKey(_public(content)),))


def _policy(content: bytes) -> Trust:
    try:
        table = strict_json(content)
        if table.get("schema") != "pii-guard/trust/1" or set(table) != {"schema", "keys"}:
            raise CertificateError("the trust file has another schema", remedy="see the README")
        keys = tuple(_key(entry) for entry in table["keys"])
    except (Malformed, ValueError, TypeError, AttributeError, KeyError):
        raise CertificateError("the trust file is malformed", remedy="see the README") from None
    if len({(key.key_id, key.role) for key in keys}) < len(keys):
        # Of two entries one may be revoked: which of them holds must not depend on their order.
        raise CertificateError("the trust file lists a key twice", remedy="remove one of them")
    return Trust(keys)


def _key(entry: dict[str, Any]) -> TrustedKey:
    if set(entry) - _FIELDS or entry.get("role") not in ROLES:
        raise CertificateError("a key in the trust file is malformed", remedy="see the README")
    key = TrustedKey(
        _public(str(entry["spki"]).encode()),
        entry["role"],
        str(entry.get("identity", "")),
        *(_time(entry.get(name)) for name in ("notBefore", "notAfter", "revokedAt")),
    )
    if entry.get("keyId", key.key_id) != key.key_id:
        raise CertificateError("a key id in the trust file is not its key's", remedy="correct it")
    return key


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without its zone means another moment on each machine")
    return time.astimezone(UTC)


def _public(content: bytes) -> Ed25519PublicKey:
    try:
        if content.lstrip().startswith(b"-----BEGIN PUBLIC KEY"):
            key = serialization.load_pem_public_key(content)
        else:
            key = serialization.load_der_public_key(base64.b64decode(content, validate=True))
    except (ValueError, binascii.Error):
        raise CertificateError(
            "the trust file holds no public key", remedy="pass the .pub file of the issuer"
        ) from None
    if not isinstance(key, Ed25519PublicKey):
        raise CertificateError("the trusted key is not an Ed25519 key", remedy="pass another")
    return key
