"""Where text may be cut, so that a file larger than memory is read one section at a time.

A section begins where something begins that has nothing to do with what stands before it: a line, a
row, a paragraph. Only ASCII-compatible text is cut: a line feed is one byte there, and no part of
anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_BLOCK_BEGINS = re.compile(rb"-----BEGIN [A-Z0-9 ]{1,40}-----")
_BLOCK_ENDS = re.compile(rb"-----END [A-Z0-9 ]{1,40}-----")
_BLANK = re.compile(rb"\n[ \t\r]*\n")
_HUNK = re.compile(rb"\n(?=diff --git |@@ -)")
_RECORD = re.compile(
    rb"\n(?=\[?\d{4}-\d\d-\d\d[T ]|\S+ \S+ \S+ \[\d\d/|[A-Z][a-z]{2} [ \d]\d \d\d:|\[\d\d/[A-Z]|<\d{1,3}>|\d{10}[. ])"
)
"""Before a line that begins with a time: what is printed over lines does not go on in it."""


def nothing(head: bytes) -> int:  # noqa: ARG001
    """No section needs to know how the file begins."""
    return 0


@dataclass(frozen=True, slots=True)
class Cutting:
    """How a format's files are cut.

    `end(lead, blob)`: the bytes of `blob` (which starts where a section may start) up to the last
    place where the next may; 0 if there is none. `lead(head)`: how many bytes of a file's beginning
    each section is read with.
    """

    end: Callable[[bytes, bytes], int]
    lead: Callable[[bytes], int] = nothing


def after_line(lead: bytes, blob: bytes) -> int:  # noqa: ARG001
    """After the last whole line."""
    return blob.rfind(b"\n") + 1


def after_paragraph(lead: bytes, blob: bytes) -> int:
    """Before the last line that bears a time, or after the last blank one, or after any line.

    Not within a block (RFC 7468) that begins before.
    """
    end = after_line(lead, blob)
    for pattern in (_RECORD, _BLANK):
        # Looked for near the end only: where they are rare a section would become short.
        found = list(pattern.finditer(blob, end - end // 4, end))
        if found:
            end = found[-1].end()
            break
    begun = list(_BLOCK_BEGINS.finditer(blob, 0, end))
    if begun and not _BLOCK_ENDS.search(blob, begun[-1].end(), end):
        return blob.rfind(b"\n", 0, begun[-1].start()) + 1
    return end


def before_hunk(lead: bytes, blob: bytes) -> int:  # noqa: ARG001
    """Before the last hunk or file of a patch: what a line's first column is, its hunk's head says."""
    return max((match.end() for match in _HUNK.finditer(blob)), default=0)
