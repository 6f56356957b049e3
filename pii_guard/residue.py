"""Does anything remain? A search for known values in written bytes, in every spelling.

Independent of how the bytes were made: it knows values and haystacks, no formats and no detectors.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from ahocorasick_rs import AhoCorasick, MatchKind
from numpy.typing import NDArray

from pii_guard.spellings import (
    SHARED,
    base64_forms,
    compact,
    encoded_forms,
    escaped_forms,
    is_common_word,
    is_distinctive,
    is_in_base64,
    is_name,
    plain_forms,
    scannable,
    without_tokens,
)

_PACKING = " .-/()\u00a0\u2011\t"
"""Separators that people write within numbers."""
_JOINING = " .-_\u00a0\u2011"
"""Separators between the parts of a name."""


_ESCAPED = re.compile(r"(?:\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|%[0-9a-f]{2}|=[0-9a-f]{2}|\\[nrtbf])\Z")
_PAIRED = re.compile(r"[\u0250-\U0010ffff]+")


_AT_SIGNS = ("@", "%40", "&#64;", "&#x40;", "\\u0040", "\\x40", "=40")


class Residue:
    """Searches for values that must be gone. Immutable once built.

    `values` are (entity type, value as found). Raw, percent-, base64-, hex-, HTML- and JSON-escaped
    spellings are searched without regard to case, and with separators stripped; UTF-16 is searched
    by reading the haystack as such. Values too plain for that are searched as whole words. `beneath`:
    another search, for values that are searched beside these. `spared`: what is kept on purpose, in which
    no value is looked for (`lina.test@…` has its owner's name in it).
    """

    def __init__(
        self,
        values: Iterable[tuple[str, str]],
        beneath: Residue | None = None,
        spared: Collection[str] = (),
    ) -> None:
        self._beneath = beneath
        self._spared = _spared(spared) if spared else None
        self._values = sorted({(kind, value) for kind, value in values if kind not in SHARED})
        loose: dict[str, None] = {}
        words: dict[str, None] = {}
        numbers: dict[str, None] = {}
        names: dict[str, None] = {}
        packed: dict[str, None] = {}
        joined: dict[str, None] = {}
        plain: dict[str, None] = {}
        for kind, value in self._values:
            if is_distinctive(kind, value):
                for form in plain_forms(kind, value):
                    if is_distinctive(kind, form):
                        # Digits within longer digits are another number, a name that goes on another's.
                        number = sum(map(str.isdigit, form)) * 2 > len(form)
                        where = numbers if number else names if kind == "PERSON" else loose
                        where[_lower(form)] = None
                        plain[form] = None
                if len(compact(value)) >= 7 and (kind != "PERSON" or " " in value.strip()):
                    where = joined if kind == "PERSON" else packed
                    where[_lower(compact(value))] = None
            elif len(value) >= 4 and not is_common_word(value):
                words[value] = None
        self._loose, self._words, self._numbers, self._names = map(
            _automaton, (loose, words, numbers, names)
        )
        self._packed = [
            (search, gaps)
            for search, gaps in ((_automaton(packed), _PACKING), (_automaton(joined), _JOINING))
            if search is not None
        ]
        self._encoded = _Encoded(plain)
        self.values_searched: int = len(self._values) + (beneath.values_searched if beneath else 0)

    def remains_in(self, haystack: str | bytes) -> bool:
        """Whether any of the values is left in the haystack."""
        for text in _texts(haystack):
            plain = self._without_spared(without_tokens(scannable(text)))
            if self.stands_in(plain, _lower(plain)):
                return True
        return False

    def stands_in(self, text: str, low: str) -> bool:
        """Whether any of the values is left in a text, given with its lower-case form."""
        if self._beneath is not None and self._beneath.stands_in(text, low):
            return True
        return any(True for _ in self._spans(text, low)) or self._encoded.stands_in(text, low)

    def places_in(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Where values are left in a text as they are, not encoded: entity type, start, end (half-open)."""
        if self._beneath is not None:
            yield from self._beneath.places_in(text)
        plain = self._without_spared(without_tokens(scannable(text)))
        low = _lower(plain)
        if len(low) == len(text):
            for start, end in self._spans(plain, low):
                yield self._kind_of(low[start:end]), start, end

    def _without_spared(self, text: str) -> str:
        """The text with line ends for what is spared, position by position."""
        if self._spared is None:
            return text
        return self._spared.sub(lambda match: "\n" * len(match[0]), text)

    def _spans(self, text: str, low: str) -> Iterator[tuple[int, int]]:
        """Where values stand in a text, given with its lower-case form: places of the latter."""
        cased = text if len(text) == len(low) else low
        for search, where, alone in (
            (self._loose, low, _is_whole),
            (self._words, text, _is_word),
            (self._numbers, low, _is_word),
            (self._names, low, lambda _, start, end: is_name(cased, start, end)),
        ):
            if search:
                for _, start, end in search.find_matches_as_indexes(where, overlapping=True):
                    if alone(where, start, end):
                        yield start, end
        for search, gaps in self._packed:
            yield from _packed_spans(low, search, gaps)

    def _kind_of(self, low: str) -> str:
        """The entity type of the value that this is a form of, in lower case. Slow: all are tried."""
        bare = compact(low)
        for kind, value in self._values:
            if bare == _lower(compact(value)):
                return kind
        for kind, value in self._values:
            if low in map(_lower, plain_forms(kind, value)):
                return kind
        return "PERSON"


def _spared(texts: Iterable[str]) -> re.Pattern[str]:
    forms = {text.replace("@", at) for text in texts for at in _AT_SIGNS}
    told = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    return re.compile(rf"(?<![\w+%-])(?:{told})(?![\w-])", re.IGNORECASE)


def _packed_spans(low: str, search: AhoCorasick, gaps: str) -> Iterator[tuple[int, int]]:
    """Where values stand with separators of their own; `gaps`: which characters these are."""
    packed = low
    for gap in gaps:
        packed = packed.replace(gap, "")  # many times as fast as `translate`
    found = search.find_matches_as_indexes(packed)
    if not found:
        return
    symbols = np.frombuffer(low.encode("utf-32-le", "surrogatepass"), np.uint32)
    kept = np.flatnonzero(np.isin(symbols, list(map(ord, gaps)), invert=True))
    for _, start, end in found:
        first, last = int(kept[start]), int(kept[end - 1])
        # Within a longer run of letters or digits it is part of something else.
        if _is_word(low, first, last + 1) and last - first < 2 * (end - start):
            yield first, last + 1


_WINDOW = 7
"""Characters that the shortest encoded form has (base64 of six bytes within a group)."""
_STEM = 6
"""Bytes of a text that settle the first `_WINDOW` characters of its hexadecimal and base64 forms."""
_BITS = 24
_MIX = np.uint64(0x9E3779B97F4A7C15)
_CHUNK = 1 << 20
_SAFE = np.arange(256, dtype=np.uint8)
_SAFE[list(b"-_")] = list(b"+/")
_SAFE[ord("A") : ord("Z") + 1] += 32


class _Encoded:
    """Searches lower-case text for the encoded forms of texts, without writing all of them out.

    A form is worth a search only where its first characters stand in the text. Those of hexadecimal
    and base64 forms are made for all texts at once; the forms themselves are made for the few texts
    whose beginnings are met. Escaped forms are made when a text has escapes at all.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = tuple(texts)
        self._begin: tuple[NDArray[np.uint32], NDArray[np.intp]] | None = None
        self._escaped: AhoCorasick | None = None
        self._escapes_made = False

    def stands_in(self, text: str, low: str) -> bool:
        """Whether an encoded form of any of the texts stands in a text, given with its lower-case form."""
        if not self._texts:
            return False
        if any(sign in low for sign in "%+&\\"):
            if not self._escapes_made:
                forms = (_lower(form) for text in self._texts for form in escaped_forms(text))
                self._escaped, self._escapes_made = _automaton(dict.fromkeys(forms)), True
            if self._escaped and self._escaped.find_matches_as_indexes(low):
                return True
        met = self._met_in(low)
        if not met:
            return False
        search = _automaton({_lower(form): None for one in met for form in encoded_forms(one)})
        found = search.find_matches_as_indexes(low, overlapping=True) if search else ()
        if not found or len(low) != len(text):
            return bool(found)
        parts = _coded(met)
        return any(_is_whole_form(text, start, end, parts) for _, start, end in found)

    def _met_in(self, low: str) -> list[str]:
        """The texts of which a hexadecimal or base64 form may stand in the text."""
        if self._begin is None:
            self._begin = _beginnings(self._texts)
        hashes, owners = self._begin
        characters = np.frombuffer(low.encode("utf-8", "surrogatepass"), dtype=np.uint8)
        if len(characters) * _SMALL < len(hashes):
            # A small text is looked up among many values, not they in it.
            windows = np.unique(_windows(characters))
            first, last = (np.searchsorted(hashes, windows, side) for side in _SIDES)
            here = [owners[a:b] for a, b in zip(first, last, strict=True) if a < b]
            met = np.concatenate(here) if here else owners[:0]
        else:
            there = np.zeros(1 << _BITS, dtype=np.bool_)
            for start in range(0, len(characters), _CHUNK):
                there[_windows(characters[start : start + _CHUNK + _WINDOW - 1])] = True
            met = owners[there[hashes]]
        return [self._texts[number] for number in np.unique(met).tolist()]


def _coded(texts: Iterable[str]) -> dict[str, list[tuple[bytes, int]]]:
    """Base64 forms, each with what it stands for and its alignment."""
    parts = dict[str, list[tuple[bytes, int]]]()
    for text in texts:
        for encoding in ("utf-8", "utf-16-le"):
            raw = text.encode(encoding, "surrogatepass")
            for shift, form in enumerate(base64_forms(raw)):
                parts.setdefault(form, []).append((raw, shift))
    return parts


_URL_SAFE = str.maketrans("-_", "+/")


def _is_whole_form(
    text: str, start: int, end: int, parts: Mapping[str, Sequence[tuple[bytes, int]]]
) -> bool:
    """Whether a form that was met stands for a whole value; other forms than base64 always do.

    So does base64 in other letter case: there is nothing to be read from the characters around it.
    """
    coded = parts.get(text[start:end].translate(_URL_SAFE))
    before, after = text[start - 1 : start], text[end : end + 1]
    return coded is None or any(is_in_base64(raw, shift, before, after) for raw, shift in coded)


_SMALL = 8
_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


def _windows(characters: NDArray[np.uint8]) -> NDArray[np.uint32]:
    part = _SAFE[characters]
    count = max(0, len(part) - _WINDOW + 1)
    return _hashes([part[n : count + n] for n in range(_WINDOW)])


def _beginnings(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Hashes of how the hexadecimal and base64 forms of texts begin, sorted, and of which text each is."""
    numbers: list[int] = []
    narrow: list[bytes] = []
    wide: list[bytes] = []
    for number, text in enumerate(texts):
        raw = text.encode("utf-8", "surrogatepass")
        if len(raw) >= _STEM:
            numbers.append(number)
            narrow.append(raw[:_STEM])
            wide.append(text[:_STEM].encode("utf-16-le", "surrogatepass")[:_STEM])
    columns: list[NDArray[np.uint32]] = []
    for stems in (narrow, wide):
        for shift in range(3):
            # Groups of nine bytes are twelve characters.
            before, after = b"\0" * shift, b"\0" * (3 - shift)
            coded = base64.b64encode(b"".join(before + stem + after for stem in stems))
            columns.append(_columns(coded, 12, (shift * 8 + 5) // 6))
    columns.append(_columns(b"".join(narrow).hex().encode(), 2 * _STEM, 0))
    hashes, owners = np.concatenate(columns), np.tile(np.array(numbers, np.intp), len(columns))
    order = np.argsort(hashes)
    return hashes[order], owners[order]


def _columns(coded: bytes, width: int, first: int) -> NDArray[np.uint32]:
    rows = _SAFE[np.frombuffer(coded, dtype=np.uint8).reshape(-1, width)]
    return _hashes([rows[:, first + n] for n in range(_WINDOW)])


def _hashes(characters: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint32]:
    """A hash of `_BITS` bits for each window, given as its first characters, its second ones …."""
    packed = np.zeros(len(characters[0]), dtype=np.uint64)
    for column in characters:
        packed <<= np.uint64(8)
        packed |= column
    return ((packed * _MIX) >> np.uint64(64 - _BITS)).astype(np.uint32)


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


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a value with signs in it stands there, and not within a longer one: behind an escape, too."""
    goes_on = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    if goes_on or start == 0 or not (text[start - 1].isalnum() and text[start].isalnum()):
        return not goes_on
    return _ESCAPED.search(text, max(0, start - 10), start) is not None


def _lower(text: str) -> str:
    return text.lower()
