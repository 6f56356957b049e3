"""The lexer of HTML and XML: text, attributes and comments with their places.

The text of a block reads as one piece though inline tags cut it (`Jane <b>Roe</b>`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pii_guard.document import Kind, Locator, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.markup_tags import (
    CELLS,
    ENDS,
    INLINE,
    NONE,
    RAW,
    ROWS,
    SIMPLE,
    VOID,
    Attribute,
    declared,
    is_xml_declaration,
    poses_as_tag,
    speaks,
    spell_bare,
)
from pii_guard.formats.markup_tokens import (
    ATTRIBUTE,
    DATA_URI,
    INLINE_DATA,
    LEAF,
    READABLE,
    TARGET,
    TOKEN,
    Block,
)
from pii_guard.formats.pieces import Piece, verbatim


@dataclass(slots=True)
class Lexer:
    """Walks the tokens of one source."""

    source: str
    bounds: Bounds
    is_html: bool
    stack: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    block: Block = field(default_factory=Block)
    found: list[Piece] = field(default_factory=list)
    """What the token that is read gave."""
    ordinal: int = 0
    line: int = 1
    counted: int = 0
    where: Locator = (Step("line", 1),)
    row: int = 0
    column: int = 0
    heads: list[str] = field(default_factory=list)
    names: dict[str, Attribute] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    """The names of elements as they are compared, by how they are written."""

    def pieces(self) -> Iterator[Piece]:
        """All of the source in order. Raises `Unreadable`."""
        source, found, position = self.source, self.found, 0
        while True:
            leaf = None if self.block.islands else LEAF.match(source, position)
            if leaf is not None and self._leaf(leaf):
                position = leaf.end()
                if found:
                    yield found.pop()
                continue
            match = TOKEN.search(source, position)
            if match is None:
                break
            if match.start() > position:
                self.block.islands.append((position, match.start()))
            position = match.end()
            kind = match.lastgroup
            if kind == "close":
                self._close(match["close"])
            elif kind == "empty":
                position = self._open(match)
            elif kind == "cdata":
                self._flush()
                what, label, record = self._role("")
                where = self._where(match.start())
                found.append(
                    Piece(
                        match["cdata"],
                        *match.span("cdata"),
                        None,
                        verbatim,
                        what,
                        label,
                        record,
                        False,
                        where,
                    )
                )
            elif kind == "declaration":
                self._refuse_entities(match["declaration"])
                for low, high, what in declared(source, *match.span("declaration")):
                    found.append(self._bare(low, high, what))
            else:
                group = "comment" if match["comment"] is not None else "instruction"
                if match[group].strip() and not is_xml_declaration(match[group]):
                    found.append(self._remark(match, group))
            if found:
                yield from found
                found.clear()
        if position < len(source):
            self.block.islands.append((position, len(source)))
        self._flush()
        yield from found
        if self.stack and not self.is_html:
            raise Unreadable(ReasonCode.CORRUPT, "it ends too early")

    def _leaf(self, leaf: re.Match[str]) -> bool:
        """An element without attributes that holds a text and nothing else, where it is so simple."""
        name = self._tag(leaf["name"])
        if self.is_html and name not in SIMPLE:
            return False
        self._begin(name)
        start, end = leaf.span("text")
        if start < end:
            self.block.islands.append((start, end))
            self._flush()
        self.stack.pop()
        return True

    def _tag(self, written: str) -> str:
        """The name of an element as it is compared."""
        name = self.tags.get(written)
        if name is None:
            name = self.tags[written] = written.lower() if self.is_html else written
        return name

    def _remark(self, match: re.Match[str], group: str) -> Piece:
        start, end = match.span(group)
        if group == "instruction" and (target := TARGET.match(self.source, start, end)):
            start = target.end()
        # Only `-->` and `?>` end a comment or an instruction; in HTML `>` ends an instruction.
        spell = _spell if self.is_html and group != "comment" else verbatim
        where = self._where(match.start())
        text = self.source[start:end]
        return Piece(text, start, end, None, spell, Kind.PROSE, locator=where)

    def _bare(self, start: int, end: int, kind: Kind) -> Piece:
        where, text = self._where(start), self.source[start:end]
        return Piece(text, start, end, None, spell_bare, kind, locator=where)

    def _refuse_entities(self, declaration: str) -> None:
        if "<!ENTITY" in declaration.upper() or "!ENTITY" in declaration.upper():
            raise Unreadable(ReasonCode.CORRUPT, "it declares entities of its own")

    def _where(self, position: int) -> Locator:
        if position >= self.counted:
            further = self.source.count("\n", self.counted, position)
            self.counted = position
            if further:
                self.line += further
                self.where = (Step("line", self.line),)
        return self.where

    def _begin(self, name: str) -> tuple[int, ...]:
        """An element that has an end begins; its record."""
        if self.is_html:
            self._end_implied(ENDS.get(name, NONE))
            if name in CELLS:
                self.column += 1
        self.ordinal += 1
        own = (*self.stack[-1][1], self.ordinal) if self.stack else (self.ordinal,)
        if len(self.stack) >= self.bounds.max_nesting:
            raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {self.bounds.max_nesting}")
        self.stack.append((name, own))
        return own

    def _open(self, match: re.Match[str]) -> int:
        """A start tag; where to read on."""
        name = self._tag(match["open"])
        if not (self.is_html and name in INLINE):
            self._flush()
        if self.is_html:
            self._end_implied(ENDS.get(name, NONE))
        record = self.stack[-1][1] if self.stack else ()
        self.ordinal += 1
        own = (*record, self.ordinal)
        start, end = match.span("attributes")
        if self.is_html and poses_as_tag(name, match["attributes"]):
            self.found.append(self._bare(match.start("open"), end, Kind.PROSE))
        elif start < end:
            self._attributes(match, start, end, own)
        if self.is_html:
            if name in ROWS:
                self.row, self.column = self.ordinal, 0
            elif name in CELLS:
                self.column += 1
            elif name == "table":
                self.heads = []
        if not match["empty"] and not (self.is_html and name in VOID):
            if len(self.stack) >= self.bounds.max_nesting:
                raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {self.bounds.max_nesting}")
            self.stack.append((name, own))
        if self.is_html and name in RAW and not match["empty"]:
            return self._raw(name, match.end())
        return match.end()

    def _raw(self, name: str, position: int) -> int:
        """The content of an element that is no markup; where it ends."""
        end = re.compile(rf"</{name}\s*>", re.I).search(self.source, position)
        stop = end.start() if end else len(self.source)
        if stop > position:
            text, where = self.source[position:stop], self._where(position)
            self.found.append(Piece(text, position, stop, None, verbatim, Kind.CODE, locator=where))
        return stop

    def _end_implied(self, ended: frozenset[str]) -> None:
        depth = len(self.stack) - 1
        while depth >= 0 and (self.stack[depth][0] in ended or self.stack[depth][0] in INLINE):
            if self.stack[depth][0] in ended:
                del self.stack[depth:]
            depth -= 1

    def _attributes(
        self, match: re.Match[str], start: int, end: int, record: tuple[int, ...]
    ) -> None:
        """The attributes of a tag, which stand at `start`..`end` (half-open)."""
        source, called = self.source, ""
        for one in ATTRIBUTE.finditer(source, start, end):
            written = one["name"]
            name = self.names.get(written)
            if name is None:
                name = self.names[written] = Attribute.of(written, is_html=self.is_html)
            if name.is_odd:
                self.found.append(self._bare(*one.span("name"), Kind.NAME))
            group = one.lastindex or 1
            text = one[group] if group > 1 else ""
            if not text or text.isspace():
                continue
            if name.lower == "name":
                called = text
            if name.is_space or (name.is_inert and not speaks(text)):
                continue
            low, high = one.span(group)
            if "data:" in text[:5].lower():
                self._refuse_unreadable(low, high)
            offsets = None
            if "&" in text:
                text, offsets = Block([(low, high)]).read(source)
            label = called if self.is_html and name.lower == "value" else name.label
            self.found.append(
                Piece(
                    text,
                    low,
                    high,
                    offsets,
                    _spell,
                    name.kind,
                    label,
                    record,
                    False,
                    self._where(match.start()),
                )
            )

    def _refuse_unreadable(self, start: int, end: int) -> None:
        data = DATA_URI.match(self.source, start, end)
        if data and end - data.end() > INLINE_DATA and not READABLE.match(data.group()):
            raise Unreadable(ReasonCode.NOT_COVERED, f"line {self.line}: embedded data")

    def _close(self, written: str) -> None:
        name, stack = self._tag(written), self.stack
        if not (self.is_html and name in INLINE):
            self._flush()
        if stack and stack[-1][0] == name:
            stack.pop()
            return
        if not self.is_html:
            raise Unreadable(ReasonCode.CORRUPT, f"line {self.line}: tags do not match")
        for depth in range(len(stack) - 1, -1, -1):
            if stack[depth][0] == name:
                del stack[depth:]
                return
            if name in INLINE and stack[depth][0] not in INLINE:
                return

    def _flush(self) -> None:
        islands = self.block.islands
        if not islands:
            return
        text, offsets = self.block.read(self.source)
        if text and not text.isspace():
            start, end = islands[0][0], islands[-1][1]
            kind, label, record = self._role(text)
            self.found.append(
                Piece(
                    text, start, end, offsets, _spell, kind, label, record, False, self._where(start),
                    () if offsets is None else tuple(islands),
                )
            )  # fmt: skip
        islands.clear()

    def _role(self, text: str) -> tuple[Kind, str, tuple[int, ...]]:
        name, record = self.stack[-1] if self.stack else ("", ())
        if not self.is_html:
            return Kind.FIELD, name, record[:-1] or record
        cell = name
        if name not in CELLS:
            cell = next((n for n, _ in reversed(self.stack) if n in CELLS), "")
        if cell == "th":
            self.heads.append(text.strip()[:60])
            return Kind.CELL, "", (self.row,)
        if cell == "td":
            fits = 0 < self.column <= len(self.heads)
            return Kind.CELL, self.heads[self.column - 1] if fits else "", (self.row,)
        return Kind.PROSE, "", ()


def _spell(text: str) -> str:
    return html.escape(text)
