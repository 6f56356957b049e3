"""What of decoded bytes somebody wrote, and what is binary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import category

SHORTEST = 8
"""Characters of a decoded text that is worth a look."""
_STRETCH = re.compile(r"[\t -~\xa0-\ud7ff\ue000-\uffff]{12,}")
"""Text amid binary data: bytes drawn at random are so once in a hundred thousand places."""
_UNSEEN = frozenset({"Zs", "Cf"})
"""Spaces and marks of order: text, though they print nothing."""


def legible(shown: str) -> Sequence[int]:
    """Which characters of decoded bytes are text: all, or those of long stretches amid binary data.

    A stretch is followed by the character behind it, which ends its line.
    """
    if is_text(shown):
        return range(len(shown)) if len(shown) >= SHORTEST else ()
    return [
        index
        for found in _STRETCH.finditer(shown)
        if is_text(found[0])
        for index in range(found.start(), min(found.end() + 1, len(shown)))
    ]


def is_text(shown: str) -> bool:
    """Whether all of it is what somebody wrote: readable, a quarter of it letters or digits."""
    return all(map(is_readable, shown)) and 4 * sum(map(str.isalnum, shown)) >= len(shown)


def is_readable(character: str) -> bool:
    """Whether a character may stand in a text."""
    return character.isprintable() or character in "\r\n\t" or category(character) in _UNSEEN
