"""A local directory as a source, or one file. Whoever filled it may be hostile, and may still be at work.

Every directory and file is opened from the one above it and never through a link (openat(2) with
O_NOFOLLOW), so that nothing outside is read, whatever is exchanged meanwhile. Only regular files are
opened: a pipe would wait for ever, a device is no file.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from pii_guard.audit.entries import (
    CHANGED,
    GONE,
    LINK_NOWHERE,
    LINK_OUT,
    LINK_WITHIN,
    NO_FILE,
    Entry,
    Read,
    StoreFails,
    Whole,
)
from pii_guard.document import printable
from pii_guard.errors import PolicyError, Reason, ReasonCode
from pii_guard.originals import SMALL, InMemory, Opened

DEPTH = 200
"""Levels of directories that are entered."""
_TOO_DEEP = Reason(ReasonCode.LIMIT_NESTING, f"more than {DEPTH} directories deep")
_NO_FOLDER = Reason(ReasonCode.UNREADABLE, "a directory that cannot be read")
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | _CLOEXEC
_FILE = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | _CLOEXEC


_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE})
"""What says nothing about a file."""


def version_of(status: os.stat_result) -> str:
    """Of a local file: equal until it is written to, or replaced."""
    return f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"


@dataclass(frozen=True, slots=True)
class _Folder:
    """A directory that is open, and the names in it that are left to do."""

    descriptor: int
    path: bytes
    names: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Tree:
    """A directory. `without`: folders below it that are not part of it (device and inode numbers)."""

    root: Path
    name: str
    without: frozenset[tuple[int, int]] = field(default=frozenset(), repr=False)

    def entries(self) -> Iterator[Entry]:
        """Its files, sorted by the bytes of their names within each directory. Raises `PolicyError`."""
        try:
            top = os.open(self.root, _FOLDER & ~getattr(os, "O_NOFOLLOW", 0))
        except OSError as error:
            raise PolicyError(
                f"a source cannot be opened: {type(error).__name__}", remedy="check the path"
            ) from None
        stack = [_Folder(top, b"", _names(top))]
        try:
            while stack:
                here = stack[-1]
                name = next(here.names, None)
                if name is None:
                    os.close(stack.pop().descriptor)
                    continue
                below = self._met(here, name, len(stack))
                if isinstance(below, _Folder):
                    stack.append(below)
                elif below is not None:
                    yield below
        finally:
            for one in stack:
                os.close(one.descriptor)

    def read(self, entry: Entry) -> Read:
        """A file that was listed."""
        folders: list[int] = []
        try:
            *above, last = entry.path.split(b"/")
            here = os.open(self.root, _FOLDER & ~getattr(os, "O_NOFOLLOW", 0))
            folders.append(here)
            for one in above:
                here = os.open(one, _FOLDER, dir_fd=here)
                folders.append(here)
            return opened(os.open(last, _FILE, dir_fd=here), entry.version)
        except FileNotFoundError:
            return Whole(GONE)
        except OSError as error:
            if error.errno in _OURS:
                raise StoreFails from None
            # A link where a directory or a file was (ELOOP, ENOTDIR), or no permission.
            denied = isinstance(error, PermissionError)
            why = Reason(ReasonCode.UNREADABLE, "it cannot be opened: permission denied")
            return Whole(why if denied else CHANGED)
        finally:
            for descriptor in folders:
                os.close(descriptor)

    def _met(self, here: _Folder, name: bytes, depth: int) -> Entry | _Folder | None:
        path = here.path + name
        try:
            status = os.stat(name, dir_fd=here.descriptor, follow_symlinks=False)
        except OSError:
            return self._entry(path, refused=GONE)
        if stat.S_ISDIR(status.st_mode):
            if (status.st_dev, status.st_ino) in self.without:
                return None
            if depth >= DEPTH:
                return self._entry(path, refused=_TOO_DEEP)
            try:
                descriptor = os.open(name, _FOLDER, dir_fd=here.descriptor)
            except OSError:
                return self._entry(path, refused=_NO_FOLDER)
            return _Folder(descriptor, path + b"/", _names(descriptor))
        if stat.S_ISREG(status.st_mode):
            return self._entry(path, status)
        if stat.S_ISLNK(status.st_mode):
            why = self._leads(path)
            return self._entry(path, refused=why, missed=why is not LINK_WITHIN)
        return self._entry(path, refused=NO_FILE)

    def _entry(
        self,
        path: bytes,
        status: os.stat_result | None = None,
        refused: Reason | None = None,
        missed: bool = True,
    ) -> Entry:
        name = f"{self.name}/{printable(os.fsdecode(path))}"
        if status is None:
            return Entry(path, name, refused=refused, missed=missed)
        return Entry(path, name, status.st_size, version_of(status), status.st_mtime)

    def _leads(self, path: bytes) -> Reason:
        """Where a link leads; it is not followed."""
        try:
            root = os.path.realpath(os.fsencode(self.root))
            target = os.path.realpath(os.path.join(root, path), strict=True)  # noqa: PTH118 - bytes
        except (OSError, RuntimeError):
            return LINK_NOWHERE
        if not target.startswith(root + b"/"):
            return LINK_OUT
        place = target
        while place != root:
            with suppress(OSError):
                status = os.lstat(place)
                if (status.st_dev, status.st_ino) in self.without:
                    return LINK_OUT
            place = os.path.dirname(place)  # noqa: PTH120 - bytes
        return LINK_WITHIN


@dataclass(frozen=True, slots=True)
class Single:
    """One file that was named: a link to it is what was meant."""

    path: Path
    name: str

    def entries(self) -> Iterator[Entry]:
        """The file."""
        status = self.path.stat()
        path = os.fsencode(self.path.name)
        if not stat.S_ISREG(status.st_mode):
            yield Entry(path, self.name, refused=NO_FILE)
            return
        yield Entry(path, self.name, status.st_size, version_of(status), status.st_mtime)

    def read(self, entry: Entry) -> Read:
        """The file."""
        try:
            return opened(again(self.path), entry.version)
        except OSError:
            return Whole(GONE)


def again(path: Path) -> int:
    """A descriptor of a file that was named; what became a pipe is not waited for. Raises `OSError`."""
    return os.open(path, _FILE & ~getattr(os, "O_NOFOLLOW", 0))


def opened(descriptor: int, version: str) -> Read:
    """An open file as the one that was listed, or why it is not. Takes the descriptor."""
    file = cast(BinaryIO, os.fdopen(descriptor, "rb", buffering=0))
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or version_of(status) != version:
        file.close()
        return Whole(CHANGED)
    whole = Opened(file)
    if whole.size > SMALL:
        return _Held(whole)
    try:
        blob = whole.read(0, whole.size + 1)
        return Whole(InMemory(blob) if len(blob) == whole.size else CHANGED)
    except Exception:  # noqa: BLE001 - whatever a file system says
        return Whole(CHANGED)
    finally:
        whole.close()


@dataclass(frozen=True, slots=True)
class _Held:
    original: Opened

    def settle(self) -> Reason | None:
        self.original.close()
        return None


def _names(descriptor: int) -> Iterator[bytes]:
    return iter(sorted(os.fsencode(name) for name in os.listdir(descriptor)))
