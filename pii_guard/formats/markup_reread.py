"""HTML and XML as lxml reads them, entities and network off: the second reader of `markup`."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree
from lxml import html as lxml_html

from pii_guard.document import Document, Kind, Segment
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.formats.markup_tags import (
    IDENTIFIERS,
    INERT,
    RAW,
    is_element,
    is_odd,
    poses_as_tag,
    speaks,
)


def reread_html(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """The page as lxml's HTML parser sees it."""
    try:
        root = lxml_html.document_fromstring(
            decode(blob).text.encode("utf-8", "replace"),
            parser=lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True),
        )
    except (etree.LxmlError, ValueError):
        raise Unreadable(ReasonCode.CORRUPT, "the HTML parser refuses it") from None
    return Document((*_tree_segments(root, is_html=True), *_subset(blob)))


def reread_xml(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """The document as lxml sees it, entities unresolved."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False
    )
    try:
        root = etree.fromstring(blob, parser)
    except (etree.LxmlError, ValueError):
        raise Unreadable(ReasonCode.CORRUPT, "the XML parser refuses it") from None
    return Document((*_tree_segments(root, is_html=False), *_subset(blob)))


def _subset(blob: bytes) -> Iterator[Segment]:
    """The document type's internal subset, which lxml keeps to itself."""
    text = decode(blob).text
    start = text.find("<!DOCTYPE")
    opened = text.find("[", start, text.find(">", start)) if start >= 0 else -1
    if opened >= 0:
        yield Segment(text[opened : text.find("]>", opened)], (), Kind.PROSE)


def _tree_segments(root: etree._Element, *, is_html: bool) -> Iterator[Segment]:
    shown: dict[str, str] = {}
    for number, node in enumerate(root.getroottree().iter(), 1):
        tag, text, tail = node.tag, node.text, node.tail
        record = (number,)
        if not isinstance(tag, str):
            if text and not text.isspace():
                yield Segment(text, (), Kind.PROSE)
        else:
            tag = shown.setdefault(tag, tag)
            if text and not text.isspace():
                inside = (Kind.CODE if tag in RAW else Kind.PROSE) if is_html else Kind.FIELD
                yield Segment(text, (), inside, "" if is_html else tag, record)
            given = node.items()
            if is_html and not is_element(tag):
                said = " ".join(f"{n}={v}" if v else str(n) for n, v in given)
                if poses_as_tag(tag, said):
                    yield Segment(f"{tag} {said}", (), Kind.PROSE)
            for written, value in given:
                name = shown.setdefault(written, written)
                if is_odd(name.rpartition("}")[2]):
                    yield Segment(name, (), Kind.NAME)
                inert = is_html and name in INERT
                if value and not value.isspace() and (not inert or speaks(value)):
                    kind = Kind.NAME if inert or (is_html and name in IDENTIFIERS) else Kind.FIELD
                    label = "" if kind is Kind.NAME else name
                    yield Segment(value, (), kind, label, record)
        if tail and not tail.isspace():
            yield Segment(tail, (), Kind.PROSE)
