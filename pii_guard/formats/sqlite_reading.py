"""An SQLite file as SQLite reads it: every value with its place, the schema, and what is left over."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from pii_guard.document import Child, Document, Kind, Locator, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import is_text
from pii_guard.formats.media.mpeg_audio import begins_a_file
from pii_guard.formats.sqlite_pages import leftovers
from pii_guard.formats.sqlite_schema import (
    FULL_TEXT,
    Cell,
    InSchema,
    Table,
    Value,
    bits,
    quoted,
    tables,
    virtual_tables,
)
from pii_guard.formats.unpacking import number_text, remnant, strings

T = TypeVar("T")
MODES = slice(18, 20)
"""The bytes of the header that say whether there is a write-ahead log."""
_STEPS, _MOST = 1_000, 20_000_000
"""Instructions of SQLite's machine between two looks, and how many looks: views can be made that never end.
No policy matter: reading a file of any size allowed takes far fewer."""
_SHORTEST_TEXT, _CELL = 16, 3


def guarded(call: Callable[[], T]) -> T:
    """What `call` returns; whatever SQLite says against it becomes `Unreadable(CORRUPT)`."""
    try:
        return call()
    except (sqlite3.Error, OverflowError, UnicodeError, MemoryError) as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            raise Unreadable(ReasonCode.TIMEOUT, "a query without end") from None
        raise refused(error, "SQLite refuses it") from None


def opened(blob: bytes) -> sqlite3.Connection:
    """The database in memory, where nothing in its schema can reach outside it."""
    if len(blob) < 512:
        raise Unreadable(ReasonCode.CORRUPT, "it ends too early")
    made = bytearray(blob)
    made[MODES] = b"\x01\x01"  # a write-ahead log needs a file beside it
    base = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    steps = 0

    def stop() -> bool:
        nonlocal steps
        steps += 1
        return steps > _MOST

    def settle() -> None:
        base.deserialize(bytes(made))
        base.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        base.set_progress_handler(stop, _STEPS)
        for pragma in (
            "trusted_schema=OFF", "cell_size_check=ON", "secure_delete=ON", "temp_store=MEMORY",
            "foreign_keys=OFF", "ignore_check_constraints=ON",
        ):  # fmt: skip
            base.execute(f"PRAGMA {pragma}")

    try:
        guarded(settle)
    except Unreadable:
        base.close()
        raise
    return base


def roots(base: sqlite3.Connection) -> list[int]:
    """The first page of each b-tree."""
    found = base.execute("SELECT rootpage FROM sqlite_schema WHERE rootpage>0").fetchall()
    return [root for (root,) in found]


@dataclass(slots=True)
class Reading:
    """One reading of a database: segments and children, and where each stands (`place_of`)."""

    base: sqlite3.Connection
    blob: bytes
    bounds: Bounds
    segments: list[Segment] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    _schema: dict[int, InSchema] = field(default_factory=dict)
    _tables: dict[int, Table] = field(default_factory=dict)
    _keys: list[tuple[Value, ...]] = field(default_factory=list)

    def document(self) -> Document:
        """All of it; to be asked once."""
        skipped = self._indexes()
        self._statements()
        for number, table in enumerate(tables(self.base), 1):
            if table.name not in skipped:
                self._tables[number] = table
                self._rows(number, table)
        ranges = leftovers(self.blob, roots(self.base))
        unseen = [(Step("unused", number),) for number in range(1, len(ranges) + 1)]
        for where, (start, end) in zip(unseen, ranges, strict=True):
            self._add(Segment(strings(self.blob[start:end]), where, Kind.LOG))
        return Document(tuple(self.segments), tuple(self.children), (), tuple(unseen))

    def place_of(self, number: int) -> Cell | InSchema | None:
        """Where a segment stands; None for what is left over."""
        found = self._schema.get(number)
        return found or self.cell_at(self.segments[number].locator)

    def cell_at(self, locator: Locator) -> Cell | None:
        """The cell that a locator of ours says."""
        if len(locator) != _CELL:
            return None
        table, row, column = (step.ordinal for step in locator)
        return Cell(
            self._tables[table], self._tables[table].columns[column - 1], self._keys[row - 1]
        )

    def _add(self, segment: Segment) -> None:
        if segment.text.strip():
            if len(self.segments) >= self.bounds.max_cells:
                most = self.bounds.max_cells
                raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {most} values")
            self.segments.append(segment)

    def _indexes(self) -> frozenset[str]:
        """The tables that full-text indexes keep for themselves: made anew of what they index.

        Raises `Unreadable` for an index of something that is not in the file.
        """
        skipped = set()
        for name, module, arguments in virtual_tables(self.base):
            if module in FULL_TEXT:
                if re.search(r"(?i)content\s*=\s*(?:''|\"\"|,|$)", arguments):
                    raise Unreadable(ReasonCode.NOT_COVERED, "an index of text that is not there")
                # What it holds is what the texts hold, or it is refused.
                self.base.execute(
                    f"INSERT INTO {quoted(name)}({quoted(name)}) VALUES('integrity-check')"
                )
                skipped |= {f"{name}_{part}" for part in FULL_TEXT[module]}
        return frozenset(skipped)

    def _statements(self) -> None:
        rows = self.base.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
        for number, (kind, name, sql) in enumerate(rows, 1):
            where = (Step("index" if kind == "index" else "table", number),)
            for bit in bits(sql or ""):
                shown_as = Kind.NAME if bit.is_name else Kind.CODE
                if bit.text.strip():
                    self._schema[len(self.segments)] = InSchema(kind, name, bit)
                    self._add(Segment(bit.text, where, shown_as))

    def _rows(self, number: int, table: Table) -> None:
        asked = ", ".join([*table.key_columns, *map(quoted, table.columns)])
        if not table.key:
            raise Unreadable(
                ReasonCode.NOT_COVERED, f"table {number}: its rows cannot be told apart"
            )
        above, width = Step("table", number), len(table.key)
        columns = [(Step("column", n), name) for n, name in enumerate(table.columns, 1)]
        for row in self.base.execute(f"SELECT {asked} FROM {quoted(table.name)}"):
            self._keys.append(row[:width])
            below, record = Step("row", len(self._keys)), (len(self._keys),)
            for (column, name), value in zip(columns, row[width:], strict=True):
                if value is None:
                    continue
                where = (above, below, column)
                if isinstance(value, str):
                    self._add(Segment(shown(value), where, Kind.CELL, name, record))
                elif isinstance(value, bytes):
                    self._blob(value, where, name, record)
                else:
                    text = number_text(value)
                    self._add(Segment(text, where, Kind.CELL, name, record, True))

    def _blob(self, value: bytes, where: Locator, name: str, record: tuple[int, ...]) -> None:
        if begins_a_file(value) or (len(value) >= _SHORTEST_TEXT and is_text(value)):
            if len(self.children) >= self.bounds.max_members:
                raise Unreadable(ReasonCode.LIMIT_MEMBERS, "files in blobs")
            self.children.append(Child(value, where, "", "", record))
        elif (segment := remnant(value, where, name)) is not None:
            self._add(Segment(segment.text, where, Kind.CELL, name, record))


def shown(text: str) -> str:
    """The text with bytes of no UTF-8 as characters, position by position."""
    if text.isascii():
        return text
    return "".join(chr(ord(c) - 0xDC00) if "\udc80" <= c <= "\udcff" else c for c in text)
