"""What the model has to read. Prose is read whole; of fields, logs and code only what may name anyone.

A line that a label has decided, that has no words, or only words of the trade, is blanked; a line whose
words were met before in the passage is not read again, its findings are copied. Blanks keep their
length, so offsets stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pii_guard.detect.fields import meaning, plausible
from pii_guard.detect.passages import Passage, ViewPassage
from pii_guard.document import Kind

Words = tuple[tuple[int, int], ...]
_WORD = re.compile(r"[^\W\d_]{2,}")
_LINE = re.compile(r"[^\n]+")
_MAIL = re.compile(r"\S{1,64}@\S{3,255}")
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


class Route(NamedTuple):
    """`text`: what the model reads, as long as the passage. `copies`: by the start of a line that is
    read, its words and those of each line that repeats them.
    """

    text: str
    copies: dict[int, list[Words]]


def route(passage: Passage | ViewPassage) -> Route:
    """What of a passage the model reads."""
    text = passage.text
    if passage.kind in (Kind.PROSE, Kind.OCR) or len(text) < 200:
        return Route(text, {})
    parts: list[str] = []
    met: dict[tuple[str, ...], int] = {}
    copies: dict[int, list[Words]] = {}
    position = 0
    for line in _LINE.finditer(text):
        words = list(_WORD.finditer(line.group()))
        read = bool(words) and not _decided(line.group()) and not _is_trade(words)
        if read:
            spans: Words = tuple((line.start() + w.start(), line.start() + w.end()) for w in words)
            first = met.setdefault(tuple(w.group() for w in words), line.start())
            copies.setdefault(first, []).append(spans)
            read = first == line.start()
        parts.append(text[position : line.start()])
        parts.append(line.group() if read else " " * len(line.group()))
        position = line.end()
    parts.append(text[position:])
    return Route("".join(parts), copies)


def copied(way: Route, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where else the words stand that were found at `start`..`end` (half-open, one line)."""
    line = way.text.rfind("\n", 0, start) + 1
    first, *others = way.copies.get(line, [()])
    inside = [n for n, (low, high) in enumerate(first) if low < end and start < high]
    if inside:
        for words in others:
            yield words[inside[0]][0], words[inside[-1]][1]


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
