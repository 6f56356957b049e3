"""SQL dumps by splicing: MySQL, PostgreSQL (COPY too), SQLite, SQL Server.

Values are the literals; the column list of their INSERT, or of the CREATE TABLE before it, labels
them. A lexer of our own: dumps mix dialects, and no parser keeps positions over all of them. The
second reader is sqlite3's own notion of a literal, applied statement-free: a separate scan that
unescapes every quoted run, beside the whole text as prose.
"""

from __future__ import annotations

import re
from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from pii_guard.document import Document, Kind, Segment, Step
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.formats.pieces import Piece, verbatim
from pii_guard.formats.spliced import SplicedFormat

_TOKEN = re.compile(
    r"(?P<comment>--[^\n]*|\#[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<dollar>\$(?P<tag>[A-Za-z_]\w{0,62}|)\$(?P<body>.*?)(?:\$(?P=tag)\$|\Z))"
    r"|(?P<prefix>(?<![\w'])[NEneXxBb])?'(?P<string>(?:[^'\\]++|''|\\.)*+)(?:'|\Z|\\\Z)"
    r"|\"(?P<double>(?:[^\"\\]++|\"\"|\\.)*+)(?:\"|\Z|\\\Z)"
    r"|`(?P<tick>[^`]*+)`|\[(?P<bracket>\w[^\[\]\n]{0,127})\]"
    r"|(?P<number>(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]))"
    r"|(?P<word>[^\W\d]\w*)|(?P<mark>[(),;=])",
    re.S,
)
_COPY = re.compile(r"(?im)^copy\s+(\S+)\s*\(([^();]*)\)\s+from\s+stdin\b[^\n]*\n")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}
_NOT_COLUMNS = frozenset("primary key unique constraint foreign index check fulltext".split())


@dataclass(slots=True)
class _Place:
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


def lex(text: str, bounds: Bounds) -> Iterator[Piece]:  # noqa: ARG001
    """The literals and comments in order."""
    place, tables = _Place(), dict[str, list[str]]()
    position = line = counted = 0
    copies = deque(_COPY.finditer(text))
    while (match := _TOKEN.search(text, position)) is not None:
        while copies and copies[0].end() < position:
            copies.popleft()
        if copies and copies[0].end() <= match.start():
            copy = copies.popleft()
            position = copy.end()
            for piece in _copy_rows(text, copy, place):
                position = piece.end
                yield piece
            place.fresh = True
            continue
        position = match.end()
        kind = match.lastgroup if match.lastgroup != "prefix" else "string"
        line += text.count("\n", counted, match.start())
        counted = match.start()
        if kind in ("word", "mark", "double", "tick", "bracket"):
            _advance(place, tables, match, kind or "")
            if kind != "double" or not place.in_values:
                continue
        where = (Step("line", line + 1),)
        if kind == "comment":
            start, end = _inside(text, *match.span("comment"))
            if start < end:
                yield Piece(text[start:end], start, end, None, verbatim, Kind.PROSE, locator=where)
        elif kind == "number":
            label = _label(place)
            if place.in_values or label:
                yield Piece(
                    match["number"],
                    *match.span("number"),
                    label=label,
                    record=(place.record,),
                    number=True,
                    locator=where,
                )
        else:
            group = "body" if match["dollar"] else ("double" if kind == "double" else "string")
            span, quote = match.span(group), {"body": "", "double": '"', "string": "'"}[group]
            yield _literal(text, *span, quote, _label(place), place.record, where)


def _inside(text: str, start: int, end: int) -> tuple[int, int]:
    """A comment without its marks."""
    while start < end and text[start] in "-#/*! \t":
        start += 1
    while end > start and text[end - 1] in "*/ \t\r":
        end -= 1
    return start, end


def _advance(place: _Place, tables: dict[str, list[str]], match: re.Match[str], kind: str) -> None:
    text = match[kind]
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


def _mark(place: _Place, tables: dict[str, list[str]], mark: str) -> None:
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


def _label(place: _Place) -> str:
    if place.in_values:
        return place.columns[place.column] if place.column < len(place.columns) else ""
    return place.target if place.verb in ("update", "delete", "select") else ""


def _literal(
    text: str, start: int, end: int, quote: str, label: str, record: int, where: tuple[Step, ...]
) -> Piece:
    raw = text[start:end]
    if not quote or ("\\" not in raw and quote * 2 not in raw):
        value, offsets = raw, None
    else:
        value, offsets = _unescaped(raw, start, quote * 2)
    return Piece(
        value,
        start,
        end,
        offsets,
        _SPELL[quote],
        Kind.FIELD,
        label,
        (record,),
        locator=where,
    )


def _unescaped(raw: str, start: int, doubled: str) -> tuple[str, array[int]]:
    value: list[str] = []
    offsets, position = array("q"), 0
    while position < len(raw):
        offsets.append(start + position)
        pair = raw[position : position + 2]
        if pair[0] == "\\" and len(pair) == 2:
            value.append(_ESCAPES.get(pair[1], pair[1]))
            position += 2
        else:
            value.append(pair[0])
            position += 2 if pair == doubled else 1
    offsets.append(start + len(raw))
    return "".join(value), offsets


def _spell_single(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "''")


def _spell_double(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '""')


_SPELL = {"": verbatim, "'": _spell_single, '"': _spell_double}


def _copy_rows(text: str, match: re.Match[str], place: _Place) -> Iterator[Piece]:
    columns = [name.strip().strip('"') for name in match[2].split(",")]
    position = match.end()
    while position < len(text) and not text.startswith("\\.", position):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        place.record += 1
        at = position
        for number, cell in enumerate(text[position:end].rstrip("\r").split("\t")):
            if cell != "\\N":
                label = columns[number] if number < len(columns) else ""
                where = (Step("copy row", place.record), Step("column", number + 1))
                value, offsets = _unescaped(cell, at, "") if "\\" in cell else (cell, None)
                yield Piece(
                    value,
                    at,
                    at + len(cell),
                    offsets,
                    _spell_copy,
                    Kind.FIELD,
                    label,
                    (place.record,),
                    locator=where,
                )
            at += len(cell) + 1
        position = end + 1


def _spell_copy(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


_QUOTED = re.compile(r"'((?:[^']++|'')*+)'|\"((?:[^\"]++|\"\")*+)\"")


def reread(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """The dump as running text, and every quoted run in it unescaped the way SQLite does."""
    text = decode(blob).text
    values = [
        (m[1] or m[2] or "").replace("''", "'").replace("\\'", "'") for m in _QUOTED.finditer(text)
    ]
    fields = tuple(
        Segment(v, (Step("literal", n),), Kind.FIELD) for n, v in enumerate(values, 1) if v
    )
    return Document((Segment(text, (), Kind.CODE), *fields))


FORMAT = SplicedFormat(frozenset({"application/sql"}), lex, reread)
