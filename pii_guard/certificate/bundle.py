"""One file that verifies offline: an envelope, where the ledger holds it, and what was said of it since.

A bare envelope is a bundle with nothing else in it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pii_guard.certificate.envelope import MOST_BYTES, Opened, open_envelope
from pii_guard.certificate.merkle import Consistency, Inclusion
from pii_guard.certificate.strict import Malformed, strict_base64, strict_json

SCHEMA = "pii-guard/bundle/1"
MOST_STATEMENTS = 16
"""Acknowledgements, revocations, and validations, in one bundle."""
MOST_PROOFS = 16
"""Proofs of consistency for one checkpoint: verifiers saw the ledger at different sizes."""
_MOST_HASHES = 64
_PROOF = {"inclusion", "checkpoint", "timestamp", "consistency"}
STATEMENTS = ("acknowledgements", "revocations", "validations")
"""What may be said about a statement, by the name of its list."""
Envelope = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bundle:
    """`inclusion` and `checkpoint` (a signed note) go together; `timestamp`: an RFC 3161 token in DER over
    the checkpoint; `consistency`: proofs between it and checkpoints that verifiers saw.
    `acknowledgements`, `revocations`, `validations`: statements about this one, each with its own place in a ledger if
    it has one, and nothing said about it.
    """

    envelope: Envelope = field(repr=False)
    inclusion: Inclusion | None = None
    checkpoint: str = field(default="", repr=False)
    timestamp: bytes = field(default=b"", repr=False)
    consistency: Sequence[Consistency] = ()
    acknowledgements: Sequence[Bundle] = field(default=(), repr=False)
    revocations: Sequence[Bundle] = field(default=(), repr=False)
    validations: Sequence[Bundle] = field(default=(), repr=False)

    def opened(self) -> Opened:
        """What is in the envelope. Raises `Malformed`."""
        return open_envelope(self.envelope)

    def with_acknowledgement(self, said: Bundle) -> Bundle:
        """The bundle with one more. Raises `Malformed` for what is no envelope."""
        return replace(self, acknowledgements=(*self.acknowledgements, _plain(said)))

    def with_revocation(self, said: Bundle) -> Bundle:
        """The bundle with one more. Raises `Malformed` for what is no envelope."""
        return replace(self, revocations=(*self.revocations, _plain(said)))

    def with_validation(self, said: Bundle) -> Bundle:
        """The bundle with one more. Raises `Malformed` for what is no envelope."""
        return replace(self, validations=(*self.validations, _plain(said)))

    @property
    def said(self) -> tuple[Bundle, ...]:
        """All that is said in it about its statement."""
        return (*self.acknowledgements, *self.revocations, *self.validations)

    def with_each(self, change: Callable[[Bundle], Bundle]) -> Bundle:
        """The bundle with every statement about its own changed."""
        return replace(
            self,
            acknowledgements=tuple(map(change, self.acknowledgements)),
            revocations=tuple(map(change, self.revocations)),
            validations=tuple(map(change, self.validations)),
        )

    def with_consistency(self, proof: Consistency) -> Bundle:
        """The bundle with a proof between its checkpoint's size and another, in place of one like it."""
        others = (one for one in self.consistency if (one.old, one.new) != (proof.old, proof.new))
        return replace(self, consistency=(*others, proof))

    def to_json(self) -> bytes:
        """The bundle as a JSON file."""
        return (
            json.dumps(_table(self), indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
        )


def open_bundle(content: bytes) -> Bundle:
    """What is in a bundle's file, or in that of an envelope alone; nothing is verified yet.

    Raises `Malformed`: an unknown field, a key twice, a second spelling of base64, half of a proof, a
    statement about a statement about another, more than 16 MiB, 16 statements of a kind or 16 proofs.
    """
    if len(content) > MOST_BYTES:
        raise Malformed(f"larger than {MOST_BYTES} bytes")
    return _read(strict_json(content), _PROOF | {*STATEMENTS})


def _table(bundle: Bundle) -> dict[str, Any]:
    table: dict[str, Any] = {"schema": SCHEMA, "envelope": bundle.envelope}
    if bundle.inclusion is not None:
        place = bundle.inclusion
        table["inclusion"] = {"index": place.index, "size": place.size, **_hashes(place)}
        table["checkpoint"] = bundle.checkpoint
    if bundle.timestamp:
        table["timestamp"] = base64.b64encode(bundle.timestamp).decode()
    if bundle.consistency:
        table["consistency"] = [
            {"old": one.old, "new": one.new, **_hashes(one)} for one in bundle.consistency
        ]
    for name in STATEMENTS:
        said: Sequence[Bundle] = getattr(bundle, name)
        if said:
            table[name] = [one.envelope if one.inclusion is None else _table(one) for one in said]
    return table


def _hashes(proof: Inclusion | Consistency) -> dict[str, list[str]]:
    return {"hashes": [base64.b64encode(one).decode() for one in proof.hashes]}


def _read(table: Any, fields: set[str]) -> Bundle:
    if not isinstance(table, dict) or "schema" not in table:
        bundle = Bundle(table)
    else:
        _refuse_odd(table, fields)
        bundle = Bundle(
            table["envelope"],
            _inclusion(table["inclusion"]) if "inclusion" in table else None,
            _text(table.get("checkpoint", "")),
            strict_base64(table["timestamp"]) if "timestamp" in table else b"",
            _consistency(table["consistency"], table["inclusion"])
            if "consistency" in table
            else (),
            *(_said(table.get(name, [])) for name in STATEMENTS),
        )
    bundle.opened()
    return bundle


def _refuse_odd(table: dict[str, Any], fields: set[str]) -> None:
    named = set(table) - {"schema"}
    if table["schema"] != SCHEMA or not {"envelope"} <= named <= fields | {"envelope"}:
        raise Malformed("another schema, or a field that is unknown or missing")
    if ("inclusion" in table) != ("checkpoint" in table) or (
        {"timestamp", "consistency"} & named and "checkpoint" not in table
    ):
        raise Malformed("half of a proof of the ledger")


def _plain(said: Bundle) -> Bundle:
    if said.said:
        raise Malformed("a statement about a statement about another")
    said.opened()
    return said


def _inclusion(table: Any) -> Inclusion:
    match table:
        case {"index": int(index), "size": int(size), "hashes": list(hashes), **rest} if not rest:
            if not isinstance(index, bool) and not isinstance(size, bool):
                return Inclusion(index, size, _read_hashes(hashes))
    raise Malformed("a proof of inclusion is malformed")


def _consistency(listed: Any, place: Any) -> tuple[Consistency, ...]:
    size = _inclusion(place).size
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_PROOFS:
        raise Malformed("no list of proofs of consistency, or too many")
    found = tuple(map(_one_consistency, listed))
    sizes = {(one.old, one.new) for one in found}
    if len(sizes) < len(found) or any(size not in pair for pair in sizes):
        raise Malformed("a proof of consistency is there twice, or is about another checkpoint")
    return found


def _one_consistency(table: Any) -> Consistency:
    match table:
        case {"old": int(old), "new": int(new), "hashes": list(hashes), **rest} if not rest:
            if not isinstance(old, bool) and not isinstance(new, bool):
                return Consistency(old, new, _read_hashes(hashes))
    raise Malformed("a proof of consistency is malformed")


def _read_hashes(hashes: list[Any]) -> tuple[bytes, ...]:
    if len(hashes) > _MOST_HASHES:
        raise Malformed("a proof is too long")
    return tuple(map(strict_base64, hashes))


def _text(text: Any) -> str:
    if not isinstance(text, str):
        raise Malformed("the checkpoint is malformed")
    return text


def _said(listed: Any) -> tuple[Bundle, ...]:
    if not isinstance(listed, list) or len(listed) > MOST_STATEMENTS:
        raise Malformed("no list of statements, or too many")
    return tuple(_read(one, _PROOF) for one in listed)
