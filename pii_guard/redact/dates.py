"""One form for a date however it is written, so that a birthday has one surrogate."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_YEAR_FIRST = re.compile(r"(?P<y>\d{4})\D(?P<m>\d{1,2})\D(?P<d>\d{1,2})(?:[T ].*)?|(?P<all>\d{8})")
_YEAR_LAST = re.compile(r"(?P<a>\d{1,2})(?P<mark>[./-])(?P<b>\d{1,2})(?P=mark)(?P<y>\d{4})")
_NAMED = re.compile(r"(?P<month>[^\W\d_]{3,})|(?P<y>\d{4})|(?P<d>\d{1,2})(?:st|nd|rd|th)?")
# By their first letters in English, German, Dutch, French, Spanish, Portuguese and Italian.
_MONTHS = {
    letters: number
    for number, spellings in enumerate(
        "jan ene gen|feb fev|mar mrt|apr avr abr|may mai mag mei|jun juin giu|jul juil lug|aug aou ago|"
        "sep set|oct okt ott out|nov|dec dez dic".split("|"),
        1,
    )
    for letters in spellings.split()
}  # fmt: skip


def same_date(text: str) -> str:
    """The date as `1987-02-14` where it can be read in one way only; else "".

    With dots the day comes first; with slashes or dashes that is taken only where no other order
    makes a date.
    """
    text = text.strip()
    if found := _YEAR_FIRST.fullmatch(text):
        digits = found["all"]
        if digits:
            return _made(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        return _made(*(int(found[part]) for part in "ymd"))
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = int(found["a"]), int(found["b"]), int(found["y"])
        orders = {_made(year, second, first)}
        if found["mark"] != ".":
            orders.add(_made(year, first, second))
        made = orders - {""}
        return made.pop() if len(made) == 1 else ""
    return _with_name(text)


def _with_name(text: str) -> str:
    parts: dict[str, int] = {}
    for found in _NAMED.finditer(text):
        kind = found.lastgroup or ""
        number = _month(found[kind]) if kind == "month" else int(found[kind])
        if kind == "month" and not number:
            continue
        if kind in parts:
            return ""
        parts[kind] = number
    return _made(parts["y"], parts["month"], parts["d"]) if len(parts) == 3 else ""


def _month(word: str) -> int:
    plain = unicodedata.normalize("NFKD", word.casefold())
    letters = "".join(c for c in plain if c.isalpha())
    return _MONTHS.get(letters[:4]) or _MONTHS.get(letters[:3], 0)


def _made(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
