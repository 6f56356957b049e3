"""HTML and XML by splicing: tags, attribute order and quoting stay; text, attributes, comments are read.

The text of a block reads as one segment though inline tags cut it (`Jane <b>Roe</b>`); a surrogate
then stands in the first run and the tags stay. One lexer serves both languages.
"""

from __future__ import annotations

import html
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from pii_guard.document import Kind, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.markup_reread import reread_html, reread_xml
from pii_guard.formats.markup_tags import (
    IDENTIFIERS,
    INERT,
    RAW,
    declared,
    is_odd,
    is_xml_declaration,
    poses_as_tag,
    speaks,
    spell_bare,
)
from pii_guard.formats.pieces import Piece, verbatim
from pii_guard.formats.spliced import SplicedFormat

_TOKEN = re.compile(
    r"<!--(?P<comment>.*?)(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)"
    r"|<!(?P<declaration>(?:[^<>\"'\[]++|\"[^\"]{0,4096}+\"|'[^']{0,4096}+'|\[[^\]]{0,16384}+\])*+)>|<\?(?P<instruction>.*?)(?:\?>|\Z)"
    r"|</(?P<close>[A-Za-z_][\w:.-]*)\s*>"
    r"|<(?P<open>[A-Za-z_][\w:.-]*)(?P<attributes>(?:[^<>\"'/]++|\"[^\"]*+\"|'[^']*+'|/(?!>))*+)(?P<empty>/?)>",
    re.S,
)
_ATTRIBUTE = re.compile(
    r"(?P<name>[^\s=\"'<>/]+)(?:\s*=\s*(?:\"(?P<d>[^\"]*)\"|'(?P<s>[^']*)'|(?P<b>[^\s\"'<>`]+)))?"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_TARGET = re.compile(r"[A-Za-z_][\w:.-]*\s+")
_INLINE = frozenset(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd label mark q s samp small span strike "
    "strong sub sup time tt u var wbr".split()
)
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_BLOCKS = frozenset(
    "address article aside blockquote div dl fieldset footer form h1 h2 h3 h4 h5 h6 header hr main "
    "nav ol p pre section table ul".split()
)
_CELLS = frozenset({"td", "th"})
_ENDS = {
    **dict.fromkeys(_BLOCKS, frozenset({"p"})),
    "li": frozenset({"p", "li"}),
    **dict.fromkeys(("dt", "dd"), frozenset({"p", "dt", "dd"})),
    **dict.fromkeys(_CELLS, frozenset({"p"}) | _CELLS),
    "tr": frozenset({"p", "tr"}) | _CELLS,
    **dict.fromkeys(("tbody", "thead", "tfoot"), frozenset({"p", "tr", "tbody", "thead"}) | _CELLS),
    **dict.fromkeys(("option", "optgroup"), frozenset({"option"})),
}
"""What a start tag ends though no end tag says so (HTML, "Optional tags")."""
_DATA_URI = re.compile(r"data:[^,;]{0,60}(?:;[^,]{0,60})?,", re.I)
_INLINE_DATA = 256
_READABLE = re.compile(
    r"data:(?:,|;|text/|[\w.+-]+/(?:[\w.+-]*(?:xml|json|javascript)))|.*;base64,", re.I
)


@dataclass(slots=True)
class _Block:
    """The running text of a block: the source ranges it stands in, tags between them."""

    islands: list[tuple[int, int]] = field(default_factory=list)

    def read(self, source: str) -> tuple[str, array[int] | None]:
        """The text, entities resolved, and the place of each character (None: as it stands)."""
        start, end = self.islands[0][0], self.islands[-1][1]
        if len(self.islands) == 1 and source.find("&", start, end) < 0:
            return source[start:end], None
        text: list[str] = []
        offsets = array("q")
        for low, high in self.islands:
            position = low
            for match in _ENTITY.finditer(source, low, high):
                text.append(source[position : match.start()])
                offsets.extend(range(position, match.start()))
                character = html.unescape(match.group())
                text.append(character)
                offsets.extend([match.start()] * len(character))
                position = match.end()
            text.append(source[position:high])
            offsets.extend(range(position, high))
        offsets.append(end)
        return "".join(text), offsets


@dataclass(slots=True)
class _Lexer:
    """Walks the tokens of one source."""

    source: str
    bounds: Bounds
    is_html: bool
    stack: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    block: _Block = field(default_factory=_Block)
    ordinal: int = 0
    line: int = 1
    counted: int = 0
    row: int = 0
    column: int = 0
    heads: list[str] = field(default_factory=list)

    def pieces(self) -> Iterator[Piece]:
        position = 0
        while (match := _TOKEN.search(self.source, position)) is not None:
            if match.start() > position:
                self.block.islands.append((position, match.start()))
            position = match.end()
            if match["cdata"] is not None:
                yield from self._flush()
                kind, label, record = self._role("")
                yield Piece(
                    match["cdata"], *match.span("cdata"), None, verbatim, kind, label, record,
                    locator=self._where(match.start()),
                )  # fmt: skip
            elif match["close"]:
                yield from self._close(match["close"])
            elif match["open"]:
                yield from self._open(match)
                name = match["open"].lower()
                if self.is_html and name in RAW and not match["empty"]:
                    end = re.compile(rf"</{name}\s*>", re.I).search(self.source, position)
                    stop = end.start() if end else len(self.source)
                    if stop > position:
                        yield Piece(
                            self.source[position:stop], position, stop, None, verbatim, Kind.CODE,
                            locator=self._where(position),
                        )  # fmt: skip
                    position = stop
            elif match["declaration"] is not None:
                self._refuse_entities(match["declaration"])
                for low, high, kind in declared(self.source, *match.span("declaration")):
                    yield self._bare(low, high, kind)
            else:
                group = "comment" if match["comment"] is not None else "instruction"
                if match[group].strip() and not is_xml_declaration(match[group]):
                    yield self._remark(match, group)
        if position < len(self.source):
            self.block.islands.append((position, len(self.source)))
        yield from self._flush()
        if self.stack and not self.is_html:
            raise Unreadable(ReasonCode.CORRUPT, "it ends too early")

    def _remark(self, match: re.Match[str], group: str) -> Piece:
        start, end = match.span(group)
        if group == "instruction" and (target := _TARGET.match(self.source, start, end)):
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

    def _where(self, position: int) -> tuple[Step, ...]:
        if position >= self.counted:
            self.line += self.source.count("\n", self.counted, position)
            self.counted = position
        return (Step("line", self.line),)

    def _open(self, match: re.Match[str]) -> Iterator[Piece]:
        name = match["open"].lower() if self.is_html else match["open"]
        if not (self.is_html and name in _INLINE):
            yield from self._flush()
        if self.is_html:
            self._end_implied(_ENDS.get(name, frozenset()))
        record = self.stack[-1][1] if self.stack else ()
        self.ordinal += 1
        own = (*record, self.ordinal)
        if self.is_html and poses_as_tag(name, match["attributes"]):
            yield self._bare(match.start("open"), match.end("attributes"), Kind.PROSE)
        else:
            yield from self._attributes(match, own)
        if self.is_html:
            if name in ("tr", "li", "form", "dl", "section", "article"):
                self.row, self.column = self.ordinal, 0
            elif name in ("td", "th"):
                self.column += 1
            elif name == "table":
                self.heads = []
        if not match["empty"] and not (self.is_html and name in _VOID):
            if len(self.stack) >= self.bounds.max_nesting:
                raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {self.bounds.max_nesting}")
            self.stack.append((name, own))

    def _end_implied(self, ended: frozenset[str]) -> None:
        depth = len(self.stack) - 1
        while depth >= 0 and (self.stack[depth][0] in ended or self.stack[depth][0] in _INLINE):
            if self.stack[depth][0] in ended:
                del self.stack[depth:]
            depth -= 1

    def _attributes(self, match: re.Match[str], record: tuple[int, ...]) -> Iterator[Piece]:
        base = match.start("attributes")
        names = {}
        for one in _ATTRIBUTE.finditer(match["attributes"]):
            name = one["name"].lower()
            if is_odd(name):
                yield self._bare(base + one.start("name"), base + one.end("name"), Kind.NAME)
            group = next((g for g in "dsb" if one[g] is not None), "")
            if not group or not one[group].strip():
                continue
            names[name] = one[group]
            inert = self.is_html and name in INERT
            if (inert and not speaks(one[group])) or name.partition(":")[0] == "xmlns":
                continue
            start, end = one.start(group) + base, one.end(group) + base
            data = _DATA_URI.match(self.source, start, end)
            if data and end - data.end() > _INLINE_DATA and not _READABLE.match(data.group()):
                raise Unreadable(ReasonCode.NOT_COVERED, f"line {self.line}: embedded data")
            text, offsets = _Block([(start, end)]).read(self.source)
            label = names.get("name", "") if self.is_html and name == "value" else one["name"]
            kind = Kind.NAME if inert or (self.is_html and name in IDENTIFIERS) else Kind.FIELD
            yield Piece(
                text, start, end, offsets, _spell, kind,
                label if kind is Kind.FIELD else "", record,
                locator=self._where(match.start()),
            )  # fmt: skip

    def _close(self, name: str) -> Iterator[Piece]:
        name = name.lower() if self.is_html else name
        if not (self.is_html and name in _INLINE):
            yield from self._flush()
        if not self.is_html and (not self.stack or self.stack[-1][0] != name):
            raise Unreadable(ReasonCode.CORRUPT, f"line {self.line}: tags do not match")
        for depth in range(len(self.stack) - 1, -1, -1):
            if self.stack[depth][0] == name:
                del self.stack[depth:]
                return
            if self.is_html and name in _INLINE and self.stack[depth][0] not in _INLINE:
                return

    def _flush(self) -> Iterator[Piece]:
        block, self.block = self.block, _Block()
        if not block.islands:
            return
        text, offsets = block.read(self.source)
        if not text.strip():
            return
        start, end = block.islands[0][0], block.islands[-1][1]
        kind, label, record = self._role(text)
        yield Piece(
            text, start, end, offsets, _spell, kind, label, record,
            locator=self._where(start), islands=() if offsets is None else tuple(block.islands),
        )  # fmt: skip

    def _role(self, text: str) -> tuple[Kind, str, tuple[int, ...]]:
        name, record = self.stack[-1] if self.stack else ("", ())
        if not self.is_html:
            return Kind.FIELD, name, record[:-1] or record
        cell = next((n for n, _ in reversed(self.stack) if n in ("td", "th")), "")
        if cell == "th":
            self.heads.append(text.strip()[:60])
            return Kind.CELL, "", (self.row,)
        if cell == "td":
            fits = 0 < self.column <= len(self.heads)
            return Kind.CELL, self.heads[self.column - 1] if fits else "", (self.row,)
        return Kind.PROSE, "", ()


def _spell(text: str) -> str:
    return html.escape(text)


def lex_html(text: str, bounds: Bounds) -> Iterator[Piece]:
    """The pieces of an HTML page."""
    return _Lexer(text, bounds, is_html=True).pieces()


def lex_xml(text: str, bounds: Bounds) -> Iterator[Piece]:
    """The pieces of an XML document."""
    return _Lexer(text, bounds, is_html=False).pieces()


FORMATS = (
    SplicedFormat(frozenset({"text/html", "application/xhtml+xml"}), lex_html, reread_html),
    SplicedFormat(frozenset({"application/xml", "image/svg+xml"}), lex_xml, reread_xml),
)
