"""Files deleted as asked: each checked before, unlinked, and looked for again; what came of it.

What is claimed is that no name leads to the file any more, not what its blocks hold: file systems
that journal or copy, flash and snapshots keep what was overwritten (Wei et al., "Reliably Erasing
Data from Flash-Based Solid State Drives", FAST 2011).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pii_guard.certificate.claims import Assurance, Claim, Kind, Note, Store
from pii_guard.deletion.file_systems import NETWORK, file_system
from pii_guard.deletion.places import Handle, Kept, Place, content, noted


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was when it was read; it is deleted only while it is still that one."""

    path: Path
    content: tuple[int, ...]

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Seen:
        """The file now. Raises `OSError`."""
        return cls(Path(path), content(Path(path).stat()))


@dataclass(frozen=True, slots=True)
class _State:
    """How far a deletion has come: what will be its evidence."""

    file_system: str = "unknown"
    other_names: int = 0
    open_elsewhere: str = "unknown"
    overwritten: bool | None = None
    by_another: bool = False


def delete_files(
    files: Iterable[str | os.PathLike[str] | Seen],
    *,
    overwrite: bool = False,
    at: datetime | None = None,
) -> list[Claim]:
    """Delete each file and say what came of it: `unlinked`, `overwritten_best_effort` or
    `not_deleted`, in the order given. Never raises for a file; a claim holds no path.

    A symbolic link, a directory or a device is left alone, and so is a file that has more names
    (hard links) than those given, or that is no longer what was `Seen`. `overwrite` writes random
    bytes over each file in place first. `at` is aware and defaults to now.
    """
    wanted = [one if isinstance(one, Seen) else Seen(Path(one), ()) for one in files]
    groups: dict[tuple[object, ...], dict[tuple[str, str], list[int]]] = {}
    for number, one in enumerate(wanted):
        file, name = _one_file(one.path)
        groups.setdefault(file, {}).setdefault(name, []).append(number)
    claims: dict[int, Claim] = {}
    for names in groups.values():
        # Names of one file go together: it is gone when the last of them is.
        seen = [wanted[numbers[-1]] for numbers in names.values()]
        claim = _delete(seen, overwrite, at or datetime.now(UTC))
        claims |= {number: claim for numbers in names.values() for number in numbers}
    return [claims[number] for number in range(len(wanted))]


def _one_file(path: Path) -> tuple[tuple[object, ...], tuple[str, str]]:
    """Which file a path leads to, and by which name."""
    try:
        status = path.lstat()
        return (status.st_dev, status.st_ino), (os.path.realpath(path.parent), path.name)
    except (OSError, ValueError):
        return (str(path),), (str(path), "")


def _delete(names: Sequence[Seen], overwrite: bool, at: datetime) -> Claim:
    """All given names of one file."""
    state = _State()
    try:
        with ExitStack() as open_places:
            places = [open_places.enter_context(Place(one.path)) for one in names]
            state = replace(state, file_system=file_system(names[0].path.parent))
            handle = open_places.enter_context(places[0].handle())
            _refuse_others(handle, names)
            state = replace(state, open_elsewhere=handle.open_elsewhere())
            if overwrite:
                state = replace(state, overwritten=_overwritten(places[0], handle))
            if state.file_system in NETWORK:
                # A file that is held open is only renamed there (NFS), or cannot go (SMB).
                handle.release()
            state = replace(state, by_another=_unlink(places, handle))
            state = replace(state, other_names=handle.names_left())
        if state.other_names:
            raise Kept(Note.OTHER_NAMES, state.other_names)
    except (Kept, OSError, ValueError) as error:
        kept = error if isinstance(error, Kept) else Kept(noted(error))
        state = replace(state, other_names=max(state.other_names, kept.other_names))
        return Claim(
            Kind.NOT_DELETED, Store.SOURCE_FILE, Assurance.OBSERVED, _evidence(state),
            at=at, note=kept.note,
        )  # fmt: skip
    return Claim(
        Kind.OVERWRITTEN if state.overwritten else Kind.UNLINKED,
        Store.SOURCE_FILE, Assurance.OBSERVED, _evidence(state),
        method="path_checked_again", residual=0, at=at, note=_note(state),
    )  # fmt: skip


def _refuse_others(handle: Handle, names: Sequence[Seen]) -> None:
    for one in names:
        if one.content and one.content != content(handle.status):
            raise Kept(Note.CHANGED)
    others = handle.status.st_nlink - len(names)
    if others > 0:
        raise Kept(Note.OTHER_NAMES, others)


def _overwritten(place: Place, handle: Handle) -> bool:
    try:
        place.overwrite(handle)
    except (OSError, Kept):
        return False
    return True


def _unlink(places: Sequence[Place], handle: Handle) -> bool:
    """Take all names away and make that last; whether somebody else took one first."""
    by_another = False
    for place in places:
        try:
            place.unlink(handle)
        except FileNotFoundError:
            if handle.released:
                raise
            # Gone or only moved: the count of names tells.
            by_another = True
    for place in places:
        try:
            place.sync()
        except OSError:
            raise Kept(Note.NOT_SYNCED) from None
    if any(place.taken() for place in places):
        raise Kept(Note.NAME_TAKEN)
    return by_another


def _note(state: _State) -> Note | None:
    if state.open_elsewhere == "yes":
        return Note.OPEN_ELSEWHERE
    if state.overwritten is False:
        return Note.OVERWRITE_FAILED
    return Note.REMOVED_BY_ANOTHER if state.by_another else None


def _evidence(state: _State) -> dict[str, str | int | list[str]]:
    evidence: dict[str, str | int | list[str]] = {
        "fileSystem": state.file_system,
        "otherNames": state.other_names,
        "openElsewhere": state.open_elsewhere,
    }
    return evidence | ({"overwrites": 1} if state.overwritten else {})
