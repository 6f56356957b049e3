"""What becomes of each part of a package: read as XML, handed on as a file, left out, or blanked."""

from __future__ import annotations

import re
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
_USUAL = re.compile(
    r"(?:document|header|footer|footnotes|endnotes|comments\w{0,10}|settings|styles\w{0,14}|numbering|slide\w{0,12}|"
    r"chart\w{0,8}|colors|style|theme\w{0,12}|drawing|table\w{0,8}|people|core|app|custom|workbook|sheet|item|itemProps|"
    r"connections|fontTable|webSettings|glossary|notes\w{0,12}|handoutMaster|presentation|presProps|viewProps|tags?|"
    r"commentAuthors|modernComment_\w{0,20}|authors|data|layout|quickStyle|quickStyles|vmlDrawing|sharedStrings|calcChain|"
    r"pivot\w{0,24}|externalLink|queryTable|ctrlProp|activeX|image|media|hdphoto|oleObject|printerSettings|thumbnail|"
    r"vbaProject|vbaData|customizations|attachedToolbars|sig|origin|persons?|threadedComment|metadata|slicer\w{0,8}|"
    r"timeline\w{0,8}|richData\w{0,8}|rdrichvalue\w{0,16}|ink|font|afchunk|Microsoft_\w{1,60}|Content_Types|"
    r"content|meta|manifest|mimetype|layout-cache|current|Object|script-l[bc]|dialog-l[bc]|Module|Standard|"
    r"\[Content_Types\]|\.rels|revision\w{0,10}|userNames|xmlMaps|volatileDependencies|webextension|taskpanes|"
    r"[0-9A-Fa-f]{8,64}|\{?[0-9A-Fa-f-]{36}\}?)?[ _-]?\d{0,8}(?:\.xml|\.bin|\.vml)?"
)
"""Names of parts that programs give."""
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


def odd_name(name: str) -> str:
    """The name of a part as words, if it is none that programs give; else ""."""
    base = name.rpartition("/")[2]
    stem = base.rpartition(".")[0] or base
    return "" if _USUAL.fullmatch(stem) else stem


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
