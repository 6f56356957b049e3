"""DSSE envelopes (secure-systems-lab/dsse v1): sealed with one key or several, opened strictly."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pii_guard.certificate.keys import Signer
from pii_guard.certificate.public_keys import PublicKey, holds
from pii_guard.certificate.strict import Malformed, strict_base64, strict_json
from pii_guard.certificate.writing import write_whole
from pii_guard.errors import CertificateError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MOST_BYTES = 16 * 1024 * 1024
MOST_SIGNATURES = 16
_KEY_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Unverified(Exception):
    """A signature that does not hold, or that nobody vouches for. The message is ours."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature: the id of the key it says it is by, and its bytes."""

    key_id: str
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """What an envelope holds. Nothing is verified yet: `signers` does that."""

    payload: bytes = field(repr=False)
    signatures: tuple[Signature, ...]
    payload_type: str = PAYLOAD_TYPE

    def signers(
        self, pinned: Callable[[str], PublicKey | None], *, strangers: bool = False
    ) -> tuple[str, ...]:
        """The ids of the keys that signed, in the envelope's order, each of them once.

        `pinned` gives the public key of a key id, from where the caller trusts; keys are never
        taken from an envelope. Every signature has to hold, though DSSE would ignore the others:
        one that nobody vouches for was added by somebody. With `strangers`, those by unknown keys
        are ignored. Raises `Unverified`.
        """
        signed = pae(self.payload, self.payload_type)
        found = []
        for one in self.signatures:
            public = pinned(one.key_id)
            if public is None and strangers:
                continue
            if public is None or not holds(public, one.value, signed):
                raise Unverified("a signature is not by a trusted key")
            found.append(one.key_id)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A signed deletion certificate. `payload` are the signed bytes: they are never re-made."""

    payload: bytes = field(repr=False)
    _envelope: dict[str, Any] = field(repr=False)
    signer: Signer = field(repr=False)

    @property
    def envelope(self) -> dict[str, Any]:
        """The DSSE envelope as plain values (a copy)."""
        return copy.deepcopy(self._envelope)

    @property
    def statement(self) -> dict[str, Any]:
        """The statement, parsed from the signed bytes (a copy)."""
        parsed: dict[str, Any] = json.loads(self.payload)
        return parsed

    @property
    def certificate_id(self) -> str:
        """The certificate's own identifier (`urn:uuid:…`)."""
        return str(self.statement["predicate"]["certificateId"])

    @property
    def result(self) -> str:
        """`complete`, `complete_with_exceptions` or `incomplete`."""
        return str(self.statement["predicate"]["result"])

    def to_json(self) -> bytes:
        """The envelope as a JSON file."""
        return envelope_json(self._envelope)

    def write(self, path: Path) -> None:
        """Write the file so that it is there whole or not at all. Raises `OSError`."""
        write_whole(path, self.to_json())


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """What is signed: DSSE's pre-authentication encoding of a payload and its type."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, signer: Signer, *others: Signer) -> Certificate:
    """Sign statement bytes, with one key or several. Raises `CertificateError`."""
    return Certificate(payload, seal(payload, [signer, *others]), signer)


def seal(
    payload: bytes, signers: Sequence[Signer], payload_type: str = PAYLOAD_TYPE
) -> dict[str, Any]:
    """The envelope around any payload, signed by each of `signers`, as plain values.

    Raises `CertificateError` when a key cannot sign, is named twice, or none is.
    """
    if not signers or len({one.key_id for one in signers}) < len(signers):
        raise CertificateError("no key signs, or one key signs twice", remedy="name each key once")
    envelope = Opened(payload, (), payload_type)
    return _table(envelope, [_signature(envelope, one) for one in signers])


def countersign(
    content: bytes | dict[str, Any], signer: Signer, payload_type: str = PAYLOAD_TYPE
) -> dict[str, Any]:
    """The envelope with one signature more, over the same bytes; those there stay as they are.

    The caller has verified them: this looks at the form only. Signatures of one envelope do not
    cover each other, and their order says nothing. Raises `Malformed` for what is no envelope of
    this type, `CertificateError` when the key has signed it already or cannot.
    """
    opened = open_envelope(content, payload_type)
    if signer.key_id in {one.key_id for one in opened.signatures}:
        raise CertificateError("the key has signed it already", remedy="sign with another key")
    if len(opened.signatures) >= MOST_SIGNATURES:
        raise CertificateError("it has too many signatures", remedy="sign another copy")
    return _table(opened, [*opened.signatures, _signature(opened, signer)])


def envelope_json(envelope: dict[str, Any]) -> bytes:
    """An envelope as a JSON file, one field a line."""
    return json.dumps(envelope, indent=1, sort_keys=True).encode() + b"\n"


def open_envelope(content: bytes | dict[str, Any], payload_type: str = PAYLOAD_TYPE) -> Opened:
    """What is in an envelope, given as a JSON text or as strictly parsed plain values.

    Raises `Malformed` for anything but an envelope with exactly this payload type: an unknown
    field, a second spelling of base64, a key id that is no SHA-256, a key that signs twice, no
    signatures or more than 16, more than 16 MiB.
    """
    if isinstance(content, bytes):
        if len(content) > MOST_BYTES:
            raise Malformed(f"larger than {MOST_BYTES} bytes")
        content = strict_json(content)
    if not isinstance(content, dict) or set(content) != {"payload", "payloadType", "signatures"}:
        raise Malformed("not a DSSE envelope")
    if content["payloadType"] != payload_type:
        raise Malformed("another payload type")
    listed = content["signatures"]
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_SIGNATURES:
        raise Malformed("no signatures, or too many")
    signatures = tuple(_read_signature(one) for one in listed)
    if len({one.key_id for one in signatures}) < len(signatures):
        raise Malformed("one key signs twice")
    return Opened(strict_base64(content["payload"]), signatures, payload_type)


def _read_signature(one: Any) -> Signature:
    if not isinstance(one, dict) or set(one) != {"keyid", "sig"}:
        raise Malformed("a signature is malformed")
    if not isinstance(one["keyid"], str) or not _KEY_ID.fullmatch(one["keyid"]):
        raise Malformed("a key id is malformed")
    return Signature(one["keyid"], strict_base64(one["sig"]))


def _signature(envelope: Opened, signer: Signer) -> Signature:
    return Signature(signer.key_id, signer.sign(pae(envelope.payload, envelope.payload_type)))


def _table(envelope: Opened, signatures: Sequence[Signature]) -> dict[str, Any]:
    return {
        "payload": base64.b64encode(envelope.payload).decode(),
        "payloadType": envelope.payload_type,
        "signatures": [
            {"keyid": one.key_id, "sig": base64.b64encode(one.value).decode()} for one in signatures
        ],
    }
