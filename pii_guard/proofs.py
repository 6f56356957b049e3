"""Proofs of one another: of pieces in a row, and of what came from a worker process.

`stages.prove` is where a proof comes from; here none is made but of one (a test holds that).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pii_guard.findings import Proof


def joined(proofs: Iterable[Proof], pieces: Iterable[bytes]) -> Proof:
    """The proof of pieces one after the other, each of which was proved by itself."""
    digest, searched, segments = hashlib.sha256(), 0, 0
    for piece in pieces:
        digest.update(piece)
    for proof in proofs:
        searched = max(searched, proof.values_searched)
        segments += proof.segments_rescanned
    return Proof(digest.hexdigest(), searched, segments)


def vouched(sha256: str, searched: int, rescanned: int, pieces: Iterable[bytes]) -> Proof:
    """The proof of a worker process, over what arrived from it: its digest is made anew.

    Raises `ValueError` when something else arrived than was proved.
    """
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    if digest.hexdigest() != sha256:
        raise ValueError("something else arrived than was proved")
    return Proof(sha256, searched, rescanned)
