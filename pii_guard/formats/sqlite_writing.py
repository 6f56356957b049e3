"""An SQLite file with values, texts and names replaced, rebuilt so that nothing else is left in it."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from contextlib import closing

from pii_guard.document import Changes, Edit
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.naming import replaced
from pii_guard.formats.sqlite_pages import scrubbed
from pii_guard.formats.sqlite_reading import MODES, Reading, opened, roots
from pii_guard.formats.sqlite_schema import (
    FULL_TEXT,
    Cell,
    InSchema,
    Table,
    Value,
    quoted,
    virtual_tables,
)

_MOST_INTEGER = (1 << 63) - 1
_Row = tuple[Table, tuple[Value, ...]]


def written(blob: bytes, reading: Reading, changes: Changes) -> bytes:
    """The file after `changes` to what `reading` found in `blob`. Raises `sqlite3.Error` too.

    Triggers are taken out while values change. Indexes of full text are made anew, samples of values
    (ANALYZE) are left out.
    """
    edits: dict[int, list[Edit]] = defaultdict(list)
    for edit in changes.edits:
        edits[edit.segment].append(edit)
    with closing(opened(blob)) as base:
        base.execute("PRAGMA writable_schema=ON")
        _restate(base, reading, edits)
        kept = base.execute("SELECT * FROM sqlite_schema WHERE type='trigger'").fetchall()
        base.execute("DELETE FROM sqlite_schema WHERE type='trigger'")
        made = base.serialize()
    with closing(opened(made)) as base:
        _update(base, reading, edits, changes)
        _rebuild(base)
        base.execute("PRAGMA writable_schema=ON")
        base.executemany("INSERT INTO sqlite_schema VALUES(?,?,?,?,?)", kept)
        made = base.serialize()
    with closing(opened(made)) as base:
        _rename(base, reading, edits)
        base.execute("VACUUM")
        out = bytearray(scrubbed(base.serialize(), roots(base)))
    out[MODES] = blob[MODES]
    return bytes(out)


def _restate(base: sqlite3.Connection, reading: Reading, edits: dict[int, list[Edit]]) -> None:
    """Comments and literals of statements replaced where they stand."""
    statements: dict[tuple[str, str], list[tuple[InSchema, list[Edit]]]] = defaultdict(list)
    for number, several in edits.items():
        place = reading.place_of(number)
        if isinstance(place, InSchema) and not place.bit.is_name:
            statements[place.kind, place.name].append((place, several))
    for (kind, name), found in statements.items():
        where = "FROM sqlite_schema WHERE type=? AND name=?"
        (sql,) = base.execute(f"SELECT sql {where}", (kind, name)).fetchone()
        for place, several in sorted(found, key=lambda one: -one[0].bit.start):
            text = replaced(place.bit.text, several)
            text = text.replace("'", "''") if place.bit.is_literal else re.sub(r"\*/|\n", " ", text)
            sql = sql[: place.bit.start] + text + sql[place.bit.end :]
        base.execute("UPDATE sqlite_schema SET sql=? WHERE type=? AND name=?", (sql, kind, name))


def _update(
    base: sqlite3.Connection, reading: Reading, edits: dict[int, list[Edit]], changes: Changes
) -> None:
    """All values of a row at once: its key may be among them."""
    rows: dict[_Row, dict[str, Value]] = defaultdict(dict)
    for number, several in edits.items():
        place = reading.place_of(number)
        if isinstance(place, Cell):
            value = _edited(_value(base, place), several)
            rows[place.table, place.key][place.column] = value
    for number, child in enumerate(reading.children):
        content, place = changes.children.get(number, b""), reading.cell_at(child.locator)
        if content != child.blob and place is not None:
            rows[place.table, place.key][place.column] = content
    for (table, key), values in rows.items():
        given = ", ".join(f"{quoted(column)}=?" for column in values)
        asked = f"UPDATE {quoted(table.name)} SET {given} WHERE {table.key_matches}"
        try:
            base.execute(asked, (*values.values(), *key))
        except sqlite3.IntegrityError:
            raise Unreadable(
                ReasonCode.NOT_COVERED, "values that must differ would become one"
            ) from None


def _value(base: sqlite3.Connection, place: Cell) -> Value:
    asked = f"SELECT {quoted(place.column)} FROM {quoted(place.table.name)} WHERE "
    found: tuple[Value] | None = base.execute(asked + place.table.key_matches, place.key).fetchone()
    if found is None:  # an index says another thing than the table
        raise Unreadable(ReasonCode.CORRUPT, "a row is not found by its key")
    return found[0]


def _edited(value: Value, edits: list[Edit]) -> Value:
    if isinstance(value, str):
        return replaced(value, edits)
    if isinstance(value, (int, float)):
        digits = edits[0].replacement
        return min(int(digits), _MOST_INTEGER) if isinstance(value, int) else float(digits)
    return b""  # of bytes that are no file only the text was read


def _rebuild(base: sqlite3.Connection) -> None:
    samples = "SELECT name FROM sqlite_schema WHERE name GLOB 'sqlite_stat[34]'"
    for (name,) in base.execute(samples).fetchall():
        base.execute(f"DELETE FROM {quoted(name)}")
    for name, module, _ in virtual_tables(base):
        if module in FULL_TEXT:
            base.execute(f"INSERT INTO {quoted(name)}({quoted(name)}) VALUES('rebuild')")


def _rename(base: sqlite3.Connection, reading: Reading, edits: dict[int, list[Edit]]) -> None:
    """Names of tables and columns replaced wherever they stand; others cannot be."""
    wanted: dict[str, str] = {}
    for number, several in edits.items():
        place = reading.place_of(number)
        if isinstance(place, InSchema) and place.bit.is_name:
            name = re.sub(r"\W+", "_", replaced(place.bit.text, several)).strip("_")
            wanted[place.bit.text] = name or "renamed"
    if not wanted:
        return
    done = set()
    base.execute("PRAGMA legacy_alter_table=OFF")
    names = base.execute("SELECT name FROM sqlite_schema WHERE type='table'").fetchall()
    for (name,) in names:
        for row in base.execute(f"PRAGMA table_xinfo({quoted(name)})").fetchall():
            if row[1] in wanted:
                change = f"RENAME COLUMN {quoted(row[1])} TO {quoted(wanted[row[1]])}"
                base.execute(f"ALTER TABLE {quoted(name)} {change}")
                done.add(row[1])
        if name in wanted:
            base.execute(f"ALTER TABLE {quoted(name)} RENAME TO {quoted(wanted[name])}")
            done.add(name)
    if wanted.keys() - done:
        raise Unreadable(ReasonCode.NOT_COVERED, "a name in the schema")
