"""What a verifier has seen of a ledger before: the only thing that shows a ledger cut or rewritten.

The file is the verifier's own. It goes forwards only, and only with proof. Of each step it keeps when
it was seen: that is a time which neither the issuer nor the log can move.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pii_guard.certificate.checkpoint import Checkpoint, open_checkpoint
from pii_guard.certificate.merkle import MOST_LEAVES, Consistency, proves_consistency
from pii_guard.certificate.note import NoteKey
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.certificate.writing import write_whole
from pii_guard.errors import CertificateError

SCHEMA = "pii-guard/seen/1"
MOST_STEPS = 10_000
_MOST_BYTES = 1 << 21
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class Relation(StrEnum):
    """How a checkpoint stands to the one seen before."""

    FIRST = "first"
    SAME = "same"
    GROWN = "grown"
    BEHIND = "behind"
    FORKED = "forked"
    REWRITTEN = "rewritten"
    OTHER_LOG = "other_log"
    UNPROVEN = "unproven"


_REASONS = {
    Relation.FIRST: "nothing was seen of this ledger before",
    Relation.SAME: "it is the checkpoint seen before",
    Relation.GROWN: "it continues the checkpoint seen before",
    Relation.BEHIND: "it has fewer entries than were seen before",
    Relation.FORKED: "it has as many entries as were seen before, but others",
    Relation.REWRITTEN: "entries that were seen before have been changed, moved or removed",
    Relation.OTHER_LOG: "it is of another ledger than the one seen before",
    Relation.UNPROVEN: "there is no proof that it continues the checkpoint seen before",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A relation, and in `reason` what it means."""

    relation: Relation

    @property
    def reason(self) -> str:
        """One clause, of our words only."""
        return _REASONS[self.relation]

    @property
    def holds(self) -> bool:
        """Whether nothing that was seen has been taken back."""
        return self.relation in (Relation.FIRST, Relation.SAME, Relation.GROWN)


@dataclass(frozen=True, slots=True)
class Seen:
    """The last checkpoint seen, and when the ledger was first seen to have how many entries."""

    note: str = field(repr=False)
    checkpoint: Checkpoint
    steps: tuple[tuple[int, datetime], ...]

    def time_of(self, index: int) -> datetime | None:
        """When entry `index` was first known to be in the ledger; None if it was not seen in it."""
        return min((when for size, when in self.steps if size > index), default=None)


def relate(seen: Checkpoint, now: Checkpoint, proof: Consistency | None = None) -> Relation:
    """How `now` stands to `seen`; `proof` is one between the two, from the smaller to the larger."""
    if seen.origin != now.origin:
        return Relation.OTHER_LOG
    if seen.size == now.size:
        return Relation.SAME if seen.root == now.root else Relation.FORKED
    small, large = sorted((seen, now), key=lambda state: state.size)
    if small.size == 0:
        proof = Consistency(0, large.size, ())
    if proof is None:
        return Relation.BEHIND if now is small else Relation.UNPROVEN
    if (proof.old, proof.new) != (small.size, large.size):
        return Relation.UNPROVEN
    if not proves_consistency(proof, small.root, large.root):
        return Relation.REWRITTEN
    return Relation.BEHIND if now is small else Relation.GROWN


def load_seen(path: Path, keys: Iterable[NoteKey]) -> Seen | None:
    """What is in the file; None where there is none. Raises `CertificateError`."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError:
        raise _unusable("cannot be read") from None
    try:
        if len(content) > _MOST_BYTES:
            raise Malformed("too large")
        return _parsed(strict_json(content), keys)
    except Malformed:
        # To begin anew in silence would forget what was seen.
        raise _unusable("is malformed, or a key that signed it is no longer trusted") from None


def keep_seen(
    path: Path,
    note: str,
    keys: Iterable[NoteKey],
    prove: Callable[[int, int], Consistency | None],
    now: datetime,
) -> Verdict:
    """Compare a checkpoint with the file, and put it there if it is the first or goes forwards.

    `prove` gives the proof between two sizes, or None; `now` is the verifier's own (aware) time.
    Raises `CertificateError` for a file of no use, `Malformed` for a checkpoint no trusted log signed.
    """
    pinned = tuple(keys)
    state = open_checkpoint(note, pinned).checkpoint
    with _alone(path):
        seen = load_seen(path, pinned)
        relation = Relation.FIRST
        if seen is not None:
            small, large = sorted((seen.checkpoint.size, state.size))
            proof = prove(small, large) if 0 < small < large else None
            relation = relate(seen.checkpoint, state, proof)
        if relation in (Relation.FIRST, Relation.GROWN):
            before = () if seen is None else seen.steps
            _write(path, Seen(note, state, _kept((*before, (state.size, now)))))
    return Verdict(relation)


def _kept(steps: tuple[tuple[int, datetime], ...]) -> tuple[tuple[int, datetime], ...]:
    # Of two neighbours the later speaks for both: a time may only become later by forgetting.
    return steps if len(steps) <= MOST_STEPS else (*steps[1:-1:2], steps[-1])


def _parsed(table: Any, keys: Iterable[NoteKey]) -> Seen:
    if not isinstance(table, dict) or set(table) != {"schema", "checkpoint", "steps"}:
        raise Malformed("another schema")
    note, steps = table["checkpoint"], table["steps"]
    if table["schema"] != SCHEMA or not isinstance(note, str) or not isinstance(steps, list):
        raise Malformed("another schema")
    checkpoint = open_checkpoint(note, keys).checkpoint
    parsed = tuple(map(_step, steps))
    sizes = [size for size, _ in parsed]
    if not sizes or sizes != sorted(set(sizes)) or sizes[-1] != checkpoint.size:
        raise Malformed("steps out of order")
    return Seen(note, checkpoint, parsed)


def _step(entry: Any) -> tuple[int, datetime]:
    if not isinstance(entry, dict) or set(entry) != {"size", "seenAt"}:
        raise Malformed("another schema")
    size, when = entry["size"], entry["seenAt"]
    if type(size) is not int or not 0 <= size <= MOST_LEAVES or not isinstance(when, str):
        raise Malformed("another schema")
    try:
        return size, datetime.strptime(when, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise Malformed("no time") from None


def _write(path: Path, seen: Seen) -> None:
    steps = [
        {"size": size, "seenAt": when.astimezone(UTC).strftime(_TIME)} for size, when in seen.steps
    ]
    table = {"schema": SCHEMA, "checkpoint": seen.note, "steps": steps}
    try:
        write_whole(path, json.dumps(table, indent=1).encode() + b"\n")
    except OSError:
        raise _unusable("cannot be written") from None


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One verifier at a time, where the system has such locks: two could step backwards."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    try:
        handle = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        raise _unusable("cannot be written") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _unusable(why: str) -> CertificateError:
    return CertificateError(
        f"the file of what was seen of the ledger {why}",
        remedy="restore it; without it a rewritten ledger cannot be told from an honest one",
    )
