"""Patches as what they change: the first column of a hunk's lines is the patch's, not the text's.

A value at the beginning of an added or removed line would else stand behind a sign: no number has one
there, an address takes it along, and `+10.0.0.7` is a phone's number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pii_guard.document import Segment

_SIGN = "@@ -"
# GNU diffutils, "Detailed Description of Unified Format": a count that is left out is 1.
_HUNK = re.compile(r"(?m)^@@ -\d{1,9}(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))? @@[^\n]*\n?")
_OLD, _NEW = " -", " +"


def unmarked(segments: Iterable[Segment]) -> list[Segment]:
    """The segments with blanks for the signs before lines of hunks; each as long as before."""
    return [
        segment._replace(text=_blanked(segment.text)) if _SIGN in segment.text else segment
        for segment in segments
    ]


def _blanked(text: str) -> str:
    parts: list[str] = []
    end = 0
    for sign in _signs(text):
        parts += [text[end:sign], " "]
        end = sign + 1
    return "".join([*parts, text[end:]])


def _signs(text: str) -> Iterator[int]:
    """Where signs stand. A hunk ends with the lines that it counts, or where a line is none of its own."""
    for hunk in _HUNK.finditer(text):
        old, new = (1 if count is None else int(count) for count in hunk.groups())
        at = hunk.end()
        while (old > 0 or new > 0) and at < len(text):
            first = text[at]
            if first in "\r\n":  # editors take the blank of an empty line away
                first = " "
            if first not in " +-\\":
                break
            if first in "+-":
                yield at
            old -= first in _OLD
            new -= first in _NEW
            at = text.find("\n", at) + 1 or len(text)
