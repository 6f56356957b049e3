"""What is given to a case, as bytes that can be read again: from memory, from its file, or sealed."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from pii_guard.errors import PolicyError, ReasonCode, Unreadable
from pii_guard.limits import Limits
from pii_guard.sealed import Sealed

SMALL = 512 * 1024
"""Up to so many bytes are held in memory as a whole, whatever they are."""
_BLOCK = 1 << 20


class Original(Protocol):
    """Bytes of an attachment; the same for each reading."""

    @property
    def size(self) -> int:
        """In bytes."""
        ...

    def read(self, start: int, size: int) -> bytes:
        """`size` bytes from `start` on; fewer at the end. Raises `Unreadable`."""
        ...


Source = bytes | bytearray | memoryview | BinaryIO | str | os.PathLike[str] | Original
"""Bytes, a binary file object (read to its end), the path of a regular file, or what was `Received`."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """Bytes that the caller holds anyway."""

    blob: bytes = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.blob)

    def read(self, start: int, size: int) -> bytes:
        return self.blob[start : start + size]


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file of the caller's. It is opened for each reading, and refused once it is another one."""

    path: Path
    size: int
    _seen: tuple[int, ...]

    @classmethod
    def of(cls, path: Path) -> OnDisk:
        """The file as it is now. Raises `OSError`."""
        status = path.stat()
        return cls(path, status.st_size, _identity(status))

    def read(self, start: int, size: int) -> bytes:
        try:
            with self.path.open("rb") as file:
                if _identity(os.fstat(file.fileno())) != self._seen:
                    raise Unreadable(ReasonCode.UNREADABLE, "it changed while it was read")
                file.seek(start)
                return file.read(size)
        except OSError as error:
            detail = type(error).__name__
            raise Unreadable(ReasonCode.UNREADABLE, f"cannot be opened: {detail}") from None


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class Opened:
    """A file that is held open until it is let go of; refused once it changes.

    `file`: of the caller's, binary and unbuffered; it is closed here. Raises `OSError`.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        status = os.fstat(file.fileno())
        self._seen = _identity(status)
        self.size = status.st_size

    def read(self, start: int, size: int) -> bytes:
        held = bytearray()
        try:
            with self._lock:
                self._file.seek(start)
                while len(held) < size and (part := self._file.read(size - len(held))):
                    held += part
                same = _identity(os.fstat(self._file.fileno())) == self._seen
        except OSError as error:
            detail = type(error).__name__
            raise Unreadable(ReasonCode.UNREADABLE, f"cannot be read: {detail}") from None
        if not same:
            raise Unreadable(ReasonCode.UNREADABLE, "it changed while it was read")
        return bytes(held)

    def close(self) -> None:
        """Let go of it."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of an original, such as a member of an archive that is stored as it is."""

    whole: Original = field(repr=False)
    start: int
    size: int

    def read(self, start: int, size: int) -> bytes:
        end = min(start + size, self.size)
        return self.whole.read(self.start + start, end - start) if start < end else b""


class Kept:
    """What came from a stream that can be read once: sealed on disk, in blocks."""

    def __init__(self, blocks: Iterable[bytes] = ()) -> None:
        self._sealed = Sealed()
        self.size = 0
        for block in blocks:
            self.append(block)

    def append(self, block: bytes) -> None:
        """One more block: of `_BLOCK` bytes, but the last. Raises `Unreadable`."""
        assert len(block) <= _BLOCK
        self._sealed.append(block)
        self.size += len(block)

    def read(self, start: int, size: int) -> bytes:
        end = min(start + size, self.size)
        numbers = range(start // _BLOCK, -(-end // _BLOCK)) if start < end else range(0)
        joined = b"".join(self._sealed[number] for number in numbers)
        return joined[start % _BLOCK :][: end - start]


class Received:
    """What is written to us piece by piece: up to one block in memory, what is more sealed on disk.

    `most`: bytes it may have.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._tail = bytearray()
        self._kept: Kept | None = None
        self.size = 0

    def write(self, part: bytes | memoryview) -> None:
        """Take in what comes next. Raises `Unreadable` (size; no room on disk)."""
        check_size(self.size + len(part), self._most)
        self.size += len(part)
        for start in range(0, len(part), _BLOCK):
            self._tail += part[start : start + _BLOCK]
            if len(self._tail) > _BLOCK:
                self._kept = self._kept or Kept()
                self._kept.append(bytes(self._tail[:_BLOCK]))
                del self._tail[:_BLOCK]

    def original(self) -> Original:
        """All that came; no more may be written then. Raises `Unreadable`."""
        tail, self._tail = bytes(self._tail), bytearray()
        if self._kept is None:
            return InMemory(tail)
        if tail:
            self._kept.append(tail)
        return self._kept


def open_original(source: Source, limits: Limits) -> Original:
    """The bytes of a source. Raises `Unreadable` (size, unreadable) or `PolicyError` (no source)."""
    most = max(limits.max_file_bytes, limits.max_streamed_bytes)
    if isinstance(source, (bytes, bytearray, memoryview)):
        original: Original = InMemory(bytes(source))
    elif isinstance(source, (InMemory, Kept, Opened, Stretch)):
        original = source
    elif isinstance(source, (str, os.PathLike)):
        original = _file(Path(source))
    elif hasattr(source, "read"):
        original = _stream(cast(BinaryIO, source), most)
    else:
        raise PolicyError(
            f"a source is bytes, a binary file or a path, not {type(source).__name__}",
            remedy="encode text, or use redact_text",
        )
    check_size(original.size, most)
    return original


def blocks(original: Original) -> Iterator[bytes]:
    """All of it, a block at a time. Raises `Unreadable`."""
    for start in range(0, original.size, _BLOCK):
        yield original.read(start, _BLOCK)


def check_size(size: int, most: int) -> None:
    """Raises `Unreadable(LIMIT_SIZE)` for more than `most` bytes."""
    if size > most:
        raise Unreadable(ReasonCode.LIMIT_SIZE, f"more than {most} bytes")


def _stream(file: BinaryIO, most: int) -> Original:
    """All that a file object yields, up to one byte more than allowed."""
    parts = _blocks(file, most + 1)
    first = next(parts, b"")
    if len(first) < _BLOCK:
        return InMemory(first)
    return Kept(chain((first,), parts))


def _blocks(file: BinaryIO, most: int) -> Iterator[bytes]:
    """Blocks of `_BLOCK` bytes, the last one shorter; a read may fall short."""
    held = bytearray()
    left = most
    while left > 0:
        part = _read(file, min(_BLOCK, left))
        if not part:
            break
        left -= len(part)
        held += part
        while len(held) >= _BLOCK:
            yield bytes(held[:_BLOCK])
            del held[:_BLOCK]
    if held:
        yield bytes(held)


def _read(file: BinaryIO, size: int) -> bytes:
    try:
        part = file.read(size)
    except Exception:  # noqa: BLE001 - whoever wrote the object decides what it raises
        raise Unreadable(ReasonCode.UNREADABLE, "the file object cannot be read") from None
    if isinstance(part, str):
        raise PolicyError("the file object is a text file", remedy="open it in binary mode")
    if part is None:
        raise Unreadable(ReasonCode.UNREADABLE, "the file object has no data yet")
    return bytes(part)


def _file(path: Path) -> Original:
    try:
        if not path.is_file():
            raise Unreadable(ReasonCode.UNREADABLE, "not a regular file")
        original = OnDisk.of(path)
        if original.size > SMALL:
            return original
        blob = original.read(0, SMALL + 1)
        if len(blob) > SMALL:  # files of /proc have no size
            raise Unreadable(ReasonCode.UNREADABLE, "it has more bytes than its size says")
        return InMemory(blob)
    except OSError as error:
        detail = type(error).__name__
        raise Unreadable(ReasonCode.UNREADABLE, f"cannot be opened: {detail}") from None
