"""Who pays and who is paid in a SWIFT message (MT103: fields 50 and 59), names in capitals included."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.detect.recognizer import LABELLED, Identifier, Match

_PARTY = re.compile(
    r"(?m)^[ \t]{0,8}:5(?:0[FHK]?|9F?):(?:/[^\n]{1,40}\n[ \t]{0,8})?"
    r"(?P<lines>(?=[^\n]{0,40}[A-Za-z])[^\s:{}/-][^\n]{1,40}(?:\n[ \t]{0,8}[^\s:{}/-][^\n]{1,40}){0,4})"
)
"""An account and up to five lines; options A hold a bank's code, not a name."""
_COMPANY = re.compile(
    r"(?i)\b(?:ltd|limited|gmbh|ag|kg|inc|llc|llp|plc|corp|co|sa|sas|sarl|nv|bv|spa|srl|oy|ab|as|bank)\b\.?"
)
_NUMBER = re.compile(r"[1-8]/")
"""What option F puts before each line."""


class _InParty(Identifier):
    pattern = _PARTY
    score = LABELLED
    shapes = (":99a:", ":99A:", ":99:")

    def lines(self, text: str) -> Iterator[list[tuple[int, int]]]:
        """Where the lines of each party that is a person stand, its name first."""
        for party in _PARTY.finditer(text):
            start, found = party.start("lines"), []
            for line in party["lines"].split("\n"):
                low = start + len(line) - len(line.lstrip())
                number = _NUMBER.match(text, low)
                high = start + len(line.rstrip())
                found.append((number.end() if number else low, high))
                start += len(line) + 1
            if found[0][0] < found[0][1] and not _COMPANY.search(text, *found[0]):
                yield found


class SwiftPartyName(_InParty):
    """The name of the party: its first line."""

    entity = "PERSON"

    def matches(self, text: str) -> Iterator[Match]:
        """One for each party."""
        for (start, end), *_ in self.lines(text):
            if not any(map(str.isdecimal, text[start:end])):
                yield Match(start, end, LABELLED)


class SwiftPartyAddress(_InParty):
    """Where the party lives: all further lines."""

    entity = "ADDRESS"

    def matches(self, text: str) -> Iterator[Match]:
        """One for each party that has any."""
        for _, *further in self.lines(text):
            if further and further[0][0] < further[-1][1]:
                yield Match(further[0][0], further[-1][1], LABELLED)
