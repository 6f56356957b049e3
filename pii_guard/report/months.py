"""Months that a chart can show, of any that files claim to be from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from pii_guard.report.counts import Counts

MOST = 36
"""Months in a row."""
MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])", re.ASCII)
"""A month as rows have it."""


class Span(NamedTuple):
    """The months in which most of the files are, each with its counts, and all that lies outside.

    `months` are in order and without a gap. `unknown`: of files that have no month.
    """

    months: tuple[tuple[str, Counts], ...]
    before: Counts
    after: Counts
    unknown: Counts


def span(counted: Mapping[str, Counts], most: int = MOST) -> Span:
    """The `most` months in a row in which most of the files are, from the first to the last that has any.

    Files may claim any time (1980 in archives, 2107 where a clock was wrong): a chart from one to the
    other would show nothing. Of stretches with as many files the latest is taken.
    """
    known = {_number(month): one for month, one in counted.items() if MONTH.fullmatch(month)}
    before, after, unknown = Counts(), Counts(), Counts()
    for month, one in counted.items():
        if not MONTH.fullmatch(month):
            unknown.add(one)
    if not known:
        return Span((), before, after, unknown)
    first, last = _fullest(sorted((number, one.files) for number, one in known.items()), most)
    for number, one in known.items():
        if number < first:
            before.add(one)
        elif number > last:
            after.add(one)
    shown = tuple((_name(n), known.get(n, Counts())) for n in range(first, last + 1))
    return Span(shown, before, after, unknown)


def _fullest(months: list[tuple[int, int]], most: int) -> tuple[int, int]:
    """The first and the last month of the stretch, which both have files."""
    best, at, held = (0, 0, 0), 0, 0
    for number, files in months:
        held += files
        while months[at][0] <= number - most:
            held -= months[at][1]
            at += 1
        best = max(best, (held, number, months[at][0]))
    return best[2], best[1]


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _name(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"
