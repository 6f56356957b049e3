"""Plain values that somebody else made, as what they have to be: what is anything else raises.

`ValueError` or `TypeError`, without a message: nothing of a value is repeated.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from pii_guard.document import Layer, Locator, Step

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,99}", re.ASCII)
_ENTITY = re.compile(r"[A-Z][A-Z0-9_]{0,63}", re.ASCII)
_AXIS = re.compile(r"[a-z][a-z _-]{0,39}", re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9]{0,19}(?::[a-z][a-z0-9-]{0,19})?", re.ASCII)
_WORDS = 1_000
"""Words are few and come again and again."""


def matched(pattern: re.Pattern[str], value: Any) -> str:
    """A text that a pattern matches as a whole."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError
    return value


@lru_cache(_WORDS)
def word(value: Any) -> str:
    """A word as our vocabularies have them, of at most 100 letters."""
    return matched(_WORD, value)


@lru_cache(_WORDS)
def entity(value: Any) -> str:
    """The name of an entity type, of at most 64 letters."""
    return matched(_ENTITY, value)


@lru_cache(_WORDS)
def _axis(value: Any) -> str:
    return matched(_AXIS, value)


def text(value: Any, longest: int) -> str:
    """A text of at most so many characters."""
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError
    return value


def count(value: Any) -> int:
    """A number of things."""
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def listed(value: Any) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise TypeError
    return value


def locator(steps: Any) -> Locator:
    """A place: pairs of what is counted and a number."""
    return tuple([Step(_axis(axis), count(ordinal)) for axis, ordinal in steps])


def layer(row: Any) -> Layer | None:
    """How a value is written, or that it is written as it is read."""
    if row is None:
        return None
    scheme, head, tail = row
    return Layer(matched(_SCHEME, scheme), count(head), count(tail))
