"""The end of entries: what has expired is deleted, and what may be claimed of it is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pii_guard.certificate.claims import Claim, Store
from pii_guard.certificate.writing import BEGIN
from pii_guard.deletion.files import delete_files
from pii_guard.leftovers import remove_left
from pii_guard.quarantine.store import entries, file_of


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
    remove_left(folder, BEGIN)
    for one in entries(folder):
        if one.entry is None and not damaged:
            yield Purged(one.id, None)
        elif one.entry is None or one.entry.expired(moment):
            (claim,) = delete_files([file_of(folder, one.id)], at=moment)
            yield Purged(one.id, replace(claim, store=Store.QUARANTINE))
