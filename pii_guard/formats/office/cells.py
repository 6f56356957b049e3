"""Tables in texts and slides: which row and column a paragraph stands in, and what that column is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pii_guard.document import Locator, Step
from pii_guard.formats.delimited import has_header
from pii_guard.formats.office.vocabulary import Does, Roles

_NAMING = re.compile(r"[^\W\d_][\w .,/()&'#-]{0,39}:?")
_SPANS = ("}val", "}number-columns-repeated")
_ROWS = ("}number-rows-repeated",)


def _repeated(node: Any, names: tuple[str, ...]) -> int:
    """How often an element stands for itself, by an attribute whose name ends so."""
    told = next((value for name, value in node.items() if name.endswith(names)), "1")
    return max(1, int(told)) if told.isdigit() and len(told) < 8 else 1


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row.pop()
    return row


def names(text: str) -> bool:
    """Whether a text may be the name of what stands beside it: a few words, no figures."""
    bare = text.strip()
    return (
        _NAMING.fullmatch(bare) is not None
        and not any(map(str.isdigit, bare))
        and len(bare.split()) <= 4
    )


def label_beside(before: str) -> str:
    """The label that the text before a cell gives it; "" when that names nothing."""
    return before.strip().rstrip(":") if names(before) else ""


class Place(NamedTuple):
    """Where a cell stands: table, row and column from 1, its label, the record it belongs to."""

    locator: Locator
    label: str
    record: tuple[int, ...]
    is_header: bool


@dataclass(slots=True)
class _Table:
    number: int
    heads: Sequence[str]
    is_form: bool
    rows: int = 0


@dataclass(slots=True)
class _Row:
    table: _Table
    number: int
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
            rows = self._below(node, Does.ROW, 3)
            texts = [
                _trimmed([self._text(c) for c in self._below(row, Does.CELL, 64)]) for row in rows
            ]
            heads = len(texts) > 1 and has_header(texts[0], texts[1])
            form = not heads and bool(texts) and all(len(row) == 2 for row in texts)
            self._tables[node] = _Table(self.count, texts[0] if heads else (), form)
        elif does is Does.ROW:
            table = self._above(node, self._tables)
            if table is not None:
                self._rows[node] = _Row(table, table.rows + 1)
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
        header = bool(table.heads) and row.number == 1
        label = ""
        if table.heads:
            label = table.heads[column - 1] if not header and column <= len(table.heads) else ""
        elif column > 1:
            label = label_beside(row.before)
        row.before = self._text(node)
        row.columns += self._spanned(node) - 1
        where = (Step("table", table.number), Step("row", row.number), Step("column", column))
        record = (table.number,) if table.is_form else (table.number, row.number)
        return Place(where, label.strip()[:60], record, header)

    def _spanned(self, node: Any) -> int:
        """How many columns a cell covers."""
        found = node.find("{*}tcPr/{*}gridSpan")
        held = found if found is not None else node
        return max(_repeated(held, _SPANS), _repeated(node, ("gridSpan",)))

    def _above(self, node: Any, known: dict[Any, Any]) -> Any:
        return next((known[above] for above in node.iterancestors() if above in known), None)

    def _below(self, node: Any, does: Does, most: int) -> list[Any]:
        found = []
        for child in node.iterdescendants():
            if self.roles[child.tag].does is does:
                found.append(child)
                if len(found) == most:
                    break
        return found

    def _text(self, cell: Any) -> str:
        parts = []
        for node in cell.iterdescendants():
            role = self.roles[node.tag]
            if role.does is Does.LEAF:
                parts.append(node.text or "")
            elif role.does is Does.BLOCK and self.roles.is_odf:
                parts.append("".join(node.itertext()))
            if sum(map(len, parts)) > 200:
                break
        return "".join(parts)
