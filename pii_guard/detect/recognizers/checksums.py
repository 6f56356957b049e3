"""Check digits that python-stdnum does not know, each with its source; and calendar checks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable


def digits(text: str) -> list[int]:
    """The decimal digits of a text as numbers."""
    return [int(c) for c in text if c.isdecimal()]


def weighted(numbers: Iterable[int], weights: Iterable[int]) -> int:
    """The sum of products; both must be equally long."""
    return sum(n * w for n, w in zip(numbers, weights, strict=True))


def is_date(year: int, month: int, day: int) -> bool:
    """Whether the calendar has such a day."""
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True


def is_short_date(text: str) -> bool:
    """Whether the first six digits can be a YYMMDD of any century."""
    year, month, day = (int(text[i : i + 2]) for i in (0, 2, 4))
    return any(is_date(century + year, month, day) for century in (1900, 2000))


def icao(text: str) -> int:
    """The check digit of machine-readable documents: weights 7-3-1 mod 10 (ICAO 9303-3, 4.9)."""
    return sum(_value(c) * (7, 3, 1)[i % 3] for i, c in enumerate(text.upper())) % 10


def _value(character: str) -> int:
    return int(character) if character.isdecimal() else ord(character) - ord("A") + 10


def vin(text: str) -> bool:
    """Whether the ninth character of a vehicle number checks (49 CFR 565.15, ISO 3779)."""
    letters = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    values = [int(c) if c.isdecimal() else letters[c] for c in text.upper()]
    return "0123456789X"[weighted(values, weights) % 11] == text[8].upper()


def npi(text: str) -> bool:
    """US provider numbers: Luhn over 80840 and the number (45 CFR 162.406, ISO/IEC 7812-1)."""
    return luhn("80840" + text)


def luhn(text: str) -> bool:
    """ISO/IEC 7812-1 annex B, over the digits of the text."""
    doubled = [d if i % 2 == 0 else d * 2 for i, d in enumerate(reversed(digits(text)))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def verhoeff(text: str) -> bool:
    """Verhoeff 1969, over the digits of the text, the check digit last."""
    total = 0
    for place, digit in enumerate(reversed(digits(text))):
        total = _product(total, _permuted(digit, place))
    return total == 0


def _product(a: int, b: int) -> int:
    """Multiplication in the dihedral group of the pentagon."""
    if a < 5:
        return (a + b) % 5 if b < 5 else 5 + (a + b) % 5
    return 5 + (a - b) % 5 if b < 5 else (a - b) % 5


def _permuted(digit: int, times: int) -> int:
    for _ in range(times % 8):
        digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
    return digit
