"""What is encrypted of an attachment: a tar archive of its `name` and its `content`, and padding.

So `age -d … | tar x` takes an entry apart where there is no pii_guard, and the names in it are ours.
Zeros after the archive's end round its length up: the length of a file says a lot about which one
it is. Of sizes between two powers of two, eight are told apart, for at most an eighth more: coarser
than Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with
PURBs", PoPETs 2019), which tells 32 apart at a megabyte.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.quarantine.header import damaged

LEAST = 64 * 1024
"""Bytes that the smallest content is rounded up to."""
_NAME, _CONTENT = "name", "content"
_BLOCK = tarfile.BLOCKSIZE
_PIECE = 1 << 20
_MOST_NAME = 1024
"""Of a name are kept so many characters."""


def packed(name: str, size: int, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Name and content (`size` bytes) as they are encrypted.

    Raises `Unreadable` where the content turns out to be of another size.
    """
    called = name[:_MOST_NAME].encode("utf-8", "surrogatepass")
    start = _head(_NAME, len(called)) + called + _gap(len(called)) + _head(_CONTENT, size)
    yield start
    seen = 0
    for block in blocks:
        seen += len(block)
        yield block
    if seen != size:
        raise Unreadable(ReasonCode.UNREADABLE, "it changed while it was read")
    yield _gap(size)
    end = len(start) + size + len(_gap(size)) + 2 * _BLOCK
    left = padded(end) - end + 2 * _BLOCK
    while left:
        yield bytes(min(left, _PIECE))
        left -= min(left, _PIECE)


def unpacked(pieces: Iterator[bytes]) -> tuple[str, Iterator[bytes]]:
    """The name, and the content in pieces; when they end, all that is encrypted was read.

    Raises `QuarantineError` for what was not packed here, though it was encrypted for us.
    """
    source = _Source(pieces)
    length = _size(source, _NAME)
    if length > 4 * _MOST_NAME:
        raise damaged("it holds no attachment")
    try:
        name = b"".join(source.take(length)).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise damaged("it holds no attachment") from None
    b"".join(source.take(-length % _BLOCK))
    return name, source.all_of(_size(source, _CONTENT))


def padded(size: int) -> int:
    """The size that content of this size gets: eighths of a power of two, and `LEAST` at the least."""
    if size <= LEAST:
        return LEAST
    step = 1 << size.bit_length() - 4
    return -(-size // step) * step


def _head(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def _gap(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _size(source: _Source, name: str) -> int:
    """The size of the next file, which is called so; only plain heads are read, and nothing they ask for."""
    try:
        info = tarfile.TarInfo.frombuf(b"".join(source.take(_BLOCK)), "utf-8", "surrogateescape")
    except tarfile.TarError:
        raise damaged("it holds no attachment") from None
    if info.name != name or info.type != tarfile.REGTYPE or info.size < 0:
        raise damaged("it holds no attachment")
    return info.size


class _Source:
    """Pieces, of which so many bytes are taken."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""

    def take(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes. Raises `QuarantineError` where there are fewer."""
        while size:
            if not self._held:
                self._held = next(self._pieces, b"")
                if not self._held:
                    raise damaged("it holds less than it says")
            piece, self._held = self._held[:size], self._held[size:]
            size -= len(piece)
            yield piece

    def all_of(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes, and then nothing but zeros to the end."""
        yield from self.take(size)
        if self._held.strip(b"\0") or any(piece.strip(b"\0") for piece in self._pieces):
            raise damaged("it holds more than it says")
