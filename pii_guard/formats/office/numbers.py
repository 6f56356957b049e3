"""Numbers in cells as people see them: dates are days since an epoch (ECMA-376-1, 18.17.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

NUMBER = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?")
_BUILT_IN_DATES = frozenset((*range(14, 18), 22, *range(27, 32), 36, *range(50, 59)))
_LITERAL = re.compile(r"\"[^\"]*\"|\\.|\[[^\]]{0,255}+\]|_.|\*.")
_PADDED = re.compile(r"[0\-\\ ()./\"]{5,40}")
_LATEST = 2_958_465
"""31 December 9999."""


@dataclass(frozen=True, slots=True)
class NumberFormats:
    """How the cells of a workbook show numbers, by the style of the cell."""

    dates: frozenset[int] = frozenset()
    padded: Mapping[int, str] = field(default_factory=dict)
    since_1904: bool = False

    @classmethod
    def of(
        cls, styles: Sequence[str], codes: Mapping[str, str], *, since_1904: bool
    ) -> NumberFormats:
        """From the number of the format of each cell style, and the codes of those formats."""
        dates, padded = set(), {}
        for style, number in enumerate(styles):
            code = codes.get(number, "")
            shown = _LITERAL.sub("", code).lower()
            is_built_in = number.isdigit() and int(number) in _BUILT_IN_DATES
            if is_built_in or ("y" in shown and "d" in shown):
                dates.add(style)
            elif _PADDED.fullmatch(code) and code.count("0") > 4:
                padded[style] = code
        return cls(frozenset(dates), padded, since_1904)

    def shown(self, raw: str, style: str) -> tuple[str, bool]:
        """A cell's number as text, and whether it is shown as something that is no number any more."""
        if NUMBER.fullmatch(raw) is None:
            return raw, True
        try:
            value = Decimal(raw)
        except InvalidOperation:
            return raw, True
        number = int(style) if style.isdigit() and len(style) < 9 else 0
        if number in self.dates and 0 < value < _LATEST:
            return self._date(value), True
        if value == value.to_integral_value() and abs(value) < Decimal(10) ** 18:
            whole = str(int(value))
            if number in self.padded and value >= 0:
                return _pad(whole, self.padded[number]), True
            return whole, False
        return raw, False

    def _date(self, value: Decimal) -> str:
        days = int(value)
        # The 29th of February 1900, day 60, never was.
        epoch = date(1904, 1, 1) if self.since_1904 else date(1899, 12, 30 if days > 59 else 31)
        return (epoch + timedelta(days)).isoformat()


def _pad(digits: str, code: str) -> str:
    """Digits in the zeros of a format code, from behind: `000-00-0000`."""
    plain = code.replace("\\", "").replace('"', "")
    left, made = list(digits.rjust(plain.count("0"), "0")), []
    for sign in reversed(plain):
        made.append(left.pop() if sign == "0" and left else sign)
    return "".join((*left, *reversed(made)))
