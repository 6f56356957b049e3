"""One file that verifies offline: an envelope, where the ledger holds it, and what was said of it since.

A bare envelope is a bundle with nothing else in it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pii_guard.certificate.envelope import MOST_BYTES, Opened, open_envelope
from pii_guard.certificate.merkle import Inclusion
from pii_guard.certificate.strict import Malformed, strict_base64, strict_json

SCHEMA = "pii-guard/bundle/1"
MOST_STATEMENTS = 16
"""Acknowledgements, and revocations, in one bundle."""
_FIELDS = {"inclusion", "checkpoint", "timestamp", "acknowledgements", "revocations"}
Envelope = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bundle:
    """`inclusion` and `checkpoint` (a signed note) go together; `timestamp`: an RFC 3161 token in DER over
    the checkpoint. `acknowledgements`, `revocations`: envelopes of statements about this one.
    """

    envelope: Envelope = field(repr=False)
    inclusion: Inclusion | None = None
    checkpoint: str = field(default="", repr=False)
    timestamp: bytes = field(default=b"", repr=False)
    acknowledgements: Sequence[Envelope] = field(default=(), repr=False)
    revocations: Sequence[Envelope] = field(default=(), repr=False)

    def opened(self) -> Opened:
        """What is in the envelope. Raises `Malformed`."""
        return open_envelope(self.envelope)

    def with_acknowledgement(self, envelope: Envelope) -> Bundle:
        """The bundle with one more. Raises `Malformed` for what is no envelope."""
        open_envelope(envelope)
        return replace(self, acknowledgements=(*self.acknowledgements, envelope))

    def with_revocation(self, envelope: Envelope) -> Bundle:
        """The bundle with one more. Raises `Malformed` for what is no envelope."""
        open_envelope(envelope)
        return replace(self, revocations=(*self.revocations, envelope))

    def to_json(self) -> bytes:
        """The bundle as a JSON file."""
        table: dict[str, Any] = {"schema": SCHEMA, "envelope": self.envelope}
        if self.inclusion is not None:
            table["inclusion"] = {
                "index": self.inclusion.index,
                "size": self.inclusion.size,
                "hashes": [base64.b64encode(one).decode() for one in self.inclusion.hashes],
            }
            table["checkpoint"] = self.checkpoint
        if self.timestamp:
            table["timestamp"] = base64.b64encode(self.timestamp).decode()
        for name, listed in (
            ("acknowledgements", self.acknowledgements),
            ("revocations", self.revocations),
        ):
            if listed:
                table[name] = list(listed)
        return json.dumps(table, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def open_bundle(content: bytes) -> Bundle:
    """What is in a bundle's file, or in that of an envelope alone; nothing is verified yet.

    Raises `Malformed`: an unknown field, a key twice, a second spelling of base64, half of a proof,
    more than 16 MiB or 16 statements of a kind.
    """
    if len(content) > MOST_BYTES:
        raise Malformed(f"larger than {MOST_BYTES} bytes")
    table = strict_json(content)
    if not isinstance(table, dict) or "schema" not in table:
        bundle = Bundle(table)
    else:
        if table.get("schema") != SCHEMA or not {"envelope"} <= set(table) - {
            "schema"
        } <= _FIELDS | {"envelope"}:
            raise Malformed("another schema, or a field that is unknown or missing")
        if ("inclusion" in table) != ("checkpoint" in table) or (
            "timestamp" in table and "checkpoint" not in table
        ):
            raise Malformed("half of a proof of the ledger")
        bundle = Bundle(
            table["envelope"],
            _inclusion(table["inclusion"]) if "inclusion" in table else None,
            _text(table.get("checkpoint", "")),
            strict_base64(table["timestamp"]) if "timestamp" in table else b"",
            _envelopes(table.get("acknowledgements", [])),
            _envelopes(table.get("revocations", [])),
        )
    bundle.opened()
    return bundle


def _inclusion(table: Any) -> Inclusion:
    match table:
        case {"index": int(index), "size": int(size), "hashes": list(hashes), **rest} if not rest:
            if not isinstance(index, bool) and not isinstance(size, bool) and len(hashes) <= 64:
                return Inclusion(index, size, tuple(map(strict_base64, hashes)))
    raise Malformed("a proof of inclusion is malformed")


def _text(text: Any) -> str:
    if not isinstance(text, str):
        raise Malformed("the checkpoint is malformed")
    return text


def _envelopes(listed: Any) -> tuple[Envelope, ...]:
    if not isinstance(listed, list) or len(listed) > MOST_STATEMENTS:
        raise Malformed("no list of envelopes, or too many")
    for one in listed:
        open_envelope(one)
    return tuple(listed)
