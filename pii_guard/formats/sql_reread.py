"""SQL dumps read again: each literal under its column, comments, and the statements without them.

What is quoted is settled for the file as a whole: where a backslash hides a quote (MySQL), or stands
for itself (the standard, SQLite). The lexer of `sql` takes it for an escape everywhere.
"""

from __future__ import annotations

import re

from pii_guard.document import Document, Kind
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.formats.sql_places import Place, advance, label_of
from pii_guard.segment_table import Collector

_HIDDEN = re.compile(r"(?<!\\)\\'[ ]?\w")
"""A quote behind a backslash and more of the text behind it."""
_BODIES = {
    True: (r"(?:[^'\\]++|''|\\.)*+", r"(?:[^\"\\]++|\"\"|\\.)*+"),
    False: (r"(?:[^']++|'')*+", r"(?:[^\"]++|\"\")*+"),
}
_TOKENS = {
    hides: re.compile(
        rf"'(?P<single>{single})(?:'|\Z|\\\Z)|\"(?P<double>{double})(?:\"|\Z|\\\Z)"
        r"|`(?P<tick>[^`]*+)`?|\$(?P<tag>(?:[A-Za-z_]\w{0,62})?)\$(?P<dollar>.*?)(?:\$(?P=tag)\$|\Z)"
        r"|--(?P<line>[^\n]*)|\#(?P<hash>[^\n]*)|/\*(?P<block>.*?)(?:\*/|\Z)"
        r"|(?P<number>(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]))|(?P<word>[^\W\d]\w*)|(?P<mark>[(),;=])",
        re.S,
    )
    for hides, (single, double) in _BODIES.items()
}
_COPIED = re.compile(
    r"(?ims)^copy\s+\S+\s*\((?P<columns>[^();]*)\)\s+from\s+stdin\b[^\n]*\n(?P<rows>.*?)(?:^\\\.|\Z)"
)
_ESCAPED = re.compile(r"\\(.)", re.S)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}
_COMMENTS = frozenset({"line", "hash", "block"})


def reread_sql(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """The literals and comments in order, then the statements around them, without keywords."""
    text = decode(blob).text
    return _Reading(text).document()


class _Reading:
    """Puts what is in one dump into columns."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._token = _TOKENS[_HIDDEN.search(text) is not None]
        self._segments = Collector()
        self._place, self._tables = Place(), dict[str, list[str]]()
        self._around: list[str] = []

    def document(self) -> Document:
        """All of it."""
        position = 0
        for copied in _COPIED.finditer(self._text):
            self._statements(position, copied.start("rows"))
            self._rows(copied)
            self._place.fresh, position = True, copied.end("rows")
        self._statements(position, len(self._text))
        self._add("".join(self._around), Kind.NAME)
        return Document(self._segments.table())

    def _add(self, text: str, kind: Kind, label: str = "", *, number: bool = False) -> None:
        """Put in one segment, a literal as one of the current row."""
        if text.strip():
            record = (self._place.record,) if kind is Kind.FIELD else ()
            self._segments.add(text, (), kind, label, record, number)

    def _statements(self, start: int, end: int) -> None:
        text, place = self._text, self._place
        for match in self._token.finditer(text, start, end):
            kind = match.lastgroup or ""
            if kind in ("word", "mark", "tick", "double"):
                advance(place, self._tables, match[kind], kind)
                is_keyword = kind == "word" and match[0].isupper()
                if not is_keyword and (kind != "double" or not place.in_values):
                    continue
            low, high = match.span(kind)
            if kind == "word":
                pass  # whoever is called Grant is not named in `GRANT`
            elif kind in _COMMENTS:
                self._add(match[kind].strip("-#/*! \t\r"), Kind.PROSE)
            elif kind == "number":
                if not place.in_values and not label_of(place):
                    continue
                self._add(match[kind], Kind.FIELD, label_of(place), number=True)
            else:
                value = _meant(match[kind], {"single": "'", "double": '"'}.get(kind, ""))
                self._add(value, Kind.FIELD, label_of(place))
            self._around.append(text[start:low])
            start = high
        self._around.append(text[start:end])

    def _rows(self, copied: re.Match[str]) -> None:
        columns = [name.strip().strip('"') for name in copied["columns"].split(",")]
        for row in copied["rows"].splitlines():
            self._place.record += 1
            for number, cell in enumerate(row.split("\t")):
                label = columns[number] if number < len(columns) else ""
                if cell != "\\N":
                    self._add(_meant(cell, ""), Kind.FIELD, label)


def _meant(written: str, quote: str) -> str:
    """A literal as it is written between quotes of a kind ("" where there are none) and what it means."""
    if quote:
        written = written.replace(quote * 2, quote)
    if "\\" not in written:
        return written
    return _ESCAPED.sub(lambda match: _CONTROLS.get(match[1], match[1]), written)
