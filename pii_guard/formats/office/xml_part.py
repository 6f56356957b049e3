"""An XML part as a tree and as bytes: entities are refused, nothing is fetched."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from pii_guard.errors import ReasonCode, Unreadable

_DOCTYPE = re.compile(
    r"<!DOCTYPE [\w:.-]{1,60} PUBLIC \"-//OpenOffice\.org//DTD [\w .]{1,60}//EN\" \"[\w.-]{1,60}\">"
)
_BREAK = re.compile(rb"<br\s*>")
_SUBSET = re.compile(rb"<!DOCTYPE(?:(?!<!DOCTYPE)[^>\[])*+\[")


def parsed(raw: bytes, where: str) -> Any:
    """The root element of an XML part. Raises `Unreadable`; refuses what declares entities."""
    # Without `huge_tree`, libxml2 stops at a depth of 256 and at a text of ten megabytes.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(mended(raw), parser)
    except (etree.LxmlError, ValueError) as error:
        raise Unreadable(_limit_of(str(error)), where) from None
    doctype = root.getroottree().docinfo.doctype
    if doctype and (not _DOCTYPE.fullmatch(doctype) or _SUBSET.search(raw.replace(b"\0", b""))):
        raise Unreadable(ReasonCode.NOT_COVERED, f"{where}: it declares a document type")
    return root


def _limit_of(said: str) -> ReasonCode:
    """The code for what libxml2 says. Its limits are its own: they are those of a part, not of a file."""
    if "depth" in said:
        return ReasonCode.LIMIT_NESTING
    return ReasonCode.LIMIT_SIZE if "limit exceeded" in said else ReasonCode.CORRUPT


def mended(raw: bytes) -> bytes:
    """VML as Excel writes it, with line breaks that end as XML wants it."""
    return _BREAK.sub(b"<br/>", raw) if b"urn:schemas-microsoft-com:vml" in raw[:2_000] else raw


def unparsed(root: Any) -> bytes:
    """The part as it is written: UTF-8, with what stands around the root element."""
    written: bytes = etree.tostring(
        root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True
    )
    return written
