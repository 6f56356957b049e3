"""Where in a dump a SQL literal stands: statement, table, column, tuple."""

from __future__ import annotations

from dataclasses import dataclass, field

_NOT_COLUMNS = frozenset("primary key unique constraint foreign index check fulltext".split())


@dataclass(slots=True)
class Place:
    """Where the lexer is: statement, its table and columns, tuple, position in it."""

    verb: str = ""
    table: str = ""
    columns: list[str] = field(default_factory=list)
    depth: int = 0
    column: int = 0
    in_values: bool = False
    record: int = 0
    target: str = ""
    fresh: bool = True


def advance(place: Place, tables: dict[str, list[str]], text: str, kind: str) -> None:
    """Take in the next word, name or mark."""
    word = text.lower()
    if kind == "mark":
        _mark(place, tables, text)
    elif place.fresh and kind == "word":
        place.verb, place.fresh = word, False
        place.table, place.columns, place.target = "", [], ""
        place.record += 1
    elif kind == "word" and word == "values" and place.depth == 0:
        place.in_values = True
        if not place.columns:
            place.columns = tables.get(place.table, [])
    elif place.depth == 0 and word not in (
        "into",
        "table",
        "if",
        "not",
        "exists",
        "ignore",
        "set",
        "from",
        "update",
        "where",
    ):
        place.table = place.table or word.rpartition(".")[2]
        place.target = word
    elif place.depth == 1 and place.verb in ("insert", "replace") and not place.in_values:
        place.columns.append(text)
    elif place.depth == 1 and place.verb == "create" and place.column == 0:
        place.column = 1
        if word not in _NOT_COLUMNS:
            place.columns.append(text)
    elif place.depth == 0:
        place.target = word


def _mark(place: Place, tables: dict[str, list[str]], mark: str) -> None:
    if mark == "(":
        place.depth += 1
        if place.depth == 1:
            place.column = 0
            place.record += 1 if place.in_values else 0
    elif mark == ")":
        place.depth = max(0, place.depth - 1)
    elif mark == "," and place.depth == 1:
        place.column = place.column + 1 if place.in_values else 0
    elif mark == ";":
        if place.verb == "create" and place.table:
            tables[place.table] = place.columns
        place.fresh, place.in_values, place.depth, place.column = True, False, 0, 0


def label_of(place: Place) -> str:
    """The column that a literal there belongs to, as far as it is known."""
    if place.in_values:
        return place.columns[place.column] if place.column < len(place.columns) else ""
    return place.target if place.verb in ("update", "delete", "select") else ""
