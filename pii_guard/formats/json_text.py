"""JSON (RFC 8259) and JSON Lines by splicing: numbers, escapes, order and white space stay.

A lexer of our own, because no JSON library says where in the source a value stands; the second
reader is the standard library's parser.
"""

from __future__ import annotations

import json
import re
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pii_guard.document import Document, Kind, Locator, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.cutting import Cutting, after_line
from pii_guard.formats.decoding import decode
from pii_guard.formats.pieces import Piece
from pii_guard.formats.spliced import SplicedFormat

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<string>\"(?:[^\"\\\x00-\x1f]++|\\(?:[\"\\/bfnrt]|u[0-9a-fA-F]{4}))*+\")"
    r"|(?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<mark>[{}\[\]:,])"
    r"|(?P<word>true|false|null|NaN|-?Infinity))"
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.S)
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(slots=True)
class _Level:
    """An open object or array: its record, the path of its keys, the key that waits for a value."""

    is_object: bool
    record: tuple[int, ...]
    path: str
    key: str | None = None


def pieces(
    text: str,
    bounds: Bounds,
    start: int = 0,
    end: int | None = None,
    first: int = 1,
    line: int = 1,
) -> Iterator[Piece]:
    """The strings, keys and numbers of the JSON text that stands at `start`..`end`, from `line` on.

    `first` numbers its outermost record. Raises `Unreadable` for what is not JSON.
    """
    levels: list[_Level] = []
    objects = first - 1
    position, counted = start, start
    # Values of one line share what says so.
    where, stood = (Step("line", line),), line
    expecting, seen = True, False
    end = len(text) if end is None else end
    while end > start and text[end - 1] in " \t\r\n":
        end -= 1
    while position < end:
        match = _TOKEN.match(text, position, end)
        if match is None or (seen and not levels):
            line += text.count("\n", counted, position)
            raise Unreadable(ReasonCode.CORRUPT, f"line {line}")
        position = match.end()
        kind = match.lastgroup
        level = levels[-1] if levels else None
        if kind == "mark":
            mark = match["mark"]
            if mark in "{[":
                if len(levels) >= bounds.max_nesting:
                    raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {bounds.max_nesting}")
                path, record = _path(level), level.record if level else ()
                if mark == "{":
                    objects += 1
                    inherits = level is not None and level.is_object
                    record = (*record, objects) if inherits else (objects,)
                levels.append(_Level(mark == "{", record, path))
                expecting = True
            elif mark in "}]":
                if level is None or level.is_object != (mark == "}"):
                    raise Unreadable(ReasonCode.CORRUPT, "brackets do not match")
                levels.pop()
                seen, expecting = True, False
            else:
                expecting = mark in ":,"
                if mark == "," and level is not None:
                    level.key = None
            continue
        if not expecting:
            raise Unreadable(ReasonCode.CORRUPT, f"line {1 + text.count(chr(10), 0, position)}")
        begun = match.start(kind or 0)
        line += text.count("\n", counted, begun)
        counted = begun
        if line != stood:
            where, stood = (Step("line", line),), line
        expecting = False
        if level is None:
            seen = True
        if kind == "string":
            yield _string(text, match, level, where)
        elif kind == "number":
            begin, stop = match.span("number")
            yield Piece(
                match["number"],
                begin,
                stop,
                label=_path(level),
                record=level.record if level else (),
                number=True,
                locator=where,
            )
    if levels or not seen:
        raise Unreadable(ReasonCode.CORRUPT, "it ends too early")


def _path(level: _Level | None) -> str:
    if level is None:
        return ""
    if level.key is None:
        return level.path
    # Interned: a file has few paths, and each of its values has one.
    return sys.intern(f"{level.path}.{level.key}" if level.path else level.key)


def _string(text: str, match: re.Match[str], level: _Level | None, where: Locator) -> Piece:
    begin, stop = match.start("string") + 1, match.end("string") - 1
    value, offsets = unescape(text, begin, stop)
    record = level.record if level else ()
    if level is not None and level.is_object and level.key is None:
        level.key = value[:200]
        return Piece(value, begin, stop, offsets, _spell, Kind.NAME, "", record, locator=where)
    return Piece(
        value, begin, stop, offsets, _spell, Kind.FIELD, _path(level), record, locator=where
    )


def unescape(text: str, start: int, end: int) -> tuple[str, array[int] | None]:
    """The string that stands at `start`..`end` and where each of its characters stands."""
    if "\\" not in text[start:end]:
        return text[start:end], None
    value: list[str] = []
    offsets = array("q")
    position = start
    while position < end:
        match = _ESCAPE.match(text, position)
        if match is None:
            value.append(text[position])
            offsets.append(position)
            position += 1
            continue
        offsets.append(position)
        position = match.end()
        character = chr(int(match[1], 16)) if match[1] else _SIMPLE.get(match[2], match[2])
        if "\ud800" <= character <= "\udbff":
            low = _ESCAPE.match(text, position)
            if low and low[1] and "\udc00" <= chr(int(low[1], 16)) <= "\udfff":
                pair = (ord(character) - 0xD800 << 10) + int(low[1], 16) - 0xDC00 + 0x10000
                character, position = chr(pair), low.end()
        value.append(character)
    offsets.append(end)
    return "".join(value), offsets


def _spell(text: str) -> str:
    return json.dumps(text)[1:-1]


def lex_json(text: str, bounds: Bounds) -> Iterator[Piece]:
    """The pieces of a JSON file."""
    return pieces(text, bounds)


def lex_jsonl(text: str, bounds: Bounds) -> Iterator[Piece]:
    """The pieces of a JSON Lines file: each line a JSON text, empty lines allowed."""
    position, record = 0, 1
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                until = position + len(line)
                for piece in pieces(text, bounds, position, until, record, number):
                    yield piece
                    record = max(record, *piece.record) if piece.record else record
            except Unreadable as unreadable:
                code = unreadable.reason.code
                raise Unreadable(code, f"line {number}") from None
            record += 1
        position += len(line) + 1


def _walk(value: Any, path: str, record: tuple[int, ...], state: list[int]) -> Iterator[Segment]:
    # A stack instead of recursion: nesting is the writer's choice.
    stack = [(value, path, record, False)]
    while stack:
        value, path, record, in_object = stack.pop()
        if isinstance(value, _Pairs):
            state[0] += 1
            record = (*record, state[0]) if in_object else (state[0],)
            for key, inner in reversed(value.pairs):
                below = sys.intern(f"{path}.{key}" if path else key)
                stack.append((inner, below, record, True))
            for key, _ in value.pairs:
                yield Segment(key, (), Kind.NAME, "", record)
        elif isinstance(value, list):
            stack += [(inner, path, record, False) for inner in reversed(value)]
        elif isinstance(value, str):
            yield Segment(value, (), Kind.FIELD, path, record)
        elif isinstance(value, _Number):
            yield Segment(value.text, (), Kind.FIELD, path, record, number=True)


@dataclass(frozen=True, slots=True)
class _Pairs:
    pairs: list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class _Number:
    text: str


def _load(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_Pairs, parse_int=_Number, parse_float=_Number)
    except (ValueError, RecursionError):
        raise Unreadable(ReasonCode.CORRUPT, "the JSON parser refuses it") from None


def reread_json(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """The document as the standard library's parser sees it, duplicate keys included."""
    return Document(tuple(_walk(_load(decode(blob).text), "", (), [0])))


def reread_jsonl(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """As `reread_json`, line by line."""
    state = [0]
    return Document(
        tuple(
            segment
            for line in decode(blob).text.split("\n")
            if line.strip()
            for segment in _walk(_load(line), "", (), state)
        )
    )


FORMATS = (
    SplicedFormat(frozenset({"application/json"}), lex_json, reread_json),
    SplicedFormat(
        frozenset({"application/x-ndjson"}), lex_jsonl, reread_jsonl, cutting=Cutting(after_line)
    ),
)
