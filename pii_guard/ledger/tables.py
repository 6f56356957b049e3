"""The tables, the same in SQLite and PostgreSQL.

Every complete node of the tree is kept under one number, its place when the tree is read from left to
right with each node between its two halves: leaf i is 2i, the node over leaves 0 and 1 is 1, the one
over 0 to 3 is 3. New nodes then nearly always go at the end, and one key finds each.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

from pii_guard.certificate.merkle import Node

VERSION = 1

metadata = MetaData()
# SQLite knows a row's own number only by the type INTEGER.
_number = BigInteger().with_variant(Integer, "sqlite")

head = Table(
    "pii_ledger_head",
    metadata,
    Column("id", SmallInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("version", SmallInteger, nullable=False),
    Column("checkpoint", Text, nullable=False),
)
node = Table(
    "pii_ledger_node",
    metadata,
    Column("number", _number, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
)
leaf = Table(
    "pii_ledger_leaf",
    metadata,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("position", _number, nullable=False),
    sqlite_with_rowid=False,
)
payload = Table(
    "pii_ledger_payload",
    metadata,
    Column("position", _number, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)


def number(place: Node) -> int:
    """The number of a node (level, index) when the tree is read from left to right."""
    level, index = place
    return ((2 * index + 1) << level) - 1


def place(numbered: int) -> Node:
    """The inverse of `number`."""
    level = (~numbered & (numbered + 1)).bit_length() - 1
    return level, numbered >> (level + 1)
