"""What crosses between a caller and a worker, as JSON and back; what comes from a worker is doubted.

A worker reads hostile bytes, so what it says is read strictly: every field is of its type, words are of
closed vocabularies, and texts that are ours to write are short and printable. Anything else raises
`ValueError`, `TypeError` or `LookupError`. Results come with their output, whose digest is made anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pii_guard.certificate.commitments import Commitments
from pii_guard.document import Gap, Kind, Matter, Unread
from pii_guard.errors import Reason, ReasonCode, Unreadable
from pii_guard.findings import (
    Action,
    Category,
    Clean,
    Finding,
    Quarantined,
    Redacted,
    Result,
    Severity,
)
from pii_guard.guard import Scan
from pii_guard.inspection import MARKED, Group, Inspection, Mark
from pii_guard.limits import Limits
from pii_guard.packing import action_row, finding_row, to_action, to_finding
from pii_guard.policy import Keep, Policy, Rule
from pii_guard.programme import Programme
from pii_guard.proofs import vouched
from pii_guard.sealed import Sealed, Stored
from pii_guard.strict_rows import count, entity, layer, listed, locator, matched, text, word
from pii_guard.tally import Tally

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_WHERE = re.compile(r"[ -~]{0,2000}", re.ASCII)
_LONGEST = 10_000
"""Characters of a token, a preview or a media type."""
_LONGEST_OF_OTHERS = 10_000_000
"""Characters of what is as long as the caller or the file makes it: a name, a replacement."""


def result_row(result: Result) -> dict[str, Any]:
    """A result without its output."""
    row: dict[str, Any] = {
        "verdict": result.verdict,
        "media_type": result.media_type,
        "name": result.name,
        "actions": [[*action_row(one), one.replacement] for one in result.actions],
        "counted": None if result.counted is None else result.counted.rows(),
        "unlinked": result.unlinked,
        "unlocked": result.unlocked,
        "unread": list(result.unread),
        "gaps": [[gap.locator, *reason_row(gap.reason)] for gap in result.gaps],
        "reason": None if result.reason is None else reason_row(result.reason),
    }
    if result.proof is not None:
        row["proof"] = [
            result.proof.sha256, result.proof.values_searched, result.proof.segments_rescanned,
        ]  # fmt: skip
    return row


def to_result(row: Mapping[str, Any], pieces: Iterable[bytes]) -> Result:
    """The result that a row is of, with its output in pieces, which is hashed anew."""
    counted = row["counted"]
    actions = tuple(_action(one) for one in listed(row["actions"]))
    # What goes is what was found; a result lists both.
    found = tuple(one.finding for one in actions if one.operator != "keep")
    told = (
        text(row["media_type"], _LONGEST),
        found,
        actions,
        text(row["name"], _LONGEST_OF_OTHERS),
    )
    more: dict[str, Any] = {
        "counted": None if counted is None else Tally.of_rows(counted),
        "unlinked": count(row["unlinked"]),
        "unlocked": count(row["unlocked"]),
    }
    gaps = tuple(
        Gap(locator(place), to_reason((code, where))) for place, code, where in listed(row["gaps"])
    )
    if row["verdict"] == "quarantined":
        return Quarantined(*told, **more, gaps=gaps, reason=to_reason(row["reason"]))
    digest, searched, rescanned = row["proof"]
    proof = vouched(matched(_DIGEST, digest), count(searched), count(rescanned), pieces)
    unread = _unread(row["unread"])
    if row["verdict"] == "redacted":
        return Redacted(*told, **more, pieces=pieces, proof=proof, unread=unread, gaps=gaps)
    if row["verdict"] != "clean" or gaps or found:
        raise ValueError
    return Clean(*told, **more, pieces=pieces, proof=proof, unread=unread)


def to_kept_result(row: Mapping[str, Any], pieces: Iterable[bytes], kept: Sealed) -> Result:
    """The same, with its output kept on disk: quarantined where that has no room for all of it."""
    numbers: list[int] = []
    reason: Reason | None = None
    for piece in pieces:  # to the last: another result comes after it
        try:
            if reason is None:
                numbers.append(kept.append(piece))
        except Unreadable as full:
            reason = full.reason
    if reason is None:
        try:
            return to_result(row, Stored(kept, numbers))
        except Unreadable as lost:
            reason = lost.reason
    return to_result({**row, "verdict": "quarantined", "reason": reason_row(reason)}, ())


def scan_row(scan: Scan) -> dict[str, Any]:
    """A scan."""
    return {
        "media_type": scan.media_type,
        "findings": [finding_row(one) for one in scan.findings],
        "reason": None if scan.reason is None else reason_row(scan.reason),
        "counted": None if scan.counted is None else dict(scan.counted),
        "unread": list(scan.unread),
    }


def to_scan(row: Mapping[str, Any]) -> Scan:
    """The scan that a row is of."""
    counted, reason = row["counted"], row["reason"]
    return Scan(
        text(row["media_type"], _LONGEST),
        tuple(_finding(one) for one in listed(row["findings"])),
        None if reason is None else to_reason(reason),
        None if counted is None else {entity(k): count(n) for k, n in counted.items()},
        _unread(row["unread"]),
    )


def inspection_row(one: Inspection) -> dict[str, Any]:
    """An inspection."""
    return {
        "media_type": one.media_type,
        "name": one.name,
        "reason": None if one.reason is None else reason_row(one.reason),
        "marks": [[*action_row(mark.action), mark.kind, mark.fingerprint] for mark in one.marks],
        "counted": [[*group, number] for group, number in one.counted.items()],
        "unread": list(one.unread),
    }


def to_inspection(row: Mapping[str, Any]) -> Inspection:
    """The inspection that a row is of."""
    reason, marks = row["reason"], listed(row["marks"])
    if len(marks) > MARKED:
        raise ValueError
    return Inspection(
        text(row["media_type"], _LONGEST),
        text(row["name"], _LONGEST_OF_OTHERS),
        None if reason is None else to_reason(reason),
        tuple(
            Mark(_action([*told, ""]), Kind(kind), matched(_DIGEST, code))
            for *told, kind, code in marks
        ),
        {
            Group(
                entity(kind), Category(category).value,
                Severity(severity).value if severity else "",
            ): count(often)
            for kind, category, severity, often in listed(row["counted"])
        },
        _unread(row["unread"]),
    )  # fmt: skip


def to_commitments(told: Mapping[str, Any], key_ref: str) -> Commitments:
    """The commitments that a worker made."""
    codes = {
        entity(kind): tuple(matched(_DIGEST, code) for code in listed(found))
        for kind, found in told["codes"].items()
    }
    return Commitments(key_ref, codes, bool(told["truncated"]))


def policy_row(policy: Policy) -> dict[str, Any]:
    """A policy as JSON, its key included: it goes to the worker and nowhere else."""
    return {**policy.table(), "key": policy.key.hex()}


def to_policy(row: Mapping[str, Any]) -> Policy:
    """The policy that a row is of."""
    keep = row["keep"]
    return Policy(
        {name: Rule(**rule) for name, rule in row["entities"].items()},
        Keep(
            frozenset(keep["usernames"]), frozenset(keep["emails"]),
            tuple(keep["ip_addresses"]), frozenset(keep["domains"]),
        ),
        Limits(**row["limits"]),
        bytes.fromhex(row["key"]),
        unreadable_members=row["unreadable_members"],
        media=row["media"],
        programme=Programme.from_table(row["programme"]),
    )  # fmt: skip


def reason_row(reason: Reason) -> list[str]:
    """A reason."""
    return [reason.code.value, reason.where]


def to_reason(row: Sequence[Any]) -> Reason:
    """The reason that a row is of."""
    code, where = row
    return Reason(ReasonCode(code), matched(_WHERE, where))


def _finding(row: Any) -> Finding:
    return _checked(to_finding(row))


def _checked(one: Finding) -> Finding:
    entity(one.entity_type)
    if one.recognizer != "":
        word(one.recognizer)
    text(one.preview, _LONGEST)
    for number in (one.segment, one.start, one.end):
        count(number)
    if type(one.score) not in (int, float) or not 0 <= one.score <= 1 or one.start > one.end:
        raise ValueError
    locator(one.locator)
    layer(one.layer)
    return one


def _action(row: Any) -> Action:
    one = to_action(row[:-1], text(row[-1], _LONGEST_OF_OTHERS))
    _checked(one.finding)
    word(one.operator)
    text(one.token, _LONGEST)
    for kind in one.beside:
        entity(kind)
    return one


def _unread(rows: Any) -> tuple[Unread, ...]:
    return tuple(Unread(Matter(what), count(often)) for what, often in listed(rows))
