"""What comes in piece by piece, held as an original: little in memory, more sealed on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pii_guard.errors import NotStored, PolicyError, Unreadable
from pii_guard.limits import Limits
from pii_guard.originals import Original, Received

_BLOCK = 1 << 20


def received(pieces: Iterable[bytes], limits: Limits, most: int | None = None) -> Original:
    """All of it. `most`: bytes, where that is less than the policy allows.

    Raises `NotStored` for more, and whatever `pieces` raises.
    """
    allowed = max(limits.max_file_bytes, limits.max_streamed_bytes)
    held = Received(allowed if most is None else min(allowed, most))
    try:
        for piece in pieces:
            held.write(piece)
        return held.original()
    except Unreadable as failed:
        raise NotStored(failed.reason) from None


def blocks(file: Any) -> Iterator[bytes]:
    """What a binary file object holds from where it stands. Raises `PolicyError` for a text file."""
    while block := file.read(_BLOCK):
        if not isinstance(block, (bytes, bytearray, memoryview)):
            raise PolicyError("the file is a text file", remedy="open it in binary mode")
        yield bytes(block)
