"""When a claim may be made: its store, its evidence, its check, and what must follow from them.

The same conditions bind who makes a claim and who verifies it, so a claim that is stronger than its
own evidence is found out without asking anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pii_guard.certificate.claims import (
    EVIDENCE,
    IN_MEMORY,
    PENDING,
    Assurance,
    Claim,
    Evidence,
    Kind,
    Note,
    Store,
)

_NOTHING: frozenset[Any] = frozenset()
_ENVIRONMENT = frozenset(
    {
        "swap", "coreDumps", "sealedFiles", "tempFs", "children", "childFs", "childBlocks",
        "childrenLost",
    }
)  # fmt: skip
_FILE = frozenset({"fileSystem", "otherNames", "openElsewhere"})
_OBJECT = frozenset(
    {
        "versioning", "objectLock", "replication",
        "versionsDeleted", "markersDeleted", "uploadsAborted",
    }
)  # fmt: skip
_KEY = frozenset({"keyScope", "encrypted", "keyState"})
_STORED = frozenset(Store) - {Store.PROCESS_MEMORY}
_UNLINKED_NOTES = frozenset({Note.OPEN_ELSEWHERE, Note.REMOVED_BY_ANOTHER, Note.OVERWRITE_FAILED})


@dataclass(frozen=True, slots=True)
class Rule:
    """What an entry of one kind must and may have. `until` stands in claims of `PENDING` only."""

    stores: frozenset[Store]
    assurances: frozenset[Assurance]
    needs: frozenset[str] = _NOTHING
    may: frozenset[str] = _NOTHING
    method: str | None = None
    residual: bool = False
    dated: bool = True
    notes: frozenset[Note] = _NOTHING


_OBSERVED = frozenset({Assurance.OBSERVED})
_REPORTED = frozenset({Assurance.REPORTED})
_ATTESTED = frozenset({Assurance.ATTESTED})
_UNLINK = Rule(
    frozenset({Store.SOURCE_FILE, Store.QUARANTINE}), _OBSERVED, _FILE,
    method="path_checked_again", residual=True, notes=_UNLINKED_NOTES,
)  # fmt: skip
_ERASE = Rule(_STORED, _OBSERVED | _REPORTED, _KEY, method="key_state_read")
RULES: Mapping[Kind, Rule] = MappingProxyType(
    {
        Kind.NOT_PERSISTED: Rule(
            frozenset({Store.PROCESS_MEMORY}), _OBSERVED, _ENVIRONMENT,
            method="environment_inspected",
        ),
        Kind.UNLINKED: _UNLINK,
        Kind.OVERWRITTEN: Rule(
            _UNLINK.stores, _OBSERVED, _FILE | {"overwrites"}, method=_UNLINK.method, residual=True,
            notes=frozenset({Note.OPEN_ELSEWHERE, Note.REMOVED_BY_ANOTHER}),
        ),
        Kind.VERSIONS_DELETED: Rule(
            frozenset({Store.OBJECT_STORE}), _REPORTED, _OBJECT,
            method="versions_listed_again", residual=True,
            notes=frozenset({Note.REPLICAS, Note.REPLICATION_UNKNOWN}),
        ),
        Kind.CRYPTO_ERASED: _ERASE,
        Kind.CRYPTO_ERASE_SCHEDULED: _ERASE,
        Kind.SCHEDULED_EXPIRY: Rule(
            _STORED, _REPORTED | _ATTESTED, frozenset({"rule"}), frozenset({"by"})
        ),
        Kind.ATTESTED: Rule(
            frozenset(Store), _ATTESTED, may=_ENVIRONMENT | {"by"}, dated=False,
            notes=frozenset(
                {
                    Note.HANDED_OVER, Note.NOT_OBSERVABLE, Note.SWAP, Note.SWAP_UNKNOWN,
                    Note.CORE_DUMPS, Note.TEMPORARY_FILES, Note.CHILD_WROTE,
                }
            ),
        ),
        Kind.NOT_DELETED: Rule(
            frozenset(Store), frozenset(Assurance), may=frozenset(EVIDENCE), dated=False,
            notes=frozenset(Note),
        ),
    }
)  # fmt: skip


def why_persisted(evidence: Evidence) -> Note | None:
    """Why memory may have reached a disk, by what was observed of the process; None: it has not.

    Sealed files count as memory: they are noise without a key that never left it.
    """
    if evidence["swap"] == "unknown":
        return Note.SWAP_UNKNOWN
    if evidence["swap"] not in ("none", "memory"):
        return Note.SWAP
    if evidence["coreDumps"] != "disabled":
        return Note.CORE_DUMPS
    if not IN_MEMORY.issuperset(evidence["childFs"]):  # type: ignore[arg-type]
        return Note.TEMPORARY_FILES
    return Note.CHILD_WROTE if evidence["childBlocks"] or evidence["childrenLost"] else None


def contradictions(entry: Mapping[str, Any]) -> Iterator[str]:
    """What an entry claims beyond its own evidence, each a clause of our words.

    The entry keeps to the grammar (`claims.CLAIM`, and whatever fields stand beside it).
    """
    claim = Claim.of_entry(entry)
    rule = RULES[claim.kind]
    if claim.store not in rule.stores or claim.assurance not in rule.assurances:
        yield "a claim does not fit its store, or how it is known"
    if not rule.needs <= claim.evidence.keys() <= rule.needs | rule.may:
        yield "a claim lacks evidence, or has some that says nothing about it"
        return
    checked = (rule.method, 0 if rule.residual else None)
    # What is not deleted, or only said to be, may carry what a check of any kind found.
    if rule.dated and (claim.method, claim.residual) != checked:
        yield "a claim was not checked in its way, or the check found something left"
    if claim.note is not None and claim.note not in rule.notes:
        yield "a claim has a note that does not go with it"
    yield from _dates(claim, rule)
    yield from _consequences(claim)


def _dates(claim: Claim, rule: Rule) -> Iterator[str]:
    if rule.dated and claim.at is None:
        yield "a claim does not say when"
    if (claim.until is not None) != (claim.kind in PENDING):
        yield "a claim does not say until when, or does for no reason"
    elif claim.until and claim.at and claim.until <= claim.at:
        yield "a date to come is over"


def _consequences(claim: Claim) -> Iterator[str]:
    evidence, note = claim.evidence, claim.note
    match claim.kind:
        case Kind.NOT_PERSISTED:
            if why_persisted(evidence):
                yield "it is claimed that nothing was persisted, but something may have been"
        case Kind.UNLINKED | Kind.OVERWRITTEN:
            if evidence["otherNames"] or evidence.get("overwrites") == 0:
                yield "a file is said to be gone that has other names, or was not overwritten"
            if (evidence["openElsewhere"] == "yes") != (note == Note.OPEN_ELSEWHERE):
                yield "a file is open elsewhere, and that is not noted"
        case Kind.VERSIONS_DELETED:
            said = {Note.REPLICAS: "configured", Note.REPLICATION_UNKNOWN: "unknown"}
            if evidence["replication"] != said.get(note, "none"):  # type: ignore[arg-type]
                yield "copies of an object may be elsewhere, and that is not noted"
            if not any(evidence[key] for key in _OBJECT if key.endswith(("Deleted", "Aborted"))):
                yield "nothing of an object was deleted"
        case Kind.CRYPTO_ERASED | Kind.CRYPTO_ERASE_SCHEDULED:
            state = "deleted" if claim.kind == Kind.CRYPTO_ERASED else "scheduled"
            if key_fault(evidence) or evidence["keyState"] != state:
                yield "more is claimed of a key than its state allows"
        case Kind.NOT_DELETED:
            if note is None:
                yield "it is not said why something was not deleted"


def key_fault(evidence: Evidence) -> Note | None:
    """Why the end of a key is not the end of the data; None where it is, once the key is deleted."""
    if evidence["keyScope"] != "case":
        return Note.KEY_SHARED
    if evidence["encrypted"] != "always":
        return Note.NOT_ALWAYS_ENCRYPTED
    return {"exists": Note.KEY_EXISTS, "unknown": Note.KEY_UNKNOWN}.get(str(evidence["keyState"]))
