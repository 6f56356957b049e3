"""The closed grammar of a certificate: which fields there are, and what each may hold.

Every string is a word of `vocabulary`, a number of a fixed form, a time, a digest of an output or
of our own rules, or a place of words and ordinals. The case reference is the one exception, and has
rules of its own (`reference`). A value that was found in an attachment fits nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from pii_guard.certificate import vocabulary as v
from pii_guard.certificate.reference import reference_fault

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:pii-guard:deletion-certificate:v1"
"""A URN: it claims no domain, and a change of the schema changes its last part."""
MANIFEST = "redaction-manifest"
_MOST = 2**53 - 1

Shape = Callable[[Any], str | None]
"""Takes a value; returns None if it fits, else the path of what does not, of our words only."""


def misfit(statement: Any) -> str | None:
    """Where a statement leaves the grammar (`/predicate/findings/0/type`), or None."""
    return _STATEMENT(statement)


def _word(words: Iterable[str]) -> Shape:
    known = frozenset(words)
    return lambda value: None if isinstance(value, str) and value in known else ""


def _form(pattern: str) -> Shape:
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: None if isinstance(value, str) and compiled.fullmatch(value) else ""


def _count(value: Any) -> str | None:
    return None if type(value) is int and 0 <= value <= _MOST else ""


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else ""


def _reference(value: Any) -> str | None:
    return None if isinstance(value, str) and not reference_fault(value) else ""


def _time(value: Any) -> str | None:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return ""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return ""
    return None


def _each(shape: Shape, least: int = 0) -> Shape:
    def fits(value: Any) -> str | None:
        if not isinstance(value, list) or len(value) < least:
            return ""
        for number, one in enumerate(value):
            where = shape(one)
            if where is not None:
                return f"/{number}{where}"
        return None

    return fits


def _table(fields: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    known = {**fields, **(optional or {})}

    def fits(value: Any) -> str | None:
        if not isinstance(value, dict) or not fields.keys() <= value.keys() <= known.keys():
            return ""
        # In our order, by our names: an unknown field's name is never shown.
        for name, shape in known.items():
            where = shape(value[name]) if name in value else None
            if where is not None:
                return f"/{name}{where}"
        return None

    return fits


def _any(words: Iterable[str]) -> str:
    return "(?:" + "|".join(map(re.escape, sorted(words))) + ")"


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_ORDINAL = "[1-9][0-9]{0,9}"
_STEP = f"{_any(v.AXES)} {_ORDINAL}"
_PLACE = _form(f"-|{_STEP}(?: / {_STEP}){{0,63}}")
_TOKEN = _form(f"<{_any(v.TYPES - {v.OTHER_TYPE})}_{_ORDINAL}>")
_ARTIFACT = _form("artifact-[0-9]{3,7}")
_FILE = rf"artifact-[0-9]{{3,7}}\.{_any(v.EXTENSIONS.values())}"
_OUTPUT, _SUBJECT = _form(_FILE), _form(f"{MANIFEST}|{_FILE}")
_HEX = _form("[0-9a-f]{64}")
_DIGEST = _form("sha256:[0-9a-f]{64}")
_UUID = _form("urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Three numbers at most: four could be an IP address.
_VERSION = _form(r"[0-9]{1,4}(?:\.[0-9]{1,4}){1,2}(?:(?:a|b|rc|\.post|\.dev)[0-9]{1,4}){0,3}")
_TYPE = _word(v.TYPES)

_CASE = _table({"ref": _reference, "policy": _table({"digest": _DIGEST})})
_ISSUER = _table(
    {
        "tool": _table({"name": _word({"pii_guard"}), "version": _VERSION}),
        "keyOrigin": _word(v.KEY_ORIGINS),
    }
)
_COVERAGE = _table(
    {
        "received": _count,
        "scanned": _count,
        "partial": _count,
        "unscannable": _count,
        "rulesetDigest": _DIGEST,
        "modelDigest": _DIGEST,
        "knownGaps": _each(_word(v.KNOWN_GAPS)),
    }
)
_ARTIFACTS = _table(
    {"id": _ARTIFACT, "mediaType": _word(v.EXTENSIONS), "disposition": _word(v.DISPOSITIONS)},
    {
        "output": _OUTPUT,
        "reason": _word(v.REASONS),
        "leftOut": _count,
        "unlinked": _count,
        "unread": _each(_table({"what": _word(v.UNREAD), "occurrences": _count}), least=1),
    },
)
_FINDINGS = _table(
    {
        "id": _form(f"f{_ORDINAL}"),
        "artifact": _ARTIFACT,
        "policyCategory": _word(v.CATEGORIES),
        "type": _TYPE,
        "action": _word(v.ACTIONS),
        "basis": _word(v.REMOVING),
        "confidence": _word(v.TIERS),
        "occurrences": _count,
        "distinct": _count,
        "locations": _each(_table({"place": _PLACE}, {"token": _TOKEN})),
        "locationsTruncated": _flag,
    }
)
_RETAINED = _table(
    {"artifact": _ARTIFACT, "type": _TYPE, "basis": _word(v.RETAINING), "occurrences": _count}
)
_DELETIONS = _table(
    {
        "id": _form(f"x{_ORDINAL}"),
        "artifact": _ARTIFACT,
        "what": _word({"original"}),
        "store": _word(v.ORIGINALS),
        "claim": _word(claim for claim, _, _ in v.ORIGINALS.values()),
        "assurance": _word(assurance for _, assurance, _ in v.ORIGINALS.values()),
        "note": _word(note for _, _, note in v.ORIGINALS.values()),
    }
)
_PREDICATE = _table(
    {
        "certificateId": _UUID,
        "nonce": _form("[0-9a-f]{32}"),
        "issuedAt": _time,
        "issuer": _ISSUER,
        "case": _CASE,
        "disclosure": _word({"exact"}),
        "coverage": _COVERAGE,
        "artifacts": _each(_ARTIFACTS),
        "findings": _each(_FINDINGS),
        "retained": _each(_RETAINED),
        "deletions": _each(_DELETIONS),
        "notCovered": _each(_word(v.NOT_COVERED), least=1),
        "residualScan": _table({"rulesetDigest": _DIGEST, "findings": _count, "artifacts": _count}),
        "result": _word(v.RESULTS),
    }
)
_STATEMENT = _table(
    {
        "_type": _word({STATEMENT_TYPE}),
        "subject": _each(_table({"name": _SUBJECT, "digest": _table({"sha256": _HEX})}), least=1),
        "predicateType": _word({PREDICATE_TYPE}),
        "predicate": _PREDICATE,
    }
)
