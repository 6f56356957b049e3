"""Where the values of an HTTP archive stand, and what is around each: one walk over the source.

The standard library's parser has said before that the source is JSON, so few expressions tell where
things are. A header, of which an archive consists for the most part, is met with one of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from pii_guard.document import Kind
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.har_words import BODIES, COUNTS, ENTRIES, KNOWN, MOMENT, MOMENTS, Path, load
from pii_guard.formats.json_lexer import LABEL, Node, spell, unescape
from pii_guard.formats.line_numbers import LineNumbers
from pii_guard.formats.pieces import MANY, Batch
from pii_guard.segment_table import Sort

_WHITE = r"[ \t\r\n]*+"
_STRING = r"\"([^\"\\]*+(?:\\.[^\"\\]*+)*+)\""
_BEHIND = rf"{_WHITE},?{_WHITE}([\]}}][\]}}, \t\r\n]*+)?+"
"""What follows a value or an opening bracket; with a group for it where brackets close."""
_VALUE = rf"(?:{_STRING}|(-?[0-9][0-9.eE+-]*+)|[A-Za-z-]++|([{{\[])){_BEHIND}"
_ELEMENT = re.compile(f"(?:(?!)())?{_VALUE}", re.S)
_MEMBER = re.compile(rf"{_STRING}{_WHITE}:{_WHITE}{_VALUE}", re.S)
_PAIR = re.compile(
    rf"\{{{_WHITE}\"name\"{_WHITE}:{_WHITE}{_STRING}{_WHITE},"
    rf"{_WHITE}\"value\"{_WHITE}:{_WHITE}{_STRING}{_WHITE}\}}"
    rf"(?:(?!)()())?{_BEHIND}",
    re.S,
)
"""A header, cookie or parameter that is a name and a value and nothing else.

All three have groups for the same: key or name, string, number, opening bracket, closing brackets.
"""
_START = re.compile(rf"{_WHITE}")
_SOUGHT = frozenset({"name", "value", "mimeType", "encoding", "size", "bodySize"})
"""Keys of values that say something of others: only those are asked for by their keys."""
_COUNTING = COUNTS | MOMENTS | {"value"}
"""Keys of values that may only count or tell a time."""
_SPECIAL = _SOUGHT | _COUNTING | {"text"}
_NAME = Sort(Kind.NAME, "", False, "line")
"""Keys, and the names of headers, cookies and parameters, which are keys as well."""
_NONE: Mapping[str, int] = MappingProxyType({})


class Around:
    """An object or array: its key, what is around it, and the numbers of the values sought in it.

    Objects of one path are one, since a key may stand twice. `below` has what is in it by key or
    0-based number; a number there is that of a pair's name, whose value comes next.
    """

    __slots__ = ("below", "key", "numbers", "outer", "record")

    def __init__(self, outer: Around | None, key: str | int, record: tuple[int, ...]) -> None:
        self.outer, self.key, self.record = outer, key, record
        self.numbers: Mapping[str, int] = _NONE
        self.below: dict[str | int, Around | int] = {}

    @property
    def path(self) -> Path:
        """Keys and numbers that lead here."""
        return () if self.outer is None else (*self.outer.path, self.key)

    def within(self, number: int) -> tuple[int, ...]:
        """The record of an array's element: what stands in the list of exchanges is one by itself."""
        is_list_of_exchanges = self.key == ENTRIES[1] and self.path == ENTRIES
        return (number + 1,) if is_list_of_exchanges else self.record

    def named(self, key: str | int) -> Mapping[str, int]:
        """The numbers of the values sought in what has that key, by their keys; of two the last."""
        known = self.below.get(key)
        if isinstance(known, int):
            return {"name": known, "value": known + 1}
        return _NONE if known is None else known.numbers


class Archive:
    """The values of an archive. Raises `Unreadable` for what is none.

    `batch`: all of them, and the keys that are not of the specification. `kept`: the numbers of those
    that say something, ascending. `bodies`: the number of each `text` that may be a body, and what it
    stands in.
    """

    def __init__(self, source: str, bounds: Bounds) -> None:
        load(source, _nothing, _nothing)
        self.batch, self.kept = Batch(spell), list[int]()
        self.bodies: list[tuple[int, Around]] = []
        self._source, self._most = source, bounds.max_nesting
        self._values: list[tuple[int, Around]] = []
        self._labels: dict[tuple[str, bool], Sort] = {}
        self._walk()
        lines, starts = LineNumbers(source), self.batch.starts
        for first in range(0, len(starts), MANY):
            self.batch.ordinals += lines.of(starts[first : first + MANY])
        # Only now, since the name may stand behind the value.
        texts, sorts = self.batch.texts, self.batch.sorts
        for number, around in self._values:
            if "name" in around.numbers:
                which = around.numbers["name"]
                name = texts[which]
                sorts[number] = self._label(name, is_number=sorts[number].number)
                sorts[which] = sorts[which] if sorts[which].number else _NAME

    def _label(self, name: str, *, is_number: bool = False) -> Sort:
        """The sort of a value with that name beside it."""
        key = name[:LABEL], is_number
        return self._labels.get(key) or self._labels.setdefault(
            key, Sort(Kind.FIELD, key[0], is_number, "line")
        )

    def _add(self, place: tuple[int, int], text: str, sort: Sort, record: tuple[int, ...]) -> str:
        """One more piece, which stands at `place` as `text`; what it says."""
        batch = self.batch
        if "\\" in text:
            text, offsets = unescape(self._source, *place)
            batch.odd[len(batch.texts)] = offsets, spell
        batch.texts.append(text)
        batch.starts.append(place[0])
        batch.sorts.append(sort)
        batch.records.append(record)
        return text

    def _pair(self, match: re.Match[str], around: Around, index: int) -> None:
        """A name and a value in an array."""
        number, record = len(self.batch.texts), around.within(index)
        around.below[index] = number
        name = self._add(match.span(1), match[1], _NAME, record)
        sort = self._labels.get((name, False)) or self._label(name)
        value = self._add(match.span(2), match[2], sort, record)
        self.kept.append(number)
        if not _is_short(value):
            self.kept.append(number + 1)

    def _member(
        self,
        place: tuple[int, int],
        text: str,
        around: Around,
        key: str,
        at: Node,
        *,
        is_number: bool,
    ) -> None:
        """A string or a number in an object."""
        number = len(self.batch.texts)
        text = self._add(place, text, at.number if is_number else at.text, around.record)
        if key in _SOUGHT:
            around.numbers = {**around.numbers, key: number}
            if key == "value":
                self._values.append((number, around))
        elif key == "text" and around.key in BODIES and not is_number and text.strip():
            self.bodies.append((number, around))
        if key not in _COUNTING or not _says_nothing(key, text, is_number=is_number):
            self.kept.append(number)

    def _alone(
        self, place: tuple[int, int], text: str, sort: Sort, record: tuple[int, ...]
    ) -> None:
        """A key, or a string or a number in an array."""
        self.kept.append(len(self.batch.texts))
        self._add(place, text, sort, record)

    def _inside(self, outer: Around, key: str | int) -> Around:
        """The object or array of that key."""
        known = outer.below.get(key)
        if isinstance(known, Around):
            return known
        record = outer.within(key) if isinstance(key, int) else outer.record
        around = outer.below[key] = Around(outer, key, record)
        if known is not None:
            # What was met as a pair is met again.
            around.numbers = {"name": known, "value": known + 1}
            self._values.append((known + 1, around))
        return around

    def _walk(self) -> None:
        source, end, most, batch = self._source, len(self._source), self._most, self.batch
        texts, starts, sorts, records = batch.texts, batch.starts, batch.sorts, batch.records
        position = _START.match(source).end()  # type: ignore[union-attr]
        # The innermost object or array, the place of its values, the number of its last element;
        # the whole is as the only element of an array.
        around, node, is_object, index = Around(None, "", ()), Node("", "line"), False, -1
        outer: list[tuple[Around, Node, bool, int]] = []
        while position < end:
            if is_object:
                match = _MEMBER.match(source, position)
            else:
                index += 1
                fits = len(outer) < most and index not in around.below
                match = _PAIR.match(source, position) if fits else None
                match = match or _ELEMENT.match(source, position)
            if match is None:
                raise Unreadable(ReasonCode.CORRUPT, "two readers disagree")
            position = match.end()
            written, text, number, mark, closing = match.groups()
            if is_object:
                key = unescape(source, *match.span(1))[0] if "\\" in written else written
                if key not in KNOWN:
                    self._alone(match.span(1), written, _NAME, around.record)
                at = node.below.get(key) or node.under(key[:LABEL])
                if text is not None:
                    if key in _SPECIAL or "\\" in text:
                        self._member(match.span(2), text, around, key, at, is_number=False)
                    else:
                        self.kept.append(len(texts))
                        texts.append(text)
                        starts.append(match.start(2))
                        sorts.append(at.text)
                        records.append(around.record)
                elif number is not None and (key not in COUNTS or key in _SOUGHT):
                    self._member(match.span(3), number, around, key, at, is_number=True)
            elif written is not None:
                self._pair(match, around, index)
            else:
                at = node
                if text is not None:
                    self._alone(match.span(2), text, at.text, around.within(index))
                elif number is not None:
                    self._alone(match.span(3), number, at.number, around.within(index))
            if mark is not None:
                if len(outer) >= most:
                    raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {most}")
                outer.append((around, node, is_object, index))
                if len(outer) > 1:
                    around = self._inside(around, key if is_object else index)
                node, is_object, index = at, mark == "{", -1
            if closing is not None:
                for _ in range(closing.count("}") + closing.count("]")):
                    around, node, is_object, index = outer.pop()


def _says_nothing(key: str, text: str, *, is_number: bool) -> bool:
    """Whether a value with a key of `_COUNTING` only counts or tells a time."""
    if is_number:
        return key in COUNTS
    if key in MOMENTS:
        return MOMENT.fullmatch(text) is not None
    return key in ("value", "time") and _is_short(text)


def _is_short(text: str) -> bool:
    """Whether it is a number of some digits."""
    return len(text) < 8 and text.isdecimal()


def _nothing(_: object) -> None:
    """In the place of what is parsed only to see whether it can be."""
