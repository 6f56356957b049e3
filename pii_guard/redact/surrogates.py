"""Numbered surrogates, one number per person or value through a whole case.

The same value gets the same token in every attachment (`<EMAIL_ADDRESS_2>`), and a person gets one
token in every form of the name, so that "user A reads user B's data" stays provable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, product

from pii_guard.redact.dates import same_date
from pii_guard.spellings import compact, name_key

_MOST_WORDS = 6


@dataclass(slots=True)
class _Person:
    token: str
    words: frozenset[str]


@dataclass(slots=True)
class Surrogates:
    """The tokens given out in one case. Not safe to share between threads: numbering is ordered."""

    _tokens: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    _counts: dict[str, int] = field(default_factory=dict)
    _people: list[_Person] = field(default_factory=list, repr=False)
    _named: dict[str, dict[int, None]] = field(default_factory=dict, repr=False)
    """The numbers of the people who have a word in their name."""
    _given: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    """The token of each spelling that was asked for."""
    _known_as: dict[frozenset[str], dict[int, None]] = field(default_factory=dict, repr=False)

    def token(self, entity_type: str, value: str, full_name: str = "") -> str:
        """The token of a value; `full_name` is the whole name that a part belongs to, if known."""
        spelling = (entity_type, (full_name or value) if entity_type == "PERSON" else value)
        given = self._given.get(spelling)
        if given is None:
            given = self._given[spelling] = self._token(*spelling)
        return given

    @property
    def issued(self) -> frozenset[str]:
        """All tokens given out so far."""
        return frozenset(self._tokens.values()) | {person.token for person in self._people}

    def _token(self, entity_type: str, value: str) -> str:
        if entity_type == "PERSON":
            return self._person(value)
        key = (entity_type, _canonical(entity_type, value))
        if key not in self._tokens:
            self._tokens[key] = self._next(entity_type)
        return self._tokens[key]

    def _next(self, entity_type: str) -> str:
        self._counts[entity_type] = self._counts.get(entity_type, 0) + 1
        return f"<{entity_type}_{self._counts[entity_type]}>"

    def _person(self, name: str) -> str:
        words = frozenset(_words(name))
        known = ("PERSON", " ".join(sorted(words)))
        if known not in self._tokens:
            same = self._same(words)
            if len(same) == 1:
                number = same[0]
                person = self._people[number]
                person.words |= words if len(words) > 1 else frozenset()
            else:
                # No one, or several it might be: then nobody is taken for somebody else.
                number, person = len(self._people), _Person(self._next("PERSON"), words)
                self._people.append(person)
            for word in person.words:
                self._named.setdefault(word, {})[number] = None
            self._known_as.setdefault(person.words, {})[number] = None
            self._tokens[known] = person.token
        return self._tokens[known]

    def _same(self, words: frozenset[str]) -> list[int]:
        """The people a name might mean; two are enough to tell that it is more than one."""
        found: dict[int, None] = {}
        whole = [word for word in words if len(word) > 1]
        rarest = min((self._named.get(word, {}) for word in whole), key=len, default={})
        for number in chain(rarest, *(self._known_as.get(form, ()) for form in _shortened(words))):
            if number not in found and _may_be(self._people[number].words, words):
                found[number] = None
                if len(found) == 2:
                    break
        return list(found)


def _shortened(words: frozenset[str]) -> Iterator[frozenset[str]]:
    """What is left of a name when some of its words are left out or initials."""
    few = sorted(words)[:_MOST_WORDS]
    for kept in product(*((word, word[0], "") for word in few)):
        yield frozenset(filter(None, kept))


def _canonical(entity_type: str, value: str) -> str:
    if entity_type in ("ADDRESS", "LOCATION"):
        return " ".join(re.findall(r"\w+", value.casefold()))
    if entity_type in ("EMAIL_ADDRESS", "USERNAME"):
        return value.casefold()
    if entity_type == "DATE_OF_BIRTH" and (day := same_date(value)):
        return day
    bare = compact(value).casefold()
    # The last nine digits: with and without country and trunk prefix a number is the same number.
    return bare[-9:] if entity_type == "PHONE_NUMBER" else bare


def _words(name: str) -> list[str]:
    composed = unicodedata.normalize("NFC", name)
    words = [name_key(word) or word for word in re.findall(r"[^\W\d_]+", composed)]
    return words or [composed.casefold()]


def _may_be(known: frozenset[str], words: frozenset[str]) -> bool:
    """Whether one can be a form of the other: each word is one of its words or an initial."""
    return _shortens(words, known) or _shortens(known, words)


def _shortens(short: frozenset[str], full: frozenset[str]) -> bool:
    if not any(len(word) > 1 for word in short & full):
        return False
    initials = {word[0] for word in full - short}
    return all(word in full or (len(word) == 1 and word in initials) for word in short)
