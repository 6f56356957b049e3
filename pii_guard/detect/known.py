"""Values the case already knows, found again wherever they stand: linking as one more recognizer.

Every spelling of a value begins with a word, so a text is read word by word and a spelling is looked
up, as a whole, where a word begins one: no search grows with the number of values. Spellings of a name
of two words are kept as pairs of words; encoded text is decoded where it stands.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, combinations
from typing import NamedTuple

from pii_guard.findings import KnownValue
from pii_guard.spellings import (
    SHARED,
    account_names,
    is_common_word,
    is_distinctive,
    is_name,
    joined_names,
    plain_forms,
    scannable,
    without_tokens,
)

KNOWN = "KnownValues"
_TOGETHER = 32_768
"""Characters of the texts that are searched at once, unless one is longer."""
_BETWEEN = "\0"
"""What stands between texts that are searched together: no part of a word, a gap or an encoded run."""
_SHORTEST = 4
_LONG_ACCOUNT = 7
_DIGITS = "0123456789"
_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z])[A-Z]")
"""Where a word goes on in another (`janeRoeInvoice`)."""
_LONGEST = 200
_WIDE = 5
"""Zero bytes that a text in UTF-16 has at least."""
_MOST_HUMPS = 12

# How two words may stand together, as a set of bits; `_PAIRED` marks words that begin a pair.
_GIVEN_FIRST, _FAMILY_FIRST, _ACCOUNT, _INITIAL_FIRST, _INITIAL_LAST = (1 << n for n in range(5))
_GAPS = {
    " ": _GIVEN_FIRST | _FAMILY_FIRST | _ACCOUNT | _INITIAL_FIRST,
    "+": _GIVEN_FIRST | _FAMILY_FIRST,
    "%20": _GIVEN_FIRST | _FAMILY_FIRST,
    ", ": _FAMILY_FIRST | _INITIAL_LAST,
    ". ": _INITIAL_FIRST,
    "-": _ACCOUNT,
    "_": _ACCOUNT,
    ".": _ACCOUNT,
}
_PAIRED = 1

# Two groups of base64 that are six printable ASCII characters, and six hexadecimal ones.
_GROUP = r"[I-Za-f][C-HS-Xi-nyz0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
_PACKED = re.compile(rf"(?:{_GROUP}){{2}}")
_RUN = re.compile(r"[A-Za-z0-9+/_-]*")
_HEX = re.compile(r"(?:[2-7][0-9A-Fa-f]){6,}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_BEFORE = 4_096
"""Characters of an encoded run that are decoded before the first that looks like text."""
_STANDARD = str.maketrans("-_", "+/")


class Known(NamedTuple):
    """A known value in a text, half-open."""

    entity_type: str
    start: int
    end: int


class _Form(NamedTuple):
    entity_type: str
    capital: bool


class KnownValues:
    """Searches text for known values in all their spellings.

    `learn` adds values; what is found does not depend on the order in which they came.
    """

    def __init__(self, values: Iterable[KnownValue] = ()) -> None:
        self._forms: dict[str, _Form] = {}
        self._pairs: dict[str, int] = {}
        # Of each first word: a bit for each length of a form that it begins.
        self._first: dict[str, int] = {}
        # Forms that begin with a sign (`+44…`): its length and that of the form.
        self._signed: dict[str, frozenset[tuple[int, int]]] = {}
        self._cases: dict[tuple[str, bool], _Form] = {}
        self.learn(values)

    def __bool__(self) -> bool:
        return bool(self._forms or self._pairs)

    def learn(self, values: Iterable[KnownValue]) -> None:
        """Search for these values too."""
        for known in values:
            kind, value = known.entity_type, known.value
            if kind in SHARED:
                continue
            words = value.split()
            if kind == "PERSON" and len(words) == 2 and all(map(_is_word, words)):
                self._learn_name(*words)
            else:
                for text in plain_forms(kind, value):
                    # A lone name is looked for as it was written: with its capital, or without any.
                    small = text == value and value[:1].islower()
                    self._learn_form(kind, text, capital=False if small else None)
            if kind == "PERSON" and len(words) > 1:
                for word in value.replace(",", " ").split():
                    if word[0].isupper():
                        self._learn_form(kind, word, capital=True)

    def _learn_form(self, kind: str, text: str, *, capital: bool | None = None) -> None:
        if len(text) < _SHORTEST or (" " not in text and is_common_word(text)):
            return
        if capital is None:
            capital = text.isalpha() and kind == "PERSON"
        low = _lower(scannable(text))
        form = self._cases.setdefault((kind, capital), _Form(kind, capital))
        other = self._forms.get(low)
        if other is not None:
            self._forms[low] = min(other, form)
            return
        begin = _WORD.search(low)
        if begin is None:
            return
        self._forms[low] = form
        if begin.start() == 0:
            self._first[begin[0]] = self._first.get(begin[0], 0) | (1 << len(low))
        else:
            size = {(begin.start(), len(low))}
            self._signed[begin[0]] = self._signed.get(begin[0], frozenset()) | size

    def _learn_name(self, given: str, family: str) -> None:
        one, other = _lower(scannable(given)), _lower(scannable(family))
        self._pair(one, other, _GIVEN_FIRST)
        self._pair(other, one, _FAMILY_FIRST)
        self._pair(one[0], other, _INITIAL_FIRST)
        self._pair(other, one[0], _INITIAL_LAST)
        for one, other in account_names(given, family):
            self._pair(one, other, _ACCOUNT)
            self._pair(other, one, _ACCOUNT)
            for account in joined_names(one, other):
                # A short one may be a word of the language.
                self._learn_form("PERSON", account, capital=len(account) < _LONG_ACCOUNT)

    def _pair(self, one: str, other: str, way: int) -> None:
        key = f"{one} {other}"
        self._pairs[key] = self._pairs.get(key, 0) | way
        self._first[one] = self._first.get(one, 0) | _PAIRED

    def find(self, text: str) -> Iterator[Known]:
        """Each occurrence, in order, disjoint."""
        for _, found in self.find_each((text,)):
            yield found

    def find_each(self, texts: Iterable[str]) -> Iterator[tuple[int, Known]]:
        """Each occurrence with the number of the text it is in, in order, disjoint.

        Short texts are searched together: cells and fields are many.
        """
        if not self:
            return
        together: list[str] = []
        first = size = 0
        for number, text in enumerate(texts):
            if together and size + len(text) > _TOGETHER:
                yield from self._find_in(together, first)
                together, first, size = [], number, 0
            together.append(text)
            size += len(text) + 1
        yield from self._find_in(together, first)

    def _find_in(self, texts: Sequence[str], first: int) -> Iterator[tuple[int, Known]]:
        """What stands in texts of which the first has the number `first`."""
        text = _BETWEEN.join(texts)
        low = _lower(without_tokens(scannable(text)))
        begins = list(accumulate((len(one) + 1 for one in texts), initial=0))
        last = number = 0
        for kind, start, end in sorted(
            [*self._in_words(text, low), *self._encoded(text)], key=lambda f: (f.start, -f.end)
        ):
            while begins[number + 1] <= start:
                number += 1
            if start >= last and end < begins[number + 1]:
                begin = begins[number]
                yield first + number, Known(kind, start - begin, end - begin)
                last = end

    def _in_words(self, text: str, low: str, *, binary: bool = False) -> Iterator[Known]:
        first, signed = self._first, self._signed
        for word in _WORD.finditer(low):
            token = word[0]
            sizes = first.get(token)
            if sizes is None and token[-1].isdecimal():
                sizes = first.get(token.rstrip(_DIGITS))
            if sizes is not None:
                yield from self._at(text, low, *word.span(), sizes, binary=binary)
            elif binary and token[0].isdecimal():
                # The byte before a text in DER is its length, which may look like a digit.
                start = word.end() - len(token.lstrip(_DIGITS))
                sizes = first.get(token.strip(_DIGITS))
                if sizes is not None:
                    yield from self._at(text, low, start, word.end(), sizes, binary=binary)
            if signed and token in signed:
                for lead, size in signed[token]:
                    yield from self._whole(text, low, word.start() - lead, size)
        yield from self._in_humps(text, low, binary=binary)

    def _in_humps(self, text: str, low: str, *, binary: bool) -> Iterator[Known]:
        """What stands in words written together with capitals (`getJaneRoe`)."""
        end = 0
        for hump in _HUMP.finditer(text):
            if hump.start() < end:
                continue
            start = hump.start()
            while start > hump.start() - _LONGEST and _is_letter(low, start - 1):
                start -= 1
            word = _WORD.match(low, start)
            if word is None:
                continue  # within a token of ours, which is blank here
            end = word.end()
            cuts = [start, *(m.start() for m in _HUMP.finditer(text, start, end)), end]
            for low_cut, high_cut in combinations(cuts[:_MOST_HUMPS], 2):
                sizes = self._first.get(low[low_cut:high_cut].rstrip(_DIGITS))
                if sizes is not None and (low_cut, high_cut) != word.span():
                    yield from self._at(text, low, low_cut, high_cut, sizes, binary=binary)

    def _at(
        self, text: str, low: str, start: int, end: int, sizes: int, *, binary: bool
    ) -> Iterator[Known]:
        if sizes & _PAIRED:
            yield from self._pair_at(text, low, start, end)
            sizes ^= _PAIRED
        forms = self._forms
        while sizes:
            size = sizes.bit_length() - 1
            sizes ^= 1 << size
            if low[start : start + size] in forms:
                yield from self._whole(text, low, start, size, binary=binary)

    def _pair_at(self, text: str, low: str, start: int, end: int) -> Iterator[Known]:
        gap = 2 if low.startswith(" ", end + 1) else 3 if low.startswith("%", end) else 1
        ways = _GAPS.get(low[end : end + gap], 0)
        other = _WORD.match(low, end + gap) if ways else None
        if other is None:
            return
        # Accounts often end in a number, or go on in another word: `jane-RoeInvoice`.
        stop = other.end()
        met = self._pairs.get(f"{low[start:end]} {other[0].rstrip(_DIGITS)}", 0)
        hump = None if met else _HUMP.search(text, other.start() + 1, stop)
        if hump is not None:
            stop = hump.start()
            met = self._pairs.get(f"{low[start:end]} {low[other.start() : stop]}", 0)
        ways &= met
        if ways & ~_INITIAL_LAST:
            yield Known("PERSON", start, stop)
        elif ways and low.startswith(".", stop):
            yield Known("PERSON", start, stop + 1)

    def _whole(
        self, text: str, low: str, start: int, size: int, *, binary: bool = False
    ) -> Iterator[Known]:
        end = start + size
        form = self._forms.get(low[start:end]) if start >= 0 and end <= len(low) else None
        # In bytes that are no text the next one may look like a letter.
        if form is None:
            return
        alone = is_name if form.entity_type == "PERSON" else _stands_alone
        if not (binary or alone(text, start, end)):
            return
        if not form.capital or text[start].isupper():
            yield Known(form.entity_type, start, end)

    def _encoded(self, text: str) -> Iterator[Known]:
        """What stands in base64 and hexadecimal digits, the text around it included."""
        last = 0
        for mark in _PACKED.finditer(text):
            if mark.start() < last:
                continue
            begin = max(last, mark.start() - _BEFORE)
            for low in range(mark.start() - 1, begin - 1, -1):
                if not _is_packed(text[low]):
                    begin = low + 1
                    break
            run = _RUN.match(text, begin)
            assert run is not None
            last = run.end()
            for shift in range(4):
                packed = run[0][shift:].translate(_STANDARD)
                raw = base64.b64decode(packed[: len(packed) // 4 * 4])
                for kind, low, high in self._decoded(raw):
                    start, end = begin + shift - (-low * 8 // 6), begin + shift + high * 8 // 6
                    yield Known(kind, start, end)
        for digits in _HEX.finditer(text):
            for kind, low, high in self._decoded(bytes.fromhex(digits[0])):
                yield Known(kind, digits.start() + 2 * low, digits.start() + 2 * high)

    def _decoded(self, raw: bytes) -> Iterator[tuple[str, int, int]]:
        """Distinctive values in bytes: (entity type, first byte, past the last), of UTF-16 too."""
        yield from self._in_bytes(raw)
        if raw.count(0) > _WIDE:
            kept = [place for place, byte in enumerate(raw) if byte]
            for kind, start, end in self._in_bytes(bytes(raw[place] for place in kept)):
                yield kind, kept[start], kept[end - 1] + 1

    def _in_bytes(self, raw: bytes) -> Iterator[tuple[str, int, int]]:
        shown = raw.decode("utf-8", "surrogateescape")
        seen = place = 0
        binary = _CONTROL.search(shown) is not None
        for kind, start, end in self._in_words(shown, _lower(shown), binary=binary):
            value = shown[start:end]
            if start < seen or not is_distinctive(kind, value):
                continue
            low = place + _size(shown[seen:start])
            seen, place = end, low + _size(value)
            yield kind, low, place


def _is_letter(text: str, place: int) -> bool:
    return place >= 0 and text[place].isalnum()


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _is_word(text: str) -> bool:
    return len(text) > 1 and _WORD.fullmatch(text) is not None


def _is_packed(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "+/_-")


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not (
        (start > 0 and text[start - 1].isalnum() and text[start].isalnum())
        or (end < len(text) and text[end].isalnum() and text[end - 1].isalnum())
    )


def _lower(text: str) -> str:
    """Lower case, position by position (some capitals have two lower-case characters)."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    return low if low.isascii() else low.replace("ς", "σ")
