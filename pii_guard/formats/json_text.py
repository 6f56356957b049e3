"""JSON (RFC 8259) and JSON Lines by splicing: numbers, escapes, order and white space stay.

The second reader is the standard library's parser.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

from pii_guard.document import Document, Kind
from pii_guard.errors import Unreadable, refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.cutting import Cutting, after_line
from pii_guard.formats.decoding import decode
from pii_guard.formats.json_lexer import Lexer, Node
from pii_guard.formats.pieces import MANY, Batch
from pii_guard.formats.spliced import SplicedFormat
from pii_guard.segment_table import Collector, Sort


def lex_json(text: str, bounds: Bounds) -> Iterator[Batch]:
    """The pieces of a JSON file."""
    lexer = Lexer(text, bounds)
    yield from lexer.read(0, len(text))
    yield lexer.rest()


def lex_jsonl(text: str, bounds: Bounds) -> Iterator[Batch]:
    """The pieces of a JSON Lines file: each line a JSON text, empty lines allowed."""
    lexer, position, number, record = Lexer(text, bounds), 0, 0, 0
    while position <= len(text):
        end = text.find("\n", position)
        end, number = len(text) if end < 0 else end, number + 1
        if text[position:end].strip():
            # Each line counts as a record at least, objects without members as none.
            lexer.objects, record = record, record + 1
            try:
                yield from lexer.read(position, end)
            except Unreadable as unreadable:
                raise Unreadable(unreadable.reason.code, f"line {number}") from None
            record = max(record, lexer.used)
        position = end + 1
    yield lexer.rest()


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class _Reading:
    """Puts what the parser found into columns."""

    def __init__(self) -> None:
        self._parser = json.JSONDecoder(
            object_pairs_hook=_flat, parse_int=_Number, parse_float=_Number
        )
        self._segments = Collector()
        self._root = Node()
        self._name = Sort(Kind.NAME)
        self._objects = 0
        self._texts, self._sorts = list[str](), list[Sort]()
        self._records = list[tuple[int, ...]]()

    def document(self) -> Document:
        """All of it."""
        self._settle()
        return Document(self._segments.table())

    def take(self, text: str) -> None:
        """Parse a JSON text and take in what is in it."""
        try:
            value = self._parser.decode(text)
        except (ValueError, RecursionError) as error:
            raise refused(error, "the JSON parser refuses it") from None
        self._walk(value)

    def _walk(self, value: Any) -> None:
        # A stack instead of recursion: nesting is the writer's choice. Lists are emptied as they are
        # read, so that what was read makes room for what is kept of it.
        stack: list[tuple[Any, Node, tuple[int, ...]]] = [([value], self._root, ())]
        del value
        while stack:
            source, node, record = stack[-1]
            if len(self._texts) >= MANY:
                self._settle()
            texts, sorts, records = self._texts, self._sorts, self._records
            is_list = type(source) is list
            for key, inner in _emptied(source) if is_list else source:
                at = node if is_list else node.below.get(key) or node.under(key)
                kind = type(inner)
                if kind is str or kind is _Number:
                    texts.append(inner)
                    sorts.append(at.text if kind is str else at.number)
                    records.append(record)
                elif kind is list:
                    inner.reverse()
                    stack.append((inner, at, record))
                    break
                elif kind is tuple:
                    self._objects += 1
                    below = (self._objects,) if is_list else (*record, self._objects)
                    texts += inner[::2]
                    sorts += repeat(self._name, len(inner) // 2)
                    records += repeat(below, len(inner) // 2)
                    each = iter(inner)
                    stack.append((zip(each, each, strict=True), at, below))
                    break
            else:
                stack.pop()

    def _settle(self) -> None:
        self._segments.extend(self._texts, self._sorts, repeat(0, len(self._texts)), self._records)
        self._texts, self._sorts, self._records = [], [], []


def _flat(pairs: list[tuple[str, Any]]) -> tuple[Any, ...]:
    """An object as its keys and values in turns, keys that stand twice included."""
    return tuple(chain.from_iterable(pairs))


def _emptied(values: list[Any]) -> Iterator[tuple[str, Any]]:
    while values:
        yield "", values.pop()


def reread_json(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """The document as the standard library's parser sees it, duplicate keys included."""
    reading = _Reading()
    reading.take(decode(blob).text)
    return reading.document()


def reread_jsonl(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """As `reread_json`, line by line."""
    reading = _Reading()
    for line in decode(blob).text.split("\n"):
        if line.strip():
            reading.take(line)
    return reading.document()


FORMATS = (
    SplicedFormat(frozenset({"application/json"}), lex_json, reread_json),
    SplicedFormat(
        frozenset({"application/x-ndjson"}), lex_jsonl, reread_jsonl, cutting=Cutting(after_line)
    ),
)
