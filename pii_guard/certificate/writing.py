"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pii_guard.leftovers import held_folder, remove_left

BEGIN = ".pii-guard-"
"""How the name of a folder begins in which a file is made."""


def write_whole(
    path: Path, content: bytes | Iterable[bytes], *, replace: bool = True, mode: int = 0o666
) -> None:
    """Write `content`, whole or in pieces, to `path`, as `written_whole` does.

    Raises `OSError`, and what the pieces raise.
    """
    with written_whole(path, replace=replace, mode=mode) as file:
        file.writelines((content,) if isinstance(content, bytes) else content)


@contextmanager
def written_whole(path: Path, *, replace: bool = True, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file that becomes `path` once it is closed without an error: in place of what is there, or with
    `replace` off where nothing is.

    What calls that were killed left in the same directory is removed first. `mode` is less the umask. Raises
    `OSError`, and `FileExistsError` for what must not be replaced.
    """
    remove_left(path.parent, BEGIN)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with held_folder(path.parent, BEGIN) as held:
        temporary = held.path / path.name
        with os.fdopen(os.open(temporary, flags, mode), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replace:
            temporary.replace(path)
        else:
            place_new(temporary, path)


def writable(folder: Path) -> bool:
    """Whether files can be written to a directory, or it can be made, as far as permissions tell."""
    place = folder.absolute()
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)


def sync_folder(folder: Path) -> None:
    """Make what was renamed and removed in a directory outlast a power cut. Raises `OSError`."""
    if os.name != "posix":
        return  # Windows syncs no directories, and need not
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def place_new(temporary: Path, path: Path) -> None:
    """Put a finished file at a path where nothing is; it may be left where it was as well.

    Raises `OSError`, `FileExistsError` where something is.
    """
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: the name is taken first, and filled at once.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        temporary.replace(path)
