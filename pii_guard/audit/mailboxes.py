"""An mbox file as a source: each message is a file of its own.

A message begins at a line `From …` after an empty one, or at the start (RFC 4155); its own `From …` line
belongs to it, as it names somebody.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pii_guard.audit.entries import CHANGED, GONE, Entry, Read, Whole
from pii_guard.audit.tree import again, opened, version_of
from pii_guard.errors import PolicyError, Reason
from pii_guard.originals import Opened, Original, Stretch

_LINE = 1 << 20
_BEGIN = b"From "


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An mbox file."""

    path: Path
    name: str

    def entries(self) -> Iterator[Entry]:
        """Its messages, in their order. Raises `PolicyError` for what is no mailbox."""
        with self.path.open("rb") as file:
            status = os.fstat(file.fileno())
            version = version_of(status)
            start = place = count = 0
            empty = True
            while line := file.readline(_LINE):
                if not place and not line.startswith(_BEGIN):
                    raise PolicyError(
                        "a source is called .mbox and is no mailbox",
                        remedy="name the file otherwise: it is then one file to look into",
                    )
                if place and empty and line.startswith(_BEGIN):
                    count += 1
                    yield self._entry(count, start, place - start, version)
                    start = place
                place += len(line)
                empty = not line.strip(b"\r\n")
            if place:
                yield self._entry(count + 1, start, place - start, version)

    def read(self, entry: Entry) -> Read:
        """A message."""
        version = entry.version.partition("/")[0]
        return stretch(self.path, version, entry.start, entry.size or 0)

    def _entry(self, number: int, start: int, size: int, version: str) -> Entry:
        said = f"message {number}.mbox"
        return Entry(
            said.encode(), f"{self.name}/{said}", size, f"{version}/{start}-{size}", start=start
        )


def stretch(path: Path, version: str, start: int, size: int) -> Read:
    """A part of a local file that has to be the one that was listed."""
    try:
        whole = opened(again(path), version)
    except OSError:
        return Whole(GONE)
    original = whole.original
    if isinstance(original, Reason):
        return whole
    if start + size > original.size:
        whole.settle()
        return Whole(CHANGED)
    return _Part(Stretch(original, start, size), original)


@dataclass(frozen=True, slots=True)
class _Part:
    original: Stretch
    whole: Original

    def settle(self) -> Reason | None:
        if isinstance(self.whole, Opened):
            self.whole.close()
        return None
