"""What the lexer makes of an RTF file: texts with the places of their characters, groups, blobs."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from pii_guard.formats.pieces import Piece


@dataclass(slots=True)
class Text:
    """A text while it is read: its characters, where they stand, the ranges that are its own."""

    characters: list[str] = field(default_factory=list)
    offsets: array[int] = field(default_factory=lambda: array("q"))
    islands: list[tuple[int, int]] = field(default_factory=list)

    def add(self, character: str, start: int, end: int, *, own: bool = True) -> None:
        for one in character:
            self.characters.append(one)
            self.offsets.append(start)
        if own and end > start:
            if self.islands and self.islands[-1][1] == start:
                self.islands[-1] = (self.islands[-1][0], end)
            else:
                self.islands.append((start, end))


@dataclass(slots=True)
class Group:
    """An open group: its destination, what its characters are coded in, where it began."""

    start: int
    destination: str = "rtf"
    fallback: int = 1
    encoding: str = "cp1252"
    is_new: bool = True
    skippable: bool = False
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class Blob:
    """Hexadecimal digits in the source that are a file or data: where, what, what it is for."""

    start: int
    end: int
    content: bytes = field(repr=False)
    destination: str


@dataclass(slots=True)
class Lexed:
    """What a file holds: texts in source order of their beginning, and blobs."""

    pieces: list[Piece] = field(default_factory=list)
    blobs: list[Blob] = field(default_factory=list)
    words: set[int] = field(default_factory=set)
    """Where control words end without a blank behind them."""


def is_owned(text: Text) -> bool:
    """Whether the last character stands within the text's own ranges."""
    at = text.offsets[-1]
    return any(start <= at < end for start, end in text.islands[-2:])


def joined(blobs: list[Blob], source: str) -> Iterator[Blob]:
    """Blobs with the lines of one data run joined."""
    held: list[Blob] = []
    for blob in blobs:
        if held and (
            source[held[-1].end : blob.start].strip("\r\n")
            or held[-1].destination != blob.destination
        ):
            yield _whole(held)
            held = []
        held.append(blob)
    if held:
        yield _whole(held)


def _whole(blobs: list[Blob]) -> Blob:
    digits = b"".join(b"".join(blob.content.split()) for blob in blobs)
    content = bytes.fromhex(digits[: len(digits) & ~1].decode())
    return Blob(blobs[0].start, blobs[-1].end, content, blobs[0].destination)
