"""Proofs that a bundle's checkpoints are of the ledger that a verifier saw before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pii_guard.certificate.bundle import Bundle
from pii_guard.certificate.checkpoint import Checkpoint, open_checkpoint
from pii_guard.certificate.note import NoteKey
from pii_guard.certificate.seen import Relation, Verdict, load_seen, relate
from pii_guard.cli.acknowledging import read_file
from pii_guard.cli.ledger import log_keys, opened
from pii_guard.errors import CertificateError
from pii_guard.ledger import Ledger

if TYPE_CHECKING:
    from pii_guard.cli.attach import Asked


def proved_since(bundle: Bundle, asked: Asked) -> tuple[Bundle, Verdict]:
    """The bundle with a proof between what was seen and each checkpoint in it; whether the ledger gives them.

    Raises `CertificateError`, `LedgerError`, and `Malformed` for a checkpoint that the log did not sign.
    """
    if asked.trust is None or asked.since is None or not (asked.ledger and asked.origin):
        raise CertificateError(
            "proofs are asked of the ledger", remedy="give --ledger, --origin and --trust, too"
        )
    if not bundle.checkpoint:
        raise CertificateError("the file is in no ledger", remedy="enter it with `ledger add`")
    keys = log_keys(asked.origin, asked.trust, asked.root)
    before = _seen(asked.since, keys)
    with opened(asked.ledger, keys) as ledger:
        verdict = ledger.check(before[0])
        if not verdict.holds:
            return bundle, verdict
        return _all_proved(bundle, before[1], keys, ledger), verdict


def _all_proved(
    bundle: Bundle, before: Checkpoint, keys: Sequence[NoteKey], ledger: Ledger
) -> Bundle:
    def proved(one: Bundle) -> Bundle:
        return _proved(one, before, keys, ledger) if one.checkpoint else one

    return proved(bundle).with_each(proved)


def _proved(one: Bundle, before: Checkpoint, keys: Sequence[NoteKey], ledger: Ledger) -> Bundle:
    now = open_checkpoint(one.checkpoint, keys).checkpoint
    small, large = sorted((before.size, now.size))
    if not 0 < small < large:
        return one
    proof = ledger.consistency(small, large)
    if relate(before, now, proof) not in (Relation.GROWN, Relation.BEHIND):
        raise CertificateError(
            "the file's checkpoint is of another ledger than this one",
            remedy="compare it with `ledger check`, and ask whoever runs the ledger",
        )
    return one.with_consistency(proof)


def _seen(path: Path, keys: Sequence[NoteKey]) -> tuple[str, Checkpoint]:
    """The checkpoint in a file: a signed note, or the verifier's own file of what was seen."""
    content = read_file(path)
    if content.lstrip().startswith(b"{"):
        seen = load_seen(path, keys)
        if seen is not None:
            return seen.note, seen.checkpoint
    note = content.decode("utf-8", "replace")
    return note, open_checkpoint(note, keys).checkpoint
