"""Log lines that differ only in what identifies nobody are decided once.

A line's template is the line with a sign for each time, digest, UUID, plain number and address of a
machine. The first line of a template is read; what was found in it is found in all others at the same
place. Only lines that bear a time or begin with an address take part: what follows them (a stack
trace, a record printed over lines) is always read, with the line before it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pii_guard.detect.passages import WINDOW, Passage, Placed
from pii_guard.document import Kind, Segment
from pii_guard.findings import Finding

_UNIT = r"(?:[nuµ]?s|i?B|[kmg]b|%| ?(?:ms|[kKMG]i?B|bytes))(?!\w)"
_TOKEN = re.compile(
    r"(?P<t>(?<![\w.-])\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?(?![\w-])"
    r"|\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]"
    r"|(?<!\w)(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d)"
    r"|(?P<u>(?<![\w-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w-]))"
    r"|(?P<i>(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d))"
    r"|(?P<h>(?<![\w+/-])(?<!==)(?=[0-9a-f]{0,127}[a-f])(?=[a-f]{0,127}[0-9])[0-9a-f]{8,128}(?![\w+/=-]))"
    rf"|(?P<n>(?<=/)\d++(?= [1-5]\d\d \d{{1,9}}(?:\.\d{{1,9}})?{_UNIT})|\d++(?:[ ./:-]\d++(?!{_UNIT}))*+)"
)
"""Numbers that stand side by side are one token: a telephone number is written in groups. What is measured
stands for itself, and so does the end of a path before a status: `GET /orders/158177 200 667ms`.
"""
_NO_ADDRESS = re.compile(r"(?:25[6-9]|2[6-9]\d|[3-9]\d\d)")
_PRIVATE = re.compile(
    r"(?:0|10|127|22[4-9]|23\d|24\d|25\d)\.|192\.(?:168|0)\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|198\.|203\.0\.|100\."
)
_HIDDEN = re.compile(r"(?:[2-7][0-9a-f])+")
"""Digits that are text in hexadecimal."""
_TELLING = re.compile(
    r"(?i)\b(?:age|aged|zip|plz|postal|post ?code|cvv2?|cvc|pin|born|birth|dob|yob|year|edad|alter|otp|code)"
)
"""Words that make a number personal by its value: their lines keep the number of its digits."""
_MOST_DIGITS = 6
_ACCESS = re.compile(
    r'(?P<who>\S{1,80} \S{1,80} \S{1,200} \[[^\]\n]{20,40}\] )(?P<asked>"[^"\n]{0,8000}") \d{3} (?:\d{1,12}|-)'
    r'(?: (?P<from>"[^"\n]{0,8000}"))?(?: (?P<agent>"[^"\n]{0,2000}"))?(?P<rest>[^\n]{0,2000})'
)
"""The combined log format of web servers: its fields have nothing to do with each other."""
_LINE = re.compile(r"[^\n]+")
_OPEN = tuple(":=,([{")
_REMEMBERED = 20_000


class Relative(NamedTuple):
    """A finding by the variable parts of its template: how many end before it, and characters behind
    the last of them.
    """

    start: tuple[int, int]
    end: tuple[int, int]
    finding: Finding


@dataclass(slots=True)
class Repeats:
    """Templates of lines that were read before in a case, by the hash of a template.

    The process salts hashes of text, so nobody can aim at a collision.
    """

    known: dict[int, tuple[Relative, ...]] = field(default_factory=dict, repr=False)

    def make_room(self) -> None:
        """Forget everything once there is too much of it."""
        if len(self.known) > _REMEMBERED:
            self.known = {}


class Stretch(NamedTuple):
    """A piece of a segment, half-open, and the hash of its template (None: it has to be read)."""

    segment: int
    start: int
    end: int
    key: int | None


class Sorted(NamedTuple):
    """Stretches of a log: those to read, in order, and those that repeat a template."""

    fresh: list[Stretch]
    again: list[Stretch]


def sort_out(number: int, segment: Segment, repeats: Repeats) -> Sorted:
    """What of a segment has to be read, and what repeats something."""
    repeats.make_room()
    found = Sorted([], [])
    seen: set[int] = set()
    for line in _LINE.finditer(segment.text):
        for start, end in _pieces(segment.text, line):
            key = _key(segment.text[start:end])
            stretch = Stretch(number, start, end, key)
            if key is None or not (key in seen or key in repeats.known):
                found.fresh.append(stretch)
                if key is not None:
                    seen.add(key)
            else:
                found.again.append(stretch)
    return found


def as_passages(stretches: Sequence[Stretch], segments: Sequence[Segment]) -> Iterator[Passage]:
    """Stretches (in order, each of at most a window) as passages, a line each."""
    parts: list[str] = []
    placed: list[Placed] = []
    position = 0
    for stretch in stretches:
        size = stretch.end - stretch.start
        if parts and position + size > WINDOW:
            yield Passage("".join(parts), tuple(placed), Kind.LOG)
            parts, placed, position = [], [], 0
        placed.append(Placed(position, position + size, stretch.segment, stretch.start))
        parts += [segments[stretch.segment].text[stretch.start : stretch.end], "\n"]
        position += size + 1
    if parts:
        yield Passage("".join(parts), tuple(placed), Kind.LOG)


def learn(
    fresh: Sequence[Stretch],
    findings: Sequence[Finding],
    segments: Sequence[Segment],
    repeats: Repeats,
) -> None:
    """Know what was found in the stretches that were read. `findings` are sorted and disjoint.

    A template in which a finding begins or ends within a variable part, or beyond the stretch, stays
    unknown: its lines are read one by one.
    """
    begins = [(f.segment, f.start) for f in findings]
    for stretch in fresh:
        if stretch.key is not None:
            number = max(0, bisect_left(begins, (stretch.segment, stretch.start)) - 1)
            after = bisect_left(begins, (stretch.segment, stretch.end))
            inside = [
                finding
                for finding in findings[number:after]
                if finding.segment == stretch.segment and finding.end > stretch.start
            ]
            tokens = _tokens(segments[stretch.segment].text, stretch) if inside else []
            relative = [_relative(finding, stretch, tokens) for finding in inside]
            if None not in relative:
                repeats.known[stretch.key] = tuple(r for r in relative if r is not None)


def copies(
    again: Sequence[Stretch], segments: Sequence[Segment], repeats: Repeats
) -> tuple[list[Finding], list[Stretch]]:
    """Findings in stretches of known templates, and the stretches whose template stayed unknown."""
    found: list[Finding] = []
    unknown: list[Stretch] = []
    for stretch in again:
        known = repeats.known.get(stretch.key or 0)
        if known is None:
            unknown.append(stretch)
        elif known:
            text = segments[stretch.segment].text
            stops = [stretch.start, *(end for _, end in _tokens(text, stretch))]
            for start, end, finding in known:
                found.append(
                    replace(
                        finding,
                        segment=stretch.segment,
                        start=stops[start[0]] + start[1],
                        end=stops[end[0]] + end[1],
                        locator=segments[stretch.segment].locator,
                    )
                )
    return found, unknown


def _pieces(text: str, line: re.Match[str]) -> Iterator[tuple[int, int]]:
    access = _ACCESS.fullmatch(text, *line.span()) if '" ' in line[0] else None
    if access is None:
        yield line.span()
        return
    for part in ("who", "asked", "from", "agent", "rest"):
        if access[part]:
            yield access.span(part)


def _key(piece: str) -> int | None:
    if len(piece) > WINDOW or piece.endswith(_OPEN):
        return None
    if ":" not in piece and piece[:1] != '"' and not piece[:1].isdecimal():
        return None  # neither a time nor an address before all else: what is below would say so, slowly
    counted = _TELLING.search(piece) is not None
    template, kinds = [], set()
    position = 0
    for match in _TOKEN.finditer(piece):
        kind = _sign(match, counted=counted)
        if kind:
            template += [piece[position : match.start()], kind]
            kinds.add(kind[1])
            position = match.end()
    if not (
        "t" in kinds
        or piece[:1] == '"'
        or (template and template[0] == "" and template[1][1] == "i")
    ):
        return None
    template.append(piece[position:])
    return hash("".join(template))


def _sign(match: re.Match[str], *, counted: bool) -> str:
    """What stands for a token in a template; nothing where it is part of it."""
    kind, value = match.lastgroup or "", match[0]
    if kind == "i":
        if _NO_ADDRESS.search(value):
            return ""
        return "\0ip" if _PRIVATE.match(value) else "\0ig"
    if kind == "h":
        return "" if _HIDDEN.fullmatch(value) else "\0h"
    if kind == "n":
        digits = sum(map(str.isdigit, value))
        if digits > _MOST_DIGITS:
            return ""
        return f"\0n{digits}" if counted else "\0n"
    return f"\0{kind}"


def _tokens(text: str, stretch: Stretch) -> list[tuple[int, int]]:
    """The variable parts of a stretch, by their places in the text."""
    piece = text[stretch.start : stretch.end]
    return [
        (stretch.start + match.start(), stretch.start + match.end())
        for match in _TOKEN.finditer(piece)
        if _sign(match, counted=False)
    ]


def _relative(
    finding: Finding, stretch: Stretch, tokens: Sequence[tuple[int, int]]
) -> Relative | None:
    if finding.start < stretch.start or finding.end > stretch.end:
        return None
    places = []
    for position in (finding.start, finding.end):
        before = [end for _, end in tokens if end <= position]
        if any(start < position < end for start, end in tokens):
            return None
        places.append((len(before), position - (before[-1] if before else stretch.start)))
    return Relative(places[0], places[1], finding)
