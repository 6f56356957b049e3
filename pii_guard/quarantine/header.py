"""The head of an age file: who can open it, and what may be known without opening it.

age-encryption.org/v1, "Header". What is not encrypted in it is still bound to it: its MAC is made
with the file's key, so that nobody without the private key can change a word of an entry.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import BinaryIO

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pii_guard.errors import QuarantineError

_VERSION = b"age-encryption.org/v1\n"
_COLUMNS = 64
_LINE, _LINES = 4096, 256
"""More than any entry of ours has; a head without an end is not read to its end."""
_ARGUMENTS = re.compile(rb"-> ([\x21-\x7e]+(?: [\x21-\x7e]+)*)\n")


@dataclass(frozen=True, slots=True)
class Stanza:
    """Words, the first of which says what it is, and bytes."""

    words: tuple[str, ...]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Header:
    """The stanzas. `signed`: the bytes that `mac` is of."""

    stanzas: tuple[Stanza, ...]
    signed: bytes = field(repr=False)
    mac: bytes = field(repr=False)

    def fits(self, file_key: bytes) -> bool:
        """Whether this head was made by who knew the file's key."""
        return hmac.compare_digest(self.mac, _mac(file_key, self.signed))


def written(stanzas: Sequence[Stanza], file_key: bytes) -> bytes:
    """The head with these stanzas."""
    lines = [_VERSION]
    for stanza in stanzas:
        lines.append(f"-> {' '.join(stanza.words)}\n".encode("ascii"))
        body = _text(stanza.body)
        # The last line is shorter than the others; it may be empty.
        lines += [
            body[start : start + _COLUMNS] + b"\n" for start in range(0, len(body) + 1, _COLUMNS)
        ]
    signed = b"".join([*lines, b"---"])
    return signed + b" " + _text(_mac(file_key, signed)) + b"\n"


def read(file: BinaryIO) -> Header:
    """The head that a file begins with; what follows it is read next. Raises `QuarantineError`."""
    if file.readline(_LINE) != _VERSION:
        raise damaged("it does not begin like an entry")
    signed, stanzas = [_VERSION], list[Stanza]()
    for _ in range(_LINES):
        line = file.readline(_LINE)
        if line.startswith(b"--- ") and line.endswith(b"\n"):
            signed.append(b"---")
            mac = decoded(line[4:-1])
            return Header(tuple(stanzas), b"".join(signed), mac)
        found = _ARGUMENTS.fullmatch(line)
        if found is None:
            break
        lines = [line]
        while len(lines) < _LINES:
            lines.append(file.readline(_COLUMNS + 2))
            if len(lines[-1]) <= _COLUMNS:
                break
        if any(not one.endswith(b"\n") for one in lines):
            break
        words = tuple(found[1].decode("ascii").split(" "))
        stanzas.append(Stanza(words, decoded(b"".join(one[:-1] for one in lines[1:]))))
        signed += lines
    raise damaged("its head is broken")


def derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 (RFC 5869): 32 bytes."""
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def decoded(text: bytes) -> bytes:
    """The bytes of base64 without padding, of which there is one spelling only (RFC 4648, 3.5)."""
    try:
        found = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        found = b""
    if _text(found) != text:
        raise damaged("its head is broken")
    return found


def encoded(content: bytes) -> str:
    """Base64 without padding."""
    return _text(content).decode("ascii")


def damaged(how: str) -> QuarantineError:
    """What is raised for an entry that is not as it was written."""
    return QuarantineError(
        f"the entry is damaged: {how}",
        remedy="take it from a copy of the quarantine, if there is one",
    )


def _text(content: bytes) -> bytes:
    return base64.b64encode(content).rstrip(b"=")


def _mac(file_key: bytes, signed: bytes) -> bytes:
    return hmac.digest(derived(file_key, b"", b"header"), signed, sha256)
