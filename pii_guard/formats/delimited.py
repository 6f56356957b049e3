"""CSV and TSV (RFC 4180 and its dialects) by splicing: quoting, line ends and ragged rows stay.

The second reader is the standard library's `csv` with the same delimiter.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, islice, repeat
from typing import NamedTuple

from pii_guard.document import Document, Kind, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.cutting import Cutting
from pii_guard.formats.decoding import decode
from pii_guard.formats.pieces import MANY, Batch, Shifted, unescaped
from pii_guard.formats.spliced import SplicedFormat
from pii_guard.segment_table import Collector, Sort

_DATA = re.compile(r"[.,:/+-]*+\d[\d.,:/+-]*+|[^@\n]*+@.*+|(?:true|false|null|none|n/a)", re.I)
_KEYISH = re.compile(
    r"[a-z][\w ./-]*|[A-Z]+|[A-Z][a-z]*(?:[A-Z ][a-z]*)*"
    # `Address1`, `E-Mail`, `Straße_HNr`, `Phone (home)`, `Pol #`
    r"|(?:[Ee]-)?[A-Za-zÀ-ÿ]+(?:[ _/][A-Za-zÀ-ÿ]+){0,4}[ _-]?\d{0,2}(?: ?\([^()\d]{1,20}\))?(?: ?[#№])?"
)
_ABBREVIATED = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ .'’/()°º#&_-]{0,40}")
"""`Geb.-Dat.`, `Né(e) le`, `N° Séc. Soc.`, `DNI/NIE`: names of columns, where three cells below are numbers or dates."""
_STANDS_FOR = re.compile(r"<[A-Z_]{2,40}_\d{1,9}>")
_SAMPLE = 65_536
_LEADING = 30
"""Lines that tell the delimiter."""
_PLAIN = re.compile(r"[^\r\n\"]*+")
_CLOSING = re.compile(r"(?:[^\"]++|\"\")*+")
_LINE = re.compile(r"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]++")
_DOUBLED = re.compile(r"\"\"")
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
    position, row = 0, 1
    while position < len(text):
        found, position = _row(text, position, delimiter, row)
        yield from found
        row += 1


def _row(text: str, position: int, delimiter: str, row: int) -> tuple[list[Cell], int]:
    """The cells of the row that begins there, and where the next one does."""
    plain, found, column = _plain(delimiter), list[Cell](), 1
    while position < len(text):
        if text[position] == '"':
            inner = _CLOSING.match(text, position + 1)
            assert inner is not None
            if inner.end() >= len(text):
                raise Unreadable(ReasonCode.CORRUPT, f"row {row}: a quote is never closed")
            found.append(Cell(inner.start(), inner.end(), True, row, column))
            position = inner.end() + 1
            # Characters after a closing quote belong to the cell: read them as a cell of their own.
            rest = plain.match(text, position)
            assert rest is not None
            if rest.end() > position:
                found.append(Cell(position, rest.end(), False, row, column))
                position = rest.end()
        else:
            value = plain.match(text, position)
            assert value is not None
            found.append(Cell(value.start(), value.end(), False, row, column))
            position = value.end()
        if position < len(text) and text[position] == delimiter:
            position += 1
            column += 1
            if position == len(text) or text[position] in "\r\n":
                found.append(Cell(position, position, False, row, column))
        if position < len(text) and text[position] in "\r\n":
            return found, position + (2 if text.startswith("\r\n", position) else 1)
    return found, position


@cache
def _plain(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf"[^{re.escape(delimiter)}\r\n]*")


def may_head(first: Sequence[str]) -> bool:
    """Whether the first row may name columns: distinct words, none of them data.

    What it may name labels the cells below it; it is read like any other row unless it `has_header`.
    """
    named = [cell.strip() for cell in first]
    if not any(named) or len(set(named)) < len(named) or any(map(_DATA.fullmatch, named)):
        return False
    return not any(len(cell) > 60 or len(cell.split()) > 5 for cell in named)


def has_header(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether the first row names columns beyond doubt."""
    if not may_head(first):
        return False
    if not second:
        return True
    named = [cell.strip() for cell in first]
    keyish = sum(_KEYISH.fullmatch(cell) is not None for cell in named)
    if keyish == len(named):
        return any(map(_DATA.fullmatch, (cell.strip() for cell in second))) or all(
            cell == cell.lower() for cell in named
        )
    return sum(map(_is_numeric, second)) > 2 and all(map(_ABBREVIATED.fullmatch, named))


def _is_numeric(cell: str) -> bool:
    """Whether a cell is a number or a date, or what stands for one in a copy of ours."""
    if _STANDS_FOR.fullmatch(cell):
        return True
    return any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell))


def _lexer(preferred: str):  # type: ignore[no-untyped-def]
    def lex(text: str, bounds: Bounds) -> Iterator[Batch]:  # noqa: ARG001
        delimiter = delimiter_of(text, preferred)
        columns = _Columns(*_first_rows(text, delimiter))
        spell, row, position = _speller(delimiter), 0, 0
        batch = Batch(spell)
        while position < len(text):
            row, start = row + 1, position
            match = _PLAIN.match(text, position)
            assert match is not None
            end = match.end()
            if text.startswith('"', end):
                position = _row_with_quotes(text, position, delimiter, row, columns, batch)
            else:
                # No quotes, no nested anything: a row is cut at its delimiters.
                values = text[position:end].split(delimiter)
                batch.texts += values
                batch.sorts += columns.sorts(row, len(values))
                for value in values:
                    batch.starts.append(start)
                    start += len(value) + 1
                position = end + (2 if text.startswith("\r\n", end) else 1)
            added = len(batch) - len(batch.ordinals)
            batch.ordinals.extend(repeat(row, added))
            batch.records += [(row,)] * added
            if len(batch) >= MANY:
                yield batch
                batch = Batch(spell)
        yield batch

    return lex


class _Columns:
    """The sort of each column's cells, and of each name above them."""

    def __init__(self, first: Sequence[str], second: Sequence[str]) -> None:
        self._heads = first if second and may_head(first) else ()
        self._named = bool(second) and has_header(first, second)
        self._names: list[Sort] = []
        self._cells: list[Sort] = []

    def sorts(self, row: int, width: int) -> list[Sort]:
        """Those of the first cells of a row."""
        known = self._names if self._heads and row == 1 else self._cells
        for column in range(len(known), width):
            after = (Step("column", column + 1),)
            if known is self._names:
                kind = Kind.NAME if self._named else Kind.CELL
                known.append(Sort(kind, "", False, "row", after))
            else:
                label = self._heads[column] if column < len(self._heads) else ""
                known.append(Sort(Kind.CELL, label, False, "row", after))
        return known[:width] if width < len(known) else known


def _row_with_quotes(
    text: str, start: int, delimiter: str, row: int, columns: _Columns, batch: Batch
) -> int:
    """Put its cells into the batch; returns where the next row begins."""
    found, after = _row(text, start, delimiter, row)
    sorts = columns.sorts(row, found[-1].column)
    for cell in found:
        value: str = text[cell.start : cell.end]
        offsets: Shifted | None = None
        if cell.quoted:
            if '""' in value:
                value, offsets = unescaped(text, cell.start, cell.end, _DOUBLED, _one_quote)
            batch.odd[len(batch)] = offsets, _spell_quoted
        batch.texts.append(value)
        batch.starts.append(cell.start)
        batch.sorts.append(sorts[cell.column - 1])
    return after


def _first_rows(text: str, delimiter: str) -> tuple[list[str], list[str]]:
    rows: tuple[list[str], list[str]] = [], []
    for cell in cells(text, delimiter):
        if cell.row > 2:
            break
        rows[cell.row - 1].append(text[cell.start : cell.end])
    return rows


def _one_quote(_: re.Match[str]) -> str:
    return '"'


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
        segments = Collector()
        rows = filter(None, csv.reader((m[0] for m in _LINE.finditer(text)), delimiter=delimiter))
        try:
            first = list(islice(rows, 2))
            columns = _Columns(*first, *[[]] * (2 - len(first)))
            texts, sorts, records = list[str](), list[Sort](), list[tuple[int, ...]]()
            for row, values in enumerate(chain(first, rows), 1):
                texts += values
                sorts += columns.sorts(row, len(values))
                records += [(row,)] * len(values)
                if len(texts) >= MANY:
                    segments.extend(texts, sorts, (one for (one,) in records), records)
                    texts, sorts, records = [], [], []
        except csv.Error:
            raise Unreadable(ReasonCode.CORRUPT, "the CSV parser refuses it") from None
        segments.extend(texts, sorts, (one for (one,) in records), records)
        return Document(segments.table())

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
