"""How much may come out of a packed file, and what is read of bytes that no reader claims."""

from __future__ import annotations

import lzma
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pii_guard.document import Kind, Locator, Segment
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.base import Bounds
from pii_guard.limits import JUDGED

_DICTIONARY_SHARE, _WINDOW_SHARE = 4, 16
"""How much of the memory of a step is for the dictionary of xz, and the window of Zstandard: 512 and 128 MiB
by default, the latter what its own program takes (`xz -9` asks for 64; RFC 8878, 3.1.1.1.2)."""
_LEAST_WINDOW, WIDEST = 1 << 10, 1 << 31
"""Bytes of the narrowest and the widest window that Zstandard's library takes."""
_RUN = re.compile(r"[^\x00-\x1f\x7f-\x9f\ufffd]{4,}")
_FAR = re.compile("[\u2000-\U0010ffff]")
_OPAQUE = 512
_PIECE = 1 << 18


class Decompressor(Protocol):
    """What `zlib`, `bz2` and `lzma` have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


@dataclass(slots=True)
class Unpacking:
    """Counts what comes out of one packed file of `packed` bytes."""

    packed: int
    bounds: Bounds
    taken: int = 0
    members: int = 0

    @property
    def left(self) -> int:
        """Bytes that may still come out."""
        most = min(self.bounds.max_unpacked_bytes, self._most(self.packed))
        return max(0, most - self.taken)

    @property
    def dictionary(self) -> int:
        """Bytes for the dictionary of an xz file; what asks for more ends as `memory`."""
        return self.bounds.max_memory_bytes // _DICTIONARY_SHARE

    @property
    def window(self) -> int:
        """Bytes for the window of a Zstandard frame; what asks for more ends as `memory`."""
        return min(WIDEST, max(_LEAST_WINDOW, self.bounds.max_memory_bytes // _WINDOW_SHARE))

    def _most(self, packed: int) -> int:
        return max(JUDGED, packed * self.bounds.max_ratio)

    def member(self, where: str = "") -> None:
        """Count one member more. Raises `Unreadable(LIMIT_MEMBERS)`."""
        self.members += 1
        if self.members > self.bounds.max_members:
            raise Unreadable(ReasonCode.LIMIT_MEMBERS, where or f"more than {self.members - 1}")

    def take(self, size: int, where: str = "", packed: int | None = None) -> None:
        """Count bytes that came out, or will: of `packed` bytes, where that is known of a member.

        Raises `Unreadable`: `LIMIT_UNPACKED`, or `LIMIT_RATIO` where they are too many for what they
        came from.
        """
        if self.taken + size > self.bounds.max_unpacked_bytes:
            raise Unreadable(ReasonCode.LIMIT_UNPACKED, where)
        of_member = self.packed if packed is None else packed
        if self.taken + size > self._most(self.packed) or size > self._most(of_member):
            raise Unreadable(ReasonCode.LIMIT_RATIO, where)
        self.taken += size

    def whole(
        self, make: Callable[[], Decompressor], data: bytes, start: int = 0, where: str = ""
    ) -> tuple[bytes, int]:
        """What a compressed stream that begins at `start` holds, and where it ends.

        Raises `Unreadable`: as `take` does, or `CORRUPT` for one that is broken or cut off.
        """
        parts, position, view = [], start, memoryview(data)
        try:
            stream = make()
            while not stream.eof and position < len(data):
                # By pieces: what is left unused is copied, for every stream of a file of many.
                piece = bytes(view[position : position + _PIECE])
                position += len(piece)
                parts.append(stream.decompress(piece, self.left + 1))
                self.take(len(parts[-1]), where)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError) as error:
            raise broken(error, where or "compressed data") from None
        if not stream.eof:
            raise Unreadable(ReasonCode.CORRUPT, where or "compressed data")
        return b"".join(parts), position - len(stream.unused_data)


def broken(error: Exception, where: str) -> Unreadable:
    """Why packed data is refused: it is broken, or its dictionary takes more memory than it may."""
    # xz and Zstandard say what unpacking takes; their libraries tell it by these words only.
    if "memory" in str(error).lower():
        return Unreadable(ReasonCode.MEMORY, where)
    return refused(error, where)


def remnant(raw: bytes, locator: Locator, label: str = "") -> Segment | None:
    """The text in a few bytes that no reader claims, or None where they hold none.

    Raises `Unreadable(NOT_COVERED)` for more than half a kilobyte that is no text: what it holds
    could not be told.
    """
    if not raw.strip(b"\0"):
        return None
    text = strings(raw)
    # Any bytes read as letters of the Far East, of which text in other scripts has none.
    if len(raw) > _OPAQUE and 3 * len(_FAR.sub("", text)) < len(raw):
        raise Unreadable(ReasonCode.NOT_COVERED, "data that belongs to no member")
    return Segment(text, locator, Kind.METADATA, label) if text else None


def number_text(value: float) -> str:
    """A number as people write it: a whole one without a point."""
    return repr(value).removesuffix(".0")


def strings(raw: bytes) -> str:
    """The printable runs of bytes, one a line: of UTF-8, and of UTF-16 of either order."""
    runs = _RUN.findall(raw.decode("utf-8", "replace"))
    if b"\0" in raw:
        for shift in (0, 1):
            runs += _RUN.findall(raw[shift:].decode("utf-16-le", "replace"))
    return "\n".join(runs)
