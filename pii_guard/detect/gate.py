"""One look at a text that tells which recognizers are worth running on it.

A recognizer names the *shapes* it cannot do without (digits written as 9, Latin letters as a or A,
blanks and dashes plain) and the label *words* it waits for. Both are looked up once a text for all recognizers.
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")

_TOKEN = re.compile(r"[^\W_]+")
_FIRST_UNSPACED = 0x0E00
"""Scripts from Thai on write no blanks between words: their labels are looked up as substrings."""


def _table() -> Mapping[int, int]:
    digits = {c: ord("9") for c in range(sys.maxunicode) if chr(c).isdecimal()}
    letters = {ord(c): ord("a") for c in string.ascii_lowercase}
    letters |= {ord(c): ord("A") for c in string.ascii_uppercase}
    blanks = dict.fromkeys(map(ord, "\t\n\r\u00a0\u2009\u202f"), ord(" "))
    dashes = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212"), ord("-"))
    return MappingProxyType(digits | letters | blanks | dashes)


_SHAPE = _table()


def skeleton(text: str) -> str:
    """The text's shape, character by character: every digit 9, every Latin letter a or A."""
    return text.translate(_SHAPE)


class Needs(NamedTuple):
    """A text must hold one of `shapes`, one of `pieces` in any letter case, or all words of one of
    the phrases in `words`; all empty: any text will do.
    """

    shapes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()


class Gate:
    """Which recognizers a text is worth running on. Shared between threads."""

    def __init__(self, needs: Mapping[str, Needs]) -> None:
        self._always = frozenset(name for name, need in needs.items() if not any(need))
        self._shapes = _inverted((shape, n) for n, need in needs.items() for shape in need.shapes)
        phrases = [(word.lower(), n) for n, need in needs.items() for word in need.words]
        unspaced = [pair for pair in phrases if ord(pair[0][0]) >= _FIRST_UNSPACED]
        pieces = [(piece, name) for name, need in needs.items() for piece in need.pieces]
        self._pieces = _inverted(pieces + unspaced)
        spaced = [(tuple(_TOKEN.findall(w)), n) for w, n in phrases if ord(w[0]) < _FIRST_UNSPACED]
        self._phrases = _inverted((parts[0], (parts, name)) for parts, name in spaced)
        # The last text is remembered by its hash, never by its characters.
        self._last: tuple[int, int, frozenset[str]] = (0, -1, frozenset())

    def opens(self, text: str, name: str) -> bool:
        """Whether the recognizer of this name can find anything in `text`."""
        code, length, names = self._last
        if code != hash(text) or length != len(text):
            names = self.names(text)
            self._last = (hash(text), len(text), names)
        return name in names

    def names(self, text: str) -> frozenset[str]:
        """The recognizers that can find anything in `text`."""
        names = set(self._always)
        shape = skeleton(text)
        for needle, waiting in self._shapes.items():
            if not waiting <= names and needle in shape:
                names |= waiting
        low = text.lower()
        tokens = set(_TOKEN.findall(low))
        tokens |= {token[:-1] for token in tokens if token.endswith("s")}  # `account numbers: …`
        for first in self._phrases.keys() & tokens:
            names |= {name for parts, name in self._phrases[first] if tokens.issuperset(parts)}
        for needle, waiting in self._pieces.items():
            if not waiting <= names and needle in low:
                names |= waiting
        return frozenset(names)


def _inverted(pairs: Iterable[tuple[_K, _V]]) -> dict[_K, frozenset[_V]]:
    found: dict[_K, set[_V]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return {key: frozenset(values) for key, values in found.items()}
