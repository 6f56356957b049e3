"""Which statements a ledger need not keep any more, and which it must."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pii_guard.certificate.envelope import open_envelope
from pii_guard.certificate.grammar import PREDICATE_TYPE
from pii_guard.certificate.leaf import leaf_of_digest
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.ledger.interface import Ledger


def due(ledger: Ledger, today: date) -> Sequence[int]:
    """The places of certificates that were to be kept until an earlier day and are under no legal hold,
    and of what was said of them. Raises `LedgerError`.
    """
    stored = {place: one for place in ledger.kept() if (one := _stored(ledger, place)) is not None}
    over = {one.digest for one in stored.values() if one.is_over(today)}
    before = -1
    while len(over) > before:  # a revocation may be of an acknowledgement of a certificate
        before = len(over)
        over |= {one.digest for one in stored.values() if one.about in over}
    return [place for place, one in stored.items() if one.digest in over]


def is_held(ledger: Ledger, place: int) -> bool:
    """Whether a certificate, or the one that a statement is about, is under a legal hold.

    As far as the ledger keeps that certificate. Raises `LedgerError`.
    """
    one = _stored(ledger, place)
    if one is None or one.retention:
        return one is not None and bool(one.retention["legalHold"])
    about = ledger.find(leaf_of_digest(PREDICATE_TYPE, one.about))
    certificate = None if about is None else _stored(ledger, about)
    return certificate is not None and bool(certificate.retention.get("legalHold"))


@dataclass(frozen=True, slots=True)
class _Stored:
    """Of a statement that is kept: its digest, the one of what it is about, how long it is kept."""

    digest: str
    about: str = ""
    retention: dict[str, Any] = field(default_factory=dict)

    def is_over(self, today: date) -> bool:
        kept = self.retention
        return bool(kept) and not kept["legalHold"] and kept["until"] < today.isoformat()


def _stored(ledger: Ledger, place: int) -> _Stored | None:
    """What is kept beside an entry; None where that is nothing, or no statement of ours."""
    content = ledger.payload(place)
    if content is None:
        return None
    try:
        payload = open_envelope(content).payload
        statement = strict_json(payload)
        digest = f"sha256:{hashlib.sha256(payload).hexdigest()}"
        if statement["predicateType"] == PREDICATE_TYPE:
            kept = statement["predicate"]["retention"]
            return _Stored(digest, retention={name: kept[name] for name in ("until", "legalHold")})
        return _Stored(digest, about=f"sha256:{statement['subject'][0]['digest']['sha256']}")
    except (Malformed, LookupError, TypeError):
        return None
