"""Postal addresses: a street with its number, and town and postcode when they follow.

One recognizer for each way of writing a street. Each starts at what is rare in text: a house number,
a street word, a box.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.detect.recognizer import PATTERN, Identifier, Match

_CAP = r"[^\W\d_a-z][^\W\d_]{0,24}(?:['’.-][^\W\d_]{1,24})?\.?"
_STREET = (
    r"[Ss]treet|[Ss]t|[Rr]oad|[Rr]d|[Aa]venue|[Aa]ve|[Bb]oulevard|[Bb]lvd|[Ll]ane|[Ll]n|[Dd]rive|[Dd]r|[Cc]ourt|[Cc]t|"
    r"[Cc]lose|[Cc]rescent|[Pp]lace|[Pp]l|[Ss]quare|[Tt]errace|[Ww]ay|[Rr]ow|[Pp]arkway|[Pp]kwy|[Hh]ighway|[Hh]wy|"
    r"[Cc]ircle|[Cc]ir|[Gg]ardens|[Gg]rove|[Mm]ews|[Ww]alk|[Qq]uay|[Tt]rail|[Hh]ill|[Cc]ove|[Ll]oop|[Pp]ike|[Ee]states?"
)
_UNIT = r"(?:(?i:apt|apartment|flat|suite|ste|unit|floor|#)\.? ?[\w-]{1,8})"
_CODE = (
    r"(?:[A-Z]{2}[ ,]{1,2})?(?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|"
    r"\d{4}(?: ?[A-Z]{2})?)(?![\w-])"
)
_TOWN = rf"(?:,?\s{{1,2}}{_UNIT})?(?:,?\s{{1,2}}{_CAP}(?:[ -]{_CAP}){{0,3}}(?:,?\s{{1,2}}{_CAP}(?:[ -]{_CAP}){{0,2}})?,?\s{{1,2}}{_CODE})?"
_PLACE = rf"{_CAP}(?:[ -](?:{_CAP}|am|an|der|im|la|le|les|sur|de|del|do|da|di)){{0,3}}"


class StreetAddress(Identifier):
    """English forms: `12 Elm Street, Springfield, IL 62704`."""

    entity = "ADDRESS"
    pattern = re.compile(
        rf"(?<![\w.,/:=+%$-])(?P<value>\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?,?[ \u00a0](?:[NSEW]{{1,2}}\.? )?"
        rf"(?:(?:{_CAP}|\d{{1,3}}(?:st|nd|rd|th)|[Tt]he|of)\s){{1,4}}(?:{_STREET})\b\.?(?: [NSEW]{{1,2}}\b)?{_TOWN})"
    )
    score = PATTERN
    shapes = ("9 A", "9A A", "9a A", "9, A", "9A, A", "9a, A", "9 99a")


_NAME = r"[^\W\d_a-z][^\W\d_]{0,24}\.?"
_SMALL = r"am|an|auf|der|den|dem|im|zum|zur|van|de|del|della|di|la|las|los|dos|da|do|von|Am"
_LEFT = re.compile(
    rf"(?<![\w.])(?:{_NAME}[ -](?:(?:{_NAME}|{_SMALL})[ -]){{0,3}})?[^\W\d_]{{0,30}}\.?\Z"
)


_ENDINGS = (
    "straße strasse str. weg platz gasse allee damm ufer steig chaussee straat laan plein gracht kade dijk singel"
).split()
_ENDED = "|".join(
    rf"(?<={re.escape(e)}\s)" for low in _ENDINGS for e in (low, low.title(), low.upper())
)


class GermanicStreet(Identifier):
    """German and Dutch forms, the number behind the street: `Hauptstraße 12, 10115 Berlin`."""

    entity = "ADDRESS"
    pattern = re.compile(
        rf"\s(?=\d)(?:{_ENDED})\d{{1,4}}(?: ?[a-z](?!\w))?(?:[-/]\d{{1,4}})?(?![\w.:])"
        rf"(?:,?\s{{1,2}}(?:(?:D|A|CH|NL)-)?\d{{4,5}}(?: ?[A-Z]{{2}}(?!\w))?,?\s{_PLACE})?"
    )
    score = PATTERN
    pieces = tuple(f"{ending} " for ending in _ENDINGS)

    def matches(self, text: str) -> Iterator[Match]:
        """Each street ending with a number, with the capitalised word or words that it ends."""
        for match in self.pattern.finditer(text):
            start = _capitalised(text, match.start())
            if match.start() - start > 4:
                yield Match(start, match.end(), PATTERN)


class NumberThenTown(Identifier):
    """A street of any name, told by its number, postcode and town: `Unter den Linden 7, 10117 Berlin`."""

    entity = "ADDRESS"
    pattern = re.compile(
        rf" ,?\d{{1,4}} ?[a-zA-Z]?,\s{{1,2}}(?:[A-Z]{{1,2}}-)?\d{{5}}\s{_PLACE}(?: \([A-Z]{{2}}\))?"
    )
    score = PATTERN
    shapes = (
        "9, 99999 A",
        "9A, 99999 A",
        "9a, 99999 A",
        "9, A-99999 A",
        "9 A, 99999 A",
        "9 a, 99999 A",
    )

    def matches(self, text: str) -> Iterator[Match]:
        """Each such tail with the capitalised words before the number."""
        for match in self.pattern.finditer(text):
            start = _capitalised(text, match.start())
            if start < match.start() - 2:
                yield Match(start, match.end(), PATTERN)


def _capitalised(text: str, end: int) -> int:
    """Where the run of capitalised words begins that ends at `end`; `end` itself if there is none."""
    found = _LEFT.search(text, max(0, end - 90), end)
    if found is None or not text[found.start() : found.start() + 1].isupper():
        return end
    return found.start()


_ROMANCE = (
    "rue|avenue|boulevard|place|chemin|allée|impasse|quai|route|calle|avenida|plaza|paseo|via|viale|corso|"
    "piazza|rua|travessa|carrer|largo|praça|strada|vicolo"
)
_WORD = r"(?:[^\W_][\w'’.-]{0,24})"


class RomanceStreet(Identifier):
    """French, Spanish, Portuguese, Italian forms: `12 rue des Lilas`, `Calle Mayor 15, 28013 Madrid`."""

    entity = "ADDRESS"
    pattern = re.compile(
        rf"(?<![\w.])(?P<value>\d{{1,4}}(?: ?bis| ?ter)?,?[ \u00a0](?i:{_ROMANCE})\s(?=(?:\w+[ '’-]){{0,2}}[^\W\d_a-z])"
        rf"{_WORD}(?: {_WORD}){{0,4}}(?:,?\s\d{{5}}\s{_PLACE})?"
        rf"|(?:Calle|Avenida|Plaza|Paseo|Viale?|Via|Corso|Piazza|Rua|Travessa|Carrer|Largo|Strada|Praça|Rue)\s(?=(?:[\w.]+[ '’-]){{0,3}}[^\W\d_a-z])"
        rf"(?:{_WORD} ){{0,4}}{_WORD},?\s\d{{1,4}}(?!\w)"
        rf"(?:,?\s\d{{5}}(?:-\d{{3}})?\s{_PLACE})?)"
    )
    score = PATTERN
    stems = tuple(_ROMANCE.split("|"))

    def valid(self, text: str) -> bool | None:
        """False for a year before the English word: `2025, via HackerOne`."""
        return False if re.match(r"(?:19|20)\d\d,? via ", text) else None


class PostBox(Identifier):
    """Post office boxes: `PO Box 4471`, `Postfach 12 34 56`."""

    entity = "ADDRESS"
    pattern = re.compile(
        rf"(?<!\w)(?P<value>(?:P\.? ?O\.? ?Box|Post Office Box|Postfach|Boîte postale|Apartado(?: de correos)?|"
        rf"Casella postale|Postbus|Private Bag)\s(?:[A-Z]-?)?\d[\d ]{{0,9}}(?<! )(?!\w){_TOWN})",
        re.I,
    )
    score = PATTERN
    stems = (
        "box",
        "postfach",
        "boîte postale",
        "apartado",
        "casella postale",
        "postbus",
        "private bag",
        "pobox",
    )
