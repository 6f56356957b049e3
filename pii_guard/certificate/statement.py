"""Statement A, the deletion certificate: what was found, kept and done, without any of it.

An in-toto Statement v1 whose subjects are the redacted outputs. Locations are ordinals in redacted
coordinates; there is no raw value, and no digest, length or name of an original: such things can be
guessed back. `build_statement` checks what it built against the closed grammar and against itself,
and refuses otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any, Literal

import rfc8785

from pii_guard.certificate.buckets import BUCKETED, bucket
from pii_guard.certificate.claims import Assurance, Claim, Kind, Note, Store
from pii_guard.certificate.commitments import Commitments
from pii_guard.certificate.consistency import contradictions, derived_result, manifest
from pii_guard.certificate.grammar import PREDICATE_TYPE, STATEMENT_TYPE, misfit
from pii_guard.certificate.reference import check_reference
from pii_guard.certificate.vocabulary import (
    EXTENSIONS,
    KNOWN_GAPS,
    NOT_COVERED,
    OTHER_TYPE,
    QUARANTINED,
    artifact_id,
    entity_type,
    media_type,
    place,
)
from pii_guard.document import Locator, Unread
from pii_guard.errors import CertificateError, ReasonCode
from pii_guard.findings import Basis
from pii_guard.limits import Limits
from pii_guard.programme import Programme
from pii_guard.tally import PLACES, Count, Tally

_MOST_PLACES = 50_000
"""Places listed in all, so that the certificate stays small enough for its verifier."""


MEMORY = Claim(Kind.ATTESTED, Store.PROCESS_MEMORY, Assurance.ATTESTED, note=Note.HANDED_OVER)
"""What can be said of a copy in memory that nobody watched."""
LEFT = Claim(Kind.NOT_DELETED, Store.SOURCE_FILE, Assurance.OBSERVED, note=Note.LEFT)
"""What can be said of a file that was read, and left where it is."""


@dataclass(frozen=True, slots=True)
class ArtifactFacts:
    """One attachment: its type, how it ended, the digest of its output, what was done.

    `claims`: what may be said of the copies of the original, of each store once. `left_out`: how many members of it could not be read and are not in the output. `unlinked`: how
    many values were removed where they were found, but not looked for in the rest of the case.
    `unread`: what nobody can read and is in the output. `unlocked`: how many files in it had a
    password, which the output has not. `entry`: the id of what a quarantine keeps of it; a claim about
    that goes with it.
    """

    media_type: str
    disposition: Literal["redacted", "clean", "quarantined"]
    output_sha256: str | None
    tally: Tally
    reason: ReasonCode | None = None
    claims: Sequence[Claim] = (MEMORY,)
    left_out: int = 0
    unlinked: int = 0
    unread: Sequence[Unread] = ()
    unlocked: int = 0
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Researcher:
    """Whom a certificate is for: a pseudonym of the programme's, and the id of the key they sign with."""

    ref: str
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class Superseded:
    """The certificate that this one takes the place of: its id, and the SHA-256 of its payload in hex."""

    certificate_id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """All that a certificate says about a case. Digests are `sha256:…`. `limits`: those in force, beyond
    which a file was held. `isolation`: the layers around the processes that worked on attachments
    (`isolation.layers`); none where that was the caller's. `tool_digest`: of the code (`own_code`), if known.
    """

    ref: str
    artifacts: Sequence[ArtifactFacts]
    policy_digest: str
    model_digest: str
    ruleset_digest: str
    tool_version: str
    key_origin: str = "file"
    programme: Programme = field(default_factory=Programme)
    researcher: Researcher | None = None
    supersedes: Superseded | None = None
    commitments: Commitments | None = None
    limits: Limits = field(default_factory=Limits)
    isolation: Sequence[str] = ()
    tool_digest: str = ""


def build_statement(
    facts: CaseFacts, *, issued_at: datetime, certificate_id: str, nonce: str
) -> bytes:
    """The statement's bytes (RFC 8785 canonical JSON), the same for the same arguments.

    `certificate_id` is a `urn:uuid:…`, `nonce` 32 hex digits. Raises `CertificateError` for a
    reference that may be personal, and for a statement that leaves its grammar or contradicts
    itself: then nothing may be signed.
    """
    check_reference(facts.ref)
    if facts.researcher is not None:
        check_reference(facts.researcher.ref)
    artifacts = [_artifact(facts, n, one) for n, one in enumerate(facts.artifacts, 1)]
    deletions = _deletions(facts)
    subjects = [
        {"name": entry["output"], "digest": {"sha256": one.output_sha256}}
        for entry, one in zip(artifacts, facts.artifacts, strict=True)
        if one.output_sha256 is not None
    ]
    statement: dict[str, Any] = {
        "_type": STATEMENT_TYPE,
        "subject": subjects or [manifest(artifacts)],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "certificateId": certificate_id,
            "nonce": nonce,
            "issuedAt": issued_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "issuer": _issuer(facts),
            "case": _case(facts),
            "disclosure": facts.programme.disclosure,
            "coverage": _coverage(facts),
            "artifacts": artifacts,
            "findings": _findings(facts),
            "retained": _retained(facts),
            "deletions": deletions,
            "notCovered": list(NOT_COVERED),
            "residualScan": {
                "rulesetDigest": facts.ruleset_digest,
                # None by construction: what leaves any is no output, but quarantined.
                "findings": 0,
                "artifacts": len(subjects),
            },
            "retention": _retention(facts, issued_at),
            "result": derived_result(artifacts, deletions),
            **_further(facts),
        },
    }
    _refuse_unfit(statement)
    return rfc8785.dumps(statement)


def _refuse_unfit(statement: dict[str, Any]) -> None:
    where = misfit(statement)
    if where is not None:
        raise CertificateError(
            f"the statement leaves its grammar at {where or '/'}; it may hold a value",
            remedy="report this as a bug",
        )
    for contradiction in contradictions(statement):
        raise CertificateError(
            f"the statement contradicts itself: {contradiction}", remedy="report this as a bug"
        )


def _issuer(facts: CaseFacts) -> dict[str, Any]:
    tool = {"name": "pii_guard", "version": facts.tool_version}
    if facts.tool_digest:
        tool["digest"] = facts.tool_digest
    issuer: dict[str, Any] = {"tool": tool, "keyOrigin": facts.key_origin}
    return {"id": facts.programme.id, **issuer} if facts.programme.id else issuer


def _case(facts: CaseFacts) -> dict[str, Any]:
    programme = facts.programme
    case: dict[str, Any] = {"ref": facts.ref, "policy": {"digest": facts.policy_digest}}
    disclosure = {"uri": programme.policy_uri, "digest": programme.policy_digest}
    if any(disclosure.values()):
        case["disclosurePolicy"] = {name: text for name, text in disclosure.items() if text}
    if programme.legal_basis:
        case["legalBasis"] = sorted(programme.legal_basis)
    return case


def _retention(facts: CaseFacts, issued_at: datetime) -> dict[str, Any]:
    day = issued_at.astimezone(UTC).date()
    programme = facts.programme
    kept: dict[str, Any] = {
        "until": (day + timedelta(days=programme.retention_days)).isoformat(),
        "legalHold": programme.legal_hold,
    }
    if facts.commitments is not None:
        kept["keyShredBy"] = (day + timedelta(days=programme.key_shred_days)).isoformat()
    return kept


def _further(facts: CaseFacts) -> dict[str, Any]:
    """What few certificates say."""
    further: dict[str, Any] = {}
    if facts.researcher is not None:
        ref, key = facts.researcher.ref, facts.researcher.key_id
        further["researcher"] = {"ref": ref, "keyId": key} if key else {"ref": ref}
    if facts.supersedes is not None:
        one = facts.supersedes
        further["supersedes"] = {
            "certificateId": one.certificate_id,
            "digest": f"sha256:{one.sha256}",
        }
    if facts.commitments is not None:
        further["commitments"] = facts.commitments.to_dict()
    return further


def _counted(facts: CaseFacts, count: int) -> int | str:
    """A count of values, as exact as the programme wants it."""
    return bucket(count) if facts.programme.disclosure == BUCKETED and count else count


def _artifact(facts: CaseFacts, number: int, one: ArtifactFacts) -> dict[str, Any]:
    kind = media_type(one.media_type)
    entry: dict[str, Any] = {
        "id": artifact_id(number),
        "mediaType": kind,
        "disposition": one.disposition,
    }
    if one.output_sha256 is not None:
        entry["output"] = f"{entry['id']}.{EXTENSIONS[kind]}"
    if one.reason is not None:
        entry["reason"] = one.reason.value
    if one.left_out:
        entry["leftOut"] = one.left_out
    if one.unlinked:
        entry["unlinked"] = _counted(facts, one.unlinked)
    if one.unlocked:
        entry["unlocked"] = one.unlocked
    if one.unread:
        entry["unread"] = [
            {"what": what.value, "occurrences": occurrences} for what, occurrences in one.unread
        ]
    return entry


def _coverage(facts: CaseFacts) -> dict[str, Any]:
    held = sum(one.disposition == "quarantined" for one in facts.artifacts)
    return {
        "received": len(facts.artifacts),
        "scanned": len(facts.artifacts) - held,
        "partial": sum(bool(one.left_out or one.unread) for one in facts.artifacts),
        "unscannable": held,
        "rulesetDigest": facts.ruleset_digest,
        "modelDigest": facts.model_digest,
        "knownGaps": list(KNOWN_GAPS),
        "isolation": sorted(facts.isolation),
        "limits": facts.limits.stated(),
    }


def _findings(facts: CaseFacts) -> list[dict[str, Any]]:
    groups: dict[tuple[str, ...], list[Count]] = defaultdict(list)
    for number, one in enumerate(facts.artifacts, 1):
        for what, count in one.tally.removed.items():
            key = (
                artifact_id(number), what.category.value, entity_type(what.entity_type),
                what.operator, what.basis, what.confidence,
            )  # fmt: skip
            groups[key].append(count)
    most = min(PLACES, max(1, _MOST_PLACES // max(1, len(groups))))
    if facts.programme.disclosure == BUCKETED:
        most = 0  # a list of places would count them
    return [
        {
            "id": f"f{n}",
            "artifact": artifact,
            "policyCategory": category,
            "type": kind,
            "action": operator,
            "basis": basis,
            "confidence": tier,
            "occurrences": _counted(facts, found := sum(count.occurrences for count in counts)),
            "distinct": _counted(facts, sum(count.distinct for count in counts)),
            "locations": [
                _location(kind, *one)
                for one in islice(chain.from_iterable(count.places for count in counts), most)
            ],
            "locationsTruncated": found > most,
        }
        for n, ((artifact, category, kind, operator, basis, tier), counts) in enumerate(
            sorted(groups.items()), 1
        )
    ]


def _location(kind: str, locator: Locator, token: str) -> dict[str, str]:
    where = {"place": place(locator)}
    # The token of a type that somebody else named carries that name.
    return where if kind == OTHER_TYPE else {**where, "token": token}


def _retained(facts: CaseFacts) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for number, one in enumerate(facts.artifacts, 1):
        for (kind, basis), count in one.tally.kept.items():
            # What fell below its threshold is no finding: it was not retained knowingly.
            if basis != Basis.BELOW_THRESHOLD:
                counts[artifact_id(number), entity_type(kind), basis] += count
    kept = [
        {"artifact": artifact, "type": kind, "basis": basis, "occurrences": _counted(facts, count)}
        for (artifact, kind, basis), count in sorted(counts.items())
    ]
    return kept + [
        {"artifact": artifact_id(n), "basis": QUARANTINED, "entry": one.entry, "occurrences": 1}
        for n, one in enumerate(facts.artifacts, 1)
        if one.entry and any(c.store == Store.QUARANTINE and not c.gone for c in one.claims)
    ]


def _deletions(facts: CaseFacts) -> list[dict[str, Any]]:
    """What is claimed of the originals, as far as it was done or seen; nothing beyond it."""
    every = [(n, claim) for n, one in enumerate(facts.artifacts, 1) for claim in one.claims]
    return [
        {"id": f"x{number}", "artifact": artifact_id(n), "what": "original", **claim.to_entry()}
        for number, (n, claim) in enumerate(every, 1)
    ]
