"""Whether a ledger holds a certificate, and when something independent of its issuer saw that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pii_guard.certificate.bundle import Bundle
from pii_guard.certificate.checkpoint import Checkpoint, Opened, includes, open_checkpoint
from pii_guard.certificate.merkle import leaf_hash
from pii_guard.certificate.note import Kind, NoteKey
from pii_guard.certificate.public_keys import key_id
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


def judge_entry(
    bundle: Bundle, leaf: bytes, trust: Trust, watch: Watch, issued: datetime
) -> Logged:
    """Whether the bundle proves that its statement, of which `leaf` is, is in a ledger of a trusted log.

    A time counts where trusted witnesses, a token over the checkpoint, or the verifier's own memory of
    that checkpoint, or of one that the bundle proves to agree with it, say so; never where issuer or log
    do. `issued`: when the statement says it was.
    """
    if bundle.inclusion is None:
        return Logged(Rule("ledger", "not_checked", "the file holds no proof of a ledger"))
    logs = note_keys(trust, "log")
    if not logs:
        return Logged(Rule("ledger", "not_checked", "the trust file names no log"))
    try:
        opened = open_checkpoint(bundle.checkpoint, logs, note_keys(trust, "witness"))
        if not includes(opened.checkpoint, leaf_hash(leaf), bundle.inclusion):
            raise Malformed("the proof does not show that the ledger holds it")
        agrees = _compared(bundle, opened.checkpoint, watch)
        witnessed, least = _witnessed(opened, trust), trust.thresholds.get("witness", 0)
        independent = _independent(bundle, witnessed, max(1, least), watch, agrees)
        fault = trust.judge(_ids(opened.signed_by), "log", independent, issued)
        if fault:
            raise Malformed(f"the log: {fault}")
        if len(witnessed) < least:
            raise Malformed("fewer witnesses signed the checkpoint than the trust file asks for")
    except Malformed as fault:
        return Logged(Rule("ledger", "fail", str(fault)))
    held = f"entry {bundle.inclusion.index + 1} of {opened.checkpoint.size}"
    if watch.seen is not None and not agrees:
        # Whether it continues what was seen, only the ledger can prove: a rewritten one looks the same.
        held += ", not compared with what was seen: see `attach --since` and `ledger check`"
        return Logged(Rule("ledger", "not_checked", held), independent)
    if bundle.timestamp and watch.stamped is None:
        held += "; its time stamp was not judged"
    held += "" if independent else "; no independent time"
    return Logged(Rule("ledger", "pass", held), independent)


def _compared(bundle: Bundle, now: Checkpoint, watch: Watch) -> bool:
    """Whether it is proved that the checkpoint is of the ledger that was seen before, if any was.

    Raises `Malformed` where it is another's, or where a proof is there that does not hold.
    """
    if watch.seen is None:
        return False
    before = watch.seen.checkpoint
    sizes = tuple(sorted((before.size, now.size)))
    proof = next((one for one in bundle.consistency if (one.old, one.new) == sizes), None)
    relation = relate(before, now, proof)
    if relation in (Relation.FORKED, Relation.OTHER_LOG):
        raise Malformed(Verdict(relation).reason)
    if relation is Relation.REWRITTEN:
        raise Malformed("its proof does not lead to the checkpoint seen before")
    return relation in (Relation.SAME, Relation.GROWN) or proof is not None


def _independent(
    bundle: Bundle, witnessed: Sequence[datetime], least: int, watch: Watch, agrees: bool
) -> datetime | None:
    """The earliest time that somebody trusted vouches for. Raises `Malformed` for a bad token.

    `least`: as many witnesses have to say so; fewer may lie. `agrees`: with what the verifier saw.
    """
    assert bundle.inclusion is not None
    times = list(witnessed[least - 1 :][:1])
    if watch.seen is not None and agrees:
        remembered = watch.seen.time_of(bundle.inclusion.index)
        times += [remembered] if remembered is not None else []
    if bundle.timestamp and watch.stamped is not None:
        times.append(watch.stamped(bundle.timestamp, bundle.checkpoint))
    return min(times, default=None)


def _witnessed(opened: Opened, trust: Trust) -> list[datetime]:
    """When each witness whose word counts first says to have seen the checkpoint, in order.

    Once a witness's key is revoked none of it does: a thief may backdate.
    """
    first: dict[str, datetime] = {}
    for key, when in opened.witnessed:
        name = key_id(key.public)
        if not trust.fault(name, "witness", None, when):
            first[name] = min(when, first.get(name, when))
    return sorted(first.values())


def _ids(keys: Iterable[NoteKey]) -> list[str]:
    return list(dict.fromkeys(key_id(key.public) for key in keys))


def note_keys(trust: Trust, role: str) -> Sequence[NoteKey]:
    """The keys of a role as notes name them, by their identity. Dates and revocation are judged later."""
    found = []
    for key in trust.keys:
        if key.role == role:
            try:
                named = NoteKey.of(key.identity, key.public)
                found.append(replace(named, kind=Kind.COSIGNATURE) if role == "witness" else named)
            except ValueError:
                continue  # a name or a curve that notes cannot have: nothing is signed by it
    return found
