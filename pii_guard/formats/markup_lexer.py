"""The lexer of HTML and XML: text, attributes and comments with their places.

The text of a block reads as one piece though inline tags cut it (`Jane <b>Roe</b>`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pii_guard.document import Kind
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.markup_columns import Columns, spell_text
from pii_guard.formats.markup_tags import (
    CELLS,
    ENDS,
    INLINE,
    NONE,
    RAW,
    ROWS,
    SIMPLE,
    TERMS,
    VOID,
    Attribute,
    Heads,
    called_in,
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
from pii_guard.formats.pieces import MANY, Batch, verbatim
from pii_guard.segment_table import Sort


@dataclass(slots=True)
class Lexer:
    """Walks the tokens of one source."""

    source: str
    bounds: Bounds
    is_html: bool
    stack: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    block: Block = field(default_factory=Block)
    ordinal: int = 0
    row: tuple[int, ...] = (0,)
    """The record of the cells of a row."""
    column: int = 0
    heads: Heads = field(default_factory=Heads)
    names: dict[str, Attribute] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    """The names of elements as they are compared, by how they are written."""
    out: Columns = field(init=False)

    def __post_init__(self) -> None:
        self.out = Columns(self.source)

    def batches(self) -> Iterator[Batch]:
        """All of the source in order. Raises `Unreadable`."""
        source, out, position = self.source, self.out, 0
        while True:
            if len(out.batch.texts) >= MANY:
                yield out.rest()
            if not self.block.islands:
                position = self._leaves(position)
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
                sort, record = self._role("")
                out.put(*match.span("cdata"), match.start(), sort, record, verbatim)
            elif kind == "declaration":
                self._refuse_entities(match["declaration"])
                for low, high, what in declared(source, *match.span("declaration")):
                    self._bare(low, high, what)
            else:
                group = "comment" if match["comment"] is not None else "instruction"
                if match[group].strip() and not is_xml_declaration(match[group]):
                    self._remark(match, group)
        if position < len(source):
            self.block.islands.append((position, len(source)))
        self._flush()
        yield out.rest()
        if self.stack and not self.is_html:
            raise Unreadable(ReasonCode.CORRUPT, "it ends too early")

    def _leaves(self, position: int) -> int:
        """The simple elements that follow each other from there on, and hold a text and nothing else.

        Returns where the last of them ends.
        """
        source, stack, batch, is_html = self.source, self.stack, self.out.batch, self.is_html
        most = self.bounds.max_nesting
        while len(batch.texts) < MANY and (leaf := LEAF.match(source, position)) is not None:
            written, attributes, text = leaf.groups()
            name = self.tags.get(written) or self._tag(written)
            if is_html:
                if name not in SIMPLE:
                    break
                ended = ENDS.get(name, NONE)
                if stack and (stack[-1][0] in ended or stack[-1][0] in INLINE):
                    self._end_implied(ended)
                if name in CELLS:
                    self.column += 1
            self.ordinal += 1
            above = stack[-1][1] if stack else ()
            if attributes:
                begun = leaf.start(1) - 1
                self._attributes(*leaf.span(2), begun, (*above, self.ordinal))
            if len(stack) >= most:
                raise self._too_deep()
            position, start = leaf.end(), leaf.start(3)
            if not text or text.isspace():
                continue
            if "&" in text:
                stack.append((name, (*above, self.ordinal)))
                self.block.islands.append((start, start + len(text)))
                self._flush()
                stack.pop()
                continue
            if is_html:
                sort, record = self._shown(name, text)
            else:
                sort, record = self.out.fields[name], above or (self.ordinal,)
            self.out.counted = start
            batch.texts.append(text)
            batch.starts.append(start)
            batch.sorts.append(sort)
            batch.ordinals.append(start)
            batch.records.append(record)
        return position

    def _tag(self, written: str) -> str:
        """The name of an element as it is compared."""
        name = self.tags.get(written)
        if name is None:
            name = self.tags[written] = written.lower() if self.is_html else written
        return name

    def _too_deep(self) -> Unreadable:
        return Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {self.bounds.max_nesting}")

    def _remark(self, match: re.Match[str], group: str) -> None:
        start, end = match.span(group)
        if group == "instruction" and (target := TARGET.match(self.source, start, end)):
            start = target.end()
        # Only `-->` and `?>` end a comment or an instruction; in HTML `>` ends an instruction.
        spell = spell_text if self.is_html and group != "comment" else verbatim
        self.out.put(start, end, match.start(), self.out.plain[Kind.PROSE], (), spell)

    def _bare(self, start: int, end: int, kind: Kind) -> None:
        self.out.put(start, end, start, self.out.plain[kind], (), spell_bare)

    def _refuse_entities(self, declaration: str) -> None:
        if "<!ENTITY" in declaration.upper() or "!ENTITY" in declaration.upper():
            raise Unreadable(ReasonCode.CORRUPT, "it declares entities of its own")

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
            self._bare(match.start("open"), end, Kind.PROSE)
        elif start < end:
            form = self._form() if name == "input" else ()
            self._attributes(start, end, match.start(), form or own)
        if self.is_html:
            if name in ROWS:
                self.row, self.column = (self.ordinal,), 0
                self.heads.begin_row()
            elif name in CELLS:
                self.column += 1
            elif name == "table":
                self.heads.begin_table(self.ordinal)
        if not match["empty"] and not (self.is_html and name in VOID):
            if len(self.stack) >= self.bounds.max_nesting:
                raise self._too_deep()
            self.stack.append((name, own))
        if self.is_html and name in RAW and not match["empty"]:
            return self._raw(name, match.end())
        return match.end()

    def _form(self) -> tuple[int, ...]:
        """The record of the form around, whose fields are one person's."""
        if not self.is_html:
            return ()
        return next((record for name, record in reversed(self.stack) if name == "form"), ())

    def _raw(self, name: str, position: int) -> int:
        """The content of an element that is no markup; where it ends."""
        end = re.compile(rf"</{name}\s*>", re.I).search(self.source, position)
        stop = end.start() if end else len(self.source)
        if stop > position:
            self.out.put(position, stop, position, self.out.plain[Kind.CODE], (), verbatim)
        return stop

    def _end_implied(self, ended: frozenset[str]) -> None:
        depth = len(self.stack) - 1
        while depth >= 0 and (self.stack[depth][0] in ended or self.stack[depth][0] in INLINE):
            if self.stack[depth][0] in ended:
                del self.stack[depth:]
            depth -= 1

    def _attributes(self, start: int, end: int, tag: int, record: tuple[int, ...]) -> None:
        """The attributes, which stand at `start`..`end` (half-open) of what begins at `tag`."""
        names, is_html, batch = self.names, self.is_html, self.out.batch
        called = called_in(self.source, start, end) if is_html else ""
        for one in ATTRIBUTE.finditer(self.source, start, end):
            written, group = one[1], one.lastindex or 1
            name = names.get(written)
            if name is None:
                name = names[written] = Attribute.of(written, is_html=is_html)
            if name.is_odd:
                self._bare(*one.span(1), Kind.NAME)
            text = one[group] if group > 1 else ""
            if not text or text.isspace():
                continue
            if name.is_space or (name.is_inert and not speaks(text)):
                continue
            low = one.start(group)
            if len(text) > INLINE_DATA and text[:5].lower() == "data:":
                self._refuse_unreadable(low, one.end(group))
            if "&" in text:
                text, offsets = Block([(low, one.end(group))]).read(self.source)
                batch.odd[len(batch.texts)] = offsets, spell_text
            if tag > self.out.counted:
                self.out.counted = tag
            batch.texts.append(text)
            batch.starts.append(low)
            batch.sorts.append(self._sort_of(name, called))
            batch.ordinals.append(self.out.counted)
            batch.records.append(record)

    def _sort_of(self, name: Attribute, called: str) -> Sort:
        """What the value of an attribute is. `called`: what the tag calls itself, if it does."""
        if name.kind is Kind.NAME:
            return self.out.plain[Kind.NAME]
        return self.out.fields[called if self.is_html and name.lower == "value" else name.label]

    def _refuse_unreadable(self, start: int, end: int) -> None:
        data = DATA_URI.match(self.source, start, end)
        if data and end - data.end() > INLINE_DATA and not READABLE.match(data.group()):
            raise Unreadable(ReasonCode.NOT_COVERED, f"line {self.out.line()}: embedded data")

    def _close(self, written: str) -> None:
        name, stack = self._tag(written), self.stack
        if not (self.is_html and name in INLINE):
            self._flush()
        if stack and stack[-1][0] == name:
            stack.pop()
            return
        if not self.is_html:
            raise Unreadable(ReasonCode.CORRUPT, f"line {self.out.line()}: tags do not match")
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
            start = islands[0][0]
            if offsets is not None:
                number = len(self.out.batch.texts)
                self.out.batch.odd[number] = offsets, spell_text
                self.out.batch.islands[number] = tuple(islands)
            self.out.add(text, start, start, *self._role(text))
        islands.clear()

    def _role(self, text: str) -> tuple[Sort, tuple[int, ...]]:
        """What a text in the innermost element is, and its record."""
        name, record = self.stack[-1] if self.stack else ("", ())
        if self.is_html:
            return self._shown(name, text)
        return self.out.fields[name], record[:-1] or record

    def _shown(self, name: str, text: str) -> tuple[Sort, tuple[int, ...]]:
        """The same for a text of a page, in an element of that name."""
        if name not in CELLS and name not in TERMS:
            for name, _ in reversed(self.stack):
                if name in CELLS or name in TERMS:
                    break
            else:
                return self.out.plain[Kind.PROSE], ()
        column = 0 if name in TERMS else self.column
        if name in ("th", "dt"):
            self.heads.name(text, column)
            return self.out.plain[Kind.CELL], self.row
        label, record = self.heads.of(column, self.row)
        return self.out.cells[label], record
