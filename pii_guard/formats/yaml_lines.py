"""YAML line by line: what is plain to see is read by one pattern, the rest by ruamel.yaml.

ruamel.yaml reads a character at a time. Lines of block style that hold a whole key, a whole scalar or
both (YAML 1.2.2, 7.3 and 8.2) are the same for every reader. Any other line goes to ruamel.yaml with
all that is indented below it. Where that is not certain the whole text has to.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from pii_guard.formats.yaml_levels import MAX_KEY, NAMES, Level, Reading
from pii_guard.segment_table import Sort

_UNSURE = re.compile(
    "[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""Tabs, breaks other than line feeds, what is not printable: readers differ on them."""
_WORD = r"(?:[^\s:#]|:(?=\S))(?:[^\s:]++|:(?=\S))*+"
_FIRST = r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|-(?=[\w.]))(?:[^\s:]++|:(?=\S))*+"
_DOUBLE = r"\"(?:[^\"\\\n]++|\\(?:[\"\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}))*+\""
_SINGLE = r"'(?:[^'\n]++|'')*+'"
_ITEM = rf"(?:{_DOUBLE}|{_SINGLE}|[\w./+][\w./+@-]*+(?: ++[\w./+@-]++)*+)"
_LIST = rf"\[ *+(?:{_ITEM}(?: *+, *+{_ITEM})*+)?+ *+\]"
_ITEMS = re.compile(_ITEM)
_LINE = re.compile(
    r"(?P<indent> *+)(?P<dashes>(?:-(?: ++|(?=\n|\Z)))*+)"
    rf"(?:(?P<key>\w(?:[\w ./-]{{0,200}}\w)?|\"[^\"\\\n]{{1,200}}\"|'[^'\n]{{1,200}}'):(?: ++|(?=\n|\Z)))?"
    rf"(?P<value>{_DOUBLE}|{_SINGLE}|{_LIST}|\|-?|{_FIRST}(?: ++{_WORD})*+)?+(?: *+(?:(?<= )#[^\n]*+)?)(?:\n|\Z)"
)
_BARE = re.compile(r" *+(?:#[^\n]*+)?(?:\n|\Z)")
_MARK = re.compile(r"---(?: ++(?:#[^\n]*+)?)?(?:\n|\Z)")
_COMPLEX = re.compile(r"(?:- ++)*+[?:]")
_BOUNDARY = ("---", "...", "%")
_FRAMES = (StreamStartEvent, DocumentStartEvent, DocumentEndEvent, StreamEndEvent)
_FRAMED = 4
"""The events around the nodes of a text of one document."""


class UnsureError(Exception):
    """Only the whole text can be read for certain."""


@dataclass(slots=True)
class Lines(Reading):
    """Reads a text line by line. Raises `UnsureError` where a line is not certain."""

    text: str = ""
    ruamel: YAML = field(default_factory=lambda: YAML(typ="safe", pure=True))
    entries: dict[tuple[str, str], tuple[str, Sort]] = field(default_factory=dict, repr=False)
    """By path and key as it is written: the key, and what its values have in common."""

    def read(self) -> Lines:
        """Reads it all, and returns itself. Raises `UnsureError`, `Unreadable`."""
        text, position, end = self.text, 0, len(self.text)
        if not text.replace("\n", "").isprintable() and _UNSURE.search(text):
            raise UnsureError
        self._begin()
        level = self.levels[-1]
        while position < end:
            found = _LINE.match(text, position)
            if found is None:
                position = self._other(position)
                level = self.levels[-1]
                continue
            indent, dashes, key, value = found.groups()
            column = len(indent)
            inner = column + len(dashes)
            is_block = value is not None and value[0] == "|"
            if value is not None and not is_block:
                # A scalar may go on below if the next line is indented more than what it stands in.
                outer = inner if key is not None else level.column
                if key is None and dashes:
                    outer = column + dashes.rindex("-")
                if text.startswith(" " * (outer + 1), found.end()):
                    position = self._handed_over(position, column)
                    level = self.levels[-1]
                    continue
            position = found.end()
            if dashes:
                for offset, mark in enumerate(dashes, column):
                    if mark == "-":
                        self._item(offset)
                level = self.levels[-1]
            if key is not None:
                if level.column != inner or not level.is_mapping:
                    level = self._entries(inner)
                if value is not None and value[0] not in "[|":
                    self._entry(level, key, value)
                    continue
                self.key(level, key[1:-1] if key[0] in "\"'" else key)
                level.waits = value is None
            if value is None:
                continue
            if key is None and not dashes:
                if is_block:
                    # Its lines may stand as far left as its mark.
                    raise UnsureError
                self._awaited(column)
            if is_block:
                position = self._literal(position, level.column, value)
            elif value[0] == "[":
                self.opened(-1, is_mapping=False)
                for item in _ITEMS.findall(value):
                    self.scalar(_value(item))
                self.levels.pop()
            else:
                self.scalar(_value(value))
        return self

    def _entry(self, level: Level, key: str, value: str) -> None:
        """A key of a mapping with its value, as most lines are."""
        told = self.entries.get((level.path, key))
        if told is None:
            bare = key[1:-1] if key[0] in "\"'" else key
            short = bare[:MAX_KEY]
            label = f"{level.path}.{short}" if level.path else short
            told = self.entries[level.path, key] = bare, self.labelled(label)
        level.named = level.waits = False
        record, shown = level.record, _value(value) if value[0] in "\"'" else value
        self.texts.append(told[0])
        self.sorts.append(NAMES)
        self.records.append(record)
        if shown:
            self.put(shown, told[1], record)

    def _literal(self, position: int, parent: int, mark: str) -> int:
        """A block of lines as they stand (YAML 1.2.2, 8.1.2); where the line after it is."""
        text, lines, indent = self.text, list[str](), 0
        while (stop := text.find("\n", position) + 1) > 0:
            line = text[position : stop - 1]
            leads = len(line) - len(line.lstrip(" "))
            if leads < len(line):
                if leads < indent or leads <= parent:
                    break
                indent = indent or leads
            lines.append(line)
            position = stop
        if not lines or not lines[0].strip(" ") or stop == 0 < len(text) - position:
            # Blank lines first may be indented more; without a last line end the block has none.
            raise UnsureError
        whole = "\n".join(line[indent:] for line in lines).rstrip("\n")
        self.scalar(whole + "\n" if mark == "|" else whole)
        return position

    def _begin(self) -> None:
        """A document begins: one value may follow, wherever it is indented."""
        self.levels[:] = [Level(False, (), "", "", -1, waits=True)]

    def _item(self, column: int) -> None:
        """The next item of the sequence whose dash is there."""
        levels = self.levels
        while levels[-1].column > column:
            levels.pop()
        level = levels[-1]
        if level.column != column or level.is_mapping:
            # Only the items of a sequence may stand below the dashes of their key.
            if not level.waits:
                raise UnsureError
            level = self.opened(column, is_mapping=False)
        level.waits = True

    def _entries(self, column: int) -> Level:
        """The mapping whose keys stand there."""
        levels = self.levels
        while levels[-1].column > column or (
            levels[-1].column == column and not levels[-1].is_mapping
        ):
            levels.pop()
        level = levels[-1]
        if level.column != column:
            if not level.waits:
                raise UnsureError
            level = self.opened(column, is_mapping=True)
        level.named = level.waits = False
        return level

    def _awaited(self, column: int) -> None:
        """A value stands by itself: something above must wait for it."""
        level = self.levels[-1]
        if not level.waits or column <= level.column:
            raise UnsureError

    def _other(self, position: int) -> int:
        """A line that says nothing, marks a document, or goes to ruamel.yaml; where the next is."""
        if bare := _BARE.match(self.text, position):
            return bare.end()
        if mark := _MARK.match(self.text, position):
            self._begin()
            return mark.end()
        return self._handed_over(position, _indented(self.text, position))

    def _handed_over(self, position: int, column: int) -> int:
        """A line and all that is indented below it go to ruamel.yaml; where the next line is.

        Lines after it that go there as well and stand in the same collection go with it: it costs
        as much to begin as to read a line.
        """
        text = self.text
        if len(self.levels) == self.root and text.startswith(
            ("{", "[", "|", ">"), position + column
        ):
            raise UnsureError
        end = self._below(position, column)
        is_item = text.startswith("-", position + column)
        while (
            _indented(text, end) == column
            and text.startswith("-", end + column) == is_item
            and _LINE.match(text, end) is None
            and _BARE.match(text, end) is None
            and not text.startswith(_BOUNDARY, end)
        ):
            end = self._below(end, column)
        self._take(text[position:end], column)
        return end

    def _below(self, position: int, column: int) -> int:
        """Where the lines end that a line and all indented below it take."""
        text = self.text
        if _COMPLEX.match(text, position + column) or text.startswith(_BOUNDARY, position):
            raise UnsureError
        end = text.find("\n", position) + 1 or len(text)
        deeper = " " * (column + 1)
        while end < len(text):
            stop = text.find("\n", end) + 1 or len(text)
            if not text.startswith(deeper, end) and text[end:stop].strip(" \n"):
                break
            end = stop
        return end

    def _take(self, text: str, column: int) -> None:
        """What ruamel.yaml reads in some lines, as what stands there of what is open."""
        try:
            events = list(self.ruamel.parse(text))
        except (YAMLError, ValueError, RecursionError):
            raise UnsureError from None
        nodes = [one for one in events if not isinstance(one, _FRAMES)]
        if len(events) - len(nodes) != _FRAMED or not nodes:
            raise UnsureError
        first = nodes[0]
        if not isinstance(first, (MappingStartEvent, SequenceStartEvent)) or first.flow_style:
            if len(self.levels) == self.root or getattr(first, "style", None) in ("|", ">"):
                # Its lines may stand anywhere, or as far left as its mark.
                raise UnsureError
            self._awaited(column)
        elif first.anchor or first.tag or first.start_mark.column != column:
            raise UnsureError
        else:
            # Its entries are more of a collection that is open, or its first.
            if isinstance(first, MappingStartEvent):
                self._entries(column)
            else:
                self._item(column)
            nodes = nodes[1:-1]
        for event in nodes:
            self.take(event)
        self.levels[-1].named = self.levels[-1].waits = False


def _indented(text: str, position: int) -> int:
    """By how many blanks a line is indented."""
    end = position
    while text.startswith(" ", end):
        end += 1
    return end - position


def _value(written: str) -> str:
    """The scalar of one line that is written so."""
    if written[0] == "'":
        return written[1:-1].replace("''", "'")
    if written[0] != '"':
        return written
    # What it may hold of escapes is the same in JSON (RFC 8259, section 7).
    return str(json.loads(written)) if "\\" in written else written[1:-1]
