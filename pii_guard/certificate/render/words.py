"""Words of a statement in a reader's language, and dates and numbers as that language writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from pii_guard.certificate.buckets import Amount
from pii_guard.certificate.render.english import ENGLISH
from pii_guard.certificate.vocabulary import EXTENSIONS

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*", re.ASCII)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ACRONYM = 3


class Words:
    """A table of labels, looked up."""

    def __init__(self, table: Mapping[str, str] = ENGLISH) -> None:
        self._table = table

    def say(self, key: str, **values: object) -> str:
        """The form's own sentence of this key. Raises `KeyError` for one that the table lacks."""
        return self._table[key].format(**values) if values else self._table[key]

    def count(self, key: str, number: int, **values: object) -> str:
        """The same for a count: `key.one` or `key.many`."""
        return self.counted(key, Amount.of(number), **values)

    def counted(self, key: str, number: Amount, **values: object) -> str:
        """The same where only a range may be known."""
        chosen = "one" if number.most == 1 else "many"
        return self.say(f"{key}.{chosen}", count=self.amount(number), **values)

    def word(self, kind: str, word: str) -> str:
        """What a word of the statement is called; one that the table lacks is spelt out legibly."""
        return self._table.get(f"{kind}.{word}") or spelt_out(word)

    def has(self, kind: str, word: str) -> bool:
        """Whether the table has a label for this word."""
        return f"{kind}.{word}" in self._table

    def media(self, kind: str) -> str:
        """What a media type is called: its label, else the extension of its files."""
        return self._table.get(f"media.{kind}") or EXTENSIONS.get(kind, kind).upper()

    def number(self, number: int) -> str:
        """A count with its thousands set apart."""
        return f"{number:,}".replace(",", self._table["thousands"])

    def amount(self, number: Amount) -> str:
        """A count, or the range it is in."""
        if number.most is None:
            return self.say("more_than", count=self.number(number.least - 1))
        if number.least == number.most:
            return self.number(number.least)
        return self.say("range", least=self.number(number.least), most=self.number(number.most))

    def moment(self, text: str) -> str:
        """A time or a date of the statement as a reader writes it; any other text as it is."""
        try:
            if _TIME.fullmatch(text):
                when = datetime.fromisoformat(text)
                return self._dated("moment", when, time=f"{when:%H:%M:%S}")
            if _DATE.fullmatch(text):
                return self._dated("date", date.fromisoformat(text))
        except ValueError:
            pass
        return text

    def listed(self, items: Iterable[str]) -> str:
        """Clauses of one sentence."""
        return ", ".join(items)

    def _dated(self, key: str, when: date, **values: str) -> str:
        month = self._table["months"].split()[when.month - 1]
        return self.say(key, day=when.day, month=month, year=when.year, **values)


def spelt_out(word: str) -> str:
    """`left_where_it_is` and `leftWhereItIs` as words; what is no such word stays as it is."""
    if not _WORD.fullmatch(word):
        return word
    pieces = word.split("_") if "_" in word or word.isupper() else _HUMP.split(word)
    short = [one if one.isupper() and len(one) <= _ACRONYM else one.lower() for one in pieces]
    return " ".join(short)


def capital(text: str) -> str:
    """A text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def artifact_ranges(ids: Iterable[str], words: Words) -> str:
    """`artifact-001 to artifact-004, artifact-007`: ids that follow each other as one range."""
    runs: list[list[str]] = []
    for one in sorted(set(ids), key=_number):
        if runs and _number(one) == _number(runs[-1][-1]) + 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    shown = [
        run[0] if len(run) == 1 else words.say("span", first=run[0], last=run[-1])
        for run in runs[:_RUNS]
    ]
    rest = sum(len(run) for run in runs[_RUNS:])
    return words.listed([*shown, *([words.say("and_more", count=rest)] if rest else [])])


_RUNS = 24
"""Ranges named in one sentence."""


def _number(artifact: str) -> int:
    digits = artifact.rpartition("-")[2]
    return int(digits) if digits.isdigit() else -1
