"""The folder of a quarantine: entries are written to it, looked at and ended; none is opened here.

A folder of mode 0700 with a file `q-….age` for each entry. A file is there whole or not at all, and
what is written of it before is encrypted already.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from pii_guard.certificate.vocabulary import media_type as word_of
from pii_guard.certificate.writing import sync_folder, writable, write_whole
from pii_guard.errors import QuarantineError, ReasonCode
from pii_guard.originals import Original, blocks
from pii_guard.quarantine.age import closed
from pii_guard.quarantine.contents import packed
from pii_guard.quarantine.entry import ID, Entry
from pii_guard.quarantine.header import damaged, read
from pii_guard.quarantine.keys import Recipient
from pii_guard.quarantine_terms import DAYS, QuarantineTerms

SUFFIX = ".age"
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the folder. `entry`: None where its head cannot be read. `size`: of the file in bytes,
    which is the attachment's rounded up (see `contents`).
    """

    id: str
    size: int
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A place for what could not be redacted: closed to `recipient`, for `days` days.

    Nothing here can open an entry again; `release` does where the private key is.
    """

    folder: Path
    recipient: Recipient
    days: int = DAYS

    @classmethod
    def of(cls, terms: QuarantineTerms) -> Quarantine | None:
        """The quarantine of a policy; None where it names none. Raises `QuarantineError`."""
        if terms.path is None:
            return None
        return cls(terms.path, Recipient.parse(terms.recipient), terms.days)

    def keep(
        self,
        original: Original,
        *,
        name: str,
        reason: ReasonCode,
        media_type: str,
        now: datetime | None = None,
    ) -> Entry:
        """Write an entry; it is on disk when this returns. `now` is aware.

        Raises `QuarantineError` where the disk does not take it, and `Unreadable` where the original
        does not come; nothing is there then.
        """
        received = (now or datetime.now(UTC)).replace(microsecond=0)
        entry = Entry(
            f"q-{secrets.token_hex(8)}",
            received,
            received + timedelta(days=self.days),
            reason,
            word_of(media_type),
        )
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            contents = packed(name, original.size, blocks(original))
            self._write(entry, closed(contents, self.recipient, entry.words()))
        except OSError as error:
            raise _failed("the entry cannot be written", error) from None
        return entry

    def take_back(self, entries: Iterable[Entry]) -> None:
        """Remove entries that nobody was told of. Raises `QuarantineError`."""
        for entry in entries:
            try:
                file_of(self.folder, entry.id).unlink(missing_ok=True)
            except OSError as error:
                raise _failed("an entry cannot be taken back", error) from None
        sync_folder(self.folder)

    def writable(self) -> bool:
        """Whether an entry could be written now, as far as permissions tell."""
        return writable(self.folder)

    def _write(self, entry: Entry, pieces: Iterator[bytes]) -> None:
        write_whole(file_of(self.folder, entry.id), pieces, replace=False, mode=0o600)
        sync_folder(self.folder)


def entries(folder: Path) -> Iterator[Listed]:
    """What is in the folder of a quarantine, by id. Raises `QuarantineError` for no folder."""
    for path in sorted(listing(folder)):
        if path.suffix == SUFFIX and ID.fullmatch(path.stem):
            yield _listed(path)


def listing(folder: Path) -> list[Path]:
    """All that is in a folder. Raises `QuarantineError`."""
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise _failed("the quarantine cannot be read", error) from None


def look(path: Path) -> Entry:
    """The entry of a file, from its head alone. Raises `QuarantineError` and `OSError`."""
    with open_file(path) as file:
        entry = Entry.of(read(file))
    if entry.id != path.stem:
        raise damaged("it is another one's file")
    return entry


def open_file(path: Path) -> BinaryIO:
    """A regular file, and nothing that a link leads to. Raises `OSError` and `QuarantineError`."""
    handle = os.open(path, os.O_RDONLY | _NO_FOLLOW | _NO_WAIT)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise damaged("it is no file")
    return os.fdopen(handle, "rb")


def file_of(folder: Path, number: str) -> Path:
    """Where the entry of an id is. Raises `QuarantineError` for what is no id."""
    if not ID.fullmatch(number):
        raise QuarantineError(
            "that is no id of an entry", remedy="`pii-guard quarantine list` shows them"
        )
    return folder / f"{number}{SUFFIX}"


def _listed(path: Path) -> Listed:
    size = 0
    with suppress(OSError, QuarantineError):
        size = path.lstat().st_size
        return Listed(path.stem, size, look(path))
    return Listed(path.stem, size, None)


def _failed(what: str, error: OSError) -> QuarantineError:
    detail = os.strerror(error.errno) if error.errno else type(error).__name__
    return QuarantineError(
        f"{what}: {detail}", remedy="check the folder, its permissions and the free space"
    )
