"""Where the strings, keys and numbers of JSON (RFC 8259) stand, in batches.

A lexer of our own, because no JSON library says where in the source a value stands. A member is met
with one expression; what that does not fit, right or wrong, is read token by token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pii_guard.document import Kind
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.line_numbers import LineNumbers
from pii_guard.formats.pieces import MANY, Batch, Deferred, unescaped
from pii_guard.segment_table import Sort

_WHITE = r"[ \t\r\n]*+"
_PLAIN = r"[^\"\\\x00-\x1f]*+"
_STRING = rf"\"({_PLAIN}(?:\\(?:[\"\\/bfnrt]|u[0-9a-fA-F]{{4}}){_PLAIN})*+)\""
_NUMBER = r"(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
_WORD = r"(true|false|null|NaN|-?Infinity)"
_VALUE = re.compile(rf"{_WHITE}()(?:{_STRING}|{_NUMBER}|{_WORD}|([{{\[])){_WHITE}(,)?")
_MEMBER = re.compile(
    rf"{_WHITE}{_STRING}{_WHITE}:{_WHITE}(?:{_STRING}|{_NUMBER}|{_WORD}|([{{\[]))?{_WHITE}(,)?"
)
_END = re.compile(rf"{_WHITE}()(?:(?!)()()())?([}}\]]){_WHITE}(,)?")
_TOKEN = re.compile(rf"{_WHITE}()(?:{_STRING}|{_NUMBER}|{_WORD}|([{{}}\[\]:,]))(?:(?!)())?")
"""All have groups for the same: key, string, number, word, mark and the comma behind."""
_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))",
    re.S,
)
"""An escape, or the two that are one character beyond the basic plane."""
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_DECODER = json.JSONDecoder()
LABEL = 200
"""Characters of a key that go into labels."""


class Node:
    """A place among keys: the path to it, which labels its values, and the places below."""

    __slots__ = ("_number", "_text", "axis", "below", "key", "path")

    def __init__(self, path: str = "", axis: str = "", key: str = "") -> None:
        self.key = key
        self.path = path
        self.axis = axis
        self.below: dict[str, Node] = {}
        self._text: Sort | None = None
        self._number: Sort | None = None

    def under(self, key: str) -> Node:
        """The place of a key's value."""
        node = self.below.get(key)
        if node is None:
            path = f"{self.path}.{key}" if self.path else key
            node = self.below[key] = Node(path, self.axis, key)
        return node

    @property
    def text(self) -> Sort:
        """The sort of a string here."""
        if self._text is None:
            self._text = Sort(Kind.FIELD, self.path, False, self.axis)
        return self._text

    @property
    def number(self) -> Sort:
        """The sort of a number here."""
        if self._number is None:
            self._number = Sort(Kind.FIELD, self.path, True, self.axis)
        return self._number


class Lexer:
    """Reads one JSON text after the other out of a source, from its beginning on.

    `objects` numbers the objects: it may be set between texts. `used`: the greatest number of an
    object with members so far.
    """

    def __init__(self, text: str, bounds: Bounds) -> None:
        self.objects = self.used = 0
        self._source = text
        self._most = bounds.max_nesting
        self._batch = Batch(spell)
        self._root = Node("", "line")
        self._name = Sort(Kind.NAME, "", False, "line")
        self._lines = LineNumbers(text)

    def rest(self) -> Batch:
        """What was read and not yielded yet."""
        batch, self._batch = self._batch, Batch(spell)
        batch.ordinals = self._lines.of(batch.starts)
        return batch

    def read(self, start: int, end: int) -> Iterator[Batch]:
        """The pieces of the JSON text that stands at `start`..`end`, but for the `rest`.

        Raises `Unreadable` for what is not JSON.
        """
        text, name = self._source, self._name
        batch = self._batch
        texts, starts, sorts, records = batch.texts, batch.starts, batch.sorts, batch.records
        while end > start and text[end - 1] in " \t\r\n":
            end -= 1
        # The innermost object or array, the place of its next value, and those around it.
        is_object, record = False, tuple[int, ...]()
        node = at = self._root
        outer: list[tuple[bool, tuple[int, ...], Node, Node]] = []
        expecting, position = True, start
        while position < end:
            if len(texts) >= MANY:
                yield self.rest()
                batch = self._batch
                texts, starts, sorts, records = (
                    batch.texts,
                    batch.starts,
                    batch.sorts,
                    batch.records,
                )
            awaits_key = expecting and is_object and at is node
            pattern = (_MEMBER if awaits_key else _VALUE) if expecting else _END
            match, key, key_group = pattern.match(text, position, end), None, 1
            if match is not None:
                key, string, number, word, mark, comma = match.groups()
            else:
                match = _TOKEN.match(text, position, end)
                if match is None:
                    raise self._corrupt(position)
                _, string, number, word, mark, comma = match.groups()
                if not (expecting or mark):
                    raise self._corrupt(match.end())
                if awaits_key and string is not None:
                    key, string, key_group = string, None, 2
            position = match.end()
            if awaits_key and key is not None:
                begun = match.start(key_group)
                if "\\" in key:
                    key, offsets = unescape(text, begun, match.end(key_group))
                    batch.odd[len(texts)] = offsets, spell
                known = node.below.get(key)
                # One object for a key that stands in every record.
                at, key = (known, known.key) if known else (node.under(key[:LABEL]), key)
                texts.append(key)
                starts.append(begun)
                sorts.append(name)
                records.append(record)
                # Behind a key without a colon no value is expected.
                expecting = key_group == 1
                if record[-1] > self.used:
                    self.used = record[-1]
            if string is not None:
                begun, expecting = match.start(2), False
                if "\\" in string:
                    string, offsets = unescape(text, begun, match.end(2))
                    batch.odd[len(texts)] = offsets, spell
                texts.append(string)
                starts.append(begun)
                sorts.append(at.text)
                records.append(record)
            elif number is not None:
                expecting = False
                texts.append(number)
                starts.append(match.start(3))
                sorts.append(at.number)
                records.append(record)
            elif word is not None:
                expecting = False
            elif mark is None:
                pass
            elif mark in "{[":
                if len(outer) >= self._most:
                    raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {self._most}")
                outer.append((is_object, record, node, at))
                if mark == "{":
                    self.objects += 1
                    record = (*record, self.objects) if is_object else (self.objects,)
                is_object, node, expecting = mark == "{", at, True
            elif mark in "}]":
                if not outer or is_object != (mark == "}"):
                    raise Unreadable(ReasonCode.CORRUPT, "brackets do not match")
                is_object, record, node, at = outer.pop()
                expecting = False
            elif mark == ":":
                expecting = True
            else:
                comma = mark
            if not (outer or expecting) and (comma or position < end):
                # Only one value stands outside of all brackets.
                raise self._corrupt(max(map(match.end, range(1, 6))))
            if comma:
                at, expecting = node, True
        if outer or expecting:
            raise Unreadable(ReasonCode.CORRUPT, "it ends too early")

    def _corrupt(self, position: int) -> Unreadable:
        return Unreadable(
            ReasonCode.CORRUPT, f"line {1 + self._source.count(chr(10), 0, position)}"
        )


def unescape(text: str, start: int, end: int) -> tuple[str, Deferred]:
    """The string that stands within quotes at `start`..`end` and where each of its characters stands."""
    string: str = _DECODER.raw_decode(text, start - 1)[0]
    return string, Deferred(lambda: unescaped(text, start, end, _ESCAPE, _meant)[1])


def _meant(match: re.Match[str]) -> str:
    high, low, code, sign = match.groups()
    if high:
        return chr((int(high, 16) - 0xD800 << 10) + int(low, 16) - 0xDC00 + 0x10000)
    return chr(int(code, 16)) if code else _SIMPLE.get(sign, sign)


def spell(text: str) -> str:
    """A replacement as it is written within a string."""
    return json.dumps(text)[1:-1]
