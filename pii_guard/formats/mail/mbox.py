"""Mailboxes (mbox, RFC 4155 and its dialects): messages behind `From ` lines, each a child.

A `From ` line within a message is quoted as `>From `; children are unquoted, and quoted again when
written. The second reader is the standard library's `mailbox` rule, applied line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pii_guard.document import Changes, Child, Document, Edit, Kind, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import shown
from pii_guard.formats.mail.message import spliced
from pii_guard.formats.mail.transfer import without_soft_breaks

_FROM = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From ([^\r\n]*)\r?\n")
_UNQUOTE = re.compile(rb"(?m)^>(>*From )")
_QUOTE = re.compile(rb"(?m)^(>*From )")


@dataclass(frozen=True, slots=True)
class _Held:
    """A message: its `From ` line's text and its own bytes, as half-open ranges."""

    line: tuple[int, int]
    body: tuple[int, int]


def _messages(blob: bytes, bounds: Bounds) -> list[_Held]:
    starts = list(_FROM.finditer(blob))
    if not starts or starts[0].start():
        raise Unreadable(ReasonCode.CORRUPT, "no From line at its beginning")
    if len(starts) > bounds.max_cells:
        raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {bounds.max_cells} messages")
    ends = [one.start() for one in starts[1:]] + [len(blob)]
    return [_Held(one.span(1), (one.end(), end)) for one, end in zip(starts, ends, strict=True)]


def _text(blob: bytes, held: _Held) -> str:
    return blob[slice(*held.line)].decode("utf-8", "surrogateescape")


class Mailbox:
    """The format; `exact`."""

    media_types = frozenset({"application/mbox"})
    exact = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """`From ` lines as segments, messages as children."""
        segments, children = [], []
        for number, held in enumerate(_messages(blob, bounds), 1):
            where = (Step("message", number),)
            segments.append(Segment(shown(_text(blob, held)), where, Kind.FIELD, "From", (number,)))
            raw = _UNQUOTE.sub(rb"\1", blob[slice(*held.body)])
            children.append(Child(raw, where, "", "message/rfc822", (number,)))
        return Document(tuple(segments), tuple(children))

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The mailbox with lines spliced and changed messages written anew."""
        found = _messages(blob, bounds)
        splices = [_line(blob, found[edit.segment], edit) for edit in changes.edits]
        for number, held in enumerate(found):
            raw = blob[slice(*held.body)]
            old = _UNQUOTE.sub(rb"\1", raw)
            new = changes.children.get(number, b"")
            if new != old:
                splices.append((*held.body, _QUOTE.sub(rb">\1", new)))
        return spliced(blob, splices)

    def reread(self, blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG002
        """The mailbox line by line."""
        segments, children = [], []
        for number, (line, lines) in enumerate(_line_by_line(blob), 1):
            text = shown(line.decode("utf-8", "surrogateescape"))
            where = (Step("message", number),)
            segments.append(Segment(text, where, Kind.FIELD, "From", (number,)))
            children.append(Child(b"".join(lines), where, "", "message/rfc822", (number,)))
        return Document(tuple(segments), tuple(children))

    searched = staticmethod(without_soft_breaks)


def _line(blob: bytes, held: _Held, edit: Edit) -> tuple[int, int, bytes]:
    exact = _text(blob, held)
    start = held.line[0] + len(exact[: edit.span.start].encode("utf-8", "surrogateescape"))
    cut = exact[edit.span.start : edit.span.end].encode("utf-8", "surrogateescape")
    return start, start + len(cut), edit.replacement.encode()


def _line_by_line(blob: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    line, blank, begun = b"", True, False
    lines: list[bytes] = []
    for raw in blob.splitlines(keepends=True):
        if blank and raw.startswith(b"From "):
            if begun:
                yield line, lines
            begun, line, lines = True, raw[5:].rstrip(b"\r\n"), []
        elif begun:
            bare = raw.lstrip(b">")
            lines.append(raw[1:] if raw[:1] == b">" and bare.startswith(b"From ") else raw)
        blank = not raw.strip(b"\r\n")
    if begun:
        yield line, lines
