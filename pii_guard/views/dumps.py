"""Hex dumps as `xxd` and `hexdump -C` print them: a view of the bytes, by lines."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, groupby

from pii_guard.document import Layer
from pii_guard.views.legible import SHORTEST
from pii_guard.views.view import View

_DUMPED = re.compile(
    r"(?m)^[ \t>|]*(?:0x)?[0-9A-Fa-f]{4,16}:?[ \t]{1,4}"
    r"(?P<bytes>[0-9A-Fa-f]{2}(?:[ -]{0,2}[0-9A-Fa-f]{2}){0,15}).*$"
)
_GAPS = str.maketrans("", "", " :-")


def dumps(text: str) -> Iterator[View]:
    """Hex dumps as `xxd` and `hexdump -C` print them, lines that follow each other together."""
    block: list[re.Match[str]] = []
    for match in _DUMPED.finditer(text):
        if block and match.start() > block[-1].end() + 2:
            yield from _dump(text, block)
            block = []
        block.append(match)
    if block:
        yield from _dump(text, block)


def _dump(text: str, block: list[re.Match[str]]) -> Iterator[View]:
    begin = block[0].start()
    shown, lines = dumped(text[begin : block[-1].end()])
    if sum(map(str.isalnum, shown)) < SHORTEST:
        return
    starts = array("q", (begin + start for start, _ in lines))
    ends = array("q", (begin + end for _, end in lines))
    # A dump goes line by line, with the picture of its bytes beside them.
    lengths = [sum(1 for _ in group) for _, group in groupby(lines)]
    firsts = list(accumulate(lengths, initial=0))

    def layer(start: int, stop: int) -> Layer:
        head = start - firsts[bisect_right(firsts, start) - 1]
        return Layer("dump", head, firsts[bisect_right(firsts, stop - 1)] - stop)

    yield View(shown, starts, ends, layer)


def dumped(raw: str) -> tuple[str, list[tuple[int, int]]]:
    """The characters of a dump, one a byte, and the line each stands in; what does not print ends a line."""
    letters: list[str] = []
    lines: list[tuple[int, int]] = []
    for match in _DUMPED.finditer(raw):
        data = bytes.fromhex(match["bytes"].translate(_GAPS))
        letters += (chr(b) if 32 <= b < 127 else "\n" for b in data)
        lines += [match.span()] * len(data)
    return "".join(letters), lines
