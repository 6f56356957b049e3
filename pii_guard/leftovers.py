"""Folders that are gone with whoever made them, even where it is killed: the next run removes them.

Each is locked (flock(2)) for as long as its maker lives; the system lets go of a lock when a process ends,
however it ends. What nobody holds was left by one that was killed. Where folders cannot be locked
(Windows, some network file systems) nothing is ever taken for left.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

END = ".part"
TEMPORARY = "pii-guard-"
"""How names of folders for temporary files begin."""
MEMORY = Path("/dev/shm")  # noqa: S108 - only folders of our own are made and removed in it
_TRIES = 100
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EBADF}
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


@dataclass(slots=True)
class Held:
    """A folder of its maker's. `stays`: it is not removed at the end, for the next run to find."""

    path: Path
    stays: bool = False


@contextmanager
def held_folder(where: Path, begin: str) -> Iterator[Held]:
    """A new folder in `where`, for its owner only, its name between `begin` and `.part`; gone at the end.

    Raises `OSError`.
    """
    path, lock = _made(where, begin)
    held = Held(path)
    try:
        yield held
    finally:
        if not held.stays:
            shutil.rmtree(path, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def left(where: Path, begin: str) -> Iterator[Path]:
    """The folders in `where` whose makers are gone, each locked while the caller has it.

    Only this user's; links are none. What cannot be looked at is passed over.
    """
    try:
        with os.scandir(where) as entries:
            names = sorted(
                e.name for e in entries if e.name.startswith(begin) and e.name.endswith(END)
            )
    except OSError:
        return
    for name in names:
        path = where / name
        try:
            lock = _locked(path, wait=False)
        except OSError:
            continue
        if lock is None:
            continue
        try:
            yield path
        finally:
            os.close(lock)


def remove_left(where: Path, begin: str) -> int:
    """Remove them; how many there were."""
    count = 0
    for path in left(where, begin):
        shutil.rmtree(path, ignore_errors=True)
        count += not path.exists()
    return count


def remove_temporary() -> int:
    """Remove what was left of files that other programs were given to read; how many folders."""
    places = {MEMORY}
    with suppress(OSError):  # a system that lets us write nowhere
        places.add(Path(tempfile.gettempdir()))
    return sum(remove_left(where, TEMPORARY) for where in places)


def _made(where: Path, begin: str) -> tuple[Path, int | None]:
    for _ in range(_TRIES):
        path = where / f"{begin}{secrets.token_hex(8)}{END}"
        path.mkdir(mode=0o700)
        try:
            return path, _locked(path, wait=True)
        except FileNotFoundError:
            continue  # between the two it was taken for left
    raise FileNotFoundError(str(where))


def _locked(path: Path, *, wait: bool) -> int | None:
    """A folder of ours, held; None where it cannot be, or another holds it.

    Raises `FileNotFoundError` where it is gone by now, `OSError` for what is no folder.
    """
    if fcntl is None:
        return None
    descriptor = os.open(path, _FOLDER)
    try:
        status = os.fstat(descriptor)
        if status.st_uid == os.geteuid() and _lock(descriptor, wait=wait):
            if not os.path.samestat(status, path.lstat()):
                raise FileNotFoundError
            descriptor, kept = -1, descriptor
            return kept
        return None
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _lock(descriptor: int, *, wait: bool) -> bool:
    """Raises `OSError` where a lock is refused for another reason than that there are none."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        raise
    return True
