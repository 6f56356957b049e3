"""Where in a file system something lands: under which name, and never on top of what is not its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import TYPE_CHECKING

from pii_guard.errors import NotStored
from pii_guard.findings import Quarantined
from pii_guard.intake.admission import Admission, Headers, admit
from pii_guard.intake.companions import check_name
from pii_guard.intake.delivery import Delivery
from pii_guard.intake.objects import StoredObject, alone

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

    from pii_guard.case import Case
    from pii_guard.certificate import Certificate
    from pii_guard.guard import Guard
    from pii_guard.originals import Source

Sink = Callable[[str, "Certificate"], object]
"""Takes the path of what was stored, and its certificate; where it raises, the file is taken back."""
_MOST = 10_000


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
        return self._land(admitted, into, admitted.renamed, exclusive, commit=commit, taken=taken)

    def land(self, admitted: Admission, folder: str, *, replace: bool = False) -> str:
        """Put what was admitted into a directory, which is made where there is none; its path then.

        It replaces nothing: it gets a number where its name is taken; unless it may `replace`. Raises
        `NotStored` for a directory whose name cannot be redacted, `PolicyError`, and what the file system
        raises; nothing is there then.
        """
        into = self.folder(folder.rstrip("/"))
        if into:
            self._fs.makedirs(into, exist_ok=True)
        numbered = admitted.renamed or not replace
        path, _ = self._land(admitted, into and into.rstrip("/") + "/", numbered, False)
        return path

    def _land(
        self,
        admitted: Admission,
        into: str,
        numbered: bool,
        exclusive: bool,
        *,
        commit: bool = True,
        taken: Collection[str] = (),
    ) -> tuple[str, Delivery]:
        """As `deliver`; `numbered`: it gets a number where its name is taken."""
        name = admitted.name
        for candidate in _numbered(into, name) if numbered else (path_of(into, name),):
            if candidate in taken:
                continue
            place = StoredObject(
                self._fs,
                candidate,
                exclusive=exclusive or numbered,
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
                if numbered and not exclusive:
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


def path_of(into: str, name: str) -> str:
    """The path of a name that was checked, in a directory. Raises `PolicyError`."""
    check_name(name)
    return into + name


def _numbered(into: str, name: str) -> Iterator[str]:
    """The name, then with a number before its extension: `a.txt`, `a-2.txt`, …"""
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if stem else (name, "")
    yield path_of(into, name)
    yield from (path_of(into, f"{stem}-{number}{ending}") for number in range(2, _MOST))
