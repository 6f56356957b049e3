"""An entry opened where its private key is: checked to its last byte, then put down as a new file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pii_guard.certificate.writing import sync_folder, write_whole
from pii_guard.errors import QuarantineError
from pii_guard.quarantine.age import opened
from pii_guard.quarantine.contents import unpacked
from pii_guard.quarantine.entry import Entry
from pii_guard.quarantine.header import damaged, read
from pii_guard.quarantine.keys import Identity
from pii_guard.quarantine.store import file_of, open_file

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
    try:
        if os.path.lexists(target):  # before all of it is opened
            raise FileExistsError
        write_whole(target, pieces, replace=False, mode=0o600)
    except FileExistsError:
        raise QuarantineError(
            "there is a file of this name already", remedy="give another folder"
        ) from None
    sync_folder(target.parent)
    return target


def _plain(name: str) -> str:
    """A name that leads nowhere and that every terminal takes."""
    last = name.replace("\\", "/").rpartition("/")[2].replace(":", "_").lstrip(". -")
    shown = "".join(letter if letter.isprintable() else "_" for letter in last)
    return shown.encode("utf-8", "replace")[:_MOST_NAME].decode("utf-8", "ignore").strip()
