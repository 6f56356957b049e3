"""Statement A, the deletion certificate: what was found, kept and done, without any of it.

An in-toto Statement v1 whose subjects are the redacted outputs. Locations are ordinals in redacted
coordinates; there is no raw value, and no digest, length or name of an original: such things can be
guessed back. `build_statement` checks what it built against a closed grammar and refuses otherwise.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import rfc8785

from pii_guard.document import print_locator
from pii_guard.errors import CertificateError, ReasonCode
from pii_guard.findings import Action, Basis, Category

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:pii-guard:deletion-certificate:v1"
"""A URN: it claims no domain, and a change of the schema changes its last part."""
MOST_LOCATIONS = 100
_REF = re.compile(r"[A-Za-z0-9._:/#-]{1,128}")
_EXTENSIONS = {
    "text/markdown": "md", "text/plain": "txt", "text/x-log": "log", "text/x-source": "txt",
    "text/x-diff": "diff", "application/json": "json", "application/x-ndjson": "jsonl",
    "application/yaml": "yaml", "text/csv": "csv", "text/tab-separated-values": "tsv",
    "text/html": "html", "application/xml": "xml", "image/svg+xml": "svg",
    "application/sql": "sql", "message/http": "http", "application/pdf": "pdf",
}  # fmt: skip
_STRING = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._:/+ -]{0,127}|sha256:[0-9a-f]{64}|<[A-Z][A-Z0-9_]{1,40}_\d{1,7}>|-"
)
_REFS = frozenset({"ref", "caseRef"})


@dataclass(frozen=True, slots=True)
class ArtifactFacts:
    """One attachment: its type, how it ended, the digest of its output, what was done."""

    media_type: str
    disposition: Literal["redacted", "clean", "quarantined"]
    output_sha256: str | None
    actions: Sequence[Action]
    reason: ReasonCode | None = None
    from_path: bool = False


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """All that a certificate says about a case. Digests are `sha256:…`."""

    ref: str
    artifacts: Sequence[ArtifactFacts]
    policy_digest: str
    model_digest: str
    ruleset_digest: str
    tool_version: str
    key_origin: str = "file"


def build_statement(
    facts: CaseFacts, *, issued_at: datetime, certificate_id: str, nonce: str
) -> bytes:
    """The statement's bytes (RFC 8785 canonical JSON), the same for the same arguments.

    Raises `CertificateError` for a reference that may be personal, and when the statement does not
    keep to its grammar: then nothing may be signed.
    """
    if not _REF.fullmatch(facts.ref):
        raise CertificateError(
            "the case reference is not letters, digits and ._:/#- (at most 128)",
            remedy="use the programme's own reference, without names",
        )
    artifacts = [_artifact(n, one) for n, one in enumerate(facts.artifacts, 1)]
    subjects = [
        {"name": entry["output"], "digest": {"sha256": one.output_sha256}}
        for entry, one in zip(artifacts, facts.artifacts, strict=True)
        if one.output_sha256 is not None
    ]
    statement: dict[str, Any] = {
        "_type": STATEMENT_TYPE,
        "subject": subjects or [_manifest(artifacts)],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "certificateId": certificate_id,
            "nonce": nonce,
            "issuedAt": issued_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "issuer": {
                "tool": {"name": "pii_guard", "version": facts.tool_version},
                "keyOrigin": facts.key_origin,
            },
            "case": {"ref": facts.ref, "policy": {"digest": facts.policy_digest}},
            "disclosure": "exact",
            "coverage": _coverage(facts),
            "artifacts": artifacts,
            "findings": _findings(facts),
            "retained": _retained(facts),
            "deletions": _deletions(facts),
            "notCovered": ["researcher-held copies", "copies outside this process"],
            "residualScan": {
                "rulesetDigest": facts.ruleset_digest,
                "findings": 0,
                "artifacts": len(subjects),
            },
            "result": derived_result([str(entry["disposition"]) for entry in artifacts]),
        },
    }
    check_grammar(statement)
    return rfc8785.dumps(statement)


def derived_result(dispositions: Sequence[str]) -> str:
    """`complete`; `complete_with_exceptions` (some quarantined); `incomplete` (all, or nothing)."""
    held = sum(one == "quarantined" for one in dispositions)
    if held == len(dispositions):
        return "incomplete"
    return "complete_with_exceptions" if held else "complete"


def check_grammar(statement: Any, key: str = "") -> None:
    """Every string is an enum word, an ordinal place, a digest, a token or a declared reference.

    Raises `CertificateError`; only integers are numbers (RFC 8785 and signing rules).
    """
    if isinstance(statement, Mapping):
        for name, value in statement.items():
            check_grammar(value, name)
    elif isinstance(statement, list):
        for value in statement:
            check_grammar(value, key)
    elif isinstance(statement, str):
        form = _REF if key in _REFS else _STRING
        if not form.fullmatch(statement):
            raise CertificateError(
                "the statement holds a string outside its grammar", remedy="report this as a bug"
            )
    elif not isinstance(statement, int):
        raise CertificateError("the statement holds a value of a wrong type", remedy="report this")


def _artifact(number: int, one: ArtifactFacts) -> dict[str, Any]:
    name = f"artifact-{number:03}"
    entry: dict[str, Any] = {
        "id": name,
        "mediaType": one.media_type,
        "disposition": one.disposition,
    }
    if one.output_sha256 is not None:
        entry["output"] = f"{name}.{_EXTENSIONS.get(one.media_type, 'bin')}"
    if one.reason is not None:
        entry["reason"] = one.reason.value
    return entry


def _manifest(artifacts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    from hashlib import sha256

    return {
        "name": "redaction-manifest",
        "digest": {"sha256": sha256(rfc8785.dumps(list(artifacts))).hexdigest()},
    }


def _coverage(facts: CaseFacts) -> dict[str, Any]:
    held = sum(one.disposition == "quarantined" for one in facts.artifacts)
    return {
        "received": len(facts.artifacts),
        "scanned": len(facts.artifacts) - held,
        "partial": 0,
        "unscannable": held,
        "rulesetDigest": facts.ruleset_digest,
        "modelDigest": facts.model_digest,
        "knownGaps": ["text in pictures", "handwriting", "audio and video"],
    }


def _findings(facts: CaseFacts) -> list[dict[str, Any]]:
    groups: dict[tuple[str, ...], list[Action]] = defaultdict(list)
    for number, one in enumerate(facts.artifacts, 1):
        for action in one.actions:
            if action.operator != "keep":
                finding = action.finding
                key = (
                    f"artifact-{number:03}", finding.category.value, finding.entity_type,
                    action.operator, action.basis.value, _tier(finding.score),
                )  # fmt: skip
                groups[key].append(action)
    return [
        {
            "id": f"f{n}",
            "artifact": artifact,
            "policyCategory": category,
            "type": entity_type,
            "action": operator,
            "basis": basis,
            "confidence": tier,
            "occurrences": len(actions),
            "distinct": len({action.token for action in actions}),
            "locations": [
                {"place": print_locator(a.finding.locator), "token": a.token}
                for a in actions[:MOST_LOCATIONS]
            ],
            "locationsTruncated": len(actions) > MOST_LOCATIONS,
        }
        for n, ((artifact, category, entity_type, operator, basis, tier), actions) in enumerate(
            sorted(groups.items()), 1
        )
    ]


def _tier(score: float) -> str:
    return "validated" if score >= 0.95 else "labelled" if score >= 0.9 else "pattern"


def _retained(facts: CaseFacts) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for number, one in enumerate(facts.artifacts, 1):
        for action in one.actions:
            # What fell below its threshold is no finding: it was not retained knowingly.
            if action.operator == "keep" and action.basis is not Basis.BELOW_THRESHOLD:
                key = (f"artifact-{number:03}", action.finding.entity_type, action.basis.value)
                counts[key] += 1
    return [
        {"artifact": artifact, "type": entity_type, "basis": basis, "occurrences": count}
        for (artifact, entity_type, basis), count in sorted(counts.items())
    ]


def _deletions(facts: CaseFacts) -> list[dict[str, Any]]:
    """What became of the originals, as far as this process knows; nothing is claimed beyond it."""
    return [
        {
            "id": f"x{number}",
            "what": f"artifact-{number:03} original",
            "store": "source file" if one.from_path else "process memory",
            "claim": "not_deleted" if one.from_path else "attested",
            "assurance": "observed" if one.from_path else "attested",
            "note": "left where the caller keeps it"
            if one.from_path
            else "handed over by the caller in memory",
        }
        for number, one in enumerate(facts.artifacts, 1)
    ]


CATEGORIES = frozenset(category.value for category in Category)
