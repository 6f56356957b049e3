"""The texts of digital signatures: names in the certificates that a signature carries (12.8).

Those are DER (X.690): tags and lengths, with the strings of names among them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pikepdf

from pii_guard.document import UNSCANNED

# UTF8String, NumericString, PrintableString, T61String, IA5String, VisibleString, UniversalString,
# BMPString, and what `[n] IMPLICIT IA5String` of alternative names (RFC 5280, 4.2.1.6) looks like.
_STRINGS = {
    0x0C: "utf-8", 0x12: "latin-1", 0x13: "latin-1", 0x14: "latin-1", 0x16: "latin-1",
    0x1A: "latin-1", 0x1C: "utf-32-be", 0x1E: "utf-16-be", 0x81: "latin-1", 0x82: "latin-1",
    0x86: "latin-1",
}  # fmt: skip
# commonName, surname, givenName, pseudonym (X.520): who somebody is.
_NAMES = frozenset({b"\x55\x04\x03", b"\x55\x04\x04", b"\x55\x04\x2a", b"\x55\x04\x41"})
_DEEPEST = 40


def is_signature(holder: Any) -> bool:
    """Whether a dictionary is the value of a signature field."""
    if not isinstance(holder, pikepdf.Dictionary):
        return False
    return str(holder.get("/Type")) in ("/Sig", "/DocTimeStamp") or "/ByteRange" in holder


def certificate_text(raw: bytes) -> str:
    """The strings of a DER structure, one a line, names of people as `Name: …`.

    `UNSCANNED` when it is none, so that it goes; nothing when it is empty or all zero.
    """
    body = raw.rstrip(b"\0")
    if not body:
        return ""
    try:
        return (
            "\n".join(dict.fromkeys(_texts(raw, 0, len(raw), 0))) if raw[0] == 0x30 else UNSCANNED
        )
    except (IndexError, ValueError):
        return UNSCANNED


def _texts(raw: bytes, start: int, end: int, depth: int) -> Iterator[str]:
    """Raises `IndexError` or `ValueError` where it is no DER."""
    kind = b""
    while start < end and not (depth == 0 and start > 0):  # zeros pad the outermost one
        tag, length = raw[start], raw[start + 1]
        start += 2
        if length == 0x80:
            raise ValueError("of indefinite length")
        if length > 0x80:
            size = length - 0x80
            length = int.from_bytes(raw[start : start + size], "big")
            start += size
        stop = start + length
        if stop > end or depth > _DEEPEST:
            raise ValueError("longer than what holds it")
        body = raw[start:stop]
        if tag & 0x20:
            yield from _texts(raw, start, stop, depth + 1)
        elif tag == 0x06:
            kind = body
        elif tag in _STRINGS:
            text = body.decode(_STRINGS[tag], "replace").strip()
            if any(map(str.isalnum, text)) and "\0" not in text:
                yield f"Name: {text}" if kind in _NAMES else text
        elif tag == 0x04 and body[:1] in (b"\x30", b"\x04") and len(body) > 2:
            with contextlib.suppress(IndexError, ValueError):  # what extensions wrap
                yield from list(_texts(raw, start, stop, depth + 1))
        start = stop
