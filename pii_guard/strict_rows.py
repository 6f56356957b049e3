"""Plain values that somebody else made, as what they have to be: what is anything else raises.

`ValueError` or `TypeError`, without a message: nothing of a value is repeated.
"""

from __future__ import annotations

import re
from typing import Any

from pii_guard.document import Locator, Step

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,99}", re.ASCII)
_AXIS = re.compile(r"[a-z][a-z _-]{0,39}", re.ASCII)


def matched(pattern: re.Pattern[str], value: Any) -> str:
    """A text that a pattern matches as a whole."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError
    return value


def word(value: Any) -> str:
    """A word as our vocabularies have them, of at most 100 letters."""
    return matched(_WORD, value)


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
    return tuple(Step(matched(_AXIS, axis), count(ordinal)) for axis, ordinal in steps)
