"""RTF 1.9.1 cut into texts, each character with its place in the source, and into blobs.

The letters of a text may stand far apart, in several runs, as escapes in a code page or as Unicode
with a fallback behind; a text ends with its destination (header, footnote, comment, property).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pii_guard.document import Kind, Locator, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.delimited import has_header
from pii_guard.formats.office.cells import label_beside
from pii_guard.formats.spliced import Piece

_TOKEN = re.compile(
    r"(?P<open>\{)|(?P<close>\})|\\(?:(?P<word>[A-Za-z]{1,32})(?P<number>-?\d{1,10})? ?"
    r"|'(?P<hex>[0-9A-Fa-f]{2})|(?P<symbol>[^A-Za-z]))|(?P<line>[\r\n\0]+)|(?P<text>[^\\{}\r\n\0]+)",
    re.S,
)
_BREAKS = {
    "par": "\n", "sect": "\n", "page": "\n", "column": "\n", "row": "", "nestrow": "", "line": "\n",
    "tab": "\t", "emdash": "\u2014", "endash": "\u2013", "emspace": " ", "enspace": " ", "qmspace": " ",
    "bullet": "\u2022", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c", "rdblquote": "\u201d",
}  # fmt: skip
_ENDS = frozenset({"par", "sect", "page", "column"})
_SYMBOLS = {"~": " ", "_": "-", "-": "", "\\": "\\", "{": "{", "}": "}", "\n": "\n", "\r": "\n"}
_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gbk", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250",
}  # fmt: skip
_WIDE = frozenset({"cp932", "cp949", "gbk", "cp950"})
_PEOPLE = frozenset("author operator manager atnauthor revtbl protusertbl protuserref".split())
_NAMES = frozenset(
    "fonttbl falt fontemb stylesheet listtable listoverridetable listname bkmkstart bkmkend atnid sn "
    "generator datafield formfield ffname atrfstart atrfend atnref xmlnstbl latentstyles lsdlockedexcept "
    "pgptbl rsidtbl colortbl filetbl mmathPr wgrffmtfilter bkmkcolf listpicture pgdsctbl".split()
)
_PROPERTIES = frozenset(
    "info title subject company category keywords comment doccomm hlinkbase propname staticval linkval "
    "docvar template background userprops mailmerge".split()
)
_PROSE = frozenset(
    "header headerl headerr headerf footer footerl footerr footerf footnote annotation shptxt rtf "
    "fldrslt pn pntext pntxta pntxtb nonesttables result".split()
)
_TIMES = frozenset("creatim revtim printim buptim atndate atntime".split())
_BLOBS = frozenset(
    "themedata colorschememapping datastore objdata oleclsid fontfile blipuid".split()
)
_CODES = frozenset({"fldinst", "formula", "mmconnectstr", "mmquery"})


@dataclass(slots=True)
class _Text:
    """A text while it is read: its characters, where they stand, the ranges that are its own."""

    characters: list[str] = field(default_factory=list)
    offsets: array[int] = field(default_factory=lambda: array("q"))
    islands: list[tuple[int, int]] = field(default_factory=list)

    def add(self, character: str, start: int, end: int, *, own: bool = True) -> None:
        for one in character:
            self.characters.append(one)
            self.offsets.append(start)
        if own and end > start:
            if self.islands and self.islands[-1][1] == start:
                self.islands[-1] = (self.islands[-1][0], end)
            else:
                self.islands.append((start, end))


@dataclass(slots=True)
class _Group:
    """An open group: its destination, what its characters are coded in, where it began."""

    start: int
    destination: str = "rtf"
    fallback: int = 1
    encoding: str = "cp1252"
    is_new: bool = True
    skippable: bool = False
    text: _Text | None = None


@dataclass(frozen=True, slots=True)
class Blob:
    """Hexadecimal digits in the source that are a file or data: where, what, what it is for."""

    start: int
    end: int
    content: bytes = field(repr=False)
    destination: str


@dataclass(slots=True)
class Lexed:
    """What a file holds: texts in source order of their beginning, and blobs."""

    pieces: list[Piece] = field(default_factory=list)
    blobs: list[Blob] = field(default_factory=list)
    words: set[int] = field(default_factory=set)
    """Where control words end without a blank behind them."""


@dataclass(slots=True)
class _Lexer:
    source: str
    bounds: Bounds
    groups: list[_Group] = field(default_factory=list)
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
            self.groups.append(_Group(start, text=_Text()))
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
        group = _Group(match.start(), "stray", text=_Text())
        assert group.text is not None
        for at, character in enumerate(match[0], match.start()):
            group.text.add(character, at, at + 1)
        self._flush(group)

    def _enter(self, destination: str) -> None:
        """The group that just began is a destination: it has a text of its own."""
        group = self.groups[-1]
        group.destination, group.text = destination, _Text()

    # -- characters ---------------------------------------------------------------------------

    def _text(self, text: str, start: int) -> None:
        group = self.groups[-1]
        group.is_new = False
        if group.destination in ("pict", *_BLOBS):
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
        elif encoding in _WIDE and byte >= 0x81:
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
        shown = _SYMBOLS.get(symbol)
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
        elif word in _BREAKS:
            if word in ("row", "nestrow"):
                self.rows.append(self.row)
                self.row = []
            elif word in _ENDS:
                self._end(start, end)
            else:
                self._put(_BREAKS[word], start, end)
        elif word in ("cell", "nestcell"):
            self._cell()
        elif word in ("trowd", "pard", "intbl"):
            self._table_word(word, group)
        elif word == "uc" and number is not None:
            group.fallback = max(0, min(number, 16))
        elif word in ("f", "af", "loch", "hich", "dbch", "deff"):
            self._fonts(word, number, group)
        elif word == "fcharset" and number is not None:
            self.fonts[self.font] = _CHARSETS.get(number, self.page)
            group.encoding = self.fonts[self.font]
        elif word == "ansicpg" and number is not None:
            self.page = group.encoding = f"cp{number}"
        elif word in ("mac", "pc", "pca"):
            self.page = group.encoding = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}[word]
        elif word == "plain":
            group.encoding = self.fonts.get(0, self.page)
        elif was_new or (skippable and word not in _BREAKS):
            self._destination(word, skippable)
        return end

    def _table_word(self, word: str, group: _Group) -> None:
        """A row is defined, or a paragraph says whether it stands in one."""
        if word == "trowd" and not self.in_table:
            self._flush(group)
            self.in_table = True
            self.tables += 1
        elif word != "trowd":
            self.in_row = word == "intbl"

    def _fonts(self, word: str, number: int | None, group: _Group) -> None:
        if word == "f" and number is not None:
            if group.destination == "fonttbl":
                self.font = number
            else:
                group.encoding = self.fonts.get(number, self.page)

    def _destination(self, word: str, skippable: bool) -> None:
        known = (
            word in _PROSE or word in _NAMES or word in _PROPERTIES or word in _PEOPLE
            or word in _BLOBS or word in _CODES or word in _TIMES
        )  # fmt: skip
        if word == "rtf" or (word in ("fldrslt", "result", "nonesttables")):
            return
        if not known and self.groups[-1].destination in _NAMES:
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

    def _flush(self, group: _Group) -> None:
        """The text of a group is over."""
        text, group_text = group.text, _Text()
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
        text, fresh = group.text, _Text()
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
        texts = [[piece.text.strip() for piece in row] for row in rows]
        heads = texts[0] if len(texts) > 1 and has_header(texts[0], texts[1]) else []
        form = not heads and all(len(row) == 2 for row in rows)
        for r, row in enumerate(rows, 1):
            for c, piece in enumerate(row, 1):
                if piece.start < 0:
                    continue
                label = heads[c - 1][:60] if heads and r > 1 and c <= len(heads) else ""
                if not heads and c > 1:
                    label = label_beside(row[c - 2].text)
                where = (Step("table", self.tables), Step("row", r), Step("column", c))
                record = (self.tables,) if form else (self.tables, r)
                kind = Kind.NAME if heads and r == 1 else Kind.CELL
                self.out.pieces.append(
                    replace(piece, kind=kind, label=label, record=record, locator=where)
                )

    def _piece(self, text: _Text, destination: str) -> Piece | None:
        while text.characters and text.characters[-1] == "\n" and not _owned(text):
            text.characters.pop()
            text.offsets.pop()
        shown = "".join(text.characters)
        if not shown.strip() or not text.islands:
            return None
        if destination in _TIMES or (
            destination in ("rsidtbl", "colortbl") and shown.strip(" ;").isdigit()
        ):
            return None
        self.count += 1
        if self.count > self.bounds.max_segments:
            raise Unreadable(ReasonCode.LIMIT_FINDINGS, "texts")
        start, end = text.islands[0][0], text.islands[-1][1]
        text.offsets.append(end)
        kind, label = _role(destination)
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


def _owned(text: _Text) -> bool:
    """Whether the last character stands within the text's own ranges."""
    at = text.offsets[-1]
    return any(start <= at < end for start, end in text.islands[-2:])


def _role(destination: str) -> tuple[Kind, str]:
    if destination in _PEOPLE:
        return Kind.METADATA, "Author name"
    if destination in _NAMES:
        return Kind.NAME, ""
    if destination in _CODES:
        return Kind.CODE, ""
    if destination in _PROSE or destination in ("cell", "stray"):
        return Kind.PROSE, ""
    return Kind.METADATA, destination if destination in _PROPERTIES else ""


def spell(text: str) -> str:
    """A replacement with what RTF reads as syntax escaped, and Unicode with a fallback."""
    made = []
    for character in text:
        if character in "\\{}":
            made.append("\\" + character)
        elif character == "\n":
            made.append("\\line ")
        elif character.isascii():
            made.append(character)
        else:
            raw = character.encode("utf-16-le", "surrogatepass")
            for at in range(0, len(raw), 2):
                code = int.from_bytes(raw[at : at + 2], "little", signed=True)
                made.append(f"{{\\uc1\\u{code}?}}")
    return "".join(made)


def lexed(source: str, bounds: Bounds) -> Lexed:
    """What an RTF source holds. Raises `Unreadable`."""
    lexer = _Lexer(source, bounds)
    found = lexer.run()
    return Lexed(found.pieces, list(_joined(found.blobs, source)), found.words)


def _joined(blobs: list[Blob], source: str) -> Iterator[Blob]:
    """Blobs with the lines of one data run joined."""
    held: list[Blob] = []
    for blob in blobs:
        if held and (
            source[held[-1].end : blob.start].strip("\r\n")
            or held[-1].destination != blob.destination
        ):
            yield _whole(held)
            held = []
        held.append(blob)
    if held:
        yield _whole(held)


def _whole(blobs: list[Blob]) -> Blob:
    digits = b"".join(b"".join(blob.content.split()) for blob in blobs)
    content = bytes.fromhex(digits[: len(digits) & ~1].decode())
    return Blob(blobs[0].start, blobs[-1].end, content, blobs[0].destination)
