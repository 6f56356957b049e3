"""Checkpoints of a ledger (C2SP tlog-checkpoint): origin, size and root in a signed note."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pii_guard.certificate.merkle import HASH_BYTES, MOST_LEAVES, Inclusion, proves_inclusion
from pii_guard.certificate.note import (
    Kind,
    Note,
    NoteKey,
    NoteSigner,
    check_note,
    is_name,
    parse_note,
)
from pii_guard.certificate.strict import Malformed, strict_base64

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_FIXED_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of the ledger called `origin`: how many leaves, and their root (32 bytes)."""

    origin: str
    size: int
    root: bytes = field(repr=False)
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note's text, which is what is signed and time-stamped."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkpoint that its log signed; `witnessed` are the times at which witnesses had seen it."""

    checkpoint: Checkpoint
    signed_by: tuple[NoteKey, ...]
    witnessed: tuple[tuple[NoteKey, datetime], ...]

    @property
    def independent_time(self) -> datetime | None:
        """The earliest moment a trusted witness vouches for; None without one."""
        return min((when for _, when in self.witnessed), default=None)


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> str:
    """The checkpoint as a note. Raises `ValueError` if the signature does not verify."""
    return str(Note(checkpoint.text, ()).signed(signer))


def parse_checkpoint(note: Note) -> Checkpoint:
    """What a note says, whoever signed it. Raises `Malformed`."""
    lines = note.text.split("\n")[:-1]
    if len(lines) < _FIXED_LINES or not all(lines):
        raise Malformed("the checkpoint is malformed")
    origin, size, root, *extensions = lines
    if not is_name(origin) or not _SIZE.fullmatch(size) or int(size) > MOST_LEAVES:
        raise Malformed("the checkpoint is malformed")
    raw = strict_base64(root)
    if len(raw) != HASH_BYTES:
        raise Malformed("the checkpoint's root has another length")
    return Checkpoint(origin, int(size), raw, tuple(extensions))


def open_checkpoint(
    note: str, log_keys: Iterable[NoteKey], witnesses: Iterable[NoteKey] = ()
) -> Opened:
    """Read a checkpoint that one of `log_keys` must have signed under the name of its origin.

    Raises `Malformed` for anything else: no log's signature, a wrong one, or a malformed note; and
    `ValueError` if a key is given both as a log's and as a witness's.
    """
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed)
    logs = [key for key in log_keys if key.kind is not Kind.COSIGNATURE]
    trusted = [key for key in witnesses if key.kind is Kind.COSIGNATURE]
    if any(log.public == witness.public for log in logs for witness in trusted):
        raise ValueError("a log cannot be its own witness")
    mine = [key for key in logs if key.name == checkpoint.origin]
    signed = check_note(parsed, [*mine, *trusted])
    by_log = tuple(key for key in signed.keys if key.kind is not Kind.COSIGNATURE)
    if not by_log:
        raise Malformed("no trusted log signed the checkpoint")
    return Opened(checkpoint, by_log, signed.seen)


def includes(checkpoint: Checkpoint, leaf: bytes, proof: Inclusion) -> bool:
    """Whether a leaf hash is in the ledger as of the checkpoint, by a proof for that very size."""
    return proof.size == checkpoint.size and proves_inclusion(leaf, proof, checkpoint.root)
