"""A large file as sections that are read one at a time, and where each stands in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pii_guard.document import Document, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.findings import Finding
from pii_guard.formats.cutting import Cutting
from pii_guard.originals import Original

SIZE = 128 * 1024
"""Bytes of a section, unless a line or row is longer."""
LONGEST = 8 * 1024 * 1024
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Section:
    """`size` bytes of the original from `start` on, as they were when they were first read."""

    start: int
    size: int
    _seen: bytes = field(repr=False)

    def read(self, original: Original) -> bytes:
        """Its bytes. Raises `Unreadable` when they are not those of the first time."""
        blob = original.read(self.start, self.size)
        if _digest(blob) != self._seen:
            raise Unreadable(ReasonCode.UNREADABLE, "it changed while it was read")
        return blob


def sections(original: Original, cutting: Cutting, lead: bytes) -> Iterator[tuple[Section, bytes]]:
    """The sections in order, without a gap, with their bytes.

    Raises `Unreadable` where there is no place to cut.
    """
    position = 0
    while position < original.size:
        wanted = SIZE
        while True:
            blob = original.read(position, wanted)
            if position + len(blob) >= original.size:
                end = len(blob)
            else:
                end = cutting.end(lead if position else b"", blob)
            if end:
                break
            wanted *= 2
            if wanted > LONGEST:
                where = f"a line or row of more than {LONGEST} bytes"
                raise Unreadable(ReasonCode.LIMIT_SIZE, where)
        blob = blob[:end]
        yield Section(position, end, _digest(blob)), blob
        position += end


@dataclass(frozen=True, slots=True)
class Place:
    """Where a section stands in its file: what all before it hold together.

    `lines` (or rows), `segments` and `characters`, less those of the lead that it is read with.
    """

    lines: int = 0
    segments: int = 0
    characters: int = 0

    def after(self, document: Document, blob: bytes) -> Place:
        """Where what follows a section (its document, lead included, and its own bytes) stands."""
        last = document.segments[-1] if document.segments else None
        if last is None or last.locator:
            rows = last is not None and last.locator[0].axis == "row"
            lines = last.locator[0].ordinal if last and rows else blob.count(b"\n")
            return replace(
                self, lines=self.lines + lines, segments=self.segments + len(document.segments)
            )
        return replace(
            self, characters=self.characters + sum(len(s.text) for s in document.segments)
        )

    def less(self, lead: Document) -> Place:
        """The same for a section that is read with a lead."""
        rows = lead.segments[-1].locator[0].ordinal if lead.segments else 0
        return replace(self, lines=self.lines - rows, segments=self.segments - len(lead.segments))

    def of(self, finding: Finding) -> Finding:
        """A finding in the section as one in the file."""
        if not finding.locator:
            at = self.characters
            return replace(finding, start=finding.start + at, end=finding.end + at)
        axis, ordinal = finding.locator[0]
        if axis not in ("line", "row"):
            return finding
        locator = (Step(axis, ordinal + self.lines), *finding.locator[1:])
        return replace(finding, segment=finding.segment + self.segments, locator=locator)


def _digest(blob: bytes) -> bytes:
    return hashlib.blake2b(blob, digest_size=_DIGEST_BYTES).digest()
