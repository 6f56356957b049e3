"""A storage of Django's that stores what is redacted and proved, with its certificate beside it, or nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.core.files.utils import validate_file_name
from django.utils.deconstruct import deconstructible
from django.utils.module_loading import import_string

from pii_guard.errors import NotStored, PolicyError
from pii_guard.findings import Quarantined
from pii_guard.intake.admission import Admission, admit
from pii_guard.intake.delivery import Delivery
from pii_guard.intake.django.places import Local, place_of
from pii_guard.intake.guards import guard_for
from pii_guard.intake.names import COMPANIONS, belongs_to, check_name, fitting
from pii_guard.intake.receiving import received

if TYPE_CHECKING:
    from pii_guard.certificate import Certificate
    from pii_guard.guard import Guard

_TRIES = 100


@deconstructible(path="pii_guard.intake.django.RedactingStorage")
class RedactingStorage(Storage):  # type: ignore[misc]
    """Redacts before the storage behind it (`backend`) sees a byte; nothing there is ever replaced.

    `backend`: a storage, an entry like those of `STORAGES`, or the alias of one; files under
    `MEDIA_ROOT` by default. `policy`: the path of a policy file; or `guard`: a `Guard`, which goes into
    no migration. `certificates`: takes the name of what was stored, and its certificate, or the dotted path
    of what does; by default it is put beside its file, as NAME.certificate.json. `ref`: the reference in
    certificates. What the upload handler redacted is not redacted again.
    """

    def __init__(
        self,
        backend: Storage | Mapping[str, Any] | str | None = None,
        policy: str | os.PathLike[str] | None = None,
        certificates: Callable[[str, Certificate], object] | str | None = None,
        ref: str = "case",
        guard: Guard | None = None,
    ) -> None:
        self.backend = _backend(backend)
        self.ref = ref
        self._policy, self._guard = policy, guard
        self._sink = import_string(certificates) if isinstance(certificates, str) else certificates
        self._one_at_a_time = threading.RLock()

    @property
    def guard(self) -> Guard:
        """What redacts. The first in a process takes seconds."""
        return self._guard or guard_for(self._policy)

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        """Redact, prove, store and certify; the name it has then.

        Raises `NotStored`, `PolicyError`, `CertificateError`, and what the backend raises; nothing is
        stored then.
        """
        if not hasattr(content, "chunks"):
            content = File(content, name)
        asked = str(content.name if name is None else name).replace("\\", "/")
        validate_file_name(asked, allow_relative_path=True)
        folder, slash, last = asked.rpartition("/")
        check_name(last)
        admitted, last = self._admitted(content, last)
        path = self._redacted_folder(folder) + slash + fitting(last)
        return self._put(admitted, path, max_length)

    def _put(self, admitted: Admission, path: str, max_length: int | None) -> str:
        for _ in range(_TRIES):
            # Not the backend's own, which may be one that replaces.
            free = self.get_available_name(path, max_length=max_length)
            check_name(free.rpartition("/")[2])
            place = place_of(self.backend, free, admitted.pieces)
            alone: AbstractContextManager[object] = (
                nullcontext() if isinstance(place, Local) else self._one_at_a_time
            )

            def publish(certificate: Certificate, place: Any = place) -> None:
                if self._sink is None:
                    place.certified(certificate)
                else:
                    self._sink(place.name, certificate)

            delivery = Delivery(admitted, place, publish)
            with alone:
                if self.exists(free):
                    continue
                try:
                    delivery.stage()
                    delivery.commit()
                except FileExistsError:
                    continue
            return place.name
        raise FileExistsError("no name is free")

    def _admitted(self, content: Any, name: str) -> tuple[Admission, str]:
        """What may be stored of it, and by which name."""
        redacted = getattr(content, "redacted", None)
        if redacted is not None:
            same = name in (redacted.name, self.get_valid_name(redacted.name))
            return redacted.alone, name if same else self._redacted_names([name])[0]
        case = self.guard.case(self.ref)
        try:
            chunks = (one.encode() if isinstance(one, str) else one for one in content.chunks())
            admitted = admit(case, received(chunks, self.guard.policy.limits), name=name)
        except BaseException:
            case.discard()
            raise
        return admitted, admitted.name

    def _redacted_folder(self, folder: str) -> str:
        """What is there already is the storage's own, and names below it are whoever's, so redacted."""
        new: list[str] = []
        while folder.strip("/") and not self.backend.exists(folder):
            folder, _, last = folder.rpartition("/")
            new.insert(0, last)
        there = [folder] if folder else []
        return "/".join([*there, *self._redacted_names(new)])

    def _redacted_names(self, names: list[str]) -> list[str]:
        """Raises `NotStored`."""
        if not names:
            return []
        case = self.guard.case(self.ref)
        try:
            for name in names:
                case.add(b"", name=name)
            results = list(case.redact())
        finally:
            case.discard()
        for one in results:
            if isinstance(one, Quarantined):
                raise NotStored(one.reason)
        return [one.name for one in results]

    def open(self, name: str, mode: str = "rb") -> Any:
        """What is there, for reading. Raises `PolicyError` for other modes."""
        if mode not in ("rb", "r"):
            raise PolicyError(
                "a file can be written as a whole only: nothing can be proved of a part of it",
                remedy="use save, with all that the file is to hold",
            )
        return self.backend.open(name, mode)

    def delete(self, name: str) -> None:
        """Remove a file with its certificate, which is not removed alone."""
        whose = belongs_to(name)
        if whose and self.backend.exists(whose):
            raise PolicyError(
                "a file keeps its certificate",
                remedy="remove the file: it takes what is beside it along",
            )
        for ending in COMPANIONS:
            self.backend.delete(name + ending)
        self.backend.delete(name)

    def exists(self, name: str) -> bool:
        return bool(self.backend.exists(name))

    def listdir(self, path: str) -> Any:
        return self.backend.listdir(path)

    def size(self, name: str) -> int:
        return int(self.backend.size(name))

    def url(self, name: str) -> str:
        return str(self.backend.url(name))

    def path(self, name: str) -> str:
        return str(self.backend.path(name))

    def get_valid_name(self, name: str) -> str:
        return str(self.backend.get_valid_name(name))

    def get_accessed_time(self, name: str) -> datetime:
        return self.backend.get_accessed_time(name)  # type: ignore[no-any-return]

    def get_created_time(self, name: str) -> datetime:
        return self.backend.get_created_time(name)  # type: ignore[no-any-return]

    def get_modified_time(self, name: str) -> datetime:
        return self.backend.get_modified_time(name)  # type: ignore[no-any-return]


def _backend(given: Storage | Mapping[str, Any] | str | None) -> Storage:
    if given is None:
        return FileSystemStorage()
    if isinstance(given, str):
        return storages[given]
    if isinstance(given, Mapping):
        return storages.create_storage(dict(given))
    return given
