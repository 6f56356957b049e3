"""Which place of an HTTP archive each value is at, as the standard library's parser sees it."""

from __future__ import annotations

import json
from typing import Any

from pii_guard.errors import ReasonCode, Unreadable

Path = tuple[str | int, ...]
_ENTRIES = ("log", "entries")


class Pairs(list[tuple[str, Any]]):
    """An object as it was written, with keys that stand twice."""


class Number(str):
    """A number as it was written."""

    __slots__ = ()


def load(text: str) -> Any:
    """What a JSON text holds. Raises `Unreadable`."""
    try:
        return json.loads(text, object_pairs_hook=Pairs, parse_int=Number, parse_float=Number)
    except (ValueError, RecursionError):
        raise Unreadable(ReasonCode.CORRUPT, "the JSON parser refuses it") from None


def record_of(path: Path) -> tuple[int, ...]:
    """One record an exchange."""
    if path[:2] == _ENTRIES and len(path) > 2 and isinstance(path[2], int):
        return (path[2] + 1,)
    return ()


class Around:
    """An object or array: its path, what record its values are of, and the number of each of them."""

    __slots__ = ("numbers", "path", "record")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.record = record_of(path)
        self.numbers: dict[str | int, int] = {}


class Places:
    """What is around each key and each text or number of a parsed JSON text, in the order of the source.

    `around` and `keys` have an entry for each; the entry in `keys` is None for what is a key itself.
    """

    def __init__(self, tree: Any) -> None:
        self.around: list[Around] = []
        self.keys: list[str | int | None] = []
        self._known: dict[Path, Around] = {}
        if isinstance(tree, list):
            self._within(tree, ())
        elif isinstance(tree, str):
            self._value(self._of(()), "")

    def number(self, path: Path, key: str | int) -> int | None:
        """The number of the last value with that path and key."""
        around = self._known.get(path)
        return None if around is None else around.numbers.get(key)

    def _of(self, path: Path) -> Around:
        # Objects of one path are one: a key may stand twice.
        return self._known.get(path) or self._known.setdefault(path, Around(path))

    def _value(self, around: Around, key: str | int) -> None:
        around.numbers[key] = len(self.keys)
        self.around.append(around)
        self.keys.append(key)

    def _within(self, tree: list[Any], path: Path) -> None:
        around, is_object = self._of(path), isinstance(tree, Pairs)
        for key, inner in tree if is_object else enumerate(tree):
            if is_object:
                self.around.append(around)
                self.keys.append(None)
            if isinstance(inner, str):
                self._value(around, key)
            elif isinstance(inner, list):
                self._within(inner, (*path, key))
