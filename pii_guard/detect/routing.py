"""What the model has to read. Prose is read whole; of fields, logs and code only what may name anyone.

A line that a label has decided, that has no words, or only words of the trade, is blanked, and so are
times, addresses, versions and digests within a line; a line whose words were met before in the case is
not read again, its findings are copied. Blanks keep their length, so offsets stay.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pii_guard.detect.fields import meaning, plausible
from pii_guard.detect.passages import Passage, ViewPassage
from pii_guard.document import Kind

Words = tuple[tuple[int, int], ...]
_WORD = re.compile(r"[^\W\d_]{2,}")
_LINE = re.compile(r"[^\n]+")
_MAIL = re.compile(r"\S{1,64}@\S{3,255}")
_NOISE = re.compile(
    r"\((?:X11|Windows|Macintosh|iPhone|iPad|Linux|compatible|KHTML)[^)\n]{0,80}\)"
    r"|\b[A-Za-z][A-Za-z-]{1,30}/\d+(?:\.\d+)+"
    r"|(?<![\w-])(?=[A-Fa-f-]{0,40}\d)[0-9A-Fa-f]{8,64}(?:-[0-9A-Fa-f]{4,12}){0,4}(?![\w-])"
    r"|(?<![\w+])(?=[A-Za-z+]{0,40}\d)[A-Za-z0-9+]{24,}={0,2}"
    r"|\d+(?:[.:/T-]\d+){2,}Z?|\d{7,}"
)
"""What names nobody and makes lines long: agents, products, digests, times, addresses of machines."""
_TRADE = frozenset(
    "get post put delete head options patch trace connect http https html xml json csv php asp aspx "
    "jsp css js png jpg jpeg gif svg ico woff api www com org net io example localhost internal local "
    "jan feb mar apr may jun jul aug sep oct nov dec mon tue wed thu fri sat sun utc gmt am pm info "
    "debug warn warning error fatal trace critical notice true false null none nil undefined yes no ok "
    "mozilla applewebkit khtml like gecko chrome safari firefox edge windows nt win linux macintosh "
    "intel mac os android iphone mobile version curl wget python requests bot compatible search index "
    "assets static images img src lib app apps health login logout users user admin id ids key keys "
    "token session cookie host port path query status code size bytes time date timestamp created "
    "updated at by from to for in on of the and or is was not with count total page pages limit offset "
    "sort order orders asc desc type name names value values data item items list result results "
    "request response body header headers method url uri ref refs sha md request pid tid thread level "
    "message msg event events service server client node pod web db cache queue worker job jobs task "
    "tasks build release test tests prod stage staging dev eu us gold silver basic free plan active "
    "inactive enabled disabled open closed new old shipped pending failed success start stop end begin "
    "int varchar char text bool float double datetime insert into select update where set table create "
    "drop primary unique default auto increment gzip deflate utf keep alive close max age no store "
    "content length encoding accept language charset connection application form urlencoded rows row "
    "ms sec kb mb gb took ip addr address email mail phone".split()
)


class Line(NamedTuple):
    """A line by its words: a key that is equal for equal words, and their half-open places."""

    key: int
    words: Words


class Route(NamedTuple):
    """`text`: what the model reads, as long as the passage; `read` and `repeated`: lines of it."""

    text: str
    read: tuple[Line, ...] = ()
    repeated: tuple[Line, ...] = ()


def route(passage: Passage | ViewPassage, met: set[int]) -> Route:
    """What of a passage the model reads. `met`: the keys of lines read before; grows."""
    text = passage.text
    if passage.kind in (Kind.PROSE, Kind.OCR) or len(text) < 200:
        return Route(text)
    parts: list[str] = []
    fresh: list[Line] = []
    repeated: list[Line] = []
    position = 0
    for match in _LINE.finditer(text):
        whole = match.group()
        clear = _NOISE.sub(_blank, whole)
        found = list(_WORD.finditer(clear))
        read = bool(found) and not _decided(whole) and not _is_trade(found)
        if read:
            start = match.start()
            words: Words = tuple((start + w.start(), start + w.end()) for w in found)
            # The process salts hashes of text, so nobody can aim at a collision.
            line = Line(hash(tuple(w.group() for w in found)), words)
            read = line.key not in met
            met.add(line.key)
            (fresh if read else repeated).append(line)
        parts.append(text[position : match.start()])
        parts.append(clear if read else " " * len(whole))
        position = match.end()
    parts.append(text[position:])
    return Route("".join(parts), tuple(fresh), tuple(repeated))


def within(line: Line, start: int, end: int) -> tuple[int, int] | None:
    """The first and last word of the line that `start`..`end` (half-open) meets; None for none."""
    inside = [n for n, (low, high) in enumerate(line.words) if low < end and start < high]
    return (inside[0], inside[-1]) if inside else None


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _decided(line: str) -> bool:
    label, colon, value = line.partition(": ")
    if not colon:
        return False
    value = value.strip()
    if _MAIL.fullmatch(value):
        return True
    kind = meaning(label)
    return bool(kind) and plausible(kind, value)


def _is_trade(words: list[re.Match[str]]) -> bool:
    return all(word.group().lower() in _TRADE for word in words)
