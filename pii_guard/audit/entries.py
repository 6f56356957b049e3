"""One file of a source as it was listed: what a manifest has a line for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from pii_guard.errors import Reason, ReasonCode
from pii_guard.originals import Original

CHANGED = Reason(ReasonCode.UNREADABLE, "it changed since it was listed")
GONE = Reason(ReasonCode.UNREADABLE, "it is gone since it was listed")
NO_FILE = Reason(ReasonCode.UNREADABLE, "not a regular file")
LINK_WITHIN = Reason(ReasonCode.UNSAFE_PATH, "a link to what is listed itself")
LINK_OUT = Reason(ReasonCode.UNSAFE_PATH, "a link out of the source")
LINK_NOWHERE = Reason(ReasonCode.UNSAFE_PATH, "a link that leads nowhere")


class StoreFails(Exception):
    """A source does not answer: nothing is said of its files, and another run asks again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file. Holds its raw path.

    `path`: where it is in its source, in the source's own bytes; `name`: the same for people, below the
    source's name. `size` in bytes and `modified` in seconds since 1970, None where the source does not
    say. `version`: equal as long as the file is the same. `start`: where in an archive or mailbox it
    begins, or which member it is. `refused`: why it is not to be opened; `missed`: whether something is
    missed by that.
    """

    path: bytes = field(repr=False)
    name: str = field(repr=False)
    size: int | None = None
    version: str = field(default="", repr=False)
    modified: float | None = None
    start: int = 0
    refused: Reason | None = None
    missed: bool = True
    source: int = 1

    @property
    def month(self) -> str:
        """`2026-11`, UTC; "" where it is not known, or no date."""
        if self.modified is None:
            return ""
        try:
            return datetime.fromtimestamp(self.modified, UTC).strftime("%Y-%m")
        except (OverflowError, ValueError, OSError):
            return ""


class Read(Protocol):
    """A file that is open, and whether it was still the one that was listed once it had been read."""

    @property
    def original(self) -> Original | Reason:
        """Its bytes, or why there are none."""
        ...

    def settle(self) -> Reason | None:
        """Let go of it; why nothing that was read of it counts, or None. Raises `StoreFails`."""
        ...


class Source(Protocol):
    """Where files are. `name`: what stands before the names of its files."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    def entries(self) -> Iterator[Entry]:
        """Its files, always in the same order. Raises `PolicyError`, `StoreFails`."""
        ...

    def read(self, entry: Entry) -> Read:
        """A file that was listed. Raises `StoreFails`."""
        ...


@dataclass(frozen=True, slots=True)
class Whole:
    """What is read, and needs no second look."""

    original: Original | Reason = field(repr=False)

    def settle(self) -> Reason | None:
        return None
