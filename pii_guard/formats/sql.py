"""SQL dumps by splicing: MySQL, PostgreSQL (COPY too), SQLite, SQL Server.

Values are the literals; the column list of their INSERT, or of the CREATE TABLE before it, labels
them. A lexer of our own: dumps mix dialects, and no parser keeps positions over all of them. The
second reader (`sql_reread`) settles by itself what is quoted.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence

from pii_guard.document import Kind, Step
from pii_guard.formats.base import Bounds
from pii_guard.formats.line_numbers import LineNumbers
from pii_guard.formats.pieces import MANY, Batch, Odd, Shifted, unescaped, verbatim
from pii_guard.formats.spliced import SplicedFormat
from pii_guard.formats.sql_places import Place, advance, label_of
from pii_guard.formats.sql_reread import reread_sql
from pii_guard.segment_table import Sort

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
_ESCAPE = {quote: re.compile(rf"\\.{quote and '|' + quote * 2}", re.S) for quote in ("", "'", '"')}
"""What stands for one character between quotes, or in a COPY."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}
_ITEM = re.compile(
    r"\s*+(?:'([^'\\]*+(?:(?:''|\\.)[^'\\]*+)*+)'|(?<![\w.])(-?\d+(?:\.\d+)?)|[^\W\d]\w*+)"
    r"\s*+(?:(,)|(\)\s*+,\s*+\()|\))",
    re.S,
)
"""A string, number or word of a row of VALUES and what stands behind it; at times the next row begins."""
_COMMENT = Sort(Kind.PROSE, axis="line")


def lex(text: str, bounds: Bounds) -> Iterator[Batch]:  # noqa: ARG001
    """The literals and comments in order."""
    place, tables, found = Place(), dict[str, list[str]](), _Found(text)
    position = 0
    copies = deque(_COPY.finditer(text))
    while True:
        if len(found) >= MANY:
            yield found.batch()
        if place.in_values and place.depth == 1 and place.verb in ("insert", "replace"):
            position = _row_values(text, position, place, copies, found)
        match = _TOKEN.search(text, position)
        if match is None:
            break
        while copies and copies[0].end() < position:
            copies.popleft()
        if copies and copies[0].end() <= match.start():
            yield found.batch()
            position, rows = _copy_rows(text, copies.popleft(), place)
            yield from rows
            place.fresh = True
            continue
        position = match.end()
        kind = match.lastgroup if match.lastgroup != "prefix" else "string"
        if kind in ("word", "mark", "double", "tick", "bracket"):
            advance(place, tables, match[kind or ""], kind or "")
            if kind != "double" or not place.in_values:
                continue
        if kind == "comment":
            start, end = _inside(text, *match.span("comment"))
            if start < end:
                found.add(text[start:end], start, _COMMENT, (), (None, verbatim))
        elif kind == "number":
            label = label_of(place)
            if place.in_values or label:
                sort = found.sort(label, number=True)
                found.add(match["number"], match.start("number"), sort, (place.record,))
        else:
            group = "body" if match["dollar"] else ("double" if kind == "double" else "string")
            quote = {"body": "", "double": '"', "string": "'"}[group]
            start, end = match.span(group)
            value: str = text[start:end]
            offsets: Shifted | None = None
            if quote and ("\\" in value or quote * 2 in value):
                value, offsets = unescaped(text, start, end, _ESCAPE[quote], _meant)
            sort = found.sort(label_of(place))
            found.add(value, start, sort, (place.record,), (offsets, _SPELL[quote]))
    yield found.batch()


class _Found:
    """The literals so far, a batch of them at a time."""

    def __init__(self, text: str) -> None:
        self._batch = Batch(_spell_single)
        self._lines = LineNumbers(text)
        self._texts: dict[str, Sort] = {}
        self._numbers: dict[str, Sort] = {}

    def __len__(self) -> int:
        return len(self._batch)

    def sort(self, label: str, *, number: bool = False) -> Sort:
        """The one sort of literals with a label."""
        known = self._numbers if number else self._texts
        sort = known.get(label)
        if sort is None:
            sort = known[label] = Sort(Kind.FIELD, label, number, "line")
        return sort

    def add(
        self, text: str, start: int, sort: Sort, record: tuple[int, ...], odd: Odd | None = None
    ) -> None:
        """Put in one. `odd`: as in a batch, where it is."""
        batch = self._batch
        if odd is not None:
            batch.odd[len(batch)] = odd
        batch.texts.append(text)
        batch.starts.append(start)
        batch.sorts.append(sort)
        batch.records.append(record)

    def batch(self) -> Batch:
        """What was put in since the last time."""
        batch, self._batch = self._batch, Batch(_spell_single)
        batch.ordinals = self._lines.of(batch.starts)
        return batch


def _row_values(
    text: str, position: int, place: Place, copies: Sequence[re.Match[str]], found: _Found
) -> int:
    """Put in the plain literals of rows of VALUES from there on; returns where something else stands."""
    add, columns, column, record = found.add, place.columns, place.column, (place.record,)
    texts, numbers = (
        [found.sort(name, number=n) for name in (*columns, "")] for n in (False, True)
    )
    last = len(columns)
    while (match := _ITEM.match(text, position)) is not None and place.depth and len(found) < MANY:
        if copies and copies[0].end() <= match.end():
            break
        position = match.end()
        string, number, comma, row = match.groups()
        if string is not None:
            start, odd = match.start(1), None
            if "\\" in string or "''" in string:
                string, offsets = unescaped(text, start, match.end(1), _ESCAPE["'"], _meant)
                odd = offsets, _spell_single
            add(string, start, texts[min(column, last)], record, odd)
        elif number is not None:
            add(number, match.start(2), numbers[min(column, last)], record)
        if comma is not None:
            column += 1
        elif row is not None:
            column, place.record = 0, place.record + 1
            record = (place.record,)
        else:
            place.depth = 0
    place.column = column
    return position


def _inside(text: str, start: int, end: int) -> tuple[int, int]:
    """A comment without its marks."""
    while start < end and text[start] in "-#/*! \t":
        start += 1
    while end > start and text[end - 1] in "*/ \t\r":
        end -= 1
    return start, end


def _meant(match: re.Match[str]) -> str:
    sign = match[0][1]
    return _ESCAPES.get(sign, sign) if match[0][0] == "\\" else sign


def _spell_single(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "''")


def _spell_double(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '""')


_SPELL = {"": verbatim, "'": _spell_single, '"': _spell_double}


def _copy_rows(text: str, match: re.Match[str], place: Place) -> tuple[int, list[Batch]]:
    """Where the rows of a COPY end, and what is in them."""
    columns = [name.strip().strip('"') for name in match[2].split(",")]
    sorts: list[Sort] = []
    batches = [Batch(_spell_copy)]
    position = after = match.end()
    while position < len(text) and not text.startswith("\\.", position):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        place.record += 1
        at, batch = position, batches[-1]
        for number, cell in enumerate(text[position:end].rstrip("\r").split("\t")):
            if number == len(sorts):
                label = columns[number] if number < len(columns) else ""
                where = (Step("column", number + 1),)
                sorts.append(Sort(Kind.FIELD, label, False, "copy row", where))
            if cell != "\\N":
                value = cell
                if "\\" in cell:
                    value, offsets = unescaped(text, at, at + len(cell), _ESCAPE[""], _meant)
                    batch.odd[len(batch)] = offsets, _spell_copy
                batch.texts.append(value)
                batch.starts.append(at)
                batch.sorts.append(sorts[number])
                batch.ordinals.append(place.record)
                batch.records.append((place.record,))
                after = at + len(cell)
            at += len(cell) + 1
        if len(batch) >= MANY:
            batches.append(Batch(_spell_copy))
        position = end + 1
    return after, batches


def _spell_copy(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


FORMAT = SplicedFormat(frozenset({"application/sql"}), lex, reread_sql)
