"""Elements of EBML, of which Matroska and WebM consist: RFC 8794."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pii_guard.formats.media.cuts import Cut, any_set, corrupt

VOID, SUM = 0xEC, 0xBF


class Element(NamedTuple):
    """An element: its number with the marker, where it begins, where its content begins and ends.

    `open`: it does not say its size; it then ends at most where what it is in ends.
    """

    number: int
    start: int
    body: int
    end: int
    open: bool = False

    def voided(self, blob: bytes) -> Cut:
        """A void element of its size in its place."""
        size = self.end - self.start
        # One byte of size where that is enough, else eight.
        head = bytes([VOID, 0x80 | size - 2]) if size < 129 else _long_head(size - 9)
        told = self.number != VOID or any_set(blob, self.body, self.end)
        return Cut(self.start, self.end, head + bytes(size - len(head)), told)


def _long_head(size: int) -> bytes:
    return bytes([VOID]) + (1 << 56 | size).to_bytes(8, "big")


def element(blob: bytes, start: int, end: int) -> Element:
    """The element at `start`. Raises `Unreadable`."""
    number, at = _number(blob, start, end, 4, marked=True)
    size, body = _number(blob, at, end, 8, marked=False)
    if size == (1 << 7 * (body - at)) - 1:
        return Element(number, start, body, end, open=True)
    if body + size > end:
        raise corrupt("an element that is longer than what it is in")
    return Element(number, start, body, body + size)


def elements(blob: bytes, start: int, end: int) -> Iterator[Element]:
    """The elements of a range, all of which say their size. Raises `Unreadable`."""
    while start < end:
        one = element(blob, start, end)
        if one.open:
            raise corrupt("an element of no size")
        yield one
        start = one.end


def track_of(blob: bytes, block: Element) -> tuple[int, int]:
    """The number of the track that a block belongs to, and where its data begins."""
    return _number(blob, block.body, block.end, 8, marked=False)


def _number(blob: bytes, at: int, end: int, most: int, *, marked: bool) -> tuple[int, int]:
    """A number of variable size and where it ends (section 4)."""
    first = blob[at] if at < end else 0
    width = 9 - first.bit_length()
    if not first or width > most or at + width > end:
        raise corrupt("an element without a head")
    value = int.from_bytes(blob[at : at + width], "big")
    return (value if marked else value ^ (1 << 7 * width)), at + width
