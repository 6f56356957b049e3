"""How a closed grammar is put together: a shape says whether a value fits, and where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

Shape = Callable[[Any], str | None]
"""Takes a value; returns None if it fits, else the path of what does not, of our words only."""

_MOST = 2**53 - 1
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def word(words: Iterable[str]) -> Shape:
    """One of `words`."""
    known = frozenset(words)
    return lambda value: None if isinstance(value, str) and value in known else ""


def form(pattern: str) -> Shape:
    """A string that a regular expression matches as a whole; classes are ASCII."""
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: None if isinstance(value, str) and compiled.fullmatch(value) else ""


def count(value: Any) -> str | None:
    """An integer from 0 to 2**53 - 1, which every reader of JSON can hold (RFC 8785 appendix D)."""
    return None if type(value) is int and 0 <= value <= _MOST else ""


def flag(value: Any) -> str | None:
    """True or false."""
    return None if isinstance(value, bool) else ""


def time(value: Any) -> str | None:
    """`YYYY-MM-DDTHH:MM:SSZ`, a time that there is."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return ""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return ""
    return None


def each(shape: Shape, least: int = 0) -> Shape:
    """A list of at least `least` values, each of that shape."""

    def fits(value: Any) -> str | None:
        if not isinstance(value, list) or len(value) < least:
            return ""
        for number, one in enumerate(value):
            where = shape(one)
            if where is not None:
                return f"/{number}{where}"
        return None

    return fits


def table(fields: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """An object with all of `fields`, perhaps some of `optional`, and nothing else."""
    known = {**fields, **(optional or {})}

    def fits(value: Any) -> str | None:
        if not isinstance(value, dict) or not fields.keys() <= value.keys() <= known.keys():
            return ""
        # In our order, by our names: an unknown field's name is never shown.
        for name, shape in known.items():
            where = shape(value[name]) if name in value else None
            if where is not None:
                return f"/{name}{where}"
        return None

    return fits
