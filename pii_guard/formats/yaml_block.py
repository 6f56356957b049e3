"""Lines of YAML in block style, each met with one expression: what most files consist of.

A line that holds a key, a scalar or both and does not go on below reads the same by itself (YAML 1.2.2,
7.3 and 8.2). Other lines go to libyaml with what is indented below them; where even that is not certain,
the reading ends and says at which place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from pii_guard.document import Kind
from pii_guard.errors import Unreadable
from pii_guard.formats import yaml_spelling as spelling
from pii_guard.formats.json_lexer import unescape
from pii_guard.formats.line_numbers import LineNumbers
from pii_guard.formats.pieces import MANY, Batch, Deferred, Odd, Sorts
from pii_guard.formats.yaml_places import places
from pii_guard.formats.yaml_scalars import NUMBER, Level, Scalars, events, with_comments
from pii_guard.segment_table import Sort

_ODD = re.compile(
    "[^\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\r(?!\n)"
)
"""Tabs, breaks that are not line feeds, what is not printable: YAML 1.1 and 1.2 differ on them."""
_END = r"(?:\r?+\n|\Z)"
_WORD = r"[\w./$<][^\s:#,\[\]{}&*!|>'\"%@`]{0,100}+"
_KEY = rf"{_WORD}(?: {{1,20}}+[^\s:#,\[\]{{}}&*!|>'\"%@`]{{1,100}}+){{0,5}}+|\"[^\"\\\r\n]{{1,200}}+\"|'[^'\r\n]{{1,200}}+'"
_DOUBLE = r"\"((?:[^\"\\\r\n]++|\\(?:[\"\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}))*+)\""
_SINGLE = r"'((?:[^'\r\n]++|'')*+)'"
_PLAIN = (
    r"((?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|-(?=[\w.]))"
    r"(?:[^\s:#]++|:(?=[^\s:])|(?<=\S)\#|\ ++(?=[^\s:#]))*+)"
)
_LINE = re.compile(
    rf"(?!\.\.\.|---|%)( *+)((?:-(?: ++|(?=\r?+\n|\Z)))++)?+(?:({_KEY}):(?: ++|(?=\r?+\n|\Z)))?+"
    # What has a key and no dash before it ends where the next line is not indented more.
    rf"(?:(?:{_DOUBLE}|{_SINGLE}|{_PLAIN})(?= *+(?:(?<= )\#[^\r\n]*+)?+{_END}(?(2)|(?(3)(?!(?: *+\r?+\n)*+\1 )))))?+"
    rf" *+(?:(?<![^ \n])\#([^\r\n]*+))?+{_END}"
)
"""Indentation, dashes, key, value (in double, in single, without quotes), comment."""
_BELOW = re.compile(r"(?: *+\r?+\n)*+( *+)")
"""Up to the first sign of the next line that has any."""
_MARK = re.compile(rf"--- *+{_END}")
_BOUNDARY = ("---", "...", "%")
_COMPLEX = re.compile(r" *+(?:- ++)*+[?:](?=\s)")
_FRAMES = (StreamStartEvent, DocumentStartEvent, DocumentEndEvent, StreamEndEvent)
_FRAMED = 4
"""The events around the nodes of a text of one document."""
_NAME, _REMARK = Sort(Kind.NAME, axis="line"), Sort(Kind.PROSE, axis="line")
_IN_DOUBLE: Odd = (None, spelling.double)
_IN_SINGLE: Odd = (None, spelling.single)
_IN_LINE: Odd = (None, spelling.line)


class _UnsureError(Exception):
    """Only the whole text tells."""


class _Named(NamedTuple):
    """A key, the label of its value, and what values of that label have in common."""

    key: str
    label: str
    text: Sort
    number: Sort


@dataclass(slots=True)
class Block(Scalars):
    """Reads a text line by line. `position`: what stands before it was read."""

    text: str = field(default="", repr=False)
    position: int = 0
    known: dict[str, dict[str, _Named]] = field(default_factory=dict, repr=False)
    """What is known of the value of a key, by its path and the key as it is written."""
    unnamed: dict[str, _Named] = field(default_factory=dict, repr=False)
    """The same of values without a key, by their label."""
    sorts: Sorts = field(default_factory=Sorts, repr=False)

    def batches(self) -> Iterator[Batch]:
        """The pieces in order, up to where it is not certain. Raises `Unreadable`."""
        text, sure = self.text, not _is_odd(self.text)
        lines = LineNumbers(text)
        while sure and self.position < len(text):
            batch = Batch(spelling.plain)
            try:
                self._read(batch)
            except _UnsureError:
                sure = False
            batch.ordinals = lines.of(batch.starts)
            yield batch

    def _read(self, batch: Batch) -> None:
        """Read lines until the batch is full or the text is at its end. Raises `_UnsureError`."""
        text, size, position, match = self.text, len(self.text), self.position, _LINE.match
        texts, starts, sorts, records, odd = (
            batch.texts, batch.starts, batch.sorts, batch.records, batch.odd
        )  # fmt: skip
        level, known = self._innermost()
        while position < size and len(texts) < MANY:
            found = match(text, position)
            if found is None:
                self.position = position
                position = self._other(batch)
                level, known = self._innermost()
                continue
            indent, dashes, key, double, single, plain, remark = found.groups()
            if key is not None and not dashes and level.column == len(indent) and level.is_mapping:
                pass  # one more entry of the same mapping, as most lines are
            elif key is not None or dashes or not (double is single is plain):
                self.position = position
                if not self._entered(found):
                    position = self._handed_over(batch)
                    level, known = self._innermost()
                    continue
                level, known = self._innermost()
            if key is not None:
                begun = found.start(3)
                named = known.get(key) or self._named(level.path, key)
                if key[0] in "\"'":
                    odd[len(texts)] = _IN_DOUBLE if key[0] == '"' else _IN_SINGLE
                    begun += 1
                texts.append(named.key)
                starts.append(begun)
                sorts.append(_NAME)
                records.append(level.record)
            else:
                named = self.unnamed.get(level.label) or self._unnamed(level.label)
            if plain is not None:
                level.named = level.waits = False
                is_number = plain[0] in "+-0123456789" and NUMBER.fullmatch(plain)
                texts.append(plain)
                starts.append(found.start(6))
                sorts.append(named.number if is_number else named.text)
                records.append(level.record)
            elif double is not None:
                level.named = level.waits = False
                if double and not double.isspace():
                    begun = found.start(4)
                    if "\\" in double:
                        double, offsets = unescape(text, begun, found.end(4))
                        odd[len(texts)] = offsets, spelling.double
                    else:
                        odd[len(texts)] = _IN_DOUBLE
                    texts.append(double)
                    starts.append(begun)
                    sorts.append(named.text)
                    records.append(level.record)
            elif single is not None:
                level.named = level.waits = False
                if single and not single.isspace():
                    odd[len(texts)] = _IN_SINGLE
                    if "''" in single:
                        odd[len(texts)] = _doubled(text, *found.span(5)), spelling.single
                    texts.append(single.replace("''", "'"))
                    starts.append(found.start(5))
                    sorts.append(named.text)
                    records.append(level.record)
            elif key is not None:
                level.named = level.waits = True
                level.label = named.label
            if remark is not None and remark.strip():
                odd[len(texts)] = _IN_LINE
                texts.append(remark)
                starts.append(found.start(7))
                sorts.append(_REMARK)
                records.append(())
            position = found.end()
        self.position = position

    def _innermost(self) -> tuple[Level, dict[str, _Named]]:
        """The innermost of what is open, and what is known of the keys in it."""
        level = self.levels[-1]
        return level, self.known.setdefault(level.path, {})

    def _named(self, path: str, key: str) -> _Named:
        """What there is to know of a key as it is written, in what has that path."""
        bare = key[1:-1] if key[0] in "\"'" else key
        bare = self.shown.setdefault(bare, bare)
        named = self._unnamed(self.labelled(path, bare))._replace(key=bare)
        self.known[path][key] = named
        return named

    def _unnamed(self, label: str) -> _Named:
        """What there is to know of a value of that label."""
        named = self.unnamed.get(label)
        if named is None:
            text, number = (Sort(Kind.FIELD, label, n, "line") for n in (False, True))
            named = self.unnamed[label] = _Named("", label, text, number)
        return named

    def _entered(self, found: re.Match[str]) -> bool:
        """Go to where the line stands; False where it goes on below. Raises `_UnsureError`."""
        indent, dashes, key, double, single, plain, _ = found.groups()
        column = len(indent)
        inner = column + len(dashes or "")
        level = self.levels[-1]
        if not (dashes or key is not None) and not (level.waits and column > level.column):
            raise _UnsureError
        if not (double is single is plain):
            outer = level.column
            if key is not None:
                outer = inner
            elif dashes:
                outer = column + dashes.rindex("-")
            if self._indented(found.end()) > outer:
                return False
        for offset, mark in enumerate(dashes or "", column):
            if mark == "-":
                self._item(offset)
        if key is not None:
            self._entry(inner)
        return True

    def _indented(self, position: int) -> int:
        """By how much the next line that says something is indented."""
        below = _BELOW.match(self.text, position)
        return len(below[1]) if below else 0

    def _item(self, column: int) -> None:
        """The next item of the sequence whose dash is there. Raises `_UnsureError`."""
        levels = self.levels
        while levels[-1].column > column:
            levels.pop()
        level = levels[-1]
        if level.is_mapping or level.column < column:
            # The items of a sequence may stand below the dashes of their key, as nothing else may.
            if not level.waits:
                raise _UnsureError
            level = self.opened(column, is_mapping=False)
        level.waits = True

    def _entry(self, column: int) -> None:
        """The next entry of the mapping whose keys stand there. Raises `_UnsureError`."""
        levels = self.levels
        while levels[-1].column > column or (
            levels[-1].column == column and not levels[-1].is_mapping
        ):
            levels.pop()
        level = levels[-1]
        if level.column < column:
            if not level.waits:
                raise _UnsureError
            level = self.opened(column, is_mapping=True)
        level.named = level.waits = False

    def _other(self, batch: Batch) -> int:
        """A line that begins a document or goes to libyaml; where the next one is."""
        if mark := _MARK.match(self.text, self.position):
            self.levels[:] = [Level()]
            return mark.end()
        return self._handed_over(batch)

    def _handed_over(self, batch: Batch) -> int:
        """A line and all that is indented below it go to libyaml; where the next line is.

        Lines after it that go there as well and stand in the same collection go with it.
        """
        text, start = self.text, self.position
        column = _indent(text, start)
        is_item = text.startswith("-", start + column)
        end = self._below(start, column)
        while (
            end < len(text)
            and _indent(text, end) == column
            and text.startswith("-", end + column) == is_item
            and _LINE.match(text, end) is None
            and not text.startswith(_BOUNDARY, end)
        ):
            end = self._below(end, column)
        self._take(end, column, batch)
        return end

    def _below(self, position: int, column: int) -> int:
        """Where the lines end that a line and all indented below it take. Raises `_UnsureError`."""
        text = self.text
        if _COMPLEX.match(text, position) or text.startswith(_BOUNDARY, position):
            raise _UnsureError
        end = text.find("\n", position) + 1 or len(text)
        deeper = " " * (column + 1)
        while end < len(text):
            stop = text.find("\n", end) + 1 or len(text)
            if not text.startswith(deeper, end) and text[end:stop].strip(" \r\n"):
                break
            end = stop
        return end

    def _take(self, end: int, column: int, batch: Batch) -> None:
        """What libyaml reads up to there, as what stands there of what is open. Raises `_UnsureError`."""
        text, start = self.text, self.position
        try:
            told = list(events(text[start:end]))
        except Unreadable:
            raise _UnsureError from None
        nodes = [one for one in told if not isinstance(one, _FRAMES)]
        if len(told) - len(nodes) != _FRAMED or not nodes:
            raise _UnsureError
        first, level = nodes[0], self.levels[-1]
        if not isinstance(first, (MappingStartEvent, SequenceStartEvent)) or first.flow_style:
            goes_on = self._indented(end) > level.column
            # A block may stand as far left as its mark, and what is all of a document anywhere.
            is_anywhere = len(self.levels) == 1 or getattr(first, "style", None) in ("|", ">")
            if goes_on or is_anywhere or not (level.waits and column > level.column):
                raise _UnsureError
        elif first.anchor or first.tag or not _begins(first, column):
            raise _UnsureError
        else:
            # Its entries are more of a collection that is open, or its first.
            if isinstance(first, MappingStartEvent):
                self._entry(column)
            else:
                self._item(column)
            nodes = nodes[1:-1]
        for piece in with_comments(text, self.pieces(text, nodes, start), start, end):
            batch.add(piece, self.sorts)
        self.levels[-1].named = self.levels[-1].waits = False


def _begins(event: Event, column: int) -> bool:
    """Whether an event begins in that column."""
    return event.start_mark is not None and event.start_mark.column == column


def _indent(text: str, position: int) -> int:
    """By how many blanks a line is indented."""
    end = position
    while text.startswith(" ", end):
        end += 1
    return end - position


def _is_odd(text: str) -> bool:
    """Whether there are signs in it that readers of YAML differ on."""
    return not text.replace("\n", "").isprintable() and _ODD.search(text) is not None


def _doubled(text: str, start: int, end: int) -> Deferred:
    """The places of the characters of a text within single quotes."""
    return Deferred(lambda: places(text, start, end, "'")[1])
