"""HTTP archives as the standard library's parser sees them: the second reader of `har`."""

from __future__ import annotations

from itertools import chain, repeat
from typing import Any

from pii_guard.document import Child, Document, Kind
from pii_guard.formats.har_words import (
    BODIES,
    COUNTS,
    ENTRIES,
    KNOWN,
    MOMENT,
    MOMENTS,
    Path,
    body_of,
    load,
    media_type_of,
    place_of,
)
from pii_guard.formats.json_lexer import LABEL
from pii_guard.formats.pieces import MANY
from pii_guard.segment_table import Collector, Sort


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


_SPECIAL = COUNTS | MOMENTS
"""Labels of values that may say nothing."""


def reread_har(text: str) -> Document:
    """All that a JSON text says as an archive. Raises `Unreadable`."""
    reading = _Reading()
    reading.take(load(text, _flat, _Number))
    return reading.document()


def _flat(pairs: list[tuple[str, Any]]) -> tuple[Any, ...]:
    """An object as its keys and values in turns, keys that stand twice included."""
    return tuple(chain.from_iterable(pairs))


class _Sorts(dict[str, Sort]):
    """What values of a label have in common."""

    def __missing__(self, label: str) -> Sort:
        sort = self[label] = Sort(Kind.FIELD, label)
        return sort


class _Reading:
    """Puts what the parser made into columns."""

    def __init__(self) -> None:
        self._segments, self._children = Collector(), list[Child]()
        self._labels, self._name = _Sorts(), Sort(Kind.NAME)
        self._texts, self._sorts = list[str](), list[Sort]()
        self._records = list[tuple[int, ...]]()

    def document(self) -> Document:
        """All of it."""
        self._settle()
        return Document(self._segments.table(), tuple(self._children))

    def take(self, whole: Any) -> None:
        """Take in what the parser made of the whole."""
        if isinstance(whole, str):
            self._value(whole, "", ())
        else:
            self._within(whole, (), ())

    def _settle(self) -> None:
        self._segments.extend(self._texts, self._sorts, repeat(0, len(self._texts)), self._records)
        self._texts, self._sorts, self._records = [], [], []

    def _add(self, text: str, sort: Sort, record: tuple[int, ...]) -> None:
        self._texts.append(text)
        self._sorts.append(sort)
        self._records.append(record)

    def _value(self, text: str, label: str, record: tuple[int, ...]) -> None:
        """A string or a number."""
        if label in _SPECIAL and (
            (label in COUNTS and isinstance(text, _Number))
            or (label in MOMENTS and MOMENT.fullmatch(text))
        ):
            return
        self._add(text, self._labels[label], record)

    def _within(self, value: Any, path: Path, record: tuple[int, ...]) -> None:
        """What is at that path, neither a string nor a number."""
        if isinstance(value, tuple):
            self._object(value, path, record)
        elif isinstance(value, list):
            are_exchanges = path == ENTRIES
            for number, inner in enumerate(value):
                own = (number + 1,) if are_exchanges else record
                if isinstance(inner, str):
                    self._add(inner, self._labels[str(number)], own)
                elif inner is not None:
                    self._within(inner, (*path, number), own)

    def _object(self, flat: tuple[Any, ...], path: Path, record: tuple[int, ...]) -> None:
        if len(self._texts) >= MANY:
            self._settle()
        may_be_body = path != () and path[-1] in BODIES
        name = None
        names_a_value = "value" in flat[::2]
        if names_a_value:
            # Of a key that stands twice the last.
            name = dict(zip(flat[::2], flat[1::2], strict=True)).get("name")
        each = iter(flat)
        for key, inner in zip(each, each, strict=True):
            if key not in KNOWN:
                self._add(key, self._name, record)
            label = name[:LABEL] if key == "value" and isinstance(name, str) else key
            if key == "name" and names_a_value and type(inner) is str:
                # The name of a header, a cookie or a parameter is a key as well.
                self._add(inner, self._name, record)
            elif not isinstance(inner, str):
                if inner:
                    self._within(inner, (*path, label), record)
            elif not (may_be_body and key == "text" and self._is_body(inner, flat, path, record)):
                self._value(inner, label, record)

    def _is_body(
        self, text: str, flat: tuple[Any, ...], path: Path, record: tuple[int, ...]
    ) -> bool:
        """Whether a text is a body, which then is a child."""
        if not text.strip():
            return False
        beside = dict(zip(flat[::2], flat[1::2], strict=True))
        data = body_of(text, _said(beside, "encoding"))
        if data is None:
            return False
        where, media_type = place_of((*path, "text")), media_type_of(_said(beside, "mimeType"))
        self._children.append(Child(data, where, "", media_type, record))
        return True


def _said(beside: dict[str, Any], key: str) -> str:
    """The string or number of that key."""
    said = beside.get(key, "")
    return said if isinstance(said, str) else ""
