"""Finds values in the text of a page however it sets them: spaced, broken, hyphenated, in capitals."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from ahocorasick_rs import AhoCorasick, MatchKind

from pii_guard.spellings import is_common_word

_SHORTEST = 7
_SHORTEST_WORD = 4


class Values:
    """Values to look for. Immutable once built."""

    def __init__(self, values: Iterable[str]) -> None:
        plain = {value: folded(value)[0] for value in values}
        self._search = _automaton({one for one in plain.values() if len(one) >= _SHORTEST})
        words = {" ".join(value.split()) for value, one in plain.items() if len(one) < _SHORTEST}
        self._words = _automaton(
            word for word in words if len(word) >= _SHORTEST_WORD and not is_common_word(word)
        )

    def shown_in(self, text: str) -> Iterator[tuple[int, int]]:
        """Half-open ranges of the text of a page in which a value stands: `within`, and shorter ones
        (of at least four characters) that are whole words there, written as they are.
        """
        yield from self.within(text)
        if self._words is None:
            return
        places = [
            n
            for n, letter in enumerate(text)
            if not letter.isspace() or not text[n - 1 : n].isspace()
        ]
        plain = "".join(" " if text[n].isspace() else text[n] for n in places)
        for _, start, end in self._words.find_matches_as_indexes(plain, overlapping=True):
            if _is_whole(plain, start, end):
                yield places[start], places[end - 1] + 1

    def within(self, text: str) -> Iterator[tuple[int, int]]:
        """Half-open ranges of `text` in which a value of at least seven letters and digits stands,
        whatever stands between them.

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


def _automaton(patterns: Iterable[str]) -> AhoCorasick | None:
    found = sorted(patterns)
    return AhoCorasick(found, matchkind=MatchKind.Standard) if found else None


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
