"""Envelopes that several parties sign: opened strictly, each signature checked, one added.

A signature is DSSE's own, or one of `ssh-keygen` over the same bytes (DSSE's PAE) in the same
place: it starts with `SSHSIG`, and its key id is that of the SSH key.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from securesystemslib.dsse import Envelope

from pii_guard.certificate import sshsig
from pii_guard.certificate.envelope import PAYLOAD_TYPE
from pii_guard.certificate.keys import Signer
from pii_guard.certificate.researcher import PublicKey, researcher_id
from pii_guard.certificate.strict import Malformed, strict_base64, strict_json
from pii_guard.errors import CertificateError

MOST_BYTES = 1024 * 1024
_MOST_SIGNATURES = 16
_KEY_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """An open envelope: the signed bytes, and by key id the signatures nobody has checked yet."""

    payload: bytes = field(repr=False)
    signatures: Mapping[str, bytes] = field(repr=False)

    def is_ssh(self, key_id: str) -> bool:
        """Whether this key's signature is in the form of `ssh-keygen`."""
        return self.signatures[key_id].startswith(sshsig.MAGIC)

    def holds(self, key_id: str, public: PublicKey, namespace: str) -> bool:
        """Whether `public` made the signature under `key_id`; `namespace` is for SSH's."""
        signature, message = self.signatures[key_id], signed_bytes(self.payload)
        if researcher_id(public) != key_id:
            return False
        try:
            if self.is_ssh(key_id):
                parsed = sshsig.parse(signature)
                return researcher_id(parsed.public) == key_id and parsed.holds(message, namespace)
            return _holds(public, signature, message)
        except Malformed:
            return False

    def to_json(self) -> bytes:
        """The envelope as a JSON file."""
        signatures = [
            {"keyid": key_id, "sig": base64.b64encode(signature).decode()}
            for key_id, signature in self.signatures.items()
        ]
        table = {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": signatures,
        }
        return json.dumps(table, indent=1, sort_keys=True).encode() + b"\n"

    def adding(self, key_id: str, signature: bytes) -> Cosigned:
        """With one more signature. Raises `CertificateError` where that key has signed."""
        if key_id in self.signatures:
            raise CertificateError("this key has signed already", remedy="sign with another key")
        if len(self.signatures) >= _MOST_SIGNATURES:
            raise CertificateError("signed often enough already", remedy="nothing is to be added")
        return Cosigned(self.payload, {**self.signatures, key_id: signature})

    def signed_by(self, signer: Signer) -> Cosigned:
        """With the signature of a key of ours. Raises `CertificateError` as `adding`."""
        made = Envelope(self.payload, PAYLOAD_TYPE, {}).sign(signer.crypto_signer())
        return self.adding(signer.key_id, bytes.fromhex(made.signature))

    def signed_by_ssh(self, printed: bytes, namespace: str) -> Cosigned:
        """With what `ssh-keygen -Y sign` printed for `signed_bytes`.

        Raises `Malformed` for another text, `CertificateError` for a signature that does not hold.
        """
        signature = sshsig.unarmoured(printed)
        parsed = sshsig.parse(signature)
        if not parsed.holds(signed_bytes(self.payload), namespace):
            raise CertificateError(
                "the SSH signature is not over this statement", remedy="sign it again"
            )
        return self.adding(researcher_id(parsed.public), signature)


def signed_bytes(payload: bytes) -> bytes:
    """What is signed: the PAE of DSSE v1 (secure-systems-lab/dsse, protocol.md)."""
    encoded: bytes = Envelope(payload, PAYLOAD_TYPE, {}).pae()
    return encoded


def open_cosigned(content: bytes) -> Cosigned:
    """An envelope file of at most a mebibyte. Raises `Malformed`; no signature is checked."""
    if len(content) > MOST_BYTES:
        raise Malformed(f"larger than {MOST_BYTES} bytes")
    table = strict_json(content)
    if not isinstance(table, dict) or set(table) != {"payload", "payloadType", "signatures"}:
        raise Malformed("not a DSSE envelope")
    if table["payloadType"] != PAYLOAD_TYPE:
        raise Malformed("another payload type")
    entries = table["signatures"]
    if not isinstance(entries, list) or not 0 < len(entries) <= _MOST_SIGNATURES:
        raise Malformed("no signatures, or too many")
    signatures = dict(map(_signature, entries))
    if len(signatures) < len(entries):
        raise Malformed("one key signs twice")
    return Cosigned(strict_base64(table["payload"]), signatures)


def _signature(entry: Any) -> tuple[str, bytes]:
    if not isinstance(entry, dict) or set(entry) != {"keyid", "sig"}:
        raise Malformed("a signature is malformed")
    if not isinstance(entry["keyid"], str) or not _KEY_ID.fullmatch(entry["keyid"]):
        raise Malformed("a key id is malformed")
    return entry["keyid"], strict_base64(entry["sig"])


def _holds(public: PublicKey, signature: bytes, message: bytes) -> bool:
    """DSSE's own signatures: Ed25519, ECDSA P-256 with SHA-256, P-384 with SHA-384; no RSA."""
    try:
        if isinstance(public, Ed25519PublicKey):
            public.verify(signature, message)
        elif isinstance(public, ec.EllipticCurvePublicKey):
            # DER has one spelling: what does not come out as it went in was altered.
            if encode_dss_signature(*decode_dss_signature(signature)) != signature:
                return False
            digest = hashes.SHA256() if public.curve.key_size <= 256 else hashes.SHA384()
            public.verify(signature, message, ec.ECDSA(digest))
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True
