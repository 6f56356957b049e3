"""The schema of an SQLite file: tables, their columns, and the texts and names in the statements."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"--(?P<line>[^\n]*)|/\*(?P<block>.*?)(?:\*/|\Z)|'(?P<text>(?:[^']|'')*)'"
    r'|"(?P<quoted>(?:[^"]|"")*)"|`(?P<tick>(?:[^`]|``)*)`|\[(?P<bracket>[^\]]*+)(?:\]|\Z)'
    r"|(?P<word>[^\W\d]\w*)",
    re.S,
)
Value = None | int | float | str | bytes
FULL_TEXT = {
    "fts5": ("data", "idx", "docsize", "config"),
    **dict.fromkeys(("fts3", "fts4"), ("segments", "segdir", "docsize", "stat")),
}
"""Modules of full-text indexes, and the tables they keep for themselves beside the texts."""
_KEYWORDS = frozenset(
    "add always and as asc autoincrement begin between blob boolean by cascade case check collate "
    "column constraint create current_date current_time current_timestamp date datetime default "
    "deferrable delete desc distinct double else end exists false float foreign from generated group "
    "having if in index initially inner insert int integer into is join key left like limit new not "
    "null numeric of offset old on or order outer primary real references replace restrict rowid "
    "select set stored table temp text then timestamp trigger true union unique update using values "
    "varchar view virtual when where without".split()
)
_QUOTES = {"quoted": '"', "tick": "`"}
_VIRTUAL = re.compile(
    r"\s*+create\s++virtual\s++table.{0,300}?\busing\s++(\w++)\s*+(?:\((.*)\)\s*+)?;?\s*+",
    re.I | re.S,
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that has rows: its columns that are stored, and those that tell its rows apart.

    `key` is `("rowid",)`, under a name of it that no column has, or the columns of a primary key
    (WITHOUT ROWID). `columns` are by name.
    """

    name: str = field(repr=False)
    columns: tuple[str, ...] = field(repr=False)
    key: tuple[str, ...] = field(repr=False)
    has_rowid: bool = True

    @property
    def key_columns(self) -> list[str]:
        """The columns of the key as SQL writes them."""
        return list(self.key) if self.has_rowid else [quoted(name) for name in self.key]

    @property
    def key_matches(self) -> str:
        """The condition that picks a row by its key."""
        return " AND ".join(f"{name}=?" for name in self.key_columns)


@dataclass(frozen=True, slots=True)
class Bit:
    """A part of a statement: a comment or text literal (`is_name` false), or a name in it."""

    text: str = field(repr=False)
    start: int
    end: int
    is_name: bool
    is_literal: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a value stands: column and row of a table."""

    table: Table
    column: str = field(repr=False)
    key: tuple[Value, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class InSchema:
    """Where a bit stands: in the statement of the object of that type and name."""

    kind: str
    name: str = field(repr=False)
    bit: Bit


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def tables(base: sqlite3.Connection) -> list[Table]:
    """The tables with a b-tree of their own, in the order of the schema."""
    found = []
    rows = base.execute(
        "SELECT name FROM sqlite_schema WHERE type='table' AND rootpage>0"
    ).fetchall()
    for (name,) in rows:
        info = base.execute(f"PRAGMA table_xinfo({quoted(name)})").fetchall()
        columns = tuple(row[1] for row in info if row[6] in (0, 1))
        taken = {row[1].lower() for row in info}
        free = next((one for one in ("rowid", "_rowid_", "oid") if one not in taken), None)
        key: tuple[str, ...]
        has_rowid = _has_rowid(base, name, free)
        if has_rowid:
            key = (free,) if free else ()
        else:
            key = tuple(row[1] for row in sorted(info, key=lambda row: row[5]) if row[5])
        found.append(Table(name, columns, key, has_rowid))
    return found


def _has_rowid(base: sqlite3.Connection, name: str, word: str | None) -> bool:
    try:
        base.execute(f"SELECT {word or 'rowid'} FROM {quoted(name)} LIMIT 0")
    except sqlite3.OperationalError:
        return False
    return True


def bits(statement: str) -> Iterator[Bit]:
    """Comments, text literals and names of a CREATE statement, in order, each name once."""
    seen = set[str]()
    for match in _TOKEN.finditer(statement):
        kind = match.lastgroup or ""
        start, end = match.span(kind)
        raw = match[kind]
        if kind in ("line", "block", "text"):
            text = raw.replace("''", "'") if kind == "text" else raw
            yield Bit(text, start, end, False, kind == "text")
        elif kind != "word" or raw.lower() not in _KEYWORDS:
            quote = _QUOTES.get(kind, "")
            name = raw.replace(quote * 2, quote) if quote else raw
            if name not in seen:
                yield Bit(name, start, end, True)
            seen.add(name)


def virtual_tables(base: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Virtual tables: name, module (lower case), arguments."""
    found = []
    for name, sql in base.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type='table' AND rootpage=0"
    ):
        match = _VIRTUAL.fullmatch(sql or "")
        found.append((name, (match[1] if match else "").lower(), (match[2] if match else "") or ""))
    return found
