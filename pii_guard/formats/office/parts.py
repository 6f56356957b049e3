"""What becomes of each part of a package: read as XML, handed on as a file, left out, or blanked."""

from __future__ import annotations

from enum import Enum

from pii_guard.errors import Unreadable
from pii_guard.formats.decoding import decode
from pii_guard.formats.office.blanks import blank_for
from pii_guard.formats.office.relations import TYPES
from pii_guard.signatures import signatures

LEFT_OUT = frozenset(
    "thumbnail vbaProject wordVbaData printerSettings origin signature certificate font "
    "activeXControlBinary attachedToolbars keyMapCustomizations xlIntlMacrosheet xlMacrosheet "
    "vbaProjectSignature vbaProjectSignatureAgile vbaProjectSignatureV3 calcChain".split()
)
"""Purposes of relations whose parts nobody can look into, or that repeat what the rest says."""
KEPT_IF_UNCHANGED = frozenset({"calcChain"})
"""Of these, those that say nothing of their own: they go only when the file is written anew."""
_MARKUP = (".xml", ".vml", ".rels")
_FILES = frozenset(
    "image/png image/jpeg image/gif image/bmp image/tiff image/webp image/heic application/pdf "
    "application/zip application/gzip text/rtf audio/x-wav audio/mpeg audio/ogg audio/flac video/mp4 "
    "video/quicktime video/webm video/x-msvideo application/vnd.sqlite3".split()
)


class Fate(Enum):
    """What becomes of a part."""

    TYPES = 0
    RELATIONS = 1
    XML = 2
    CHILD = 3
    """It is a file of its own: pictures, attached files."""
    BLANK = 4
    """It cannot be looked into; a blank of its type takes its place."""
    LEFT_OUT = 5
    """It cannot be looked into and is taken out."""
    AS_IS = 6
    """It is empty, or already a blank."""


def fate_of(name: str, content: bytes, purpose_left_out: bool) -> Fate:
    """The fate of the part of that name; `purpose_left_out`: what points at it is to be left out."""
    low = name.lower()
    if low == TYPES.lower():
        return Fate.TYPES
    if purpose_left_out or low.startswith(("_xmlsignatures/", "[trash]/")):
        return Fate.LEFT_OUT
    if not content:
        return Fate.AS_IS
    if low.endswith(".rels"):
        return Fate.RELATIONS
    blank = blank_for(content)
    if blank is not None:
        return Fate.AS_IS if blank == content else Fate.BLANK
    if low.endswith(_MARKUP) or (
        _begins_as_markup(content) and not low.endswith((".svg", ".html", ".htm"))
    ):
        return Fate.XML
    if any(kind in _FILES for kind in signatures(content)) or _is_text(content):
        return Fate.CHILD
    return Fate.LEFT_OUT


def _begins_as_markup(content: bytes) -> bool:
    return (
        content[:200]
        .replace(b"\0", b"")
        .lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
        .startswith(b"<?xml")
    )


def _is_text(content: bytes) -> bool:
    try:
        decode(content)
    except Unreadable:
        return False
    return True
