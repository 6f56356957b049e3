"""Bytes on disk that only this process can read, as long as it lives.

For what does not fit into memory: a nameless temporary file, encrypted with AES-256-GCM (NIST
SP 800-38D) under a random key that is held in memory only. What a crash leaves of it is noise.
"""

from __future__ import annotations

import tempfile
import threading
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import RawIOBase
from typing import TYPE_CHECKING, cast

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.spills import sealed_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_KEY_BITS = 256


def nameless_file() -> RawIOBase:
    """A file without a name, in the directory for temporary files. Raises `OSError`."""
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by its owner
    sealed_file(tempfile.gettempdir())
    return cast(RawIOBase, file)


class Sealed:
    """Pieces of bytes, appended and read back by number. Safe to share between threads.

    `make`: makes the file, once there is something to keep; the key, too, is made then.
    """

    def __init__(self, make: Callable[[], RawIOBase] = nameless_file) -> None:
        self._make = make
        self._file: RawIOBase | None = None
        self._ends = array("Q", [0])
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, piece: bytes) -> int:
        """Keep a piece; its number. Raises `Unreadable` where the disk does not take it."""
        with self._lock, _told("no room for it on disk"):
            number = len(self)
            # A key seals each number once: numbers make nonces that never repeat.
            sealed = self._cipher.encrypt(_nonce(number), zlib.compress(piece, 1), None)
            if self._file is None:
                self._file = self._make()
            self._file.seek(self._ends[-1])
            view = memoryview(sealed)
            while view:
                view = view[self._file.write(view) or 0 :]
            self._ends.append(self._ends[-1] + len(sealed))
            return number

    def __getitem__(self, number: int) -> bytes:
        """The piece of that number. Raises `Unreadable` where the disk does not give it back."""
        with self._lock, _told("a temporary file cannot be read"):
            start, end = self._ends[number], self._ends[number + 1]
            assert self._file is not None, "a number is of what was appended"
            self._file.seek(start)
            parts = []
            while start < end:
                part = self._file.read(end - start)
                if not part:
                    raise OSError
                parts.append(part)
                start += len(part)
        return zlib.decompress(self._cipher.decrypt(_nonce(number), b"".join(parts), None))

    @cached_property
    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(AESGCM.generate_key(bit_length=_KEY_BITS))

    def __del__(self) -> None:
        file = getattr(self, "_file", None)
        if file is not None:
            file.close()


@dataclass(frozen=True, slots=True)
class Stored:
    """Pieces of an output, in order, sealed on disk."""

    sealed: Sealed
    numbers: Sequence[int]

    def __iter__(self) -> Iterator[bytes]:
        return (self.sealed[number] for number in self.numbers)


@contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except OSError:
        raise Unreadable(ReasonCode.UNREADABLE, where) from None


def _nonce(number: int) -> bytes:
    return number.to_bytes(_NONCE_BYTES, "big")
