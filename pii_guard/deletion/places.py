"""A name in an opened directory and the file behind it, so that neither is swapped under a deletion.

Everything goes through the directory's descriptor: a parent that is replaced meanwhile changes
nothing, and a name is taken away only while it leads to the file that was looked at.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from pii_guard.certificate.claims import Note

_BLOCK = 1 << 20
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_READ = os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_WRITE = os.O_WRONLY | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_BY_DIRECTORY = {os.open, os.stat, os.unlink} <= os.supports_dir_fd
_NOTES = {
    errno.ENOENT: Note.NOT_FOUND, errno.ENOTDIR: Note.NOT_FOUND, errno.ELOOP: Note.LINK,
    errno.EACCES: Note.DENIED, errno.EPERM: Note.DENIED, errno.EROFS: Note.READ_ONLY,
    errno.EBUSY: Note.BUSY, errno.ETXTBSY: Note.BUSY, errno.EISDIR: Note.NOT_A_FILE,
}  # fmt: skip


class Kept(Exception):
    """A file stays, for that reason; `other_names` lead to it that were not given."""

    def __init__(self, note: Note, other_names: int = 0) -> None:
        super().__init__(note.value)
        self.note = note
        self.other_names = other_names


def noted(error: Exception) -> Note:
    """The word for an error of the system."""
    number = error.errno if isinstance(error, OSError) else None
    return _NOTES.get(number or 0, Note.FAILED)


def content(status: os.stat_result) -> tuple[int, ...]:
    """What is another one once a file was replaced or written to."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class Place:
    """A name in its directory, which is held open. Raises `OSError`, `ValueError` for no path."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._directory: int | None = None
        if _BY_DIRECTORY:
            self._directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._directory is not None:
            os.close(self._directory)

    @property
    def _name(self) -> str:
        return self._path.name if self._directory is not None else str(self._path)

    def status(self) -> os.stat_result:
        """What the name leads to now; a link is itself."""
        return os.stat(self._name, dir_fd=self._directory, follow_symlinks=False)

    def handle(self) -> Handle:
        """The file behind the name. Raises `Kept` for a link and for what is no regular file."""
        status = self.status()
        _refuse_irregular(status)
        handle = Handle(self._opened(), status)
        try:
            _refuse_irregular(handle.status)
            if not handle.same(self.status()):
                raise Kept(Note.CHANGED)
        except BaseException:
            handle.release()
            raise
        return handle

    def _opened(self) -> int | None:
        if os.name == "nt":
            return None  # what is open cannot be deleted there
        try:
            return os.open(self._name, _READ, dir_fd=self._directory)
        except PermissionError:
            if not hasattr(os, "O_PATH"):
                return None
            # Who may delete a file need not be allowed to read it.
            return os.open(self._name, os.O_PATH | _NO_FOLLOW, dir_fd=self._directory)

    def overwrite(self, handle: Handle) -> None:
        """Random bytes over the whole file, in place, once. Raises `OSError` or `Kept`."""
        descriptor = os.open(self._name, _WRITE, dir_fd=self._directory)
        try:
            if not handle.same(os.fstat(descriptor)):
                raise Kept(Note.CHANGED)
            left = os.fstat(descriptor).st_size
            while left:
                left -= os.write(descriptor, os.urandom(min(left, _BLOCK)))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def unlink(self, handle: Handle) -> None:
        """Take the name away. Raises `Kept` if it leads to another file by now, or `OSError`."""
        if not handle.same(self.status()):
            raise Kept(Note.CHANGED)
        os.unlink(self._name, dir_fd=self._directory)

    def sync(self) -> None:
        """Let the directory's change outlast a power cut. Windows cannot and need not."""
        if self._directory is not None:
            os.fsync(self._directory)

    def taken(self) -> bool:
        """Whether the name leads to anything."""
        try:
            self.status()
        except FileNotFoundError:
            return False
        return True


def _refuse_irregular(status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise Kept(Note.LINK)
    if not stat.S_ISREG(status.st_mode):
        raise Kept(Note.NOT_A_FILE)


class Handle:
    """A file, held so that nothing else can be taken for it."""

    def __init__(self, descriptor: int | None, status: os.stat_result) -> None:
        self._descriptor = descriptor
        self.status = status if descriptor is None else os.fstat(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    @property
    def released(self) -> bool:
        """Whether it is no longer held."""
        return self._descriptor is None

    def release(self) -> None:
        """Hold it no longer."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def same(self, status: os.stat_result) -> bool:
        """Whether that is this file."""
        return (status.st_dev, status.st_ino) == (self.status.st_dev, self.status.st_ino)

    def names_left(self) -> int:
        """How many names lead to it; none are known of once it is released."""
        return os.fstat(self._descriptor).st_nlink if self._descriptor is not None else 0

    def open_elsewhere(self) -> str:
        """`yes`, `no` or `unknown`: a lease for writing is given to the only one who has it open
        (fcntl(2), F_SETLEASE).
        """
        if self._descriptor is None or not sys.platform.startswith("linux"):
            return "unknown"
        import fcntl

        try:
            # Whoever opens it meanwhile waits; the signal for that is one that nobody minds.
            fcntl.fcntl(self._descriptor, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(self._descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except BlockingIOError:
            return "yes"
        except OSError:
            return "unknown"
        with suppress(OSError):
            fcntl.fcntl(self._descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return "no"
