"""Statements to draw: one as today's grammar has it, and a rich one with fields that are to come."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from pii_guard.certificate.render import Verified
from pii_guard.certificate.report import Rule
from pii_guard.limits import Limits
from tests.certificate.conftest import IDENTIFIER

CHECKED = datetime(2027, 3, 1, 9, 5, tzinfo=UTC)
KEY_ID = hashlib.sha256(b"a key").hexdigest()
RULES = (
    Rule("envelope", "pass", "a well-formed DSSE envelope"),
    Rule("signature", "pass", "signed by a trusted issuer key"),
    Rule("types", "pass", "a deletion certificate, version 1"),
    Rule("grammar", "pass", "every string is a word, number, place, digest or token of ours"),
    Rule("key validity", "pass", "the key is not revoked and was valid"),
    Rule("consistency", "pass", "7 artifacts, result complete_with_exceptions"),
    Rule("outputs", "not_checked", "no --artifacts given"),
    Rule("ledger", "pass", "included in the ledger's checkpoint"),
    Rule("acknowledgement", "not_checked", "none is in the bundle"),
)
CHECKPOINT = """pii-guard.example/ledger
1204
Q2hlY2twb2ludCByb290IGhhc2gsIGZvciBzaG93IQ=

— pii-guard.example/ledger bGVkZ2VyLXNpZ25hdHVyZS1mb3Itc2hvdw==
"""


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def named(text):
    return f"sha256:{digest(text)}"


def artifact(number, media_type, disposition="redacted", output=None, **more):
    entry = {"id": f"artifact-{number:03}", "mediaType": media_type, "disposition": disposition}
    return {**entry, **({"output": f"artifact-{number:03}.{output}"} if output else {}), **more}


def finding(number, artifact_number, category, kind, tokens, *, action="surrogate", cut=False):
    places = [{"place": f"line {at}", "token": f"<{kind}_{n}>"} for at, n in enumerate(tokens, 1)]
    return {
        "id": f"f{number}", "artifact": f"artifact-{artifact_number:03}", "policyCategory": category,
        "type": kind, "action": action, "basis": "strong_identifier", "confidence": "validated",
        "occurrences": len(tokens) + 900 * cut, "distinct": len(set(tokens)) + 400 * cut,
        "locations": places, "locationsTruncated": cut,
    }  # fmt: skip


ARTIFACTS = [
    artifact(1, "text/markdown", output="md"),
    artifact(2, "text/csv", output="csv", unlinked=4210),
    artifact(3, "application/zip", output="zip", leftOut=2),
    artifact(4, "application/vnd.tcpdump.pcap", output="pcap",
             unread=[{"what": "quic", "occurrences": 12}, {"what": "tls", "occurrences": 381}]),
    artifact(5, "image/png", "clean", "png"),
    artifact(6, "application/pdf", "quarantined", reason="no_text"),
    artifact(7, "video/mp4", "quarantined", reason="audio_video"),
]  # fmt: skip
FINDINGS = [
    finding(1, 1, "full_name", "PERSON", [1, 2, 1, 3]),
    finding(2, 2, "full_name", "PERSON", range(1, 40), cut=True),
    finding(3, 1, "name_plus_identifier", "EMAIL_ADDRESS", [1, 2]),
    finding(4, 2, "name_plus_identifier", "EMAIL_ADDRESS", [2, 3, 4]),
    finding(5, 2, "government_id", "US_SSN", [1, 2], action="encrypt"),
    finding(6, 3, "government_id", "DE_SOCIAL_SECURITY", [1]),
    finding(7, 3, "financial", "IBAN_CODE", [1, 2, 3]),
    finding(8, 4, "secret", "ACCESS_TOKEN", [1]),
]
DELETIONS = [
    *({"id": f"x{n}", "artifact": f"artifact-{n:03}", "what": "original", "store": "intake_worker",
       "claim": "not_persisted", "assurance": "observed",
       "evidence": {"tempFs": ["tmpfs"], "swap": "none", "coreDumps": "disabled"}} for n in range(1, 6)),
    {"id": "x6", "artifact": "artifact-006", "what": "original", "store": "quarantine_folder",
     "claim": "unlinked", "assurance": "observed", "at": "2026-11-23T19:39:12Z",
     "verification": {"method": "stat_after_unlink", "residual": 0}},
    {"id": "x7", "artifact": "artifact-007", "what": "original", "store": "intake_bucket",
     "claim": "object_versions_deleted", "assurance": "reported", "at": "2026-11-23T19:39:12Z",
     "evidence": {"versioning": "enabled", "objectLock": False, "versionsDeleted": 3}},
    {"id": "x8", "what": "mail_copy", "store": "mail_backup", "claim": "scheduled_expiry",
     "assurance": "attested", "until": "2026-12-23"},
]  # fmt: skip
PREDICATE = {
    "certificateId": IDENTIFIER,
    "nonce": "ab" * 16,
    "issuedAt": "2026-11-23T19:40:00Z",
    "supersedes": {"certificateId": "urn:uuid:00000000-3d0e-4b52-9a55-0d4b6c0a7f11",
                   "digest": named("earlier")},
    "issuer": {"tool": {"name": "pii_guard", "version": "0.1.0", "digest": named("code")}, "keyOrigin": "file", "id": "acme-vdp"},
    "case": {
        "ref": "VDP-2026-0142", "policy": {"digest": named("policy")},
        "disclosurePolicy": {"uri": "https://acme.example/vdp", "digest": named("vdp")},
        "legalBasis": ["legitimate_interests"],
    },
    "researcher": {"ref": "r-7Q2K"},
    "disclosure": "exact",
    "coverage": {
        "received": 7, "scanned": 5, "partial": 2, "unscannable": 2,
        "rulesetDigest": named("rules"), "modelDigest": named("model"),
        "knownGaps": ["faces_in_pictures", "handwriting", "audio_and_video", "encrypted_traffic"],
        "limits": Limits(max_pages=4_713).stated(),
        "isolation": ["landlock", "process", "seccomp"],
    },
    "artifacts": ARTIFACTS,
    "findings": FINDINGS,
    "retained": [
        {"artifact": "artifact-001", "type": "IP_ADDRESS", "basis": "researcher_test_asset",
         "occurrences": 4},
        {"artifact": "artifact-004", "type": "DOMAIN_NAME", "basis": "in_scope", "occurrences": 1309},
    ],
    "deletions": DELETIONS,
    "notCovered": ["researcher_held_copies", "platform_vendor_backups"],
    "residualScan": {"rulesetDigest": named("rules"), "findings": 0, "artifacts": 5},
    "validation": {"by": "privacy_lead", "decision": "accepted", "at": "2026-11-23T19:39:50Z"},
    "retention": {"until": "2032-11-23", "keyShredBy": "2027-02-21", "legalHold": False},
    "commitments": {
        "alg": "HMAC-SHA256", "keyRef": "k-0123456789abcdef", "norm": "pii-guard/1", "truncated": False,
        "values": [{"type": "US_SSN", "codes": [digest("1"), digest("2")]}],
    },
    "result": "complete_with_exceptions",
}  # fmt: skip


def statement(**changes):
    """The rich statement, with fields of its predicate changed; None takes one out."""
    predicate = {k: v for k, v in {**PREDICATE, **changes}.items() if v is not None}
    subjects = [
        {"name": one["output"], "digest": {"sha256": digest(one["output"])}}
        for one in predicate["artifacts"]
        if "output" in one
    ]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "urn:pii-guard:deletion-certificate:v1",
        "predicate": predicate,
    }


def shown(signed=None, **changes):
    """A statement as if its verification had passed: what the drawing is given."""
    payload = json.dumps(signed or statement(), sort_keys=True).encode()
    file = json.dumps(
        {"schema": "pii-guard/bundle/1", "envelope": {"note": "</script><b>"}}
    ).encode()
    fields = {"payload": payload, "rules": RULES, "key_ids": (KEY_ID,), "file": file,
              "checked_at": CHECKED, "checkpoint": CHECKPOINT}  # fmt: skip
    return Verified(**{**fields, **changes})
