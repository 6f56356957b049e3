"""Boxes (atoms) of MP4 and QuickTime files: ISO/IEC 14496-12, section 4.2."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from pii_guard.formats.media.cuts import Cut, any_set, corrupt, u32, u64


class Box(NamedTuple):
    """A box: its kind, where it begins, where its content begins and where it ends."""

    kind: bytes
    start: int
    body: int
    end: int

    def voided(self, blob: bytes) -> Cut:
        """An empty box of its size in its place."""
        head = blob[self.start : self.body]
        size = head[:4] if any(head[:4]) else struct.pack(">I", self.end - self.start)
        new = size + b"free" + head[8:] + bytes(self.end - self.body)
        return Cut(self.start, self.end, new, any_set(blob, self.body, self.end))


def boxes(blob: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes of a range, in order. Raises `Unreadable`."""
    while start < end:
        if end - start < 8:
            # QuickTime ends some lists with a zero.
            if any_set(blob, start, end):
                raise corrupt("bytes behind the last box")
            return
        size, body = u32(blob, start), start + 8
        if size == 1:
            size, body = u64(blob, start + 8), start + 16
        elif size == 0:
            size = end - start
        if body > start + size or start + size > end:
            raise corrupt("a box that is longer than what it is in")
        yield Box(blob[start + 4 : start + 8], start, body, start + size)
        start += size
