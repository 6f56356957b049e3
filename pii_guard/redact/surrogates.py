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
from pii_guard.redact.numbering import Numbering
from pii_guard.spellings import compact, name_key

PEOPLE = 10_000
"""So many people are known in every form of their names."""
_REMEMBERED = 16_384
_MOST_WORDS = 6


@dataclass(slots=True)
class _Person:
    words: frozenset[str]


@dataclass(slots=True)
class Surrogates:
    """The tokens given out in one case. Not safe to share between threads: numbering is ordered.

    Beyond `PEOPLE` people a name is known by its words only: no other form of it is taken for it.
    """

    _numbers: dict[str, Numbering] = field(default_factory=dict, repr=False)
    """Of values, by entity type."""
    _names: dict[str, int] = field(default_factory=dict, repr=False)
    """The numbers of people by the words of a name, in order."""
    _people: list[_Person] = field(default_factory=list, repr=False)
    _others: Numbering = field(default_factory=Numbering, repr=False)
    """The names of those who came when there were `PEOPLE` people."""
    _named: dict[str, dict[int, None]] = field(default_factory=dict, repr=False)
    """The people who have a word in their name, by their place in `_people`."""
    _given: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    """The token of each spelling that was asked for lately."""
    _known_as: dict[frozenset[str], dict[int, None]] = field(default_factory=dict, repr=False)

    def token(self, entity_type: str, value: str, full_name: str = "") -> str:
        """The token of a value; `full_name` is the whole name that a part belongs to, if known."""
        spelling = (entity_type, (full_name or value) if entity_type == "PERSON" else value)
        given = self._given.get(spelling)
        if given is None:
            if len(self._given) >= _REMEMBERED:
                self._given = {}
            given = self._given[spelling] = self._token(*spelling)
        return given

    def _token(self, entity_type: str, value: str) -> str:
        if entity_type == "PERSON":
            return f"<PERSON_{self._person(value)}>"
        numbers = self._numbers.setdefault(entity_type, Numbering())
        return f"<{entity_type}_{numbers.number(_canonical(entity_type, value))}>"

    def _person(self, name: str) -> int:
        words = frozenset(_words(name))
        known = " ".join(sorted(words))
        if known in self._names:
            return self._names[known]
        other = self._others.known(known)
        if other:
            return PEOPLE + other
        same = self._same(words)
        if len(same) == 1:
            place = same[0]
            person = self._people[place]
            person.words |= words if len(words) > 1 else frozenset()
        elif len(self._people) < PEOPLE:
            # No one, or several it might be: then nobody is taken for somebody else.
            place, person = len(self._people), _Person(words)
            self._people.append(person)
        else:
            return PEOPLE + self._others.number(known)
        for word in person.words:
            self._named.setdefault(word, {})[place] = None
        self._known_as.setdefault(person.words, {})[place] = None
        self._names[known] = place + 1
        return place + 1

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
