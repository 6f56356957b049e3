"""Whether a ledger holds a certificate, and when something independent of its issuer saw that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pii_guard.certificate.bundle import Bundle
from pii_guard.certificate.checkpoint import includes, open_checkpoint
from pii_guard.certificate.leaf import leaf_data
from pii_guard.certificate.merkle import leaf_hash
from pii_guard.certificate.note import Kind, NoteKey
from pii_guard.certificate.report import Rule
from pii_guard.certificate.seen import Relation, Seen, Verdict, relate
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.trust import Trust

Stamped = Callable[[bytes, str], datetime]
"""Judges an RFC 3161 token: (token, checkpoint) to its time. Raises `Malformed`."""


@dataclass(frozen=True, slots=True)
class Logged:
    """The rule `ledger`, and the earliest time at which something independent vouches for the entry."""

    rule: Rule
    independent: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """What a verifier knows of a ledger beside its key: what was `seen` of it, who stamps its checkpoints."""

    seen: Seen | None = field(default=None, repr=False)
    stamped: Stamped | None = field(default=None, repr=False)


def judge_entry(bundle: Bundle, predicate_type: str, trust: Trust, watch: Watch) -> Logged:
    """Whether the bundle proves that its statement is in a ledger of a trusted log.

    A time counts where a trusted witness, a token over the checkpoint, or the verifier's own memory of
    that very checkpoint says so; never where issuer or log do.
    """
    if bundle.inclusion is None:
        return Logged(Rule("ledger", "not_checked", "the file holds no proof of a ledger"))
    logs = note_keys(trust, "log")
    if not logs:
        return Logged(Rule("ledger", "not_checked", "the trust file names no log"))
    try:
        opened = open_checkpoint(bundle.checkpoint, logs, note_keys(trust, "witness"))
        leaf = leaf_hash(leaf_data(predicate_type, bundle.opened().payload))
        if not includes(opened.checkpoint, leaf, bundle.inclusion):
            raise Malformed("the proof does not show that the ledger holds it")
        times = [opened.independent_time]
        relation = Relation.FIRST
        if watch.seen is not None:
            relation = relate(watch.seen.checkpoint, opened.checkpoint)
            if relation is Relation.SAME:
                times.append(watch.seen.time_of(bundle.inclusion.index))
        if bundle.timestamp and watch.stamped is not None:
            times.append(watch.stamped(bundle.timestamp, bundle.checkpoint))
    except Malformed as fault:
        return Logged(Rule("ledger", "fail", str(fault)))
    if relation in (Relation.FORKED, Relation.OTHER_LOG):
        return Logged(Rule("ledger", "fail", Verdict(relation).reason))
    held = f"entry {bundle.inclusion.index + 1} of {opened.checkpoint.size}"
    if relation in (Relation.UNPROVEN, Relation.BEHIND):
        held += "; not compared with what was seen before: see `pii-guard ledger check`"
    known = [time for time in times if time is not None]
    if bundle.timestamp and watch.stamped is None:
        held += "; its time stamp was not judged"
    held += "" if known else "; no independent time"
    return Logged(Rule("ledger", "pass", held), min(known, default=None))


def note_keys(trust: Trust, role: str) -> Sequence[NoteKey]:
    """The keys of a role as notes name them, by their identity. A revoked key counts no more."""
    kind = Kind.COSIGNATURE if role == "witness" else None
    found = []
    for key in trust.keys:
        if key.role == role and key.revoked_at is None:
            try:
                found.append(
                    NoteKey.of(key.identity, key.public)
                    if kind is None
                    else NoteKey(key.identity, key.public, kind)
                )
            except ValueError:
                continue  # a name or a curve that notes cannot have: nothing is signed by it
    return found
