"""DSSE envelopes (secure-systems-lab/dsse v1) around statement bytes, and the certificate value."""

from __future__ import annotations

import copy
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from securesystemslib.dsse import Envelope

from pii_guard.certificate.keys import Signer

PAYLOAD_TYPE = "application/vnd.in-toto+json"


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
        return json.dumps(self._envelope, indent=1, sort_keys=True).encode() + b"\n"

    def write(self, path: Path) -> None:
        """Write the file so that it is there whole or not at all. Raises `OSError`."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with temporary.open("xb") as file:
                file.write(self.to_json())
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def sign(payload: bytes, signer: Signer) -> Certificate:
    """Sign statement bytes."""
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(signer.crypto_signer())
    return Certificate(payload, envelope.to_dict(), signer)
