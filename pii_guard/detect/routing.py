"""What the model has to read. Prose is read whole but for lines of base64; of fields, logs and code only
what may name anyone.

What a label has decided, in a line of its own or in JSON, is blanked, as are lines and members of JSON
without words or with words of the trade only, and times, addresses, versions and digests within a line. A line whose
words were met before in the case is not read again, its findings are copied; nor are words that were
read side by side before and named nobody there, but for those around new ones. Blanks keep their
length, so offsets stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import NamedTuple

from pii_guard.detect.evidence import BLOCK
from pii_guard.detect.fields import meaning, words
from pii_guard.detect.passages import Passage, ViewPassage
from pii_guard.detect.values import plausible
from pii_guard.document import Kind

Words = tuple[tuple[int, int], ...]
_WORD = re.compile(r"[^\W\d_]{2,}")
_LINE = re.compile(r"[^\n]+")
_IN_LINE = re.compile(r"[^\r\n]")
_MAIL = re.compile(r"\S{1,64}@\S{3,255}")
_NOISE = re.compile(
    # A process, a function, the machine behind the time, a key without a value, an identifier.
    r"(?<![\w.@-])[A-Za-z_][\w./-]{0,40}(?=\[\d{1,8}\])|(?<![\w.@-])[a-z_][\w./-]{0,40}(?=\()"
    r"|(?<=:\d\d )[\w.-]{1,60}(?= [\w./()-]{1,60}(?:\[\d{1,8}\])?: )"
    r"|\b[A-Za-z]{1,40}=(?=\s|\d|\Z)|\b[a-z]{2,30}(?:[A-Z][a-z0-9]{1,30}){1,6}\b"
    r"|\((?:X11|Windows|Macintosh|iPhone|iPad|Linux|compatible|KHTML)[^)\n]{0,80}\)"
    r"|\b[A-Za-z][A-Za-z-]{1,30}/\d+(?:\.\d+)+"
    r"|(?<![\w-])(?=[A-Fa-f-]{0,40}\d)[0-9A-Fa-f]{8,64}(?:-[0-9A-Fa-f]{4,12}){0,4}(?![\w-])"
    r"|(?<![\w+])(?=[A-Za-z+]{0,40}\d)[A-Za-z0-9+]{24,}={0,2}"
    r"|\d+(?:[.:/T-]\d+){2,}Z?|\d{7,}"
)
"""What names nobody and makes lines long: agents, products, digests, times, addresses of machines."""
_PAIR = re.compile(
    r'"([A-Za-z_][\w.-]{0,60})" ?: ?'
    r'(?:"([^"\\\n]{0,200})"|(?:-?\d[\d.eE+-]{0,40}|true|false|null)(?= {0,3}(?:[],}]|$))),?'
)
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
    "ms sec kb mb gb took ip addr address email mail phone paid unpaid returned refunded eur usd gbp".split()
)

_CODED = frozenset(
    (label,) for label in "sku uuid guid currency etag checksum digest sha md".split()
)
"""Last words of labels whose values, of one word, are codes."""

_AROUND = 12
"""Words on each side of new words that are read with them."""
_MOST = 20_000
"""Keys that are remembered: a case of more forgets them all and begins again."""


class Line(NamedTuple):
    """A line by its words: a key that is equal for equal words, and their half-open places.

    `pairs`: a key for each word with the one before it, the first with nothing; `unread`: those of
    words that are not read because they were read elsewhere.
    """

    key: int
    words: Words
    pairs: tuple[int, ...] = ()
    unread: tuple[int, ...] = ()


class Route(NamedTuple):
    """`text`: what the model reads, as long as the passage; `read` and `repeated`: lines of it.

    `familiar`: lines that have words which are not read because they were read elsewhere.
    """

    text: str
    read: tuple[Line, ...] = ()
    repeated: tuple[Line, ...] = ()
    familiar: tuple[Line, ...] = ()


@dataclass(slots=True)
class Met:
    """What was read before in a case, by keys: lines, pairs of words, and pairs that named somebody."""

    lines: set[int] = field(default_factory=set)
    pairs: set[int] = field(default_factory=set)
    naming: set[int] = field(default_factory=set)

    def news(self, line: Line) -> tuple[Line, list[tuple[int, int]]]:
        """A line with what of it need not be read: its pairs, and half-open ranges of words.

        All of them (and no range) when there is nothing new in the line; else the line counts as met.
        """
        new = [
            n for n, pair in enumerate(line.pairs) if pair not in self.pairs or pair in self.naming
        ]
        gaps: list[tuple[int, int]] = []
        position = 0
        for word in [*new, len(line.pairs) + _AROUND] if new else ():
            if word - _AROUND > position:
                gaps.append((position, min(word - _AROUND, len(line.pairs))))
            position = word + _AROUND + 1
        if not new:
            return line._replace(unread=line.pairs), []
        self.lines.add(line.key)
        self.pairs.update(line.pairs)
        unread = tuple(chain.from_iterable(line.pairs[low:high] for low, high in gaps))
        return line._replace(unread=unread), gaps

    def learn(self, line: Line, places: Iterable[tuple[int, int]]) -> None:
        """What was found in a line that was read: first and last word of each finding."""
        for first, last in places:
            # The word behind a name is part of what made it one.
            self.naming.update(line.pairs[first : last + 2])

    @property
    def is_full(self) -> bool:
        """Whether there is so much of it that it is time to forget it all."""
        return max(len(self.lines), len(self.pairs)) > _MOST


def route(passage: Passage | ViewPassage, met: Met) -> Route:
    """What of a passage the model reads. `met` grows by what it will have read then."""
    text = passage.text
    if passage.kind in (Kind.PROSE, Kind.OCR) or len(text) < 200:
        return Route(BLOCK.sub(_blank_lines, text))
    parts: list[str] = []
    fresh: list[Line] = []
    repeated: list[Line] = []
    familiar: list[Line] = []
    position = 0
    for match in _LINE.finditer(text):
        whole = match.group()
        decided = _decided(whole)
        clear = whole if decided else _cleared(whole)
        found = [] if decided else list(_WORD.finditer(clear))
        read = bool(found) and not _is_trade(found)
        if read:
            start = match.start()
            words: Words = tuple((start + w.start(), start + w.end()) for w in found)
            line = _line([w.group() for w in found], words)
            if line.key in met.lines:
                repeated.append(line)
                read = False
            else:
                line, gaps = met.news(line)
                if line.unread:
                    familiar.append(line)
                read = len(line.unread) < len(line.pairs)
                if read:
                    fresh.append(line)
                    clear = _without(clear, gaps, words, start)
        parts.append(text[position : match.start()])
        parts.append(clear if read else " " * len(whole))
        position = match.end()
    parts.append(text[position:])
    return Route("".join(parts), tuple(fresh), tuple(repeated), tuple(familiar))


def _line(words: list[str], places: Words) -> Line:
    # The process salts hashes of text, so nobody can aim at a collision.
    pairs = tuple(map(hash, pairwise(["", *words])))
    return Line(hash(pairs), places, pairs)


def _without(clear: str, gaps: list[tuple[int, int]], words: Words, start: int) -> str:
    for first, last in gaps:
        low, high = words[first][0] - start, words[last - 1][1] - start
        clear = clear[:low] + " " * (high - low) + clear[high:]
    return clear


def only(text: str, lines: Iterable[Line]) -> str:
    """The text with everything but these lines of it blanked."""
    parts: list[str] = []
    position = 0
    for line in lines:
        start = text.rfind("\n", 0, line.words[0][0]) + 1
        end = text.find("\n", line.words[-1][1])
        end = len(text) if end < 0 else end
        parts += [" " * (start - position), _cleared(text[start:end])]
        position = end
    return "".join(parts) + " " * (len(text) - position)


def within(line: Line, start: int, end: int) -> tuple[int, int] | None:
    """The first and last word of the line that `start`..`end` (half-open) meets; None for none."""
    inside = [n for n, (low, high) in enumerate(line.words) if low < end and start < high]
    return (inside[0], inside[-1]) if inside else None


def _cleared(line: str) -> str:
    """The line with blanks for what a label decided and for what names nobody."""
    if '":' in line:
        line = _PAIR.sub(_undecided, line)
    return _NOISE.sub(_blank, line)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _blank_lines(match: re.Match[str]) -> str:
    return _IN_LINE.sub(" ", match[0])


def _undecided(pair: re.Match[str]) -> str:
    value = pair[2]
    if (
        value is None
        or _is_code(pair[1], value)
        or _names_nobody(value)
        or _is_decided(pair[1], value.strip())
    ):
        return " " * len(pair[0])
    return pair[0]


def _is_code(label: str, value: str) -> bool:
    return words(label)[-1:] in _CODED and " " not in value


def _names_nobody(value: str) -> bool:
    """Whether a value has no words but those of the trade and of what names nobody anyway."""
    return all(word.lower() in _TRADE for word in _WORD.findall(_NOISE.sub(" ", value)))


def _decided(line: str) -> bool:
    label, colon, value = line.partition(": ")
    return bool(colon) and _is_decided(label, value.strip())


def _is_decided(label: str, value: str) -> bool:
    if _MAIL.fullmatch(value):
        return True
    kind = meaning(label)
    return bool(kind) and plausible(kind, value)


def _is_trade(words: list[re.Match[str]]) -> bool:
    return all(word.group().lower() in _TRADE for word in words)
