"""The media type of bytes, from the bytes; a name is a hint among text types that all fit.

A sniff may add readers and is never the only reason to skip one: a file that is two things at once
has two types, and the conductor refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pii_guard.carriers import carrier_of
from pii_guard.errors import Unreadable
from pii_guard.formats.decoding import decode
from pii_guard.ole_types import OLE, ole_type
from pii_guard.signatures import AMBIGUOUS, signatures
from pii_guard.text_types import text_type, type_of_name
from pii_guard.zip_types import ZIP, zip_type

EMPTY = "inode/x-empty"
UNKNOWN = "application/octet-stream"
_MAGIC_BYTES = 65_536

_FINER: dict[str, Callable[[bytes], str]] = {ZIP: zip_type, OLE: ole_type}
"""Containers that are of many types."""


def identify(blob: bytes, name: str = "") -> str:
    """The media type of `blob`; `inode/x-empty` or `application/octet-stream` at the extremes."""
    return identify_all(blob, name)[0]


def identify_all(blob: bytes, name: str = "", claimed: str = "") -> tuple[str, ...]:
    """All types that `blob` is at once, the one to use first.

    `name` (its extension) and `claimed` (a media type from a container) decide only between text
    types whose syntax fits.
    """
    if not blob:
        return (EMPTY,)
    carrier = carrier_of(blob, name)
    if carrier:
        return (carrier,)
    binary = signatures(blob)
    if binary[:1] == (OLE,):
        # Compound files hold whole archives in their streams: those are no second type.
        binary = binary[:1]
    binary = tuple(_FINER[one](blob) if one in _FINER else one for one in binary)
    if binary and not _reads_as_text(blob, binary):
        return binary
    text = _decoded(blob)
    if text is None and binary:
        return binary
    if text is None:
        return (_magic(blob) or UNKNOWN,)
    return (text_type(text, name, claimed),)


def type_of_ends(head: bytes, tail: bytes, name: str = "") -> str:
    """The text type of a file by its beginning and its end, which is enough for one made of lines.

    Empty where these do not tell: it is to be identified as a whole.
    """
    lines = head[: head.rfind(b"\n") + 1] + tail[tail.find(b"\n") + 1 :]
    found = identify_all(lines, name)
    said = type_of_name(name)
    is_log = found == ("text/x-log",) and said == "text/plain"
    return found[0] if len(found) == 1 and (is_log or said in ("", found[0])) else ""


def shows_binary(blob: bytes) -> bool:
    """Whether bytes within a text are, by their signature, something that is no text."""
    found = signatures(blob)
    return b"\0" in blob or bool(found and not _reads_as_text(blob, found))


def magic_available() -> bool:
    """Whether libmagic is installed (for `doctor`)."""
    return _libmagic() is not None


@lru_cache(maxsize=1)
def _libmagic() -> Any:
    try:
        import magic

        return magic.Magic(mime=True)
    except (ImportError, OSError, AttributeError):
        return None


def _magic(blob: bytes) -> str:
    """What libmagic calls binary data that we do not know: names the type in the reason."""
    library = _libmagic()
    found = str(library.from_buffer(blob[:_MAGIC_BYTES])) if library is not None else ""
    return "" if found.startswith("text/") or found in ("application/json", EMPTY) else found


def _decoded(blob: bytes) -> str | None:
    try:
        return decode(blob).text
    except Unreadable:
        return None


def _reads_as_text(blob: bytes, binary: tuple[str, ...]) -> bool:
    # `MZ…`, `BZh…` or `%PDF-` in prose are letters; a PDF has objects, however much text it is.
    if "application/pdf" in binary:
        return re.search(rb"\d \d++ obj\b", blob) is None and b"startxref" not in blob
    if b"\0" in blob[:16]:
        return False  # a size or a version: no text begins like that
    return binary[0] in AMBIGUOUS and binary[0] not in ("text/rtf", "application/pgp-encrypted")
