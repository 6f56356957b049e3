"""An entry opened where its private key is: checked to its last byte, then put down as a new file."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pii_guard.certificate.writing import sync_folder
from pii_guard.errors import QuarantineError
from pii_guard.quarantine.age import opened
from pii_guard.quarantine.contents import unpacked
from pii_guard.quarantine.entry import Entry
from pii_guard.quarantine.header import damaged, read
from pii_guard.quarantine.keys import Identity
from pii_guard.quarantine.store import file_of, open_file

_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
_MOST_NAME = 200
"""Bytes of a file name: file systems take 255, and a name may get a suffix on its way."""


def release(
    folder: Path,
    number: str,
    identity: Identity,
    output: Path,
    *,
    named: bool = False,
    now: datetime | None = None,
) -> Path:
    """Put the attachment of an entry into the folder `output`, as a new file (0600); its path.

    It is called by its id, with `named` as its reporter called it. Raises `QuarantineError`, and
    leaves nothing, for a file that is there, a wrong key, an entry that expired at `now` (aware) and
    one that is not as it was written.
    """
    try:
        with open_file(file_of(folder, number)) as file:
            header = read(file)
            entry = Entry.of(header)
            if entry.id != number:
                raise damaged("it is another one's file")
            if entry.expired(now or datetime.now(UTC)):
                raise QuarantineError(
                    "the entry has expired: it is not given out any more",
                    remedy="`pii-guard quarantine purge` deletes it",
                )
            name, pieces = unpacked(opened(header, file, identity))
            return _put(pieces, output / (_plain(name) or number if named else number))
    except FileNotFoundError:
        raise QuarantineError(
            "there is no such entry, or no such output folder", remedy="check the id and the paths"
        ) from None
    except OSError as error:
        raise QuarantineError(
            f"the entry cannot be released: {type(error).__name__}",
            remedy="check the output folder, its permissions and the free space",
        ) from None


def _put(pieces: Iterator[bytes], target: Path) -> Path:
    if os.path.lexists(target):
        raise _in_the_way()
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        _name(part, target)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(target.parent)
    return target


def _name(part: Path, target: Path) -> None:
    """Give the file its name, which must be free."""
    try:
        target.hardlink_to(part)
        return
    except FileExistsError:
        raise _in_the_way() from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
    # A file system without hard links, such as that of a memory stick.
    if os.path.lexists(target):
        raise _in_the_way()
    part.rename(target)


def _in_the_way() -> QuarantineError:
    return QuarantineError("there is a file of this name already", remedy="give another folder")


def _plain(name: str) -> str:
    """A name that leads nowhere and that every terminal takes."""
    last = name.replace("\\", "/").rpartition("/")[2].replace(":", "_").lstrip(". -")
    shown = "".join(letter if letter.isprintable() else "_" for letter in last)
    return shown.encode("utf-8", "replace")[:_MOST_NAME].decode("utf-8", "ignore").strip()
