"""Where a storage of Django's puts a file, and what takes it back."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage

from pii_guard.certificate.writing import place_new
from pii_guard.intake.names import CERTIFICATE, COMPANIONS
from pii_guard.intake.pieces_file import PiecesFile

if TYPE_CHECKING:
    from pii_guard.certificate import Certificate


class DjangoPlace(Protocol):
    """A `Place` under a name that was free, with a place for its certificate beside it."""

    name: str

    def write(self, pieces: Iterable[bytes]) -> None: ...
    def commit(self) -> None: ...
    def discard(self) -> None: ...
    def certified(self, certificate: Certificate) -> None:
        """Put the certificate beside it."""
        ...


def place_of(backend: Storage, name: str, pieces: Iterable[bytes]) -> DjangoPlace:
    """The place of this name. `pieces`: what is to be there."""
    if type(backend)._save is FileSystemStorage._save:  # noqa: SLF001 - whether it writes files as Django does
        return Local(backend, name)
    return Remote(backend, name, pieces)


class Local:
    """A file of a `FileSystemStorage`, seen whole or not at all.

    `commit` raises `FileExistsError` where somebody took the name meanwhile.
    """

    def __init__(self, backend: FileSystemStorage, name: str) -> None:
        self._backend, self.name = backend, name
        self._path = Path(backend.path(name))
        self._part: Path | None = None
        self._ours = False

    def write(self, pieces: Iterable[bytes]) -> None:
        self._part = self._written(pieces)

    def commit(self) -> None:
        assert self._part is not None, "it was written"
        place_new(self._part, self._path)
        self._ours = True
        self._part.unlink(missing_ok=True)

    def certified(self, certificate: Certificate) -> None:
        part = self._written((certificate.to_json(),))
        try:
            part.replace(f"{self._path}{CERTIFICATE}")
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def discard(self) -> None:
        if self._part is not None:
            self._part.unlink(missing_ok=True)
        if self._ours:
            for ending in COMPANIONS:
                Path(f"{self._path}{ending}").unlink(missing_ok=True)
            self._path.unlink(missing_ok=True)
            self._ours = False

    def _written(self, pieces: Iterable[bytes]) -> Path:
        """A file of these, beside what it is to be. Raises `OSError`; there is none then."""
        self._make(self._path.parent)
        part = self._path.with_name(f".{os.urandom(8).hex()}.part")
        try:
            with part.open("xb") as file:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            if self._backend.file_permissions_mode is not None:
                part.chmod(self._backend.file_permissions_mode)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return part

    def _make(self, folder: Path) -> None:
        """The directory, as the storage makes directories."""
        if folder.is_dir():
            return
        self._make(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir()
            if self._backend.directory_permissions_mode is not None:
                folder.chmod(self._backend.directory_permissions_mode)


class Remote:
    """A file of any other storage. It may be seen before it is whole, where the storage is like that."""

    def __init__(self, backend: Storage, name: str, pieces: Iterable[bytes]) -> None:
        self._backend, self.name, self._pieces = backend, name, pieces
        self._begun = False

    def write(self, pieces: Iterable[bytes]) -> None:
        """See that it is what was proved; the storage takes it, and shows it, at once when it is time."""
        deque(pieces, maxlen=0)

    def commit(self) -> None:
        self._begun = True
        file = File(PiecesFile(self._pieces), self.name)
        file.size = sum(map(len, self._pieces))
        self.name = self._backend.save(self.name, file)

    def certified(self, certificate: Certificate) -> None:
        beside = self.name + CERTIFICATE
        self._backend.delete(beside)  # of a file that is gone
        made = self._backend.save(beside, ContentFile(certificate.to_json()))
        if made != beside:
            self._backend.delete(made)
            raise FileExistsError("there is something where the certificate goes")

    def discard(self) -> None:
        if self._begun:
            for ending in COMPANIONS:
                self._backend.delete(self.name + ending)
            self._backend.delete(self.name)
            self._begun = False
