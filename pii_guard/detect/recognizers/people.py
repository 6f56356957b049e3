"""What is said about a person in running text: names by their place, birth dates, ages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.detect.recognizer import LABELLED, PATTERN, Identifier, Match

_CAP = r"[^\W\d_a-z][^\W\d_]{0,24}(?:['’-][^\W\d_]{1,24})?"
_PARTICLE = r"de|la|van|der|den|von|bin|al|da|du|di|del|ten|ter|zu|dos"
_TITLES = (
    "Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Prof", "Professor", "Sir", "Dame", "Herr", "Herrn", "Frau", "Mme", "Mlle",
    "Monsieur", "Madame", "Sr", "Sra", "Señor", "Señora", "Signor", "Signora", "Sig", "Dott", "Mevrouw", "Meneer",
)  # fmt: skip


class TitledName(Identifier):
    """Names after a title or in a salutation: `Mr. Roe`, `Dear Ms Jane Roe`."""

    entity = "PERSON"
    pattern = re.compile(
        rf"(?<![^\W_])(?:{'|'.join(_TITLES)})(?:\.|(?=\s))[ \u00a0]{{1,2}}(?:(?:Dr|Prof)\.? )?"
        rf"(?P<value>(?:{_CAP}|[A-Z]\.)(?:[ ](?:{_CAP}|[A-Z]\.|{_PARTICLE})(?![\w(])){{0,4}})(?![\w(=])"
    )
    score = PATTERN
    stems = _TITLES

    def matches(self, text: str) -> Iterator[Match]:
        """A trailing particle is no part of the name."""
        for match in super().matches(text):
            value = text[match.start : match.end]
            trimmed = re.sub(rf"(?: (?:{_PARTICLE})){{1,5}}$", "", value)
            yield Match(match.start, match.start + len(trimmed), match.score)


class BookedName(Identifier):
    """Names as bookings of flights have them, title behind: `1.1ROE/JANE MRS`."""

    entity = "PERSON"
    pattern = re.compile(
        r"(?<![A-Za-z/-])(?:(?<=\bNM[1-9])|(?<![A-Z]\d))(?P<value>[A-Z]{2,25}/[A-Z]{2,25}(?: [A-Z]{1,20})?)"
        r"(?= (?:MRS?|MS|MISS|MSTR)(?![\w/-]))"
    )
    score = LABELLED
    pieces = (" mr", " ms", " miss")

    def valid(self, text: str) -> bool | None:
        """False for a pair of technical words."""
        return None if _PAIRED.isdisjoint(re.split("[/ ]", text)) else False


_PAIRED = frozenset(
    "TCP IP UDP HTTP HTTPS TLS SSL DNS GET POST PUT HEAD INPUT OUTPUT READ WRITE SELECT UNION CI CD AC DC OK FAIL ON OFF "
    "YES NO AND OR TRUE FALSE NULL IN OUT TX RX CPU GPU RAM OS".split()
)


_SHOWN = re.compile(
    rf"(?<![^\W_])(?P<value>{_CAP},? (?:(?:[A-Z]\.|{_CAP}|{_PARTICLE}) ){{0,3}}{_CAP})[\"']?\Z"
)


class MailName(Identifier):
    """Display names beside an e-mail address: `Jane Roe <jane@example.com>`."""

    entity = "PERSON"
    pattern = re.compile(r" (?=[<(\[](?:mailto:)?[\w.+%'-]{1,64}@)")
    score = PATTERN
    shapes = ("@",)

    def matches(self, text: str) -> Iterator[Match]:
        """The capitalised words before each address in brackets."""
        for match in self.pattern.finditer(text):
            name = _SHOWN.search(text, max(0, match.start() - 110), match.start())
            if name:
                yield Match(*name.span("value"), PATTERN)


_MONTH = (
    r"(?:jan(?:uary|uar|vier|eiro)?|ene(?:ro)?|gen(?:naio)?|feb(?:ruary|ruar|rero|braio|bruari)?|f[ée]v(?:rier|ereiro)?|"
    r"mar(?:ch|zo|s|ço)?|märz|maart|a[pvb]r(?:il|ile)?|ma[yi](?:o)?|maggio|mei|june?|juin|juni|junio|giu(?:gno)?|"
    r"july?|juillet|juli|julio|lug(?:lio)?|aug(?:ust)?|août|ago(?:sto)?|sep(?:t|tember|tembre)?|set(?:tembre|embro)?|"
    r"o[ckt]t(?:ober|obre|ubro)?|out(?:ubro)?|nov(?:ember|embre|iembre|embro)?|d[eéi][czs](?:ember|embre|iembre|embro)?)"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th|er)?"
_DATE = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/. ]\d{{1,2}}[-/. ](?:\d{{4}}|\d\d)|"
    rf"{_DAY}\.?[ -](?:of |de )?{_MONTH}\.?,?[ -](?:de |del )?\d{{4}}|{_MONTH}\.? {_DAY},? \d{{4}})"
)
_BORN = (
    r"born(?: on)?|d\.?o\.?b\.?|date of birth|birth[ _-]?date|birthday|geb(?:oren|\.)?(?: am| op)?|geburtsdatum|"
    r"n[ée]{1,2}e?(?: le)?|date de naissance|nacid[oa](?: el)?|fecha de nacimiento|nascid[oa](?: em)?|"
    r"data de nascimento|nat[oa](?: il)?|data di nascita|geboortedatum"
)


class DateOfBirth(Identifier):
    """Dates that a word of birth precedes; other dates are evidence."""

    entity = "DATE_OF_BIRTH"
    pattern = re.compile(
        rf"(?<![^\W_])(?:{_BORN})[\s:=\"'(>|]{{1,5}}(?:is |was |on )?(?P<value>{_DATE})(?!\d|T\d)",
        re.I,
    )
    score = LABELLED
    stems = (
        "born", "dob", "d.o.b", "birth", "birthday", "birthdate", "geb", "geboren", "geburtsdatum", "né", "née", "nee",
        "ne", "naissance", "nacido", "nacida", "nacimiento", "nascido", "nascida", "nascimento", "nato", "nata",
        "nascita", "geboortedatum",
    )  # fmt: skip


class Age(Identifier):
    """Ages of people in running text; fields named `age` are read by their name."""

    entity = "AGE"
    pattern = re.compile(
        r"(?<![\w.-])(?:(?:1[01]\d|[1-9]?\d)[- ](?:years?|yrs?)[- ]old|(?:1[01]\d|[1-9]\d) ?y/?o)\b"
        r"|(?i:(?<![\w-])aged )(?:1[01]\d|[1-9]?\d)(?![\w%]|\.\d)"
        r"|(?i:(?<![\w-])age )(?:1[01]\d|[1-9]\d)(?![\w%]|\.\d)"
    )
    score = PATTERN
    stems = ("aged", "age", "old", "yo", "y/o")

    def matches(self, text: str) -> Iterator[Match]:
        """The number alone where a word stands before it."""
        for match in super().matches(text):
            start = match.start
            while not text[start].isdecimal():
                start += 1
            yield match._replace(start=start)
