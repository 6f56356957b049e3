"""Characters as they look: invisible ones gone, digits and blanks plain, look-alikes Latin."""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType

# Unicode TR 39 confusables of Latin letters in the two scripts that are met in practice.
_LOOK_ALIKE = MappingProxyType(
    dict(
        zip(
            "аеорсухіѕјԁһкмтвнАЕОРСУХІЅЈКМТВНοαινρκτΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
            "aeopcyxisjdhkmtbhAEOPCYXISJKMTBHoaivpktABEZHIKMNOPTYX",
            strict=True,
        )
    )
)
_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\ufe63")
_DIGITS = re.compile(r"\d[^\d]\d")
_POSING = re.compile(f"[{''.join(_LOOK_ALIKE)}]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z]")
_DOTS = "\u3002\uff61"
"""Full stops that separate labels of a domain as well (UTS 46)."""


def mixed_words(text: str) -> frozenset[int]:
    """Places of the letters of words in which Latin and look-alike letters stand together."""
    found: list[int] = []
    for word in _WORD.finditer(text) if _POSING.search(text) else ():
        letters = word[0]
        if _LATIN.search(letters) and _POSING.search(letters):
            found += range(word.start(), word.end())
    return frozenset(found)


def plain(text: str, place: int, mixed: frozenset[int]) -> str:
    """The character at `place` as it looks: nothing if invisible, a Latin letter if it poses as one.

    `mixed`: the `mixed_words` of the text.
    """
    letter = _alone(text[place], inside=place in mixed)
    between_digits = letter in _DASHES and _DIGITS.match(text, max(0, place - 1))
    return "-" if between_digits else letter


def _alone(character: str, *, inside: bool) -> str:
    if inside and character in _LOOK_ALIKE:
        return _LOOK_ALIKE[character]
    category = unicodedata.category(character)
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f" or character in "\u034f\u115f\u3164":
        return ""
    if category[0] == "Z":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if character in _DOTS:
        return "."
    folded = unicodedata.normalize("NFKC", character)
    wide = "\uff01" <= character <= "\uff5e"
    return folded if folded.isascii() and (wide or folded.isalnum()) else character
