"""Which place of an HTTP archive each value is at, as the standard library's parser sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pii_guard.errors import refused

Path = tuple[str | int, ...]
_ENTRIES = ("log", "entries")
_SOUGHT = frozenset({"name", "value", "mimeType", "encoding", "size", "bodySize"})
"""Keys of values that say something of others: only those are asked for by their keys."""


class Pairs(list[tuple[str, Any]]):
    """An object as it was written, with keys that stand twice."""


class Number(str):
    """A number as it was written."""

    __slots__ = ()


def load(text: str) -> Any:
    """What a JSON text holds. Raises `Unreadable`."""
    try:
        return json.loads(text, object_pairs_hook=Pairs, parse_int=Number, parse_float=Number)
    except (ValueError, RecursionError) as error:
        raise refused(error, "the JSON parser refuses it") from None


def record_of(path: Path) -> tuple[int, ...]:
    """One record an exchange."""
    if path[:2] == _ENTRIES and len(path) > 2 and isinstance(path[2], int):
        return (path[2] + 1,)
    return ()


_NONE: Mapping[str, int] = MappingProxyType({})


class Around:
    """An object or array: its path, what record its values are of, and the numbers of those sought."""

    __slots__ = ("numbers", "path", "record")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.record = record_of(path)
        self.numbers: Mapping[str, int] = _NONE


class Places:
    """What is around each key and each text or number of a parsed JSON text, in the order of the source.

    `around` and `keys` have an entry for each; the entry in `keys` is None for what is a key itself.
    The tree is used up.
    """

    def __init__(self, tree: Any) -> None:
        self.around: list[Around] = []
        self.keys: list[str | int | None] = []
        self._known: dict[Path, Around] = {}
        if isinstance(tree, list):
            self._within(tree, ())
        elif isinstance(tree, str):
            self._value(self._of(()), "")

    def at(self, path: Path) -> Mapping[str, int]:
        """The numbers of the values sought that are at a path, by their keys; of two the last."""
        around = self._known.get(path)
        return _NONE if around is None else around.numbers

    def _of(self, path: Path) -> Around:
        # Objects of one path are one: a key may stand twice.
        return self._known.get(path) or self._known.setdefault(path, Around(path))

    def _value(self, around: Around, key: str | int) -> None:
        if key in _SOUGHT:
            around.numbers = {**around.numbers, str(key): len(self.keys)}
        self.around.append(around)
        self.keys.append(key)

    def _within(self, tree: list[Any], path: Path) -> None:
        around, is_object = self._of(path), isinstance(tree, Pairs)
        # Emptied as it is read, so that what was read makes room.
        tree.reverse()
        for number in range(len(tree)):
            key, inner = tree.pop() if is_object else (number, tree.pop())
            if is_object:
                self.around.append(around)
                self.keys.append(None)
            if isinstance(inner, str):
                self._value(around, key)
            elif isinstance(inner, list):
                self._within(inner, (*path, key))
