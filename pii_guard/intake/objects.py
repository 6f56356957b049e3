"""An object in a file system of fsspec's, with its certificate beside it: all of it, or none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsspec.implementations.local import LocalFileSystem
from fsspec.spec import AbstractBufferedFile

from pii_guard.intake.alone import alone_at
from pii_guard.intake.names import CERTIFICATE, COMPANIONS, HEADERS

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

    from pii_guard.certificate import Certificate


@contextmanager
def alone(fs: AbstractFileSystem, path: str) -> Iterator[None]:
    """One thread at a time puts an object and its certificate there, so that the two belong together."""
    with alone_at(fs.unstrip_protocol(path)):
        yield


PART = 8 << 20
"""Bytes that are sent at once where a store takes files in parts: s3fs holds several of them, of 50 MB each
unless it is told. S3 takes 10,000 parts of 5 MB or more.
"""


class Upload:
    """One file on its way to its path, where it is seen whole or not at all as far as `fs` can do that.

    `exclusive`: nothing may be there yet; raises `FileExistsError`. `options` go to the `open` of `fs`.
    """

    def __init__(
        self, fs: AbstractFileSystem, path: str, *, exclusive: bool, options: Mapping[str, Any]
    ) -> None:
        self._fs, self._path = fs, path
        self._exclusive, self._options = exclusive, options
        self._file: Any = None
        self._part = ""
        self.ours = False
        """Whether what is at the path is what this wrote, and goes when it is discarded."""

    def write(self, pieces: Iterable[bytes]) -> None:
        """Write all of it. Raises what `fs` raises."""
        path, mode = self._path, "xb" if self._exclusive else "wb"
        self._fs.invalidate_cache(
            path
        )  # what is remembered of a store may be older than others' files
        if self._exclusive and self._fs.exists(path):
            raise FileExistsError("there is something of that name")
        if isinstance(self._fs, LocalFileSystem):
            if self._exclusive:
                self._fs.open(path, "xb").close()  # takes the name; what is written replaces it
                self.ours = True
            folder, _, _ = path.rpartition("/")
            path = self._part = f"{folder}/.{os.urandom(8).hex()}.part"
            mode = "xb"
        self._file = self._fs.open(path, mode, **{"block_size": PART, **self._options})
        if not self._part and not isinstance(self._file, AbstractBufferedFile):
            self.ours = True  # it is there from its opening on; else from its closing on
        for piece in pieces:
            self._file.write(piece)

    def commit(self) -> None:
        """Let it be seen. Raises what `fs` raises."""
        self._file.flush()
        if self._part:
            os.fsync(self._file.f.fileno())
        self._file.close()
        if self._part:
            Path(self._part).replace(self._path)
        self.ours = True

    def discard(self) -> None:
        """Leave nothing of it, and what it did not replace yet."""
        file, self._file = self._file, None
        if file is not None and not file.closed:
            if self._part or not hasattr(file, "discard"):
                file.close()
            else:
                file.discard()
                with suppress(AttributeError):
                    file.closed = True  # or it would be completed when it is collected
        if self._part:
            Path(self._part).unlink(missing_ok=True)
        if self.ours:
            with suppress(FileNotFoundError):
                self._fs.rm_file(self._path)
            self.ours = False


class StoredObject:
    """An object, and what stands beside it. A `Place`."""

    def __init__(
        self,
        fs: AbstractFileSystem,
        path: str,
        *,
        exclusive: bool,
        headers: Mapping[str, Any],
        record: bytes,
    ) -> None:
        self._fs, self._path, self._record = fs, path, record
        self._exclusive = exclusive
        self._upload = Upload(fs, path, exclusive=exclusive, options=headers)
        self._before: dict[str, bytes] = {}
        """What stood beside what this replaces, once that was removed."""

    def write(self, pieces: Iterable[bytes]) -> None:
        self._upload.write(pieces)

    def commit(self) -> None:
        """Replace what was there; its certificate goes first, which is about something else."""
        self._fs.invalidate_cache(self._path)
        for companion in () if self._exclusive else _companions(self._path):
            with suppress(FileNotFoundError):
                self._before[companion] = self._fs.cat_file(companion)
                self._fs.rm_file(companion)
        self._upload.commit()
        if self._record:
            put(self._fs, self._path + HEADERS, self._record)

    def certified(self, certificate: Certificate) -> None:
        """Put the certificate beside it."""
        put(self._fs, self._path + CERTIFICATE, certificate.to_json())

    def discard(self) -> None:
        if self._upload.ours:
            remove_companions(self._fs, self._path)
            self._upload.discard()
            return
        self._upload.discard()
        for companion, content in self._before.items():
            put(self._fs, companion, content)


def put(fs: AbstractFileSystem, path: str, content: bytes) -> None:
    """Write a small file. Raises what `fs` raises; nothing new is there then."""
    upload = Upload(fs, path, exclusive=False, options={})
    try:
        upload.write((content,))
        upload.commit()
    except BaseException:
        upload.discard()
        raise


def remove_companions(fs: AbstractFileSystem, path: str) -> None:
    """Remove what stands beside an object: before it, as no certificate may be of nothing."""
    for companion in _companions(path):
        with suppress(FileNotFoundError):
            fs.rm_file(companion)


def _companions(path: str) -> tuple[str, ...]:
    return tuple(path + ending for ending in COMPANIONS)
