"""The closed grammar of a certificate: which fields there are, and what each may hold.

Every string is a word of `vocabulary`, a number of a fixed form, a time, a digest of an output or
of our own rules, or a place of words and ordinals. The case reference is the one exception, and has
rules of its own (`reference`). A value that was found in an attachment fits nowhere.
"""

from __future__ import annotations

from typing import Any

from pii_guard import programme
from pii_guard.certificate import claims, commitments
from pii_guard.certificate import vocabulary as v
from pii_guard.certificate.buckets import BUCKETS
from pii_guard.certificate.reference import LETTERS, MOST, reference_fault
from pii_guard.certificate.shapes import (
    DATE,
    DIGEST,
    HEX,
    NONCE,
    ORDINAL,
    TIME,
    UUID,
    Count,
    Each,
    Either,
    Flag,
    Form,
    Or,
    Schema,
    Table,
    Word,
    any_of,
)
from pii_guard.limits import Limits

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:pii-guard:deletion-certificate:v1"
"""A URN: it claims no domain, and a change of the schema changes its last part."""
MANIFEST = "redaction-manifest"
SCHEMA_ID = f"{PREDICATE_TYPE}:schema"


def misfit(statement: Any) -> str | None:
    """Where a statement leaves the grammar (`/predicate/findings/0/type`), or None."""
    return _STATEMENT.misfit(statement)


def json_schema() -> Schema:
    """The grammar as JSON Schema (draft 2020-12): the file in `schemas/` is this."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Deletion certificate, version 1: an in-toto Statement v1",
        **_STATEMENT.schema(),
    }


_REFERENCE = Form(
    LETTERS,
    MOST,
    lambda text: not reference_fault(text),
    "a number or name of the programme's own that says nothing of a person",
)
_STEP = f"{any_of(v.AXES)} {ORDINAL}"
_PLACE = Form(f"-|{_STEP}(?: / {_STEP}){{0,63}}")
_TOKEN = Form(f"<{any_of(v.TYPES - {v.OTHER_TYPE})}_{ORDINAL}>")
_ARTIFACT = Form("artifact-[0-9]{3,7}")
_FILE = rf"artifact-[0-9]{{3,7}}\.{any_of(set(v.EXTENSIONS.values()))}"
_OUTPUT, _SUBJECT = Form(_FILE), Form(f"{MANIFEST}|{_FILE}")
# Three numbers at most: four could be an IP address.
_VERSION = Form(r"[0-9]{1,4}(?:\.[0-9]{1,4}){1,2}(?:(?:a|b|rc|\.post|\.dev)[0-9]{1,4}){0,3}")
_TYPE = Word.of(v.TYPES)
_COUNT = Or(Count(), Word.of(BUCKETS))

TOOL = Table({"name": Word.of({"pii_guard"}), "version": _VERSION}, {"digest": DIGEST})
"""Which program made a statement. `digest`: see `own_code`."""
_CASE = Table(
    {"ref": _REFERENCE, "policy": Table({"digest": DIGEST})},
    {
        "disclosurePolicy": Table({}, {"uri": Form(programme.URI), "digest": DIGEST}),
        "legalBasis": Each(Word.of(programme.LEGAL_BASES), least=1),
    },
)
_ISSUER = Table(
    {
        "tool": TOOL,
        "keyOrigin": Word.of(v.KEY_ORIGINS),
    },
    {"id": Form(programme.NAME)},
)
_COMMITMENTS = Table(
    {
        "alg": Word.of({commitments.ALGORITHM}),
        "keyRef": Form("k-[0-9a-f]{16}"),
        "norm": Word.of({commitments.NORM}),
        "values": Each(Table({"type": _TYPE, "codes": Each(HEX, least=1)})),
        "truncated": Flag(),
    },
    {"files": Each(Table({"artifact": _ARTIFACT, "code": HEX}), least=1)},
)
_COVERAGE = Table(
    {
        "received": Count(),
        "scanned": Count(),
        "partial": Count(),
        "unscannable": Count(),
        "rulesetDigest": DIGEST,
        "modelDigest": DIGEST,
        "knownGaps": Each(Word.of(v.KNOWN_GAPS)),
        "isolation": Each(Word.of(v.LAYERS)),
        "limits": Table({name: Count(1) for name in Limits().stated()}),
    }
)
_ARTIFACTS = Table(
    {"id": _ARTIFACT, "mediaType": Word.of(v.EXTENSIONS), "disposition": Word.of(v.DISPOSITIONS)},
    {
        "output": _OUTPUT,
        "reason": Word.of(v.REASONS),
        "leftOut": Count(),
        "unlinked": Or(Count(1), Word.of(BUCKETS)),
        "unlocked": Count(1),
        "unread": Each(Table({"what": Word.of(v.UNREAD), "occurrences": Count()}), least=1),
    },
)
_FINDINGS = Table(
    {
        "id": Form(f"f{ORDINAL}"),
        "artifact": _ARTIFACT,
        "policyCategory": Word.of(v.CATEGORIES),
        "type": _TYPE,
        "action": Word.of(v.ACTIONS),
        "basis": Word.of(v.REMOVING),
        "confidence": Word.of(v.TIERS),
        "occurrences": _COUNT,
        "distinct": _COUNT,
        "locations": Each(Table({"place": _PLACE}, {"token": _TOKEN})),
        "locationsTruncated": Flag(),
    }
)
_RETAINED = Either(
    "entry",
    Table(
        {
            "artifact": _ARTIFACT,
            "type": _TYPE,
            "basis": Word.of(v.RETAINING),
            "occurrences": _COUNT,
        }
    ),
    Table(
        {
            "artifact": _ARTIFACT,
            "basis": Word.of({v.QUARANTINED}),
            "entry": Form("q-[0-9a-f]{16}"),
            "occurrences": Count(1),
        }
    ),
)
"""What was found and kept; or an attachment as a whole, by the id of its entry in a quarantine."""
_DELETIONS = Table(
    {
        "id": Form(f"x{ORDINAL}"),
        "artifact": _ARTIFACT,
        "what": Word.of({"original"}),
        **claims.CLAIM_FIELDS,
    },
    claims.CLAIM_OPTIONAL,
)
_PREDICATE = Table(
    {
        "certificateId": UUID,
        "nonce": NONCE,
        "issuedAt": TIME,
        "issuer": _ISSUER,
        "case": _CASE,
        "disclosure": Word.of(programme.DISCLOSURES),
        "coverage": _COVERAGE,
        "artifacts": Each(_ARTIFACTS),
        "findings": Each(_FINDINGS),
        "retained": Each(_RETAINED),
        "deletions": Each(_DELETIONS),
        "notCovered": Each(Word.of(v.NOT_COVERED), least=1),
        "residualScan": Table({"rulesetDigest": DIGEST, "findings": Count(), "artifacts": Count()}),
        "retention": Table({"until": DATE, "legalHold": Flag()}, {"keyShredBy": DATE}),
        "result": Word.of(v.RESULTS),
    },
    {
        "researcher": Table({"ref": _REFERENCE}, {"keyId": HEX}),
        "supersedes": Table({"certificateId": UUID, "digest": DIGEST}),
        "commitments": _COMMITMENTS,
    },
)
_STATEMENT = Table(
    {
        "_type": Word.of({STATEMENT_TYPE}),
        "subject": Each(Table({"name": _SUBJECT, "digest": Table({"sha256": HEX})}), least=1),
        "predicateType": Word.of({PREDICATE_TYPE}),
        "predicate": _PREDICATE,
    }
)
