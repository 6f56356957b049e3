"""What is taken out of a sound or video file, by the bytes: the same for all containers.

What goes is replaced by as many zeros, as what the container calls empty, wherever its parts point
at each other by position; then nothing moves, and sound and picture are the same bytes as before.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from pii_guard.document import Matter
from pii_guard.errors import ReasonCode, Unreadable


class Cut(NamedTuple):
    """`new` instead of the bytes `start`..`end`; `told`: it is something that somebody put there."""

    start: int
    end: int
    new: bytes
    told: bool = True


@dataclass(slots=True)
class Stripped:
    """What goes (in any order, disjoint), the kinds of track that stay, and where there is no text.

    `frames`: the frames of these tracks, and tables of numbers and of codes beside them.
    """

    cuts: list[Cut] = field(default_factory=list, repr=False)
    tracks: list[Matter] = field(default_factory=list)
    frames: list[tuple[int, int]] = field(default_factory=list, repr=False)

    def blank(self, blob: bytes, start: int, end: int) -> None:
        """Let zeros stand there, unless they do."""
        if any_set(blob, start, end):
            self.cuts.append(Cut(start, end, bytes(end - start)))

    def applied(self, blob: bytes) -> bytes:
        """The blob with all cuts made."""
        parts, position = [], 0
        for start, end, new, _ in sorted(self.cuts):
            parts += [blob[position:start], new]
            position = end
        return b"".join([*parts, blob[position:]])


def any_set(blob: bytes, start: int, end: int) -> bool:
    """Whether there is any bit set."""
    return blob.count(0, start, end) < end - start


def corrupt(where: str) -> Unreadable:
    """The refusal of what is broken; `where` in our words."""
    return Unreadable(ReasonCode.CORRUPT, where)


def not_covered(what: str) -> Unreadable:
    """The refusal of what is not known; `what` in our words."""
    return Unreadable(ReasonCode.NOT_COVERED, what)


def u32(blob: bytes, at: int) -> int:
    """Four bytes, the most significant first. Raises `struct.error` beyond the end."""
    number: int = struct.unpack_from(">I", blob, at)[0]
    return number


def u64(blob: bytes, at: int) -> int:
    """Eight bytes, the most significant first. Raises `struct.error` beyond the end."""
    number: int = struct.unpack_from(">Q", blob, at)[0]
    return number


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Half-open ranges in order, those that meet as one, without empty ones."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
