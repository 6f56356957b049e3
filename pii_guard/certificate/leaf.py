"""What the ledger holds of a statement: its type and digests of its bytes, nothing else."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import rfc8785

from pii_guard.certificate import acknowledgement_grammar, grammar, revocation, validation
from pii_guard.certificate.envelope import Opened
from pii_guard.certificate.strict import Malformed, strict_json

_ABOUT_OTHERS = (
    acknowledgement_grammar.PREDICATE_TYPE,
    revocation.PREDICATE_TYPE,
    validation.PREDICATE_TYPE,
)


def leaf_of(opened: Opened) -> bytes:
    """The leaf of a statement, whoever signed it. Raises `Malformed` for a type the ledger does not take.

    That of a statement about another is of its signatures as well: one may be added later,
    and an entry's time must not speak for a signature that the ledger has not seen.
    """
    statement = strict_json(opened.payload)
    kind = statement.get("predicateType") if isinstance(statement, dict) else None
    if kind == grammar.PREDICATE_TYPE:
        return leaf_data(kind, opened.payload)
    if kind not in _ABOUT_OTHERS:
        raise Malformed("no statement that a ledger takes")
    signatures = [
        {"keyid": one.key_id, "sig": base64.b64encode(one.value).decode()}
        for one in sorted(opened.signatures, key=lambda one: one.key_id)
    ]
    return _leaf(2, kind, _digest(opened.payload), signatures=signatures)


def leaf_data(predicate_type: str, payload: bytes) -> bytes:
    """The leaf of a certificate: RFC 8785 JSON of its predicate type and the SHA-256 of `payload`.

    `payload` are the exact signed bytes. They hold a nonce, so the digest cannot be guessed back
    once they are erased.
    """
    return leaf_of_digest(predicate_type, _digest(payload))


def leaf_of_digest(predicate_type: str, digest: str) -> bytes:
    """As `leaf_data`, by the `sha256:…` of the signed bytes."""
    return _leaf(1, predicate_type, digest)


def _leaf(version: int, predicate_type: str, digest: str, **more: Any) -> bytes:
    return rfc8785.dumps({"v": version, "type": predicate_type, "payload": digest, **more})


def _digest(payload: bytes) -> str:
    return f"sha256:{hashlib.sha256(payload).hexdigest()}"
