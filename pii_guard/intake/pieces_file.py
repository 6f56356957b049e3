"""What may be stored, as a file that can be read and sought in, such as frameworks expect of an upload."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from typing import Any


class PiecesFile(io.RawIOBase):
    """Reads pieces that can be iterated again, one in memory at a time. Going back begins anew."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._at = self._start = 0
        self._piece = b""
        self._rest = iter(pieces)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Raises `ValueError` for a place before the beginning."""
        if whence == os.SEEK_CUR:
            offset += self._at
        elif whence == os.SEEK_END:
            offset += sum(map(len, self._pieces))
        if offset < 0:
            raise ValueError("a place before the beginning")
        self._at = offset
        return offset

    def readinto(self, buffer: Any) -> int:
        if self.closed:
            raise ValueError("the file is closed")
        if self._at < self._start:
            self._begin_anew()
        while self._at >= self._start + len(self._piece):
            following = next(self._rest, None)
            if following is None:
                return 0
            self._start += len(self._piece)
            self._piece = following
        part = self._piece[self._at - self._start :][: len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _begin_anew(self) -> None:
        self._rest = iter(self._pieces)
        self._start, self._piece = 0, b""
