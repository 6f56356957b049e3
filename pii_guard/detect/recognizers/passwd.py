"""People in account files of Unix (passwd(5)): the comment field holds a name, a room and telephones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.detect.recognizer import LABELLED, Identifier, Match

_ENTRY = re.compile(
    r"(?m)^[ \t>]{0,8}[a-z_][\w.-]{0,31}:[^:\n]{0,120}:(?:[1-9]\d{3}|[1-5]\d{4}):\d{1,6}:(?P<comment>[^:\n]{2,200}):"
)
"""An entry of somebody: numbers of accounts below 1,000 are the system's."""
_PERSON = re.compile(r"[^\W\d_][^\d:;@/\\<>{}()\[\]]{2,60}")
_PHONE = re.compile(r"\+?\(?\d[\d ()./x+-]{5,24}")


class _InEntry(Identifier):
    pattern = _ENTRY
    score = LABELLED
    shapes = ("9999:9",)


class PasswdName(_InEntry):
    """The full name in an entry (`mharris:x:1001:1001:Margaret Harris,Room 12,…`)."""

    entity = "PERSON"

    def matches(self, text: str) -> Iterator[Match]:
        """What stands before the first comma, if it can be a name."""
        for entry in _ENTRY.finditer(text):
            start = entry.start("comment")
            name = entry["comment"].partition(",")[0].rstrip()
            if _PERSON.fullmatch(name) and len(name.split()) <= 5:
                yield Match(start, start + len(name), LABELLED)


class PasswdPhone(_InEntry):
    """The telephones in an entry, third and fourth in its comment."""

    entity = "PHONE_NUMBER"

    def matches(self, text: str) -> Iterator[Match]:
        """Numbers of six characters and more."""
        for entry in _ENTRY.finditer(text):
            start = entry.start("comment")
            for place, part in enumerate(entry["comment"].split(",")):
                if place in (2, 3) and _PHONE.fullmatch(part):
                    yield Match(start, start + len(part), LABELLED)
                start += len(part) + 1
