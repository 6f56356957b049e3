"""XML as lxml reads it, entities and network off, and what pages have in common with it (`page_reread`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat

from lxml import etree

from pii_guard.document import Document, Kind
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.formats.markup_tags import (
    IDENTIFIERS,
    INERT,
    is_odd,
    speaks,
)
from pii_guard.formats.pieces import MANY
from pii_guard.segment_table import Collector, Sort

_XML = "http://www.w3.org/XML/1998/namespace"
PROSE, _NAMES = Sort(Kind.PROSE), Sort(Kind.NAME)


def reread_xml(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """The document as lxml sees it, entities unresolved."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False
    )
    try:
        root = etree.fromstring(blob, parser)
    except (etree.LxmlError, ValueError):
        raise Unreadable(ReasonCode.CORRUPT, "the XML parser refuses it") from None
    reading = Reading(is_html=False)
    reading.elements(root)
    return reading.document(subset(blob))


def subset(blob: bytes) -> Iterator[str]:
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
    def of(cls, name: str, node: etree._Element, *, is_html: bool) -> _Known:
        """Of a name as lxml has it, at that node."""
        inert = is_html and name in INERT
        is_name = inert or (is_html and name in IDENTIFIERS)
        sort = _NAMES if is_name else Sort(Kind.FIELD, _written(name, node))
        return cls(name, is_odd(name.rpartition("}")[2]), inert, sort)


def _written(name: str, node: etree._Element) -> str:
    """A name as it is written at that node, its namespace as a prefix."""
    space, _, local = name.rpartition("}")
    spaces = {"xml": _XML, **node.nsmap}
    prefixes = (prefix for prefix, one in spaces.items() if prefix and one == space[1:])
    prefix = next(prefixes, "") if space else ""
    return f"{prefix}:{local}" if prefix else local


class Reading:
    """Puts what is in a tree into columns."""

    def __init__(self, *, is_html: bool) -> None:
        self._is_html = is_html
        self._segments = Collector()
        self._texts, self._sorts = list[str](), list[Sort]()
        self._records = list[tuple[int, ...]]()
        self._names: dict[str, _Known] = {}
        self._tags: dict[str, Sort] = {}
        self._called: dict[str, Sort] = {}

    def document(self, rest: Iterable[str]) -> Document:
        """All of it, and what else stands in the file."""
        for text in rest:
            self.add(text, PROSE, ())
        self._settle()
        return Document(self._segments.table())

    def add(self, text: str | None, sort: Sort, record: tuple[int, ...]) -> None:
        """Put in a text, if it says anything."""
        if not text or text.isspace():
            return
        self._texts.append(text)
        self._sorts.append(sort)
        self._records.append(record)
        if len(self._texts) >= MANY:
            self._settle()

    def _settle(self) -> None:
        self._segments.extend(self._texts, self._sorts, repeat(0, len(self._texts)), self._records)
        self._texts, self._sorts, self._records = [], [], []

    def elements(self, root: etree._Element) -> None:
        """Take in the XML of that root, and what stands around it."""
        # A tree iterates over its root alone: comments may stand before and behind.
        before, behind = reversed(list(root.itersiblings(preceding=True))), root.itersiblings()
        for number, node in enumerate(chain(before, root.iter(), behind), 1):
            tag = node.tag
            if not isinstance(tag, str):
                self.add(node.text, PROSE, ())
            else:
                self.add(node.text, self._tags.get(tag) or self._inside(tag, node), (number,))
                self.attributes(node, (number,))
            self.add(node.tail, PROSE, ())

    def _inside(self, tag: str, node: etree._Element) -> Sort:
        """What a text at the beginning of an element is."""
        sort = self._tags[tag] = Sort(Kind.FIELD, _written(tag, node))
        return sort

    def attributes(self, node: etree._Element, record: tuple[int, ...]) -> None:
        """Put in what the attributes of an element say."""
        called = (node.get("name") or node.get("id", "")) if self._is_html else ""
        for written, value in node.items():
            known = self._names.get(written)
            if known is None:
                known = self._names[written] = _Known.of(written, node, is_html=self._is_html)
            if known.is_odd:
                self.add(known.name, _NAMES, ())
            if known.is_inert and not speaks(value):
                continue
            is_field = self._is_html and written == "value"
            self.add(value, self._field(called) if is_field else known.sort, record)

    def _field(self, label: str) -> Sort:
        """What a field of a form of that name holds."""
        return self._called.get(label) or self._called.setdefault(label, Sort(Kind.FIELD, label))
