"""Pieces of the page as trees: text put into them is escaped by the serialiser, never by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from lxml.builder import ElementMaker

Node = Any
Cell = Any
"""Text, a node, or a list of these."""
_GROUP = 8
_UNFIT = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""What no text of a document may hold (XML 1.0, section 2.2)."""


def put(node: Node, *cells: Cell) -> Node:
    """Append texts and nodes to a node; the node."""
    for cell in cells:
        if isinstance(cell, (list, tuple)):
            put(node, *cell)
        elif isinstance(cell, str):
            _append(node, cell)
        else:
            node.append(cell)
    return node


def _append(node: Node, text: str) -> None:
    text = _UNFIT.sub("\ufffd", text)
    if len(node):
        node[-1].tail = (node[-1].tail or "") + text
    else:
        node.text = (node.text or "") + text


E = ElementMaker(typemap={str: _append})


def section(name: str, heading: str, *children: Node) -> Node:
    """A section with its heading, which names it to assistive technology too."""
    title = E.h2({"id": f"h-{name}"}, heading)
    attributes = {"class": name, "aria-labelledby": f"h-{name}"}
    return put(E.section(attributes), title, *children)


def facts(rows: Iterable[tuple[str, Cell]]) -> Node:
    """Terms and what they are."""
    made = E.dl()
    for term, value in rows:
        made.append(E.div(E.dt(term), put(E.dd(), value)))
    return made


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], label: str) -> Node:
    """A table whose first cell heads its row. Columns whose name starts with `#` hold numbers."""
    return grouped(columns, [("", rows)], label)


def grouped(
    columns: Sequence[str], groups: Iterable[tuple[str, Iterable[Sequence[Cell]]]], label: str
) -> Node:
    """The same with its rows in groups, each with a heading, or with none for "".

    Roles are spelt out: narrow screens lay rows out as blocks, and a browser then forgets them.
    """
    heads = [
        (name.removeprefix("#"), {"class": "n"} if name.startswith("#") else {}) for name in columns
    ]
    head = E.tr({"role": "row"})
    for name, kind in heads:
        head.append(E.th({"scope": "col", "role": "columnheader", **kind}, name))
    made = E.table({"role": "table", "aria-label": label}, E.thead({"role": "rowgroup"}, head))
    for heading, rows in groups:
        body = E.tbody({"role": "rowgroup"})
        if heading:
            attributes = {"scope": "rowgroup", "role": "rowheader", "colspan": str(len(heads))}
            body.append(E.tr({"role": "row", "class": "group"}, E.th(attributes, heading)))
        body.extend(_row(heads, row) for row in rows)
        made.append(body)
    return made


def _row(heads: Sequence[tuple[str, dict[str, str]]], cells: Sequence[Cell]) -> Node:
    line = E.tr({"role": "row"})
    for number, ((name, kind), cell) in enumerate(zip(heads, cells, strict=True)):
        if number:
            made = E.td({"role": "cell", "data-label": name, **kind})
        else:
            made = E.th({"scope": "row", "role": "rowheader", **kind})
        line.append(put(made, cell))
    return line


def digest(text: str) -> Node:
    """Hex digits in groups that the eye can compare, without a space that a copy would take along."""
    prefix, colon, digits = text.rpartition(":")
    groups = [digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP)]
    return put(E.code({"class": "digest"}), prefix + colon, *(E.span(group) for group in groups))


def note(text: Cell) -> Node:
    """A line in small type."""
    return put(E.p({"class": "note"}), text)
