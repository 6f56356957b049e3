"""HTML pages as lxml's parser sees them, block by block, cells under their heads: a second reader of `markup`."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from pii_guard.document import Document, Kind
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.formats.markup_reread import PROSE, Reading, subset
from pii_guard.formats.markup_tags import (
    CELLS,
    INLINE,
    RAW,
    ROWS,
    TERMS,
    Heads,
    is_element,
    poses_as_tag,
)
from pii_guard.segment_table import Sort

_CODE = Sort(Kind.CODE)


def reread_html(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """The page as lxml's HTML parser sees it."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(decode(blob).text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None:
        raise Unreadable(ReasonCode.CORRUPT, "the HTML parser refuses it")
    page = _Page()
    page.take(root)
    return page.reading.document(subset(blob))


@dataclass(slots=True)
class _Page:
    """Walks a tree: what inline elements cut is one text, and a text in a table stands below a head."""

    reading: Reading = field(default_factory=lambda: Reading(is_html=True))
    block: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    """The cells, terms and descriptions around, outermost first."""
    heads: Heads = field(default_factory=Heads)
    column: int = 0
    number: int = 0
    row: tuple[int, ...] = (0,)
    form: tuple[int, ...] = ()
    """The form around, if there is one."""

    def take(self, root: etree._Element) -> None:
        """Take in the tree of that root, and what stands around it."""
        for node in root.itersiblings(preceding=True):
            self.reading.add(node.text, PROSE, ())
        for event, node in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                self._start(node)
                continue
            if event == "end":
                self._end(str(node.tag))
            else:
                self.reading.add(node.text, PROSE, ())
            if node is not root:
                self._more(node.tail)
        self._flush()
        for node in root.itersiblings():
            self.reading.add(node.text, PROSE, ())

    def _more(self, text: str | None) -> None:
        if text:
            self.block.append(text)

    def _start(self, node: etree._Element) -> None:
        tag, given = str(node.tag), node.items()
        if tag not in INLINE:
            self._flush()
        self.number += 1
        if not is_element(tag):
            said = " ".join(f"{n}={v}" if v else str(n) for n, v in given)
            if poses_as_tag(tag, said):
                self.reading.add(f"{tag} {said}", PROSE, ())
        if tag == "form":
            self.form = (self.number,)
        is_in_form = tag == "input" and self.form
        self.reading.attributes(node, self.form if is_in_form else (self.number,))
        if tag in ROWS:
            self.row, self.column = (self.number,), 0
            self.heads.begin_row()
        elif tag == "table":
            self.heads.begin_table(self.number)
        elif tag in CELLS:
            self.column += 1
            self.cells.append(tag)
        elif tag in TERMS:
            self.cells.append(tag)
        if tag in RAW:
            self.reading.add(node.text, _CODE, (self.number,))
        else:
            self._more(node.text)

    def _end(self, tag: str) -> None:
        if tag not in INLINE:
            self._flush()
        if tag == "form":
            self.form = ()
        if (tag in CELLS or tag in TERMS) and self.cells:
            self.cells.pop()

    def _flush(self) -> None:
        text = "".join(self.block)
        self.block.clear()
        if not self.cells:
            self.reading.add(text, PROSE, ())
            return
        inner, label, record = self.cells[-1], "", self.row
        column = 0 if inner in TERMS else self.column
        if inner not in ("th", "dt"):
            label, record = self.heads.of(column, self.row)
        elif text and not text.isspace():
            self.heads.name(text, column)
        self.reading.add(text, Sort(Kind.CELL, label), record)
