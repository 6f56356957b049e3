"""CSV and TSV (RFC 4180 and its dialects) by splicing: quoting, line ends and ragged rows stay.

The second reader is the standard library's `csv` with the same delimiter.
"""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from pii_guard.document import Document, Kind, Locator, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.cutting import Cutting
from pii_guard.formats.decoding import decode
from pii_guard.formats.spliced import Piece, SplicedFormat

_DATA = re.compile(r"[\d.,:/+-]*\d[\d.,:/+-]*|.*@.*|(?:true|false|null|none|n/a)", re.I)
_SAMPLE = 65_536
_LEADING = 30
"""Lines that tell the delimiter."""
_NEEDS_QUOTES = re.compile(r"[\"\r\n]")


class Cell(NamedTuple):
    """A cell in the source: its inner range, whether it is quoted, and the row it is in."""

    start: int
    end: int
    quoted: bool
    row: int
    column: int


def delimiter_of(text: str, preferred: str = ",") -> str:
    """The delimiter that cuts the first lines into the most even rows, its quotes in their places."""
    lines = [line for line in text[:_SAMPLE].splitlines()[:_LEADING] if line.strip()]
    best, score, rows = preferred, 0.0, 0
    for candidate in (preferred, *",;\t|"):
        widths = _widths(lines, candidate)
        if widths and widths[0] > 1 and len(widths) >= rows:
            # Fewer rows than with the usual delimiter: its quotes were taken for text.
            rows = rows or len(widths)
            even = sum(width == widths[0] for width in widths) / len(widths)
            if even > score:
                best, score = candidate, even
    return best


def _widths(lines: Sequence[str], delimiter: str) -> list[int]:
    """Cells per row; nothing where a closing quote is followed by text before the last row."""
    left = iter(lines)
    widths: list[int] = []
    try:
        widths.extend(len(row) for row in csv.reader(left, delimiter=delimiter, strict=True))
    except csv.Error:
        # The last row may be cut off inside a quoted cell by the sample's end.
        return widths if next(left, None) is None else []
    return widths


def cells(text: str, delimiter: str) -> Iterator[Cell]:
    """The cells in order. Raises `Unreadable` for a quote that is never closed."""
    plain = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    closing = re.compile(r"(?:[^\"]++|\"\")*+")
    position, row, column = 0, 1, 1
    while position < len(text):
        if text[position] == '"':
            inner = closing.match(text, position + 1)
            assert inner is not None
            if inner.end() >= len(text):
                raise Unreadable(ReasonCode.CORRUPT, f"row {row}: a quote is never closed")
            yield Cell(inner.start(), inner.end(), True, row, column)
            position = inner.end() + 1
            # Characters after a closing quote belong to the cell: read them as a cell of their own.
            rest = plain.match(text, position)
            assert rest is not None
            if rest.end() > position:
                yield Cell(position, rest.end(), False, row, column)
                position = rest.end()
        else:
            value = plain.match(text, position)
            assert value is not None
            yield Cell(value.start(), value.end(), False, row, column)
            position = value.end()
        if position < len(text) and text[position] == delimiter:
            position += 1
            column += 1
            if position == len(text) or text[position] in "\r\n":
                yield Cell(position, position, False, row, column)
        if position < len(text) and text[position] in "\r\n":
            position += 2 if text.startswith("\r\n", position) else 1
            row, column = row + 1, 1


def has_header(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether the first row names columns: distinct words, none of them data."""
    named = [cell.strip() for cell in first]
    if not any(named) or len(set(named)) < len(named) or any(map(_DATA.fullmatch, named)):
        return False
    if any(len(cell) > 60 or len(cell.split()) > 5 for cell in named):
        return False
    if not second:
        return True
    keyish = sum(
        bool(re.fullmatch(r"[a-z][\w ./-]*|[A-Z]+|[A-Z][a-z]*(?:[A-Z ][a-z]*)*", c)) for c in named
    )
    differs = any(map(_DATA.fullmatch, (cell.strip() for cell in second)))
    return keyish == len(named) and (differs or all(c == c.lower() for c in named))


def _lexer(preferred: str):  # type: ignore[no-untyped-def]
    def lex(text: str, bounds: Bounds) -> Iterator[Piece]:  # noqa: ARG001
        delimiter = delimiter_of(text, preferred)
        heads, spell = _heads(text, delimiter), _speller(delimiter)
        steps: dict[int, Step] = {}
        row, record = Step("row", 0), (0,)
        for cell in cells(text, delimiter):
            if cell.row != row.ordinal:
                # Cells of one row share what says so, cells of one column, too.
                row, record = Step("row", cell.row), (cell.row,)
            column = steps.get(cell.column) or steps.setdefault(
                cell.column, Step("column", cell.column)
            )
            yield _piece(text, cell, heads, spell, (row, column), record)

    return lex


def _heads(text: str, delimiter: str) -> list[str]:
    rows: list[list[str]] = [[], []]
    for cell in cells(text, delimiter):
        if cell.row > 2:
            break
        rows[cell.row - 1].append(text[cell.start : cell.end])
    return rows[0] if has_header(*rows) else []


def _piece(
    text: str,
    cell: Cell,
    heads: Sequence[str],
    spell: Callable[[str], str],
    where: Locator,
    record: tuple[int, ...],
) -> Piece:
    raw = text[cell.start : cell.end]
    value, offsets = (
        (raw, None) if '""' not in raw or not cell.quoted else _undoubled(raw, cell.start)
    )
    header = bool(heads) and cell.row == 1
    label = heads[cell.column - 1] if heads and not header and cell.column <= len(heads) else ""
    return Piece(
        value,
        cell.start,
        cell.end,
        offsets,
        _spell_quoted if cell.quoted else spell,
        Kind.NAME if header else Kind.CELL,
        label,
        record,
        locator=where,
    )


def _undoubled(raw: str, start: int) -> tuple[str, array[int]]:
    value, offsets, position = [], array("q"), 0
    while position < len(raw):
        value.append(raw[position])
        offsets.append(start + position)
        position += 2 if raw.startswith('""', position) else 1
    offsets.append(start + len(raw))
    return "".join(value), offsets


def _spell_quoted(text: str) -> str:
    return text.replace('"', '""')


def _speller(delimiter: str):  # type: ignore[no-untyped-def]
    def spell(text: str) -> str:
        # An unquoted cell cannot become a quoted one in its middle: what would cut it goes.
        return _NEEDS_QUOTES.sub(" ", text).replace(delimiter, " ")

    return spell


def _second(preferred: str):  # type: ignore[no-untyped-def]
    def reread(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
        text = decode(blob).text
        delimiter = delimiter_of(text, preferred)
        # Only ever raised: the limit is the process's, and another thread may be reading.
        csv.field_size_limit(max(len(text) + 1, csv.field_size_limit()))
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        except csv.Error:
            raise Unreadable(ReasonCode.CORRUPT, "the CSV parser refuses it") from None
        rows = [row for row in rows if row]
        heads = rows[0] if len(rows) > 1 and has_header(rows[0], rows[1]) else []
        columns = [Step("column", c) for c in range(1, max(map(len, rows), default=0) + 1)]
        segments: list[Segment] = []
        for number, row in enumerate(rows, 1):
            step, record = Step("row", number), (number,)
            header = bool(heads) and number == 1
            kind = Kind.NAME if header else Kind.CELL
            for index, cell in enumerate(row):
                label = heads[index] if not header and index < len(heads) else ""
                segments.append(Segment(cell, (step, columns[index]), kind, label, record))
        return Document(tuple(segments))

    return reread


def _cutting(preferred: str) -> Cutting:
    """Sections of whole rows, each read with the file's first rows: they tell the delimiter and the
    names of the columns.
    """

    def lead(head: bytes) -> int:
        ends = list(
            islice(_row_ends(head, delimiter_of(decode(head).text, preferred)), _LEADING + 1)
        )
        return ends[-1] if ends else 0

    def end(lead: bytes, blob: bytes) -> int:
        delimiter = delimiter_of(decode(lead or blob).text, preferred)
        return deque(_row_ends(blob, delimiter), maxlen=1).pop() if blob else 0

    return Cutting(end, lead)


def _row_ends(blob: bytes, delimiter: str) -> Iterator[int]:
    """Where whole rows end, the first beginning with the bytes. 0 is one."""
    sign = re.escape(delimiter.encode())
    cell = rb'(?:"(?:[^"]++|"")*+"[^%b\r\n]*+|[^"%b\r\n][^%b\r\n]*+)?+' % (sign, sign, sign)
    row = re.compile(rb"%b(?:%b%b)*+(?:\r\n|\n|\r(?=.))" % (cell, sign, cell), re.DOTALL)
    match = row.match(blob)
    yield 0
    while match is not None:
        yield match.end()
        match = row.match(blob, match.end())


FORMATS = tuple(
    SplicedFormat(
        frozenset({media_type}),
        _lexer(preferred),
        _second(preferred),
        cutting=_cutting(preferred),
    )
    for media_type, preferred in (("text/csv", ","), ("text/tab-separated-values", "\t"))
)
