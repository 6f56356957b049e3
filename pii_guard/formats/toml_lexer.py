"""Where keys, values and comments of TOML 1.0 stand, in batches.

A lexer of our own, because no TOML library says where in the source a value stands. A line that holds a
key and a value is met with one expression, anything else is read token by token.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pii_guard.document import Kind, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.line_numbers import LineNumbers
from pii_guard.formats.pieces import MANY, Batch, Odd, Piece, Sorts, verbatim
from pii_guard.segment_table import Sort

_TOKEN = re.compile(
    r"[ \t]*(?:(?P<comment>#[^\n]*)|(?P<newline>\r?\n)"
    r'|"""(?:\r?\n)?(?P<long>(?:[^"\\]++|\\.|"{1,2}(?!"))*+(?:""(?=""")|"(?="""))?)"""'
    r"|'''(?:\r?\n)?(?P<raw>(?:[^']++|'{1,2}(?!'))*+(?:''(?=''')|'(?='''))?)'''"
    r'|"(?P<basic>(?:[^"\\\n]++|\\.)*+)"|\'(?P<literal>[^\'\n]*+)\''
    r"|(?P<mark>\[\[|\]\]|[\[\]{}=,.])|(?P<word>[^\s\[\]{}=,\"'#]+(?: \d\d:[\d:.Z+-]+)?))",
    re.S,
)
_ROW = re.compile(
    r"[ \t]*+(?P<key>[A-Za-z0-9_-]++)[ \t]*+=[ \t]*+"
    r"(?:\"(?P<basic>[^\"\\\n]*+)\"|'(?P<literal>[^'\n]*+)'"
    r"|(?P<word>[^\s\[\]{}=,\"'#]++(?: \d\d:[\d:.Z+-]++)?+))[ \t]*+(?:\r?\n|\Z)"
)
"""A line that holds a key and a value and nothing else, as most do."""
_HEADING = re.compile(
    r"(?:[ \t]*+\r?\n)*+[ \t]*+(?:\[(?P<one>[A-Za-z0-9_-]++)\]|\[\[(?P<more>[A-Za-z0-9_-]++)\]\])[ \t]*+(?:\r?\n|\Z)"
)
"""A line that begins a table whose name is a word, and blank lines before it."""
_LONGEST_KEY = 200
_ESCAPE = re.compile(
    r"\\(?:u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<trim>[ \t]*\r?\n\s*)|(?P<one>.))|.",
    re.S,
)
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "e": "\x1b"}
_NUMBER = re.compile(r"[+-]?[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9]+)?")
_STRINGS = ("long", "raw", "basic", "literal")
_WORDS = frozenset("true false inf +inf -inf nan +nan -nan".split())
_WHERE = (Step("line", 0),)
"""Which line is told at last, for all of a batch."""


@dataclass(slots=True)
class _Level:
    """A table, inline table or array that is open: its record, path, and the key being read."""

    is_table: bool
    record: tuple[int, ...]
    path: str
    key: str = ""
    in_key: bool = True


class _Named(NamedTuple):
    """A key, the label of its value, and what texts of that label have in common."""

    key: str
    label: str
    text: Sort


def lex(text: str, bounds: Bounds) -> Iterator[Batch]:
    """Keys, values and comments in order, of what is TOML. Raises `Unreadable`."""
    top = _Level(True, (1,), "")
    levels = [top]
    ordinal, position, heading = 1, 0, False
    batch, lines, sorts = Batch(_spell_basic), LineNumbers(text), Sorts()
    known: dict[str, _Named] = {}
    path = ""
    while True:
        if len(batch) >= MANY:
            batch.ordinals = lines.of(batch.starts)
            yield batch
            batch = Batch(_spell_basic)
        if len(levels) == 1 and top.in_key and not top.key:
            if path != top.path:
                path, known = top.path, {}
            position = _rows(text, position, top, known, sorts, batch)
            if head := _HEADING.match(text, position):
                ordinal, position = ordinal + 1, head.end()
                top = _Level(True, (ordinal,), "")
                levels, heading = [top], False
                for piece in _key(text, *head.span(head.lastgroup or 0), "word", top):
                    batch.add(piece, sorts)
                top.path, top.key = top.key, ""
                continue
        match = _TOKEN.match(text, position)
        if match is None:
            break
        position = match.end()
        kind = match.lastgroup or ""
        level = levels[-1]
        start, end = match.span(kind)
        if kind == "comment":
            if end - start > 1:
                remark = text[start + 1 : end]
                batch.add(_piece(remark, start + 1, _spell_comment, Kind.PROSE), sorts)
        elif kind == "newline":
            if len(levels) == 1:
                level.key, level.in_key, heading = "", True, False
        elif kind == "mark":
            mark = match["mark"]
            if len(levels) == 1 and level.in_key and not level.key and mark in ("[", "[["):
                ordinal += 1
                top = _Level(True, (ordinal,), "")
                levels = [top]
                heading = True
            elif heading and mark in ("]", "]]"):
                levels[0].path, levels[0].key = levels[0].key, ""
            elif mark == "=":
                level.in_key = False
            elif mark in ("{", "[", "[["):
                for _ in mark if mark != "{" else "{":
                    level = levels[-1]
                    if len(levels) >= bounds.max_nesting:
                        raise Unreadable(
                            ReasonCode.LIMIT_NESTING, f"deeper than {bounds.max_nesting}"
                        )
                    record = level.record
                    if mark == "{":
                        ordinal += 1
                        record = (*record, ordinal) if level.is_table else (ordinal,)
                    levels.append(_Level(mark == "{", record, _path(level)))
            elif mark in ("}", "]", "]]"):
                del levels[max(1, len(levels) - len(mark)) :]
            elif mark == "," and level.is_table:
                level.key, level.in_key = "", True
        elif level.is_table and level.in_key:
            for piece in _key(text, start, end, kind, level):
                batch.add(piece, sorts)
        elif kind in _STRINGS:
            batch.add(_string(text, start, end, kind, _path(level), level.record), sorts)
        else:
            for piece in _bare(text[start:end], start, _path(level), level.record):
                batch.add(piece, sorts)
    if text[position:].strip():
        raise Unreadable(ReasonCode.CORRUPT, f"line {1 + text.count(chr(10), 0, position)}")
    batch.ordinals = lines.of(batch.starts)
    yield batch


def _rows(
    text: str, position: int, top: _Level, known: dict[str, _Named], sorts: Sorts, batch: Batch
) -> int:
    """Read lines that hold a key and a value and nothing else; where the first that does not stands.

    `known`: what is known of the keys of that table.
    """
    texts, starts, sorted_as, records, odd = (
        batch.texts, batch.starts, batch.sorts, batch.records, batch.odd
    )  # fmt: skip
    record, name, match = top.record, sorts[Kind.NAME, "", False, "line"], _ROW.match
    while (row := match(text, position)) is not None and len(texts) < MANY:
        position = row.end()
        key, basic, literal, word = row.groups()
        named = known.get(key)
        if named is None:
            short = key[:_LONGEST_KEY]
            label = f"{top.path}.{short}" if top.path else short
            named = known[key] = _Named(key, label, sorts[Kind.FIELD, label, False, "line"])
        odd[len(texts)] = _IN_KEY
        texts.append(named.key)
        starts.append(row.start(1))
        sorted_as.append(name)
        records.append(record)
        if word is not None:
            if _NUMBER.fullmatch(word):
                odd[len(texts)] = _IN_NUMBER
                texts.append(word)
                starts.append(row.start(4))
                sorted_as.append(sorts[Kind.FIELD, named.label, True, "line"])
                records.append(record)
            else:
                for piece in _bare(word, row.start(4), named.label, record):
                    batch.add(piece, sorts)
            continue
        if literal is not None:
            odd[len(texts)] = _IN_LITERAL
        texts.append(literal if basic is None else basic)
        starts.append(row.start(3 if basic is None else 2))
        sorted_as.append(named.text)
        records.append(record)
    return position


def _path(level: _Level) -> str:
    return f"{level.path}.{level.key}" if level.path and level.key else level.path or level.key


def _piece(
    value: str,
    start: int,
    spell: Callable[[str], str],
    kind: Kind = Kind.FIELD,
    label: str = "",
    record: tuple[int, ...] = (),
) -> Piece:
    """A piece that stands there as it reads."""
    return Piece(value, start, start + len(value), None, spell, kind, label, record, locator=_WHERE)


def _key(text: str, start: int, end: int, kind: str, level: _Level) -> Iterator[Piece]:
    # A dotted key of bare words is one token of the lexer.
    parts = [(start, end)]
    if kind == "word":
        parts = [
            (start + m.start(), start + m.end()) for m in re.finditer(r"[^.]+", text[start:end])
        ]
    for low, high in parts:
        value, offsets = (
            _unescaped(text, low, high, kind) if kind == "basic" else (text[low:high], None)
        )
        level.key = (f"{level.key}.{value}" if level.key else value)[:_LONGEST_KEY]
        spell = {"basic": _spell_basic, "literal": _spell_literal}.get(kind, _spell_key)
        if value:
            piece = _piece(value, low, spell, Kind.NAME, "", level.record)
            yield piece._replace(end=high, offsets=offsets)


def _string(
    text: str, start: int, end: int, kind: str, label: str, record: tuple[int, ...]
) -> Piece:
    value, offsets = text[start:end], None
    if kind in ("long", "basic"):
        value, offsets = _unescaped(text, start, end, kind)
    spell = _spell_basic if kind in ("long", "basic") else _spell_literal
    shown = Kind.PROSE if "\n" in value else Kind.FIELD
    piece = _piece(value, start, spell, shown, label, record)
    return piece._replace(end=end, offsets=offsets)


def _bare(value: str, start: int, label: str, record: tuple[int, ...]) -> Iterator[Piece]:
    if value in _WORDS:
        return
    number = _NUMBER.fullmatch(value) is not None
    # A date, or a number in another notation: whatever replaces it is a text.
    piece = _piece(value, start, verbatim if number else _spell_whole, Kind.FIELD, label, record)
    yield piece._replace(number=number, whole=not number)


def _unescaped(text: str, start: int, end: int, kind: str) -> tuple[str, array[int] | None]:
    if "\\" not in text[start:end]:
        return text[start:end], None
    value: list[str] = []
    offsets = array("q")
    for match in _ESCAPE.finditer(text, start, end):
        if match["trim"] is not None and kind == "long":
            continue
        code = match["u"] or match["U"]
        if code and int(code, 16) <= 0x10FFFF:
            shown = chr(int(code, 16))
        else:
            shown = _SIMPLE.get(match["one"], match["one"]) if match["one"] else match.group()
        for number, character in enumerate(shown):
            value.append(character)
            offsets.append(match.start() + (number if len(shown) > 1 else 0))
    offsets.append(end)
    return "".join(value), offsets


def _spell_basic(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")


def _spell_literal(text: str) -> str:
    return re.sub(r"['\x00-\x1f\x7f]", " ", text)


def _spell_key(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "", text) or "_"


def _spell_whole(text: str) -> str:
    return f'"{_spell_basic(text)}"'


def _spell_comment(text: str) -> str:
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f]", " ", text)


_IN_NUMBER: Odd = (None, verbatim)
_IN_KEY: Odd = (None, _spell_key)
_IN_LITERAL: Odd = (None, _spell_literal)
