"""From what comes in to what may be stored: one attachment, redacted and proved with its name and headers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pii_guard.case import Case
from pii_guard.errors import NotStored, PolicyError
from pii_guard.findings import Proof, Quarantined, Result
from pii_guard.originals import Source

if TYPE_CHECKING:
    from pii_guard.certificate import Certificate

Headers = Mapping[str, Any]
"""What a store keeps beside the bytes of an object: JSON values by name, such as S3's user metadata."""
NONE: Headers = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Admission:
    """What may be stored, by the name and with the headers that it may be stored with.

    `certify`: makes the certificate of it; raises `CertificateError`. `record`: the headers as they are
    certified, JSON; empty where there are none.
    """

    certify: Callable[[], Certificate] = field(repr=False)
    name: str
    pieces: Iterable[bytes] = field(repr=False)
    proof: Proof
    headers: Headers
    record: bytes
    renamed: bool = False
    """Whether the name is another one than was given: two people's may have become one."""


def admit(case: Case, source: Source, *, name: str, headers: Headers = NONE) -> Admission:
    """Redact and prove an attachment, its name and its headers, as one report with nothing else in it.

    `case` is open and empty; it is over when this raises. Raises `NotStored` where any of them is
    quarantined, and `PolicyError` for headers that are not JSON.
    """
    try:
        case.add(source, name=name)
        if headers:
            case.add(packed(headers), media_type="application/json")
        results = list(case.redact())
        held = next((one for one in results if isinstance(one, Quarantined)), None)
        if held is not None:
            raise refusal(case, held, results)
        stored, *more = results
        assert not isinstance(stored, Quarantined)
        record = b"".join(one.output or b"" for one in more)
        told = json.loads(record) if record else NONE
        renamed = stored.name != name
        return Admission(
            case.close, stored.name, stored.pieces, stored.proof, told, record, renamed
        )
    except BaseException:
        case.discard()
        raise


def packed(headers: Headers) -> bytes:
    """Headers as one JSON document. Raises `PolicyError` for what is no JSON."""
    try:
        return json.dumps(headers, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        # Bytes among them would be stored as they are: some stores take a whole object that way.
        raise PolicyError(
            "an option of the write is no text, number, list or table",
            remedy="give it to the file system that is written to, not to the write",
        ) from None


def refusal(case: Case, held: Quarantined, results: list[Result]) -> NotStored:
    """Why nothing is stored; the guard's quarantine, if it has one, keeps what it was from here on."""
    if not case.keeps:
        return NotStored(held.reason)
    certificate = case.close()
    entry = case.kept.get(results.index(held))
    # One that is about something else as well would be about something that is not stored.
    alone = all(isinstance(one, Quarantined) for one in results)
    return NotStored(
        held.reason, entry=entry.id if entry else "", certificate=certificate if alone else None
    )
