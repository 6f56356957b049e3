"""YAML 1.1/1.2 by splicing over the scalars that libyaml finds; comments are read as prose.

Positions come from PyYAML's event stream (libyaml); the second reader is ruamel.yaml. Aliases are
never expanded.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError as RuamelError
from ruamel.yaml.events import MappingEndEvent as RMappingEnd
from ruamel.yaml.events import MappingStartEvent as RMappingStart
from ruamel.yaml.events import ScalarEvent as RScalar
from ruamel.yaml.events import SequenceEndEvent as RSequenceEnd
from ruamel.yaml.events import SequenceStartEvent as RSequenceStart
from yaml.events import (
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from pii_guard.document import Document, Kind, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.formats.pieces import Piece
from pii_guard.formats.spliced import SplicedFormat
from pii_guard.formats.yaml_places import places

_LOADER = getattr(yaml, "CLoader", yaml.Loader)
_NUMBER = re.compile(r"[+-]?(?:\d[\d_]*)(?:\.\d*)?(?:[eE][+-]?\d+)?")
_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#(?P<text>[^\n\r\x85\u2028\u2029]*)")
# Tags and directives are URIs: read where they hold an address.
_URI = re.compile(r"(?m)(?:(?<![^\s\[{,])!|^%)(?P<text>[^\s]{0,200}[^\S\n\r]?\S{0,200}@\S+)")
_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+|\Z))+")
_BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
# Marks anywhere, a colon that ends a key, marks at the beginning only (YAML 1.2.2, 7.3.3).
_UNSAFE = re.compile(r"[#\[\]{},]|:(?=\s|\Z)|^[-?:&*!|>'\"%@`]|^\s|\s$")


@dataclass(slots=True)
class _Level:
    is_mapping: bool
    record: tuple[int, ...]
    path: str
    key: str | None = None


def lex(text: str, bounds: Bounds) -> Iterator[Piece]:
    """Keys, scalars and comments in order."""
    found: list[Piece] = []
    levels: list[_Level] = []
    ordinal = 0
    # libyaml neither reads nor counts a byte order mark within the text.
    shift = int(text.startswith("\ufeff"))
    for event in _events(text):
        if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            if len(levels) >= bounds.max_nesting:
                raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {bounds.max_nesting}")
            level = levels[-1] if levels else None
            record = level.record if level else ()
            is_mapping = isinstance(event, MappingStartEvent)
            if is_mapping:
                ordinal += 1
                record = (*record, ordinal) if level and level.is_mapping else (ordinal,)
            levels.append(_Level(is_mapping, record, _path(level)))
            if level is not None:
                level.key = None
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            levels.pop()
        elif isinstance(event, ScalarEvent):
            found += _scalar(text, event, levels[-1] if levels else None, shift)
    yield from _with_comments(text, found)


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise Unreadable(ReasonCode.CORRUPT, "the YAML parser refuses it") from None


def _path(level: _Level | None) -> str:
    if level is None:
        return ""
    return ".".join(part for part in (level.path, level.key) if part)


def _scalar(text: str, event: ScalarEvent, level: _Level | None, shift: int) -> Iterator[Piece]:
    if event.start_mark is None or event.end_mark is None:
        return
    start, end = event.start_mark.index + shift, event.end_mark.index + shift
    if event.anchor or event.tag:
        # Others refer to an anchor, and a tag says how to read: both stay.
        properties = _PROPERTIES.match(text, start, end)
        start = properties.end() if properties else start
    where = (Step("line", event.start_mark.line + 1),)
    record = level.record if level else ()
    kind, label = Kind.FIELD, _path(level)
    if level is not None and level.is_mapping:
        if level.key is None:
            level.key, kind, label = event.value[:200], Kind.NAME, ""
        else:
            level.key = None
    if not event.value.strip():
        return
    if event.style in ("|", ">"):
        below = (Step("line", event.start_mark.line + 2),)
        yield from _block(text, start, end, below, label, record)
        return
    quote = event.style or ""
    low, high = start + len(quote), end - len(quote)
    spell = _SPELL.get(quote, _spell_plain)
    if text[low:high] == event.value:
        number = not quote and kind is Kind.FIELD and bool(_NUMBER.fullmatch(event.value))
        yield Piece(event.value, low, high, None, spell, kind, label, record, number, where)
        return
    value, offsets = places(text, low, high, quote)
    if value == event.value:
        yield Piece(value, low, high, offsets, spell, kind, label, record, False, where)
    else:
        # Read otherwise than we would: any edit then writes the whole scalar anew.
        yield Piece(
            event.value, start, end, None, _spell_whole, kind, label, record, False, where, whole=True
        )  # fmt: skip


def _spell_whole(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _block(
    text: str, start: int, end: int, where: tuple[Step, ...], label: str, record: tuple[int, ...]
) -> Iterator[Piece]:
    header = _BREAK.search(text, start, end)
    if header is None:
        return
    first, stop = header.end(), end
    while first < stop and text[first] in " \t\r\n\x85\u2028\u2029":
        first += 1
    while stop > first and text[stop - 1] in " \t\r\n\x85\u2028\u2029":
        stop -= 1
    if stop > first:
        kind = Kind.PROSE if _BREAK.search(text, first, stop) else Kind.FIELD
        yield Piece(
            text[first:stop],
            first,
            stop,
            None,
            _spell_line,
            kind,
            label,
            record,
            False,
            where,
        )


def _with_comments(text: str, found: list[Piece]) -> Iterator[Piece]:
    covered = [(piece.start, piece.end) for piece in found]
    comments = []
    ends = [end.start() for end in re.finditer("\n", text)]
    at = last = 0
    asides = [*((m, Kind.PROSE, _spell_line) for m in _COMMENT.finditer(text)),
              *((m, Kind.NAME, _spell_uri) for m in _URI.finditer(text))]  # fmt: skip
    for match, kind, spell in sorted(asides, key=lambda aside: aside[0].start()):
        while at < len(covered) and covered[at][1] <= match.start():
            at += 1
        free = at == len(covered) or covered[at][0] >= match.end()
        if match["text"].strip() and free and match.start() >= last:
            line = bisect_left(ends, match.start()) + 1
            comments.append(
                Piece(
                    match["text"],
                    *match.span("text"),
                    None,
                    spell,
                    kind,
                    locator=(Step("line", line),),
                )
            )
            last = match.end()
    yield from sorted([*found, *comments], key=lambda piece: piece.start)


def _spell_line(text: str) -> str:
    return _BREAK.sub(" ", text)


def _spell_uri(text: str) -> str:
    return re.sub(r"[^\w.:@-]", "", text) or "_"


def _spell_plain(text: str) -> str:
    # Nothing at all could leave a mark at an end, which would then be syntax.
    return _UNSAFE.sub("_", text) or "_"


def _spell_single(text: str) -> str:
    return text.replace("'", "''")


def _spell_double(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


_SPELL = {"'": _spell_single, '"': _spell_double}


def reread(blob: bytes, bounds: Bounds) -> Document:
    """The scalars as ruamel.yaml sees them, and the whole text for its comments."""
    text = decode(blob).text
    segments: list[Segment] = []
    levels: list[_Level] = []
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            level = levels[-1] if levels else None
            if isinstance(event, (RMappingStart, RSequenceStart)):
                if len(levels) >= bounds.max_nesting:
                    raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {bounds.max_nesting}")
                is_mapping = isinstance(event, RMappingStart)
                record = level.record if level else ()
                record = (*record, len(segments) + 1) if is_mapping else record
                levels.append(_Level(is_mapping, record, _path(level)))
                if level is not None:
                    level.key = None
            elif isinstance(event, (RMappingEnd, RSequenceEnd)):
                levels.pop()
            elif isinstance(event, RScalar):
                kind, label = Kind.FIELD, _path(level)
                if level is not None and level.is_mapping:
                    named = level.key is None
                    level.key = event.value[:200] if named else None
                    kind, label = (Kind.NAME, "") if named else (kind, label)
                segments.append(
                    Segment(event.value, (), kind, label, level.record if level else ())
                )
    except (RuamelError, ValueError, RecursionError):
        raise Unreadable(ReasonCode.CORRUPT, "the YAML parser refuses it") from None
    segments += [Segment(m["text"], (), Kind.PROSE) for m in _COMMENT.finditer(text)]
    segments += [Segment(m["text"], (), Kind.NAME) for m in _URI.finditer(text)]
    return Document(tuple(segments))


FORMAT = SplicedFormat(frozenset({"application/yaml"}), lex, reread)
