"""Lengths that PHP's `serialize` writes before its strings, made right again where a value was replaced.

`s:8:"Jane Roe";` with a token of ten bytes in place of the name is no dump any more: nothing loads it.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from pii_guard.document import Edit, Span

_HEAD = re.compile(r"(?<!\w)s:(?P<bytes>\d{1,7}):(?P<mark>\\?\")")


@dataclass(slots=True)
class _String:
    """A string that is read: its end, the place of its length, and by how much its content grew."""

    end: int
    span: Span
    size: int
    grown: int = 0

    def edit(self, segment: int) -> Edit:
        return Edit(segment, self.span, str(self.size + self.grown))


def with_lengths(text: str, edits: Sequence[Edit]) -> list[Edit]:
    """The edits of one segment (`text`; sorted, disjoint) and those of the lengths around them, sorted.

    A string may hold a dump by itself. A length that is not that of what follows it is left alone.
    """
    if "s:" not in text or not edits:
        return list(edits)
    stops = None
    if not text.isascii():
        stops = array("q", accumulate((len(c.encode("utf-8", "replace")) for c in text), initial=0))
    found = list(edits)
    opened: list[_String] = []

    def close(until: int) -> None:
        while opened and opened[-1].end <= until:
            done = opened.pop()
            if not done.grown:
                continue
            edit = done.edit(edits[0].segment)
            found.append(edit)
            if opened:
                digits = edit.span.end - edit.span.start
                opened[-1].grown += done.grown + len(edit.replacement) - digits

    due = 0
    for head in [*_HEAD.finditer(text), None]:
        at = head.start() if head else len(text)
        while due < len(edits) and edits[due].span.start < at:
            start, end = edits[due].span
            close(start)
            if opened and end <= opened[-1].end:
                opened[-1].grown += _size(edits[due].replacement) - _size(text[start:end])
            due += 1
        close(at)
        if head is None or (due and edits[due - 1].span.end > at):
            continue
        if due < len(edits) and edits[due].span.start < head.end():
            continue
        end = _end(text, head, stops)
        # A string that goes on behind the one it is in is none.
        if end and (not opened or end <= opened[-1].end):
            opened.append(_String(end, Span(*head.span("bytes")), int(head["bytes"])))
    return sorted(found)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _end(text: str, head: re.Match[str], stops: Sequence[int] | None) -> int:
    """Where the string of this head ends if it is as long as it says, or 0."""
    start = head.end()
    if stops is None:
        end = start + int(head["bytes"])
    else:
        end = bisect_left(stops, stops[start] + int(head["bytes"]))
        if end < len(stops) and stops[end] - stops[start] != int(head["bytes"]):
            return 0
    return end if text.startswith(head["mark"], end) else 0
