"""The cells of a workbook as expat reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pii_guard.document import Kind, Locator, Segment, Step
from pii_guard.formats.base import Bounds
from pii_guard.formats.office.labels import heads_of
from pii_guard.formats.office.numbers import NumberFormats
from pii_guard.formats.office.reread import Reader, parse
from pii_guard.formats.office.vocabulary import Roles

_LETTERS = re.compile(r"[A-Z]{1,3}")
_SHEET = re.compile(r"(?:.*/)?worksheets/[^/]+\.xml", re.I)
_QUIET = re.compile(r"#[A-Z0-9/!?_]{1,20}|[01]|true|false|TRUE|FALSE")


class _Cell(NamedTuple):
    row: int
    column: int
    text: str
    number: bool
    ordinal: int


@dataclass(slots=True)
class _Texts:
    """The shared strings: text of each, without how it is to be pronounced."""

    texts: list[str] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _inside: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002
        local = name.rpartition("}")[2]
        self._inside.append(local)
        if local == "si":
            self._parts = []

    def end(self, name: str) -> None:
        self._inside.pop()
        if name.endswith("}si"):
            self.texts.append("".join(self._parts))

    def text(self, data: str) -> None:
        if self._inside[-1:] == ["t"]:
            into = self.readings if "rPh" in self._inside else self._parts
            into.append(data)
        elif data.strip():
            self.readings.append(data)

    def remark(self, data: str) -> None:
        self.readings.append(data)


@dataclass(slots=True)
class _Cells:
    """The cells of one sheet."""

    strings: list[str]
    formats: NumberFormats
    cells: list[_Cell] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    _row: int = 0
    _rows: int = 0
    _column: int = 0
    _cell: Mapping[str, str] | None = None
    _value: list[str] = field(default_factory=list)
    _formula: list[str] = field(default_factory=list)
    _into: list[str] | None = None
    _within: bool = False
    beside: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition("}")[2]
        if local == "sheetData":
            self._within = True
        elif local == "row":
            self._rows += 1
            told = attributes.get("r", "")
            self._row = int(told) if told.isdigit() and len(told) < 9 else self._rows
            self._column = 0
        elif local == "c":
            letters = _LETTERS.match(attributes.get("r", ""))
            self._column = _ordinal(letters[0]) if letters else self._column + 1
            self._cell, self._value, self._formula = attributes, [], []
        elif self._cell is not None and local in ("v", "t"):
            self._into = self._value
        elif self._cell is not None and local == "f":
            self._into = self._formula

    def end(self, name: str) -> None:
        local = name.rpartition("}")[2]
        if local == "sheetData":
            self._within = False
        elif local in ("v", "t", "f"):
            self._into = None
        elif local == "c" and self._cell is not None:
            self._close(self._cell)
            self._cell = None

    def text(self, data: str) -> None:
        if self._into is not None:
            self._into.append(data)
        elif self._within and data.strip():
            self.beside.append(data)

    def remark(self, data: str) -> None:
        if self._within:
            self.beside.append(data)

    def _close(self, cell: Mapping[str, str]) -> None:
        text, kind, number = "".join(self._value), cell.get("t", "n"), False
        if self._formula:
            self.formulas.append("".join(self._formula))
        if kind == "s" and text.isdigit() and len(text) < 9:
            index = int(text)
            self.used.add(index)
            text = self.strings[index] if index < len(self.strings) else ""
        elif kind == "n" and text:
            text, is_text = self.formats.shown(text, cell.get("s", "0"))
            number = not is_text
        elif kind in ("b", "e") and _QUIET.fullmatch(text):
            return
        if text.strip():
            self.cells.append(_Cell(self._row, self._column, text, number, self._rows))


class Book:
    """A workbook's parts that make up its cells; `names` are those. Empty for other packages."""

    def __init__(self, members: Mapping[str, bytes], bounds: Bounds) -> None:  # noqa: ARG002
        self._members = members
        self._sheets = sorted(name for name in members if _SHEET.fullmatch(name))
        self._strings = next((n for n in members if n.lower().endswith("sharedstrings.xml")), "")
        self._styles = next((n for n in members if n.lower().endswith("xl/styles.xml")), "")
        self.names = (
            frozenset((*self._sheets, self._strings)) - {""} if self._sheets else frozenset()
        )

    def segments(self) -> Iterator[Segment]:
        """All cells, formulas, strings that no cell shows, and the rest of each sheet."""
        if not self._sheets:
            return
        texts = _Texts()
        if self._strings:
            parse(self._members[self._strings], texts.start, texts.end, texts.text, texts.remark)
        formats = self._formats()
        used: set[int] = set()
        for number, name in enumerate(self._sheets, 1):
            where = (Step("sheet", number),)
            cells = _Cells(texts.texts, formats)
            parse(self._members[name], cells.start, cells.end, cells.text, cells.remark)
            used |= cells.used
            yield from _labelled(cells.cells, where, number)
            yield from (Segment(code, where, Kind.CODE) for code in cells.formulas)
            yield from (Segment(text, where, Kind.PROSE) for text in cells.beside)
            rest = Reader(where, Roles(is_odf=False))
            rest.read(_without_cells(self._members[name]))
            yield from rest.segments
        left = [text for n, text in enumerate(texts.texts) if n not in used]
        for text in (*left, "".join(texts.readings)):
            if text.strip():
                yield Segment(text, (Step("strings", 1),), Kind.CELL)

    def _formats(self) -> NumberFormats:
        codes: dict[str, str] = {}
        used: list[str] = []
        inside: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            local = name.rpartition("}")[2]
            if local == "numFmt":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif local == "xf" and inside[-1:] == ["cellXfs"]:
                used.append(attributes.get("numFmtId", "0"))
            inside.append(local)

        def end(name: str) -> None:  # noqa: ARG001
            inside.pop()

        if self._styles:
            parse(self._members[self._styles], start, end, lambda _: None)
        workbook = next(
            (c for n, c in self._members.items() if n.lower().endswith("xl/workbook.xml")), b""
        )
        old = re.search(rb"date1904\s*=\s*[\"'](?:1|true)[\"']", workbook[:4_096]) is not None
        return NumberFormats.of(used, codes, since_1904=old)


def _labelled(cells: list[_Cell], where: Locator, number: int) -> Iterator[Segment]:
    rows: dict[int, dict[int, str]] = {}
    for cell in cells:
        rows.setdefault(cell.ordinal, {})[cell.column] = cell.text
    heads = heads_of(rows.items())
    before, last = "", 0
    for cell in cells:
        before = before if cell.ordinal == last else ""
        label = heads.label(cell.column, cell.ordinal, before)
        record = (number,) if heads.is_form else (number, cell.row)
        kind = heads.kind(cell.ordinal)
        place = (*where, Step("row", cell.row), Step("column", cell.column))
        yield Segment(cell.text, place, kind, label, record, cell.number)
        before, last = cell.text, cell.ordinal


def _without_cells(raw: bytes) -> bytes:
    """A sheet without its cells, for what stands around them."""
    start, end = raw.find(b"<sheetData"), raw.rfind(b"</sheetData>")
    return raw if start < 0 or end < 0 else raw[:start] + raw[end + len(b"</sheetData>") :]


def _ordinal(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
