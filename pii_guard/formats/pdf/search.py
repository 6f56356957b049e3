"""Finds values in the text of a page however it sets them: spaced, broken, hyphenated, in capitals."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from ahocorasick_rs import AhoCorasick, MatchKind

_SHORTEST = 7


class Values:
    """Values of at least seven letters and digits to look for. Immutable once built."""

    def __init__(self, values: Iterable[str]) -> None:
        plain = {folded(value)[0] for value in values}
        patterns = sorted(one for one in plain if len(one) >= _SHORTEST)
        self._search = AhoCorasick(patterns, matchkind=MatchKind.Standard) if patterns else None

    def within(self, text: str) -> Iterator[tuple[int, int]]:
        """Half-open ranges of `text` in which a value stands, whatever stands between its letters.

        An occurrence begins and ends where a word does, and is at most three times as long as the
        value.
        """
        if self._search is None:
            return
        plain, places = folded(text)
        for _, start, end in self._search.find_matches_as_indexes(plain, overlapping=True):
            first, last = places[start], places[end - 1]
            if last - first < 3 * (end - start) and _is_whole(text, first, last + 1):
                yield first, last + 1


def folded(text: str) -> tuple[str, list[int]]:
    """Letters and digits only, without regard to case, width and form; each with its index."""
    if text.isascii():
        places = [n for n, character in enumerate(text) if character.isalnum()]
        return "".join(text[n] for n in places).lower(), places
    kept, places = [], []
    for number, character in enumerate(text):
        if character.isascii():
            if character.isalnum():
                kept.append(character.lower())
                places.append(number)
            continue
        for one in unicodedata.normalize("NFKC", character).casefold():
            if one.isalnum():
                kept.append(one)
                places.append(number)
    return "".join(kept), places


def _is_whole(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() or after.isalnum())
