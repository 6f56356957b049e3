"""Parts of a payload: segments that know their bytes, and files within; how each is written again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pii_guard.document import Child, Edit, Matter, Segment
from pii_guard.formats.capture.names import fill
from pii_guard.formats.mail.values import Splice

_PIECE = re.compile(rb"(?:[^\"]*+\"){1,16}|[^\"]+")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"(?i)(?:\A|\n)(?:content-length|l)[ \t]*:[ \t]*(\d{1,6})[ \t]*\r?\n")


def unchanged(data: bytes) -> bytes:
    """For files that stand as they are."""
    return data


class Part(Protocol):
    """A segment and its way back: splices of the payload's bytes."""

    @property
    def segment(self) -> Segment: ...

    def splices(self, edits: Sequence[Edit]) -> list[Splice]: ...


@dataclass(frozen=True, slots=True)
class FixedPart:
    """Text of which each character knows its bytes and keeps their number.

    `places`: first byte of each character, -1 for one that stands nowhere; `widths`: its bytes.
    `spell(character, width)`: its bytes.
    """

    segment: Segment
    places: Sequence[int] = field(repr=False)
    widths: Sequence[int] = field(repr=False)
    filled: Callable[[str, int], str]
    spell: Callable[[str, int], bytes]

    def splices(self, edits: Sequence[Edit]) -> list[Splice]:
        """The characters of an edit, each in its place."""
        found: list[Splice] = []
        for edit in edits:
            at = [n for n in range(edit.span.start, edit.span.end) if self.places[n] >= 0]
            for index, letter in zip(at, self.filled(edit.replacement, len(at)), strict=True):
                place, width = self.places[index], self.widths[index]
                found.append((place, place + width, self.spell(letter, width)))
        return found


@dataclass(frozen=True, slots=True)
class Inner:
    """A file within: its bytes at `start`..`end` of the payload, and what is done to write it there.

    `count`: the range of digits that count it.
    """

    child: Child
    start: int
    end: int
    wrap: Callable[[bytes], bytes] = unchanged
    count: tuple[int, int] | None = None

    def splices(self, new: bytes) -> list[Splice]:
        """The new bytes, cut at the lines that both have, so that packets keep their share."""
        raw, old = self.wrap(new), self.wrap(self.child.blob)
        if len(old) != self.end - self.start:
            return [(self.start, self.end, raw)]
        found = _by_lines(old, raw, self.start)
        if self.count is not None and len(raw) != len(old):
            found.insert(0, (*self.count, str(len(raw)).encode()))
        return found


def _by_lines(old: bytes, new: bytes, base: int) -> list[Splice]:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    if len(before) != len(after):
        return [(base, base + len(old), new)]
    found, at = [], base
    for line, now in zip(before, after, strict=True):
        if line != now:
            found += _by_pieces(line, now, at)
        at += len(line)
    return found


def _by_pieces(old: bytes, new: bytes, base: int) -> list[Splice]:
    """What differs in a line, cut at every sixteenth quote where both have as many."""
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    if len(before) != len(after):
        return [(base, base + len(old), new)]
    found, at = [], base
    for piece, now in zip(before, after, strict=True):
        if piece != now:
            found.append((at, at + len(piece), now))
        at += len(piece)
    return found


@dataclass(slots=True)
class Content:
    """What was found in a payload."""

    parts: list[Part] = field(default_factory=list)
    inner: list[Inner] = field(default_factory=list)
    addresses: list[tuple[int, int]] = field(default_factory=list)
    unread: set[Matter] = field(default_factory=set)
    """What of the payload nobody can read."""


def counted(data: bytes, splices: list[Splice]) -> list[Splice]:
    """The splices, and a Content-Length within the text that was right and stays so (SIP)."""
    match, head = _LENGTH.search(data), _HEAD_END.search(data)
    if match is None or head is None or match.start() > head.start():
        return splices
    if int(match[1]) != len(data) - head.end():
        return splices
    grown = sum(len(new) - (end - start) for start, end, new in splices if start >= head.end())
    return [*splices, (*match.span(1), str(int(match[1]) + grown).encode())] if grown else splices


def letter_of(letter: str, width: int) -> bytes:
    """A character as one byte, so many times."""
    return letter.encode("latin-1", "replace")[:1] * width


def padded(replacement: str, size: int) -> str:
    """For NetBIOS names, which are capitals."""
    return fill(replacement, size).upper()


def netbios(letter: str, width: int) -> bytes:  # noqa: ARG001
    """A character as its two letters (RFC 1001, section 14.1)."""
    byte = ord(letter) & 0xFF
    return bytes([65 + (byte >> 4), 65 + (byte & 15)])


def starred(replacement: str, size: int) -> str:
    """The replacement filled up with asterisks, or they alone where it does not fit."""
    return (
        replacement.ljust(size, "*")
        if replacement.isascii() and len(replacement) <= size
        else "*" * size
    )


def in_width(letter: str, width: int) -> bytes:
    """A character in its bytes: of UTF-16 two, the most significant first where that is negative."""
    if width == -2:
        return b"\0" + letter_of(letter, 1)
    return (
        letter_of(letter, 1) + (b"\0" if width == 2 else b"")
        if width < 3
        else letter_of(letter, width)
    )
