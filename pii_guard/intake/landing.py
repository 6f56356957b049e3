"""Where in a file system something lands: under which name, and never on top of what is not its own."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

from pii_guard.errors import NotStored
from pii_guard.findings import Quarantined
from pii_guard.intake.admission import Admission, Headers, admit
from pii_guard.intake.delivery import Delivery
from pii_guard.intake.names import check_name, numbered, path_of
from pii_guard.intake.objects import StoredObject, alone

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

    from pii_guard.case import Case
    from pii_guard.certificate import Certificate
    from pii_guard.guard import Guard
    from pii_guard.originals import Source

Sink = Callable[[str, "Certificate"], object]
"""Takes the path of what was stored, and its certificate; where it raises, the file is taken back."""


class Landing:
    """Takes things into a file system of fsspec's. `sink`: takes certificates; by default they are put
    beside their files, where whoever copies, lists or deletes the one sees the other.
    """

    def __init__(self, fs: AbstractFileSystem, guard: Guard, sink: Sink | None = None) -> None:
        self._fs, self.guard, self._sink = fs, guard, sink

    def deliver(
        self,
        case: Case,
        source: Source,
        path: str,
        exclusive: bool,
        headers: Headers,
        *,
        commit: bool = True,
        taken: Collection[str] = (),
    ) -> tuple[str, Delivery]:
        """Redact, prove and put there; where it is then, and what can take it back.

        A name that redaction changed never replaces anything, and is none of `taken`: two people's may
        have become one. Without `commit` it is staged only. Raises `NotStored`, `PolicyError`,
        `FileExistsError` for `exclusive`, and what the file system raises; nothing is there then.
        """
        folder, slash, name = path.rpartition("/")
        check_name(name)
        into = self.folder(folder).rstrip("/") + slash
        admitted = admit(case, source, name=name, headers=headers)
        # A directory that was renamed may be another person's as well.
        moved = into.strip("/") != (folder + slash).strip("/")
        number = admitted.renamed or moved
        return self._land(admitted, into, number, exclusive, commit=commit, taken=taken)

    def land(self, admitted: Admission, folder: str, *, replace: bool = False) -> str:
        """Put what was admitted into a directory, which is made where there is none; its path then.

        It replaces nothing: it gets a number where its name is taken; unless it may `replace`. Raises
        `NotStored` for a directory whose name cannot be redacted, `PolicyError`, and what the file system
        raises; nothing is there then.
        """
        folder = folder.rstrip("/")
        into = self.folder(folder)
        if into:
            self._fs.makedirs(into, exist_ok=True)
        moved = into.strip("/") != folder.strip("/")
        number = admitted.renamed or moved or not replace
        path, _ = self._land(admitted, into and into.rstrip("/") + "/", number, False)
        return path

    def _land(
        self,
        admitted: Admission,
        into: str,
        number: bool,
        exclusive: bool,
        *,
        commit: bool = True,
        taken: Collection[str] = (),
    ) -> tuple[str, Delivery]:
        """As `deliver`; `number`: it gets a number where its name is taken."""
        name = admitted.name
        for candidate in numbered(into, name) if number else (path_of(into, name),):
            if candidate in taken:
                continue
            place = StoredObject(
                self._fs,
                candidate,
                exclusive=exclusive or number,
                headers=admitted.headers,
                record=admitted.record,
            )
            publish = partial(self._sink, candidate) if self._sink else place.certified
            delivery = Delivery(admitted, place, publish)
            try:
                with alone(self._fs, candidate):
                    delivery.stage()
                    if commit:
                        delivery.commit()
            except FileExistsError:
                if number and not exclusive:
                    continue
                raise
            return candidate, delivery
        raise FileExistsError("every number that the name may get is taken")

    def folder(self, path: str) -> str:
        """The directory to write to: what is there already is the store's own, and names below it are
        whoever's, so redacted. Raises `NotStored`.
        """
        new: list[str] = []
        root = "/" if path.startswith("/") else ""
        while path.strip("/") and not self._fs.isdir(path):
            path, _, last = path.rpartition("/")
            new.insert(0, last)
        there = [path.strip("/")] if path.strip("/") else []
        return root + "/".join([*there, *map(self._redacted, new)])

    def _redacted(self, name: str) -> str:
        result = self.guard.redact(b"", name=name)
        if isinstance(result, Quarantined):
            raise NotStored(result.reason)
        return result.name
