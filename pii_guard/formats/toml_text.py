"""TOML 1.0 by splicing: comments, quoting, order and white space stay.

A lexer of our own, because no TOML library says where in the source a value stands; the second
reader is the standard library's tomllib, which also has to accept what is read.
"""

from __future__ import annotations

import json
import re
import tomllib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pii_guard.document import Document, Kind, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.formats.pieces import Piece, verbatim
from pii_guard.formats.spliced import SplicedFormat

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
_PART = r"(?:[A-Za-z0-9_-]++|\"(?:[^\"\\\n]++|\\.)*+\"|'[^'\n]*+')"
_DOTTED = re.compile(rf"(?<![A-Za-z0-9_.\"'\\-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART})++")
"""A key of parts; in a string there may stand what looks like one."""
_LONGEST_KEY = 200
_ESCAPE = re.compile(
    r"\\(?:u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<trim>[ \t]*\r?\n\s*)|(?P<one>.))|.",
    re.S,
)
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "e": "\x1b"}
_NUMBER = re.compile(r"[+-]?\d[\d_]*(?:\.[\d_]+)?(?:[eE][+-]?\d+)?")
_STRINGS = ("long", "raw", "basic", "literal")


@dataclass(slots=True)
class _Level:
    """A table, inline table or array that is open: its record, path, and the key being read."""

    is_table: bool
    record: tuple[int, ...]
    path: str
    key: str = ""
    in_key: bool = True


def lex(text: str, bounds: Bounds) -> Iterator[Piece]:
    """Keys, values and comments in order, of what tomllib takes. Raises `Unreadable`."""
    top = _Level(True, (1,), "")
    levels = [top]
    ordinal, position, line, counted = 1, 0, 1, 0
    heading = False
    shown: dict[str, str] = {}
    while True:
        if len(levels) == 1 and top.in_key and not top.key and (row := _ROW.match(text, position)):
            key, (start, end), kind = row["key"], row.span("key"), row.lastgroup or ""
            line += text.count("\n", counted, start)
            counted, position = start, row.end()
            where, record = (Step("line", line),), top.record
            key = shown.setdefault(key, key)
            yield Piece(key, start, end, None, _spell_key, Kind.NAME, "", record, False, where)
            short = key[:_LONGEST_KEY]
            label = f"{top.path}.{short}" if top.path else short
            label = shown.setdefault(label, label)
            start, end = row.span(kind)
            if kind == "word":
                yield from _bare(text, start, end, label, record, where)
            else:
                value, spell = row[kind], _spell_basic if kind == "basic" else _spell_literal
                yield Piece(value, start, end, None, spell, Kind.FIELD, label, record, False, where)
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            break
        position = match.end()
        kind = match.lastgroup or ""
        level = levels[-1]
        start, end = match.span(kind)
        line += text.count("\n", counted, start)
        counted = start
        where = (Step("line", line),)
        if kind == "comment":
            if end - start > 1:
                yield Piece(
                    text[start + 1 : end],
                    start + 1,
                    end,
                    None,
                    _spell_comment,
                    Kind.PROSE,
                    locator=where,
                )
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
            yield from _key(text, start, end, kind, level, where)
        elif kind in _STRINGS:
            yield _string(text, start, end, kind, _path(level), level.record, where)
        else:
            yield from _bare(text, start, end, _path(level), level.record, where)
    if text[position:].strip():
        raise Unreadable(ReasonCode.CORRUPT, f"line {line}")


def _path(level: _Level) -> str:
    return f"{level.path}.{level.key}" if level.path and level.key else level.path or level.key


def _key(
    text: str, start: int, end: int, kind: str, level: _Level, where: tuple[Step, ...]
) -> Iterator[Piece]:
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
            yield Piece(
                value, low, high, offsets, spell, Kind.NAME, "", level.record, locator=where
            )


def _string(
    text: str, start: int, end: int, kind: str, label: str, record: tuple[int, ...],
    where: tuple[Step, ...],
) -> Piece:  # fmt: skip
    value, offsets = text[start:end], None
    if kind in ("long", "basic"):
        value, offsets = _unescaped(text, start, end, kind)
    spell = _spell_basic if kind in ("long", "basic") else _spell_literal
    shown = Kind.PROSE if "\n" in value else Kind.FIELD
    return Piece(value, start, end, offsets, spell, shown, label, record, locator=where)


def _bare(
    text: str, start: int, end: int, label: str, record: tuple[int, ...], where: tuple[Step, ...]
) -> Iterator[Piece]:
    value = text[start:end]
    if value in ("true", "false", "inf", "+inf", "-inf", "nan", "+nan", "-nan"):
        return
    number = _NUMBER.fullmatch(value) is not None
    # A date, or a number in another notation: whatever replaces it is a text.
    yield Piece(
        value, start, end, None, verbatim if number else _spell_whole, Kind.FIELD, label, record,
        number, where, whole=not number,
    )  # fmt: skip


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


def loaded(text: str, most: int) -> dict[str, Any]:
    """What tomllib makes of a text. Raises `Unreadable`, for keys of more than `most` parts as well.

    A key of many parts takes tomllib time that grows with their square.
    """
    deepest = max((one[0].count(".") for one in _DOTTED.finditer(text)), default=0)
    if deepest >= most:
        raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {most}")
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise refused(error, "the TOML parser refuses it") from None


def reread(blob: bytes, bounds: Bounds) -> Document:
    """The document as tomllib sees it, and whatever may be a comment."""
    text = decode(blob).text
    segments = list(_walk(loaded(text, bounds.max_nesting)))
    comments = (m[1] for m in re.finditer(r"#([^\n]*)", text) if m[1].strip())
    segments += [Segment(comment, (Step("comment", n),)) for n, comment in enumerate(comments, 1)]
    return Document(tuple(segments))


def _walk(root: dict[str, Any]) -> Iterator[Segment]:
    waiting: list[tuple[Any, str, tuple[int, ...], bool]] = [(root, "", (), True)]
    ordinal = 0
    while waiting:
        value, path, record, in_table = waiting.pop()
        if isinstance(value, dict):
            ordinal += 1
            record = (*record, ordinal) if in_table else (ordinal,)
            for key, inner in reversed(value.items()):
                yield Segment(key, (), Kind.NAME, "", record)
                waiting.append((inner, f"{path}.{key}" if path else key, record, True))
        elif isinstance(value, list):
            waiting += [(inner, path, record, False) for inner in reversed(value)]
        elif isinstance(value, str):
            shown = Kind.PROSE if "\n" in value else Kind.FIELD
            yield Segment(value, (), shown, path, record)
        elif not isinstance(value, bool):
            number = isinstance(value, (int, float))
            yield Segment(str(value), (), Kind.FIELD, path, record, number)


class Toml(SplicedFormat):
    """The format. What is read was taken by tomllib first; what is written was read before."""

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Every piece as a segment. Raises `Unreadable` for what tomllib refuses, too."""
        loaded(decode(blob).text, bounds.max_nesting)
        return super().read(blob, bounds)


FORMAT = Toml(frozenset({"application/toml"}), lex, reread)
