"""Office files as expat reads them: the second reader, which shares tables of names with the first.

Each part is read once, from front to back; no tree is made.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.parsers import expat

from pii_guard.document import Child, Document, Kind, Locator, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.office.labels import heads_of
from pii_guard.formats.office.odf import fate as odf_fate
from pii_guard.formats.office.package import Package, open_package
from pii_guard.formats.office.parts import Fate, fate_of, odd_name
from pii_guard.formats.office.typed import is_written_out
from pii_guard.formats.office.typefaces import LETTERED, LETTERING, TYPEFACES
from pii_guard.formats.office.vocabulary import (
    ADDRESSES,
    CONTAINED,
    DERIVED,
    VALUES,
    Does,
    Role,
    Roles,
    coined,
    is_coined,
    is_for_programs,
    label_of,
    speaks,
    without_codes,
)
from pii_guard.formats.office.xml_part import mended

LONGEST = 4_000
_READ = Bounds(max_unpacked_bytes=sys.maxsize, max_members=sys.maxsize)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_NAMES = re.compile(
    r"</?[\w:.-]++|\s(?:xmlns(?::[\w.-]++)?+\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+')|[\w:.-]++\s*+=(?=[\"']))"
)
"""Names in markup, and what they are short for: they are nobody's."""
_REFUSED = (expat.ExpatError, ValueError, LookupError)


class _Cell(NamedTuple):
    """A cell: its column, its text, the number or date that it holds beside it."""

    column: int
    text: str
    value: str


class _Open:
    """An element that is open. Not a dataclass, which takes three times as long to make."""

    __slots__ = ("attributes", "codes", "columns", "paragraphs", "role", "rows", "texts", "value")

    def __init__(self, role: Role, attributes: Mapping[str, str]) -> None:
        self.role = role
        self.attributes = attributes
        self.texts: list[str] = []
        self.codes: list[str] = []
        self.paragraphs: list[str] = []
        self.rows: list[list[_Cell]] = []
        self.columns = 1
        self.value = ""


@dataclass(slots=True)
class Reader:
    """Reads one part: `segments` is what it holds once `read` is through."""

    where: Locator
    roles: Roles
    is_odf: bool = False
    segments: list[Segment] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    _mute: set[tuple[str, str, str]] = field(default_factory=set)
    """Attributes of elements that say nothing: most are repeated thousands of times."""
    _stack: list[_Open] = field(default_factory=list)
    _known: dict[str, Role] = field(default_factory=dict)
    _tables: int = 0

    def read(self, raw: bytes) -> None:
        """Read the part. Raises `Unreadable(VERIFICATION_FAILED)`."""
        parse(raw, self.start, self.end, self.text, self.remark)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        role = self._known.get(name)
        if role is None:
            role = self._known[name] = self.roles["{" + name if "}" in name else name]
        self._stack.append(_Open(role, attributes))
        if role.does is Does.BREAK:
            block = self._block()
            if block is not None and not (
                len(self._stack) > 1 and self._stack[-2].role.name == "tabs"
            ):
                block.texts.append(role.stands_for)
        if self.is_odf and role.does is Does.CELL:
            cell = self._stack[-1]
            cell.value = attributes.get(f"{_OFFICE}value") or attributes.get(
                f"{_OFFICE}date-value", ""
            )
            cell.columns = _count(attributes.get(f"{_TABLE}number-columns-repeated", ""))
        elif role.name == "gridSpan":
            for above in self._stack[-3:-1]:
                if above.role.does is Does.CELL:
                    above.columns = _count(
                        next((v for k, v in attributes.items() if k.endswith("}val")), "")
                    )
        for key, value in attributes.items():
            if (name, key, value) in self._mute or not value or value.isspace():
                continue
            local = key.rpartition("}")[2]
            if local not in LETTERING or value not in TYPEFACES:
                self.attributes.append(value)
            known = role.attributes.get(local)
            if known is not None:
                self._add(value, known.kind, known.label)
            elif role.is_foreign:
                self._add(value, Kind.FIELD, local)
            elif speaks(local, value) or (local == "Target" and "TargetMode" in attributes):
                self._add(value, Kind.FIELD if local in ADDRESSES else Kind.NAME, "")
            elif self.is_odf and is_coined(value):
                self._mute.add((name, key, value))
                self._add(coined(value), Kind.NAME, "")
            elif local != "Target":
                self._mute.add((name, key, value))

    def end(self, name: str) -> None:  # noqa: ARG002
        """An element closes."""
        one = self._stack.pop()
        role = one.role
        if role.does is Does.NOTHING and not one.texts:
            # As most elements: it only holds others.
            if one.paragraphs and role.name not in CONTAINED:
                self._flush(one)
            return
        text = "".join(one.texts)
        if role.does is Does.BLOCK:
            holder = self._holder()
            holder.paragraphs.append(text)
            if not text.strip():
                self._flush(holder)
            if one.codes:
                self._add("".join(one.codes), Kind.CODE, "")
        elif role.does is Does.CELL:
            self._cell(one)
        elif role.does is Does.TABLE:
            self._flush(one)
            self._table(one)
        elif role.does is Does.CODED:
            if (shown := without_codes(text)).strip():
                self._add(shown, Kind.PROSE, "")
        elif (
            text and not text.isspace() and not (role.does is Does.INERT and is_for_programs(text))
        ):
            number = role.does is Does.NUMBER and _NUMBER.fullmatch(text) is not None
            code = role.does in (Does.CODE, Does.FORMULA)
            kind = Kind.CODE if code else Kind.FIELD if role.is_foreign else Kind.METADATA
            label = "" if code or number else self._label(one)
            if any(above.role.name in DERIVED for above in self._stack):
                kind = Kind.NAME
            self._add(text, kind, label, number=number)
        if role.name not in CONTAINED and role.does is not Does.CELL:
            self._flush(one)

    def text(self, data: str) -> None:
        """Text of the element that is open, or of the paragraph it belongs to."""
        if not self._stack:
            return
        top = self._stack[-1]
        if self.is_odf:
            block = self._block() if top.role.is_inline or top.role.does is Does.BLOCK else None
            (block or top).texts.append(data)
        elif top.role.does is Does.LEAF:
            (self._block() or top).texts.append(data)
        elif top.role.does is Does.CODE:
            block = self._block()
            (block.codes if block else top.texts).append(data)
        elif top.role.does is not Does.BLOCK or data.strip():
            top.texts.append(data)

    def remark(self, data: str) -> None:
        """A comment or a processing instruction."""
        if data.strip():
            self._add(data, Kind.PROSE, "")

    # -- what stands around -------------------------------------------------------------------

    def _block(self) -> _Open | None:
        for one in reversed(self._stack):
            if one.role.does is Does.BLOCK:
                return one
            if self.is_odf and not (one.role.is_inline or one.role.does is Does.BREAK):
                return None
        return None

    def _holder(self) -> _Open:
        for one in reversed(self._stack):
            if one.role.name not in CONTAINED:
                return one
        return _Open(Role(""), {})

    def _flush(self, holder: _Open) -> None:
        """The paragraphs of an element so far, as texts of a bearable length."""
        if not holder.paragraphs:
            return
        paragraphs, holder.paragraphs = holder.paragraphs, []
        if any(one.role.does is Does.CELL for one in self._stack):
            cell = next(o for o in reversed(self._stack) if o.role.does is Does.CELL)
            cell.texts.append("\n".join(paragraphs) + "\n")
            return
        for text in _joined(paragraphs):
            self._add(text, Kind.PROSE, "")

    def _cell(self, one: _Open) -> None:
        text = "".join((*one.texts, "\n".join(one.paragraphs))).strip("\n")
        one.paragraphs = []
        table = next((o for o in reversed(self._stack) if o.role.does is Does.TABLE), None)
        row = next((o for o in reversed(self._stack) if o.role.does is Does.ROW), None)
        if table is None or row is None:
            self._add("\n".join(filter(None, (one.value, text))), Kind.CELL, "")
            return
        if not row.rows:
            row.rows.append([])
            table.rows.append(row.rows[0])
        row.rows[0].append(_Cell(row.columns, text, one.value))
        row.columns += one.columns

    def _table(self, one: _Open) -> None:
        self._tables += 1
        rows = list(enumerate(one.rows, 1))
        heads = heads_of((r, {cell.column: cell.text for cell in row}) for r, row in rows)
        for r, row in rows:
            before = ""
            record = (self._tables,) if heads.is_form else (self._tables, r)
            for column, text, value in row:
                label = heads.label(column, r, before)
                before = text
                if value.strip():
                    number = _NUMBER.fullmatch(value) is not None
                    self.segments.append(
                        Segment(value, self.where, Kind.CELL, label, record, number)
                    )
                    text = "" if is_written_out(text, value) else text
                if text.strip():
                    self.segments.append(Segment(text, self.where, heads.kind(r), label, record))

    def _label(self, one: _Open) -> str:
        named = (*self._stack[-1:], one)
        told = next(
            (v for o in named for k, v in o.attributes.items() if k.rpartition("}")[2] == "name"),
            "",
        )
        return told[:60] if told and one.role.name in VALUES else label_of(one.role.name)

    def _add(self, text: str, kind: Kind, label: str, *, number: bool = False) -> None:
        self.segments.append(Segment(text, self.where, kind, label, (), number))


def _count(told: str) -> int:
    """How many columns a cell takes, by what an attribute says."""
    return max(1, int(told)) if told.isdigit() and len(told) < 8 else 1


def _joined(paragraphs: Sequence[str]) -> Iterator[str]:
    group: list[str] = []
    size = 0
    for text in paragraphs:
        size += len(text)
        if group and (size > LONGEST or not text.strip()):
            yield "\n".join(group)
            group, size = [], 0
        if text.strip():
            group.append(text)
    if group:
        yield "\n".join(group)


def parse(
    raw: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
    remark: Callable[[str], None] | None = None,
) -> None:
    """Have expat read a part. Raises `Unreadable(VERIFICATION_FAILED)`; entities are refused."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    if remark is not None:
        told = remark
        parser.CommentHandler = told
        parser.ProcessingInstructionHandler = lambda _, data: told(data)
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(mended(raw), True)
    except _REFUSED:
        raise Unreadable(ReasonCode.VERIFICATION_FAILED, "the second reader refuses it") from None


def _refuse(*_: object) -> None:
    raise ValueError


def opened_again(
    blob: bytes,
    bounds: Bounds,
    fate: Callable[[str, bytes], Fate] = lambda name, held: fate_of(name, held, False),
) -> tuple[Package, dict[str, Fate]]:
    """The package with the fate of each part. Raises `Unreadable` for one that nobody should get."""
    package = open_package(blob, bounds)
    fates = {name: fate(name, held) for name, held in package.members.items()}
    if not package.is_tidy or any(one in (Fate.BLANK, Fate.LEFT_OUT) for one in fates.values()):
        raise Unreadable(ReasonCode.VERIFICATION_FAILED, "a part that nobody can look into")
    return package, fates


def children_of(package: Package, fates: Mapping[str, Fate]) -> tuple[Child, ...]:
    """The files within."""
    names = [name for name, fate in fates.items() if fate is Fate.CHILD]
    return tuple(
        Child(package.members[name], (Step("part", n),), name.rpartition("/")[2])
        for n, name in enumerate(names, 1)
    )


def reread(blob: bytes, bounds: Bounds) -> Document:
    """An Office Open XML package as expat sees its parts."""
    from pii_guard.formats.office.reread_sheets import Book

    package, fates = opened_again(blob, bounds)
    roles = Roles(is_odf=False)
    book = Book(package.members, bounds)
    segments = list(book.segments())
    for number, (name, fate) in enumerate(fates.items(), 1):
        if fate in (Fate.XML, Fate.RELATIONS, Fate.TYPES) and name not in book.names:
            reader = Reader((Step("part", number),), roles)
            reader.read(package.members[name])
            segments += reader.segments
    return Document((*segments, *_names(fates)), children_of(package, fates))


def _names(fates: Mapping[str, Fate]) -> Iterator[Segment]:
    for number, name in enumerate(fates, 1):
        if odd := odd_name(name):
            yield Segment(odd, (Step("part", number),), Kind.FIELD)


def reread_odf(blob: bytes, bounds: Bounds) -> Document:
    """An OpenDocument package as expat sees its members."""
    package, fates = opened_again(blob, bounds, odf_fate)
    roles = Roles(is_odf=True)
    segments: list[Segment] = []
    for number, (name, one) in enumerate(fates.items(), 1):
        if one in (Fate.XML, Fate.TYPES):
            reader = Reader((Step("part", number),), roles, is_odf=True)
            reader.read(package.members[name])
            segments += reader.segments
    return Document((*segments, *_names(fates)), children_of(package, fates))


def haystacks(blob: bytes, *, is_odf: bool) -> Iterator[str | bytes]:
    """Every part but the files within: of XML all but the names of elements and attributes."""
    # What is searched was read before, under the bounds of the reader.
    package, fates = opened_again(blob, _READ, odf_fate) if is_odf else opened_again(blob, _READ)
    roles = Roles(is_odf=is_odf)
    yield "\n".join(package.members)
    for name, fate in fates.items():
        raw = package.members[name]
        if fate not in (Fate.XML, Fate.RELATIONS, Fate.TYPES):
            if fate is not Fate.CHILD:
                yield raw
            continue
        wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = raw.decode("utf-16" if wide else "utf-8", "replace")
        # Names in data of somebody's own are data, too.
        own = name.lower().startswith("customxml/")
        yield text if own else _NAMES.sub(" ", LETTERED.sub(" ", text))
        if "&#" in text or ("encoding" in text[:100] and "utf-8" not in text[:100].lower()):
            # Written with references, or in another encoding, attributes do not read as they stand.
            reader = Reader((), roles, is_odf)
            reader.read(raw)
            yield "\n".join(reader.attributes)
