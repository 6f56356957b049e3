"""The contract every format fulfils, one screen. See CONTRIBUTING, "Add a format".

A format is a module of this package with a module constant `FORMAT`. It is found by being there.
Formats know bytes and documents; nothing about what is personal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol, runtime_checkable

from pii_guard.document import Changes, Document
from pii_guard.limits import Limits

_DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a reader may take on before it raises `Unreadable(LIMIT_…)`: limits of those names."""

    max_nesting: int = _DEFAULT.max_nesting
    max_pages: int = _DEFAULT.max_pages
    max_cells: int = _DEFAULT.max_cells
    max_unpacked_bytes: int = _DEFAULT.max_unpacked_bytes
    max_members: int = _DEFAULT.max_members
    max_ratio: int = _DEFAULT.max_ratio
    max_memory_bytes: int = _DEFAULT.max_memory_bytes
    max_pixels: int = _DEFAULT.max_pixels
    max_pixels_in_file: int = _DEFAULT.max_pixels_in_file

    @classmethod
    def of(cls, limits: Limits) -> Bounds:
        """Those of the limits that readers keep."""
        return cls(**{one.name: getattr(limits, one.name) for one in fields(cls)})


@runtime_checkable
class Converting(Protocol):
    """What a format has besides when its blobs are read and written as another type.

    The conductor converts a blob as soon as it is identified: all else sees what it `becomes`.
    """

    becomes: str
    """The media type that `converted` returns."""
    suffix: str
    """The file extension of that type, without the dot."""

    def converted(self, blob: bytes, bounds: Bounds) -> bytes:
        """`blob` as that type, the same bytes each time. Raises `Unreadable`."""
        ...


@runtime_checkable
class Unlocking(Protocol):
    """What a format has besides when its files may have a password."""

    def unlocked(self, blob: bytes, passwords: Sequence[str], bounds: Bounds) -> bytes | None:
        """The file without its password; None if it has none, or opens without.

        Raises `Unreadable(ENCRYPTED)` where none of the passwords fits.
        """
        ...


class Format(Protocol):
    """Reads and rewrites blobs of the media types it names.

    Laws, checked for every format by `tests/contract/test_formats.py`:
    `write` without edits and with every child as it was equals `blob` (if `exact`);
    `read` numbers segments and children the same way each time it is given the same bytes;
    after `write`, `read` and `reread` show each replacement where the span stood and nothing else
    changed; broken input raises `Unreadable` and nothing else; time and memory grow linearly.
    What nobody can scan and a write can leave out is a segment with the text `UNSCANNED`: it is
    found like a value, and its edit takes the thing out. What a write cannot leave out is a `Gap`.
    Records: give each object, row, tuple or message a `record` tuple that starts with an ordinal of
    its own; a child object extends its parent's tuple; a list element starts anew.

    A format may have `members_may_go`: true for archives, of which a member that cannot be read may be
    left out if the policy says so; `haystacks(blob)`: what more of its bytes is to be searched;
    `searched(blob)`: what is searched in place of its bytes, where an encoding cuts words in two;
    `cutting`: how its files are cut into sections that are read one at a time.
    """

    media_types: frozenset[str]
    exact: bool
    """True when an unedited write is byte for byte the input."""

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """All readable text of `blob`. Raises `Unreadable`."""
        ...

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """`blob` with `changes` applied, in the same format. Raises `Unreadable`."""
        ...

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """`blob` as an independent reader (another library than `read`/`write`) sees it.

        Used to prove written bytes. Segments carry labels where that reader knows them; numbering
        need not agree with `read`. Raises `Unreadable`.
        """
        ...
