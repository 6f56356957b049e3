"""What a ledger does, whatever keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pii_guard.certificate.merkle import Consistency, Inclusion
from pii_guard.certificate.seen import Verdict

Erased = Literal["unlinked", "overwritten_best_effort"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry's place, with the checkpoint that covers it and the proof that it does.

    `new` is False where the same leaf was there before: then it is the first one's receipt.
    """

    index: int
    inclusion: Inclusion
    checkpoint: str = field(repr=False)
    new: bool = True


@dataclass(frozen=True, slots=True)
class Batch:
    """The places of entries appended together, in their order, and the checkpoint after them."""

    indices: tuple[int, ...]
    checkpoint: str = field(repr=False)


class Ledger(Protocol):
    """An append-only list of leaves under signed checkpoints.

    Every method raises `LedgerError` where the ledger cannot be used, and `LedgerBroken` where what
    is stored contradicts its signed checkpoint; then nothing is returned and nothing is written.
    """

    @property
    def origin(self) -> str:
        """The name under which it signs."""

    def append(self, data: bytes, payload: bytes | None = None) -> Receipt:
        """Add a leaf (`leaf.leaf_data`); when this returns it is on disk and under a checkpoint.

        `payload` is kept beside it until `erase`. A leaf that is there already is not added again,
        and its payload stays as it is.
        """

    def append_many(self, entries: Sequence[tuple[bytes, bytes | None]]) -> Batch:
        """Add several leaves, each with its payload or None, under one checkpoint: all or none."""

    def checkpoint(self) -> str:
        """The last checkpoint, a signed note."""

    def find(self, data: bytes) -> int | None:
        """The place of a leaf; None if it is not in the ledger."""

    def inclusion(self, index: int, size: int | None = None) -> Inclusion:
        """Proof that a leaf is in the tree of `size` leaves (default: of the last checkpoint)."""

    def consistency(self, old: int, new: int | None = None) -> Consistency:
        """Proof that the tree of `old` leaves is the beginning of that of `new` (default: the last)."""

    def payload(self, index: int) -> bytes | None:
        """What is kept beside an entry; None if nothing was, or it has been erased."""

    def kept(self) -> Sequence[int]:
        """The places of the entries beside which something is kept, in order."""

    def erase(self, index: int) -> Erased | None:
        """Remove what is kept beside an entry; its leaf and every proof stay.

        Returns what may be claimed of it (words of the deletion vocabulary), None if nothing was
        there.
        """

    def check(self, seen: str) -> Verdict:
        """Whether the ledger continues a checkpoint seen before, by a proof made now."""

    def audit(self) -> int:
        """Recompute every hash from the leaves, in time linear in them; the number of leaves."""

    def close(self) -> None:
        """Let go of files and connections."""
