"""Commitments: whether an exact value was among those found, answered while a key is kept, then never.

HMAC-SHA256 (RFC 2104) under a random key of the one certificate. A plain digest, or one under a key
that outlives the certificate, would be guessed back: there are only a thousand million telephone
numbers. Once the key is destroyed, the codes are noise.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pii_guard.certificate.vocabulary import artifact_id

ALGORITHM = "HMAC-SHA256"
NORM = "pii-guard/1"
KEY_BYTES = 32
MOST = 10_000
"""Codes that a certificate lists: with more it says that the list is cut."""
_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Commitments:
    """What a certificate says of the values: codes by entity type, sorted. `truncated`: not of all.
    `files`: codes of whole attachments, by their number from 1.
    """

    key_ref: str
    codes: Mapping[str, tuple[str, ...]] = field(repr=False)
    truncated: bool = False
    files: Mapping[int, str] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a statement."""
        said: dict[str, Any] = {
            "alg": ALGORITHM,
            "keyRef": self.key_ref,
            "norm": NORM,
            "values": [{"type": kind, "codes": list(codes)} for kind, codes in self.codes.items()],
            "truncated": self.truncated,
        }
        if self.files:
            said["files"] = [
                {"artifact": artifact_id(number), "code": one}
                for number, one in sorted(self.files.items())
            ]
        return said


def commit(
    key: bytes, key_ref: str, values: Iterable[tuple[str, str]], *, truncated: bool = False
) -> Commitments:
    """Commitments to (entity type, value as found), under a key of 32 random bytes.

    At most `MOST` are made, of those whose codes come first.
    """
    codes = sorted({(code(key, kind, value), kind) for kind, value in values})
    by_type: dict[str, list[str]] = {}
    for one, kind in codes[:MOST]:
        by_type.setdefault(kind, []).append(one)
    kept = {kind: tuple(found) for kind, found in sorted(by_type.items())}
    return Commitments(key_ref, kept, truncated or len(codes) > MOST)


def code(key: bytes, entity_type: str, value: str) -> str:
    """The code of a value, in hex. Raises `ValueError` for a key of another length."""
    if len(key) != KEY_BYTES:
        raise ValueError("a commitment key has 32 bytes")
    said = "\0".join(("pii-guard commitment", NORM, entity_type, normalised(value)))
    return hmac.new(key, said.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def file_code(key: bytes, digest: bytes) -> str:
    """The code of an attachment as it was received, in hex, by the SHA-256 of its bytes.

    That digest alone would let anybody who guesses the file confirm it, so it is stored nowhere. Raises
    `ValueError` for a key of another length.
    """
    if len(key) != KEY_BYTES:
        raise ValueError("a commitment key has 32 bytes")
    return hmac.new(key, b"pii-guard artifact\0" + digest, hashlib.sha256).hexdigest()


def normalised(value: str) -> str:
    """Equal for spellings of one value: NFKC, case folded; numbers without separators, words with one blank."""
    text = unicodedata.normalize("NFKC", value).casefold()
    if sum(map(str.isdigit, text)) >= _DIGITS and "@" not in text:
        return "".join(filter(str.isalnum, text))
    return " ".join(text.split())


def found_in(commitments: Mapping[str, Any], key: bytes, entity_type: str, value: str) -> bool:
    """Whether the value is among those that a statement's `commitments` are of.

    Those of other types count, too: what one recognizer calls an account another calls a name.
    """
    return any(
        hmac.compare_digest(code(key, entry["type"], value), one)
        for entry in commitments["values"]
        if not entity_type or entry["type"] == entity_type
        for one in entry["codes"]
    )


def file_in(commitments: Mapping[str, Any], key: bytes, digest: bytes) -> bool:
    """Whether a file of this SHA-256 is among the attachments that a statement's `commitments` are of."""
    sought = file_code(key, digest)
    return any(hmac.compare_digest(sought, one["code"]) for one in commitments.get("files", ()))
