"""What markup says within its tags: words that pose as tags, odd names, declarations.

No browser shows any of it, and all of it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pii_guard.document import Kind
from pii_guard.formats.markup_tokens import ATTRIBUTE
from pii_guard.views.runs import encoded

_ELEMENTS = frozenset(
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo big blockquote "
    "body br button canvas caption center cite code col colgroup data datalist dd del details dfn "
    "dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 "
    "h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map "
    "mark marquee math menu meta meter nav noframes noscript object ol optgroup option output p param "
    "picture pre progress q rp rt ruby s samp script search section select slot small source span "
    "strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time "
    "title tr track tt u ul var video wbr".split()
)
RAW = frozenset({"script", "style"})
"""HTML elements whose content is no markup."""
INERT = frozenset(
    "class style type rel lang dir role method charset width height colspan rowspan".split()
)
"""HTML attributes for programs."""
IDENTIFIERS = frozenset("name id for http-equiv property itemprop".split())
"""HTML attributes that name things."""
INLINE = frozenset(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd label mark q s samp small span strike "
    "strong sub sup time tt u var wbr".split()
)
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_BLOCKS = frozenset(
    "address article aside blockquote div dl fieldset footer form h1 h2 h3 h4 h5 h6 header hr main "
    "nav ol p pre section table ul".split()
)
CELLS = frozenset({"td", "th"})
TERMS = frozenset({"dt", "dd"})
"""A name, and what it names, in a list of descriptions."""
ENDS = {
    **dict.fromkeys(_BLOCKS, frozenset({"p"})),
    "li": frozenset({"p", "li"}),
    **dict.fromkeys(("dt", "dd"), frozenset({"p", "dt", "dd"})),
    **dict.fromkeys(CELLS, frozenset({"p"}) | CELLS),
    "tr": frozenset({"p", "tr"}) | CELLS,
    **dict.fromkeys(("tbody", "thead", "tfoot"), frozenset({"p", "tr", "tbody", "thead"}) | CELLS),
    **dict.fromkeys(("option", "optgroup"), frozenset({"option"})),
}
"""What a start tag ends though no end tag says so (HTML, "Optional tags")."""
NONE: frozenset[str] = frozenset()
ROWS = frozenset({"tr", "li", "form", "dl", "section", "article"})
SIMPLE = (_BLOCKS - ROWS - VOID - {"table"}) | CELLS
"""Elements whose tags do no more than end a text, and end others."""
_SPEAKS = re.compile(r"@|%40|://|\d(?:\W?\d){6}")
_ORDINARY = re.compile(r"[\w:.-]+")
_DOCTYPE = re.compile(r"(?i)doctype\s+[\w:.-]+\s*")
_XML = re.compile(r"xml(?:\s+[a-z]+\s*=\s*(?:\"[\w.-]*\"|'[\w.-]*'))*\s*")
_UNFIT = re.compile(r"[^\w.:@+*-]")


@dataclass(frozen=True, slots=True)
class Attribute:
    """What the name of an attribute says of its value."""

    lower: str
    is_odd: bool
    is_inert: bool
    is_space: bool
    """Whether it declares a namespace."""
    kind: Kind
    label: str = field(repr=False)

    @classmethod
    def of(cls, written: str, *, is_html: bool) -> Attribute:
        """Of a name as it is written."""
        lower = written.lower()
        inert = is_html and lower in INERT
        is_name = inert or (is_html and lower in IDENTIFIERS)
        kind, label = (Kind.NAME, "") if is_name else (Kind.FIELD, written)
        return cls(lower, is_odd(lower), inert, lower.partition(":")[0] == "xmlns", kind, label)


_Record = tuple[int, ...]
_HEAD = 60
"""Characters of a name over or before a cell."""


class Heads:
    """The names over the cells of a table, those before them in their row, and the terms of lists."""

    __slots__ = ("_at", "_before", "_over", "_table")

    def __init__(self) -> None:
        self._over: list[str] = []
        self._before, self._at = "", 0
        self._table: _Record = (0,)

    def begin_table(self, number: int) -> None:
        """A table, the element of that number, has names of its own."""
        self._over, self._table = [], (number,)

    def begin_row(self) -> None:
        """A row, or a list of terms."""
        self._before, self._at = "", 0

    def name(self, text: str, column: int) -> None:
        """Take in the text of a `th`; a `dt` stands in no column (0)."""
        text = text.strip()[:_HEAD]
        missing = column - 1 - len(self._over)
        if missing >= 0:
            self._over += [*[""] * missing, text]
        if not column or column != self._at:
            self._before, self._at = text, column

    def of(self, column: int, row: _Record) -> tuple[str, _Record]:
        """What names a cell of that column in that row, or a `dd` (0), and the record it is in.

        Where names stand before the cells, all rows of a table say something of one thing.
        """
        over = self._over[column - 1] if 0 < column <= len(self._over) else ""
        if over or not column or not self._before:
            return over or self._before, row
        return self._before, self._table


def is_element(name: str) -> bool:
    """Whether HTML has an element of that name."""
    return name in _ELEMENTS or name.lower() in _ELEMENTS


def called_in(source: str, start: int, end: int) -> str:
    """What a field of a form is called, whose attributes stand at `start`..`end`: by its name, else its id.

    Nothing for a tag without a value: there is nothing that a name would name.
    """
    if "value" not in source[start:end].lower():
        return ""
    given = dict[str, str]()
    for one in ATTRIBUTE.finditer(source, start, end):
        if (one.lastindex or 1) > 1:
            given.setdefault(one[1].lower(), one[one.lastindex or 1])
    return given.get("name") or given.get("id", "")


def poses_as_tag(name: str, attributes: str) -> bool:
    """Whether it is text in angle brackets (`<jane@mail.example>`) that HTML reads as a tag."""
    if is_element(name):
        return False
    before, equals, _ = attributes.partition("=")
    return not equals or "@" in before


_SHORTEST_RUN = 16
"""Characters of an attribute that is worth looking for encoded text."""


def speaks(value: str) -> bool:
    """Whether an attribute meant for programs holds an address, a long number, or what is encoded."""
    if _SPEAKS.search(value) is not None or "data:" in value.lower():
        return True
    return len(value) > _SHORTEST_RUN and any(True for _ in encoded(value))


def is_odd(name: str) -> bool:
    """Whether an attribute's name is more than a name."""
    return _ORDINARY.fullmatch(name) is None


def is_xml_declaration(instruction: str) -> bool:
    """Whether a processing instruction says nothing but version and encoding."""
    return _XML.fullmatch(instruction) is not None


def declared(source: str, start: int, end: int) -> Iterator[tuple[int, int, Kind]]:
    """What a declaration (`start`..`end`, without `<!` and `>`) says beyond its first two words.

    Its internal subset (XML 1.0, 2.8) may hold comments and defaults; public and system identifiers
    hold no sentences.
    """
    if doctype := _DOCTYPE.match(source, start, end):
        start = doctype.end()
    if source[start:end].strip():
        yield start, end, Kind.PROSE if doctype is None or "[" in source[start:end] else Kind.NAME


def spell_bare(text: str) -> str:
    """A replacement where brackets, quotes and blanks would be syntax."""
    return _UNFIT.sub("", text) or "_"
