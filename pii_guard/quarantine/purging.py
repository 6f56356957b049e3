"""The end of entries: what has expired is deleted, and what may be claimed of it is said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pii_guard.certificate.claims import Claim, Store
from pii_guard.deletion.files import delete_files
from pii_guard.quarantine.entry import ID
from pii_guard.quarantine.store import SUFFIX, UNFINISHED, entries, file_of, listing

_ABANDONED = timedelta(hours=1)
"""Since the last byte was written: whoever writes an entry does not pause that long."""


@dataclass(frozen=True, slots=True)
class Purged:
    """An entry that was to go. `claim` is about the quarantine's copy; None: it is damaged, was not
    touched, and nobody knows when it was to go.
    """

    id: str
    claim: Claim | None


def purge(folder: Path, *, now: datetime | None = None, damaged: bool = False) -> Iterator[Purged]:
    """Delete what has expired at `now` (aware), with `damaged` also what nobody can release.

    What a crash left of unfinished entries goes as well, unmentioned: it opens with no key, and no
    certificate names it. Raises `QuarantineError` for a folder that cannot be read.
    """
    moment = now or datetime.now(UTC)
    _sweep(folder, moment)
    for one in entries(folder):
        if one.entry is None and not damaged:
            yield Purged(one.id, None)
        elif one.entry is None or one.entry.expired(moment):
            (claim,) = delete_files([file_of(folder, one.id)], at=moment)
            yield Purged(one.id, replace(claim, store=Store.QUARANTINE))


def _sweep(folder: Path, now: datetime) -> None:
    for path in listing(folder):
        name = path.name.removeprefix(".").removesuffix(SUFFIX + UNFINISHED)
        if path.suffix == UNFINISHED and ID.fullmatch(name):
            with suppress(OSError):
                written = datetime.fromtimestamp(os.lstat(path).st_mtime, UTC)
                if now - written > _ABANDONED:
                    path.unlink()
