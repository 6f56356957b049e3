"""HTML and XML as lxml reads them, entities and network off: the second reader of `markup`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import repeat

from lxml import etree

from pii_guard.document import Document, Kind
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
from pii_guard.formats.pieces import MANY
from pii_guard.segment_table import Collector, Sort

_PROSE, _CODE, _NAMES = Sort(Kind.PROSE), Sort(Kind.CODE), Sort(Kind.NAME)


def reread_html(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """The page as lxml's HTML parser sees it."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(decode(blob).text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None:
        raise Unreadable(ReasonCode.CORRUPT, "the HTML parser refuses it")
    reading = _Reading(is_html=True)
    reading.take(root)
    return reading.document(_subset(blob))


def reread_xml(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """The document as lxml sees it, entities unresolved."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False
    )
    try:
        root = etree.fromstring(blob, parser)
    except (etree.LxmlError, ValueError):
        raise Unreadable(ReasonCode.CORRUPT, "the XML parser refuses it") from None
    reading = _Reading(is_html=False)
    reading.take(root)
    return reading.document(_subset(blob))


def _subset(blob: bytes) -> Iterator[str]:
    """The document type's internal subset, which lxml keeps to itself."""
    text = decode(blob).text
    start = text.find("<!DOCTYPE")
    opened = text.find("[", start, text.find(">", start)) if start >= 0 else -1
    if opened >= 0:
        yield text[opened : text.find("]>", opened)]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the name of an attribute says: as `Attribute`, by the second reader's own means."""

    name: str = field(repr=False)
    is_odd: bool
    is_inert: bool
    sort: Sort

    @classmethod
    def of(cls, written: str, *, is_html: bool) -> _Known:
        """Of a name as lxml has it."""
        inert = is_html and written in INERT
        is_name = inert or (is_html and written in IDENTIFIERS)
        sort = _NAMES if is_name else Sort(Kind.FIELD, written)
        return cls(written, is_odd(written.rpartition("}")[2]), inert, sort)


class _Reading:
    """Puts what is in a tree into columns."""

    def __init__(self, *, is_html: bool) -> None:
        self._is_html = is_html
        self._segments = Collector()
        self._texts, self._sorts = list[str](), list[Sort]()
        self._records = list[tuple[int, ...]]()
        self._names: dict[str, _Known] = {}
        self._tags: dict[str, Sort] = {}

    def document(self, rest: Iterable[str]) -> Document:
        """All of it, and what else stands in the file."""
        for text in rest:
            self._add(text, _PROSE, ())
        self._settle()
        return Document(self._segments.table())

    def _add(self, text: str, sort: Sort, record: tuple[int, ...]) -> None:
        self._texts.append(text)
        self._sorts.append(sort)
        self._records.append(record)

    def _settle(self) -> None:
        self._segments.extend(self._texts, self._sorts, repeat(0, len(self._texts)), self._records)
        self._texts, self._sorts, self._records = [], [], []

    def take(self, root: etree._Element) -> None:
        """Take in the tree of that root, and what stands around it."""
        add = self._add
        for number, node in enumerate(root.getroottree().iter(), 1):
            tag, text, tail = node.tag, node.text, node.tail
            if len(self._texts) >= MANY:
                self._settle()
            if not isinstance(tag, str):
                if text and not text.isspace():
                    add(text, _PROSE, ())
            else:
                if text and not text.isspace():
                    add(text, self._tags.get(tag) or self._inside(tag), (number,))
                given = node.items()
                if self._is_html and not is_element(tag):
                    said = " ".join(f"{n}={v}" if v else str(n) for n, v in given)
                    if poses_as_tag(tag, said):
                        add(f"{tag} {said}", _PROSE, ())
                if given:
                    self._attributes(given, (number,))
            if tail and not tail.isspace():
                add(tail, _PROSE, ())

    def _inside(self, tag: str) -> Sort:
        """What a text at the beginning of an element is."""
        shown = _CODE if tag in RAW else _PROSE
        sort = self._tags[tag] = shown if self._is_html else Sort(Kind.FIELD, tag)
        return sort

    def _attributes(self, given: Iterable[tuple[str, str]], record: tuple[int, ...]) -> None:
        for written, value in given:
            known = self._names.get(written)
            if known is None:
                known = self._names[written] = _Known.of(written, is_html=self._is_html)
            if known.is_odd:
                self._add(known.name, _NAMES, ())
            if value and not value.isspace() and (not known.is_inert or speaks(value)):
                self._add(value, known.sort, record)
