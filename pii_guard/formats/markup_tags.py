"""What markup says within its tags: words that pose as tags, odd names, declarations.

No browser shows any of it, and all of it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.document import Kind
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
_SPEAKS = re.compile(r"@|%40|://|\d(?:\W?\d){6}")
_ORDINARY = re.compile(r"[\w:.-]+")
_DOCTYPE = re.compile(r"(?i)doctype\s+[\w:.-]+\s*")
_XML = re.compile(r"xml(?:\s+[a-z]+\s*=\s*(?:\"[\w.-]*\"|'[\w.-]*'))*\s*")
_UNFIT = re.compile(r"[^\w.:@+*-]")


def poses_as_tag(name: str, attributes: str) -> bool:
    """Whether it is text in angle brackets (`<jane@mail.example>`) that HTML reads as a tag."""
    if name.lower() in _ELEMENTS:
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
