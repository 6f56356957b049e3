"""Values the case already knows, found again wherever they stand: linking as one more recognizer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, MatchKind

from pii_guard.findings import KnownValue
from pii_guard.spellings import (
    SHARED,
    encoded_forms,
    is_common_word,
    is_distinctive,
    plain_forms,
    scannable,
    without_tokens,
)

KNOWN = "KnownValues"
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class _Form:
    entity_type: str
    bounded: bool
    capital: bool


class KnownValues:
    """Searches text for known values in all their spellings. Immutable once built."""

    def __init__(self, values: Iterable[KnownValue]) -> None:
        forms: dict[str, _Form] = {}
        for known in sorted(set(values), key=lambda k: (k.entity_type, k.value)):
            for text, form in _forms(known):
                forms.setdefault(_lower(scannable(text)), form)
        self._forms = list(forms.values())
        self._search = (
            AhoCorasick(list(forms), matchkind=MatchKind.LeftmostLongest) if forms else None
        )

    def __bool__(self) -> bool:
        return self._search is not None

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(entity type, start, end) of each occurrence, half-open, in order, disjoint."""
        if self._search is None:
            return
        for number, start, end in self._search.find_matches_as_indexes(
            _lower(without_tokens(scannable(text)))
        ):
            form = self._forms[number]
            if form.bounded and not _stands_alone(text, start, end):
                continue
            if form.capital and not text[start].isupper():
                continue
            yield form.entity_type, start, end


def _forms(known: KnownValue) -> Iterator[tuple[str, _Form]]:
    kind, value = known.entity_type, known.value
    if kind in SHARED:
        return
    for text in plain_forms(kind, value):
        if len(text) >= _SHORTEST and (" " in text or not is_common_word(text)):
            lone = text.isalpha() and kind == "PERSON"
            yield text, _Form(kind, bounded=True, capital=lone)
            if is_distinctive(kind, text):
                for encoded in encoded_forms(text):
                    yield encoded, _Form(kind, bounded=False, capital=False)
    if kind == "PERSON" and len(value.split()) > 1:
        for word in value.replace(",", " ").split():
            if len(word) >= _SHORTEST and word[0].isupper() and not is_common_word(word):
                yield word, _Form(kind, bounded=True, capital=True)


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not (
        (start > 0 and text[start - 1].isalnum() and text[start].isalnum())
        or (end < len(text) and text[end].isalnum() and text[end - 1].isalnum())
    )


def _lower(text: str) -> str:
    """Lower case, position by position (some capitals have two lower-case characters)."""
    if text.isascii():
        return text.lower()
    return "".join(low if len(low := c.lower()) == 1 else c for c in text)
