"""Does anything remain? A search for known values in written bytes, in every spelling.

Independent of how the bytes were made: it knows values and haystacks, no formats and no detectors.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from types import MappingProxyType

from ahocorasick_rs import AhoCorasick, MatchKind

from pii_guard.spellings import (
    SHARED,
    compact,
    encoded_forms,
    is_common_word,
    is_distinctive,
    plain_forms,
    scannable,
    without_tokens,
)

_PACKING = MappingProxyType(dict.fromkeys(map(ord, " .-/()\u00a0\u2011\t")))
"""Separators that people write within numbers and names, for `str.translate`: each is left out."""


_PAIRED = re.compile(r"[\u0250-\U0010ffff]+")


class Residue:
    """Searches for values that must be gone. Immutable once built.

    `values` are (entity type, value as found). Raw, percent-, base64-, hex-, HTML- and JSON-escaped
    spellings are searched without regard to case, and with separators stripped; UTF-16 is searched
    by reading the haystack as such. Values too plain for that are searched as whole words.
    """

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        self._values = sorted({(kind, value) for kind, value in values if kind not in SHARED})
        loose: dict[str, None] = {}
        words: dict[str, None] = {}
        numbers: dict[str, None] = {}
        packed: dict[str, None] = {}
        for kind, value in self._values:
            if is_distinctive(kind, value):
                for form in plain_forms(kind, value):
                    if is_distinctive(kind, form):
                        # Digits within longer digits are another number.
                        number = sum(map(str.isdigit, form)) * 2 > len(form)
                        (numbers if number else loose)[_lower(form)] = None
                        loose.update((_lower(encoded), None) for encoded in encoded_forms(form))
                if len(compact(value)) >= 7:
                    packed[_lower(compact(value))] = None
            elif len(value) >= 4 and not is_common_word(value):
                words[value] = None
        self._loose, self._words, self._numbers, self._packed = map(
            _automaton, (loose, words, numbers, packed)
        )
        self.values_searched = len(self._values)

    def remains_in(self, haystack: str | bytes) -> bool:
        """Whether any of the values is left in the haystack."""
        return any(self._in_text(text) for text in _texts(haystack))

    def _in_text(self, text: str) -> bool:
        text = without_tokens(scannable(text))
        low = _lower(text)
        if self._loose and self._loose.find_matches_as_indexes(low):
            return True
        for search, where in ((self._words, text), (self._numbers, low)):
            if search and any(
                _is_word(where, start, end)
                for _, start, end in search.find_matches_as_indexes(where, overlapping=True)
            ):
                return True
        return bool(self._packed) and self._in_packed(low)

    def _in_packed(self, low: str) -> bool:
        assert self._packed is not None
        found = self._packed.find_matches_as_indexes(low.translate(_PACKING))
        if not found:
            return False
        kept = array("q", (i for i, c in enumerate(low) if ord(c) not in _PACKING))
        for _, start, end in found:
            # Within a longer run of letters or digits it is part of something else.
            if not _is_word(low, kept[start], kept[end - 1] + 1):
                continue
            if kept[end - 1] - kept[start] < 2 * (end - start):
                return True
        return False


def _automaton(forms: Iterable[str]) -> AhoCorasick | None:
    patterns = [scannable(form) for form in forms if form]
    return AhoCorasick(patterns, matchkind=MatchKind.Standard) if patterns else None


def _texts(haystack: str | bytes) -> Iterable[str]:
    if isinstance(haystack, str):
        return (haystack,)
    texts = [haystack.decode("utf-8", "replace")]
    if b"\0" in haystack:
        for shift in (0, 1):
            for encoding in ("utf-16-le", "utf-16-be"):
                text = haystack[shift:].decode(encoding, "replace")
                # What stands around it in another encoding reads as letters of the Far East: with
                # them as blanks as well, a number is a word of its own.
                texts += [text, _PAIRED.sub(" ", text)]
    return texts


def _is_word(text: str, start: int, end: int) -> bool:
    return not (
        (start > 0 and text[start - 1].isalnum()) or (end < len(text) and text[end].isalnum())
    )


def _lower(text: str) -> str:
    return text.lower()
