"""RTF 1.9.1 cut into texts, each character with its place in the source, and into blobs.

The letters of a text may stand far apart, in several runs, as escapes in a code page or as Unicode
with a fallback behind; a text ends with its destination (header, footnote, comment, property).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from pii_guard.document import Locator, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.office.labels import heads_of
from pii_guard.formats.pieces import Piece
from pii_guard.formats.rtf.parts import Blob, Group, Lexed, Text, is_owned, joined
from pii_guard.formats.rtf.words import (
    BLOBS,
    BREAKS,
    CHARSETS,
    CODES,
    ENDS,
    NAMES,
    PEOPLE,
    PROPERTIES,
    PROSE,
    SYMBOLS,
    TIMES,
    WIDE,
    role_of,
    spell,
)

_TOKEN = re.compile(
    r"(?P<open>\{)|(?P<close>\})|\\(?:(?P<word>[A-Za-z]{1,32})(?P<number>-?\d{1,10})? ?"
    r"|'(?P<hex>[0-9A-Fa-f]{2})|(?P<symbol>[^A-Za-z]))|(?P<line>[\r\n\0]+)|(?P<text>[^\\{}\r\n\0]+)",
    re.S,
)


@dataclass(slots=True)
class _Lexer:
    source: str
    bounds: Bounds
    groups: list[Group] = field(default_factory=list)
    fonts: dict[int, str] = field(default_factory=dict)
    font: int = 0
    page: str = "cp1252"
    skip: int = 0
    high: tuple[int, int] | None = None
    lead: tuple[int, int, str] | None = None
    count: int = 0
    row: list[Piece] = field(default_factory=list)
    rows: list[list[Piece]] = field(default_factory=list)
    tables: int = 0
    out: Lexed = field(default_factory=Lexed)
    in_table: bool = False
    in_row: bool = False

    def run(self) -> Lexed:
        position, source = 0, self.source
        while position < len(source):
            match = _TOKEN.match(source, position)
            if match is None:
                raise Unreadable(ReasonCode.CORRUPT, "a control word that is none")
            position = match.end()
            kind = match.lastgroup
            if kind == "open":
                self._open(match.start())
            elif kind == "close":
                self._close(match.start())
            elif not self.groups:
                if match[0].strip("\0\r\n\t \x1a"):
                    self._stray(match)
            elif kind == "text":
                self._text(match[0], match.start())
            elif kind == "hex":
                self._byte(int(match["hex"], 16), match.start(), match.end())
            elif kind == "symbol":
                self._symbol(match["symbol"], match.start(), match.end())
            elif kind in ("word", "number"):
                position = self._word(match)
        if self.groups:
            raise Unreadable(ReasonCode.CORRUPT, "it ends too early")
        self._end_table()
        self.out.pieces.sort(key=lambda piece: piece.start)
        return self.out

    # -- groups -------------------------------------------------------------------------------

    def _open(self, start: int) -> None:
        if len(self.groups) >= self.bounds.max_nesting:
            raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {self.bounds.max_nesting}")
        above = self.groups[-1] if self.groups else None
        self.skip = 0
        if above is None:
            self.groups.append(Group(start, text=Text()))
        else:
            above.is_new = False
            self.groups.append(replace(above, start=start, is_new=True, skippable=False))

    def _close(self, start: int) -> None:  # noqa: ARG002
        if not self.groups:
            raise Unreadable(ReasonCode.CORRUPT, "groups do not match")
        group = self.groups.pop()
        self.skip, self.lead, self.high = 0, None, None
        above = self.groups[-1].text if self.groups else None
        if group.text is not None and group.text is not above:
            self._flush(group)

    def _stray(self, match: re.Match[str]) -> None:
        """Text behind or before the document."""
        group = Group(match.start(), "stray", text=Text())
        assert group.text is not None
        for at, character in enumerate(match[0], match.start()):
            group.text.add(character, at, at + 1)
        self._flush(group)

    def _enter(self, destination: str) -> None:
        """The group that just began is a destination: it has a text of its own."""
        group = self.groups[-1]
        group.destination, group.text = destination, Text()

    # -- characters ---------------------------------------------------------------------------

    def _text(self, text: str, start: int) -> None:
        group = self.groups[-1]
        group.is_new = False
        if group.destination in ("pict", *BLOBS):
            self._blob(text, start, group.destination)
            return
        for at, character in enumerate(text, start):
            if self.skip:
                self._skipped(at, at + 1)
            elif character == ";" and group.destination in (
                "fonttbl",
                "stylesheet",
                "revtbl",
                "colortbl",
            ):
                self._flush(group)
            else:
                self._put(character, at, at + 1)

    def _put(self, character: str, start: int, end: int, *, own: bool = True) -> None:
        self.lead = None
        text = self.groups[-1].text
        if text is not None:
            text.add(character, start, end, own=own)

    def _skipped(self, start: int, end: int) -> None:
        """A fallback for readers without Unicode: it belongs to the character before."""
        self.skip -= 1
        text = self.groups[-1].text
        if text is not None and text.islands and text.islands[-1][1] == start:
            text.islands[-1] = (text.islands[-1][0], end)
        elif text is not None:
            text.islands.append((start, end))

    def _byte(self, byte: int, start: int, end: int) -> None:
        if self.skip:
            self._skipped(start, end)
            return
        encoding = self.groups[-1].encoding
        raw = bytes([byte])
        if self.lead is not None and self.lead[1] == start:
            raw, start = bytes([self.lead[0], byte]), start - 4
            self.lead = None
        elif encoding in WIDE and byte >= 0x81:
            self.lead = (byte, end, encoding)
            return
        try:
            shown = raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            shown = raw.decode("cp1252", "replace")
        self._put(shown, start, end)

    def _symbol(self, symbol: str, start: int, end: int) -> None:
        group = self.groups[-1]
        if symbol == "*":
            group.skippable = group.is_new
            return
        if self.skip and symbol in "\\{}":
            self._skipped(start, end)
            return
        shown = SYMBOLS.get(symbol)
        if shown in ("\n",):
            self._end(start, end)
        elif shown:
            self._put(shown, start, end)
        elif shown is None and symbol not in ":|":
            self._put(symbol, start + 1, end)

    def _unicode(self, code: int, start: int, end: int) -> None:
        code &= 0xFFFF
        self.skip = self.groups[-1].fallback
        if 0xD800 <= code < 0xDC00:
            self.high = (code, start)
            return
        if 0xDC00 <= code < 0xE000:
            if self.high is not None:
                code = 0x10000 + ((self.high[0] - 0xD800) << 10) + (code - 0xDC00)
                start = self.high[1]
            else:
                code = 0xFFFD
        self.high = None
        self._put(chr(code), start, end)

    # -- control words ------------------------------------------------------------------------

    def _word(self, match: re.Match[str]) -> int:
        word, number = match["word"], int(match["number"] or 0) if match["number"] else None
        group, start, end = self.groups[-1], match.start(), match.end()
        if not match[0].endswith(" "):
            self.out.words.add(end)
        was_new, skippable = group.is_new, group.skippable
        group.is_new = group.skippable = False
        if word == "bin":
            raise Unreadable(ReasonCode.NOT_COVERED, "binary data")
        if word == "u" and number is not None:
            self._unicode(number, start, end)
        elif word in BREAKS:
            if word in ("row", "nestrow"):
                self.rows.append(self.row)
                self.row = []
            elif word in ENDS:
                self._end(start, end)
            else:
                self._put(BREAKS[word], start, end)
        elif word in ("cell", "nestcell"):
            self._cell()
        elif word in ("trowd", "pard", "intbl"):
            self._table_word(word, group)
        elif word == "uc" and number is not None:
            group.fallback = max(0, min(number, 16))
        elif word in ("f", "af", "loch", "hich", "dbch", "deff"):
            self._fonts(word, number, group)
        elif word == "fcharset" and number is not None:
            self.fonts[self.font] = CHARSETS.get(number, self.page)
            group.encoding = self.fonts[self.font]
        elif word == "ansicpg" and number is not None:
            self.page = group.encoding = f"cp{number}"
        elif word in ("mac", "pc", "pca"):
            self.page = group.encoding = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}[word]
        elif word == "plain":
            group.encoding = self.fonts.get(0, self.page)
        elif was_new or (skippable and word not in BREAKS):
            self._destination(word, skippable)
        return end

    def _table_word(self, word: str, group: Group) -> None:
        """A row is defined, or a paragraph says whether it stands in one."""
        if word == "trowd" and not self.in_table:
            self._flush(group)
            self.in_table = True
            self.tables += 1
        elif word != "trowd":
            self.in_row = word == "intbl"

    def _fonts(self, word: str, number: int | None, group: Group) -> None:
        if word == "f" and number is not None:
            if group.destination == "fonttbl":
                self.font = number
            else:
                group.encoding = self.fonts.get(number, self.page)

    def _destination(self, word: str, skippable: bool) -> None:
        known = (
            word in PROSE or word in NAMES or word in PROPERTIES or word in PEOPLE
            or word in BLOBS or word in CODES or word in TIMES
        )  # fmt: skip
        if word == "rtf" or (word in ("fldrslt", "result", "nonesttables")):
            return
        if not known and self.groups[-1].destination in NAMES:
            return
        if known or skippable or word in ("pict", "object", "field", "shp", "sp", "sv", "shpinst"):
            if word in ("field", "shp", "object", "shpinst", "sp", "shppict", "nonshppict"):
                return
            self._enter(word)

    # -- texts --------------------------------------------------------------------------------

    def _end(self, start: int, end: int) -> None:
        """A paragraph ends: the text goes on in the next one unless this one is empty."""
        group = self.groups[-1]
        text = group.text
        if text is None:
            return
        last = "".join(text.characters).rpartition("\n")[2] if text.characters else ""
        if self.in_table and self.rows and not self.row and not self.in_row:
            self._end_table()
        if not last.strip() or len(text.characters) > 4_000:
            self._flush(group)
        else:
            text.add("\n", start, end, own=False)

    def _flush(self, group: Group) -> None:
        """The text of a group is over."""
        text, group_text = group.text, Text()
        for one in self.groups:
            if one.text is text:
                one.text = group_text
        group.text = group_text
        if text is None:
            return
        piece = self._piece(text, group.destination)
        if piece is not None:
            self.out.pieces.append(piece)

    def _cell(self) -> None:
        group = self.groups[-1]
        text, fresh = group.text, Text()
        for one in self.groups:
            if one.text is text:
                one.text = fresh
        group.text = fresh
        piece = self._piece(text, "cell") if text is not None else None
        self.row.append(piece or Piece("", -1, -1))

    def _end_table(self) -> None:
        if self.row:
            self.rows.append(self.row)
        rows, self.rows, self.row, self.in_table = self.rows, [], [], False
        if not rows:
            return
        heads = heads_of(
            (r, {c: piece.text.strip() for c, piece in enumerate(row, 1)})
            for r, row in enumerate(rows, 1)
        )
        for r, row in enumerate(rows, 1):
            for c, piece in enumerate(row, 1):
                if piece.start < 0:
                    continue
                label = heads.label(c, r, row[c - 2].text if c > 1 else "")
                where = (Step("table", self.tables), Step("row", r), Step("column", c))
                record = (self.tables,) if heads.is_form else (self.tables, r)
                kind = heads.kind(r)
                self.out.pieces.append(
                    piece._replace(kind=kind, label=label, record=record, locator=where)
                )

    def _piece(self, text: Text, destination: str) -> Piece | None:
        while text.characters and text.characters[-1] == "\n" and not is_owned(text):
            text.characters.pop()
            text.offsets.pop()
        shown = "".join(text.characters)
        if not shown.strip() or not text.islands:
            return None
        if destination in TIMES or (
            destination in ("rsidtbl", "colortbl") and shown.strip(" ;").isdigit()
        ):
            return None
        self.count += 1
        if self.count > self.bounds.max_cells:
            raise Unreadable(ReasonCode.LIMIT_CELLS, "texts")
        start, end = text.islands[0][0], text.islands[-1][1]
        text.offsets.append(end)
        kind, label = role_of(destination)
        locator: Locator = (Step("text", self.count),)
        return Piece(
            shown, start, end, text.offsets, spell, kind, label, (),
            locator=locator, islands=tuple(text.islands),
        )  # fmt: skip

    # -- blobs --------------------------------------------------------------------------------

    def _blob(self, text: str, start: int, destination: str) -> None:
        bare = text.strip()
        if not bare:
            return
        if re.fullmatch(r"[0-9A-Fa-f \t]+", bare) is None:
            raise Unreadable(ReasonCode.CORRUPT, "data that is none")
        self.out.blobs.append(Blob(start, start + len(text), bare.encode(), destination))


def lexed(source: str, bounds: Bounds) -> Lexed:
    """What an RTF source holds. Raises `Unreadable`."""
    lexer = _Lexer(source, bounds)
    found = lexer.run()
    return Lexed(found.pieces, list(joined(found.blobs, source)), found.words)
