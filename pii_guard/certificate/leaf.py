"""What the ledger holds of a statement: its type and the digest of its bytes, nothing else."""

from __future__ import annotations

import hashlib

import rfc8785


def leaf_data(predicate_type: str, payload: bytes) -> bytes:
    """The leaf of a statement: RFC 8785 JSON of its predicate type and the SHA-256 of `payload`.

    `payload` are the exact signed bytes. They hold a nonce, so the digest cannot be guessed back
    once they are erased.
    """
    digest = hashlib.sha256(payload).hexdigest()
    return rfc8785.dumps({"v": 1, "type": predicate_type, "payload": f"sha256:{digest}"})
