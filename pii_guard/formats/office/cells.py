"""Tables in texts and slides: which row and column a paragraph stands in, and what that column is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lxml import etree

from pii_guard.document import Kind, Locator, Step
from pii_guard.formats.office.labels import Heads, heads_of
from pii_guard.formats.office.vocabulary import Does, Roles

_SPANS = ("}val", "}number-columns-repeated")
_ROWS = ("}number-rows-repeated",)
_ENOUGH = 200
"""Characters of a cell after which it names nothing."""


def _repeated(node: Any, names: tuple[str, ...]) -> int:
    """How often an element stands for itself, by an attribute whose name ends so."""
    told = next((value for name, value in node.items() if name.endswith(names)), "1")
    return max(1, int(told)) if told.isdigit() and len(told) < 8 else 1


class Place(NamedTuple):
    """Where a cell stands: table, row and column from 1, what it is, its label, its record."""

    locator: Locator
    kind: Kind
    label: str
    record: tuple[int, ...]


@dataclass(slots=True)
class _Table:
    number: int
    heads: Heads
    rows: int = 0
    elements: int = 0


@dataclass(slots=True)
class _Row:
    table: _Table
    number: int
    element: int
    columns: int = 0
    before: str = ""


@dataclass(slots=True)
class Grid:
    """Follows the tables of a part as their elements are met in document order."""

    roles: Roles
    count: int = 0
    _tables: dict[Any, _Table] = field(default_factory=dict)
    _rows: dict[Any, _Row] = field(default_factory=dict)
    _cells: dict[Any, Place] = field(default_factory=dict)

    def enter(self, node: Any, does: Does) -> None:
        """Meet a table, row or cell."""
        if does is Does.TABLE:
            self.count += 1
            rows = enumerate(map(self._texts, self._below(node, Does.ROW)), 1)
            self._tables[node] = _Table(self.count, heads_of(rows))
        elif does is Does.ROW:
            table = self._above(node, self._tables)
            if table is not None:
                table.elements += 1
                self._rows[node] = _Row(table, table.rows + 1, table.elements)
                table.rows += _repeated(node, _ROWS)
        else:
            row = self._above(node, self._rows)
            if row is not None:
                self._cells[node] = self._placed(node, row)

    def place_of(self, cell: Any) -> Place | None:
        """Where a cell that was met stands."""
        return self._cells.get(cell)

    def place(self, block: Any) -> Place | None:
        """The cell that a paragraph stands in, if any."""
        return self._above(block, self._cells) if self._cells else None

    def _placed(self, node: Any, row: _Row) -> Place:
        row.columns += 1
        table, column = row.table, row.columns
        label = table.heads.label(column, row.element, row.before)
        row.before = self._text(node)
        row.columns += _spanned(node) - 1
        where = (Step("table", table.number), Step("row", row.number), Step("column", column))
        record = (table.number,) if table.heads.is_form else (table.number, row.number)
        return Place(where, table.heads.kind(row.element), label, record)

    def _above(self, node: Any, known: dict[Any, Any]) -> Any:
        return next((known[above] for above in node.iterancestors() if above in known), None)

    def _below(self, node: Any, does: Does) -> Iterator[Any]:
        """The rows of a table or the cells of a row, not those of tables within."""
        walk = etree.iterwalk(node, events=("start",))
        for _, child in walk:
            found = self.roles[child.tag].does
            if child is node:
                continue
            if found is does:
                yield child
            if found in (does, Does.TABLE):
                walk.skip_subtree()

    def _texts(self, row: Any) -> dict[int, str]:
        """The texts of a row's cells by column."""
        texts: dict[int, str] = {}
        column = 1
        for cell in self._below(row, Does.CELL):
            texts[column] = self._text(cell)
            column += _spanned(cell)
        return texts

    def _text(self, cell: Any) -> str:
        """The text of a cell as far as it may name something, not that of tables within."""
        parts: list[str] = []
        size = blocks = 0
        is_odf = self.roles.is_odf
        walk = etree.iterwalk(cell, events=("start", "end"))
        for event, node in walk:
            role, text = self.roles[node.tag], ""
            if event == "end":
                blocks -= role.does is Does.BLOCK
                text = node.tail or "" if is_odf and blocks else ""
            elif role.does is Does.TABLE:
                walk.skip_subtree()
            elif role.does is Does.BLOCK:
                blocks += 1
                text = "\n" + (node.text or "" if is_odf else "")
            elif role.does is Does.BREAK:
                text = role.stands_for
            elif role.does is Does.LEAF or (is_odf and role.is_inline and blocks):
                text = node.text or ""
            parts.append(text)
            size += len(text)
            if size > _ENOUGH:
                break
        return "".join(parts).strip("\n")


def _spanned(cell: Any) -> int:
    """How many columns a cell covers that have no cells of their own."""
    found = cell.find("{*}tcPr/{*}gridSpan")
    return _repeated(cell if found is None else found, _SPANS)
