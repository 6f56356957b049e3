"""A SARIF 2.1.0 log (OASIS, errata 01): findings as results, types as rules.

What takes such logs in has limits: GitHub reads 25,000 results of a run. The gravest are kept, and the log
says how many more there are. Files that could not be read are notifications, not results.
"""

from __future__ import annotations

import heapq
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pii_guard.audit.rows import Found, Row, Verdict
from pii_guard.certificate.render.words import Words, capital
from pii_guard.entities import entity
from pii_guard.findings import Category
from pii_guard.report.english import ENGLISH
from pii_guard.report.harmless import masked, uri, visible
from pii_guard.report.summary import RANK
from pii_guard.report.wording import kind_name, reason

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
MOST = 25_000
"""Results of a run that GitHub takes ("SARIF support for code scanning", limits)."""
NOTIFIED = 1_000
"""Files that could not be read and are named."""
FINGERPRINT = "piiGuardKeyedValue/v1"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_SCORES = {
    Category.SECRET: "9.0", Category.GOVERNMENT_ID: "8.0", Category.FINANCIAL: "8.0", Category.HEALTH: "8.0",
    Category.POLITICAL_RELIGIOUS: "7.0", Category.RACE_ETHNICITY: "7.0", Category.SEXUAL_ORIENTATION: "7.0",
}  # fmt: skip
"""`security-severity` of a rule, by what it finds; GitHub reads 7.0 and above as high, 9.0 as critical."""
_SCORE = "5.0"
_LINE = re.compile(r"line (\d{1,9})", re.ASCII)


class _Place(NamedTuple):
    """What a result needs of its row, whose other findings need not be kept for it, and its own id."""

    finding: str
    source: int
    location: str
    media_type: str


_Kept = tuple[int, float, int, _Place, Found]


def sarif(
    rows: Iterable[Row], *, version: str, complete: bool | None, most: int = MOST
) -> dict[str, Any]:
    """The log of an audit. `complete`: whether every file listed has a row, None where nobody asked.

    Holds the `most` gravest findings of those that rows list, in the order of the rows.
    """
    words = Words(ENGLISH)
    kept: list[_Kept] = []
    notices: list[dict[str, Any]] = []
    sources: set[int] = set()
    counted: Counter[str] = Counter()
    for row in rows:
        counted["files"] += row.verdict != Verdict.SKIPPED
        counted["found"] += row.found
        if row.verdict == Verdict.QUARANTINED:
            counted["held"] += 1
            sources.add(row.source)
            if len(notices) < NOTIFIED:
                notices.append(_not_read(row))
        for number, one in enumerate(row.findings):
            place = _Place(row.finding_id(number), row.source, row.location, row.media_type)
            # Of findings as grave and as sure as each other the first stay; no two have one number.
            item = (RANK.get(one.severity, 0), one.score, -counted["listed"], place, one)
            counted["listed"] += 1
            if len(kept) < most:
                heapq.heappush(kept, item)
            else:
                heapq.heappushpop(kept, item)
    kept.sort(key=lambda item: -item[2])
    notices += list(_left_out(counted, len(kept), len(notices), complete))
    rules = sorted({one.entity_type for *_, one in kept})
    indices = {name: index for index, name in enumerate(rules)}
    sources |= {place.source for *_, place, _ in kept}
    driver = {
        "name": "pii_guard",
        "version": version,
        "rules": [_rule(name, words) for name in rules],
        "notifications": [{"id": name} for name in ("not-read", "left-out", "not-complete")],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": complete is not False,
                "toolExecutionNotifications": notices,
            }
        ],
        "originalUriBaseIds": {_base(one): _described(one, words) for one in sorted(sources)},
        "results": [_result(place, one, indices, words) for *_, place, one in kept],
        "properties": {
            "files": counted["files"],
            "filesNotRead": counted["held"],
            "findings": counted["found"],
            "findingsInThisLog": len(kept),
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def to_json(log: Mapping[str, Any]) -> bytes:
    """The log as a file, without blanks: what takes logs in has limits of size, too."""
    return json.dumps(log, separators=(",", ":")).encode() + b"\n"


def _rule(name: str, words: Words) -> dict[str, Any]:
    category = entity(name).category
    said = kind_name(name, words)
    return {
        "id": visible(name),
        "shortDescription": {"text": said},
        "fullDescription": {
            "text": f"{said}: personal data of the category {words.word('category', category)}."
        },
        "help": {"text": "Remove the value, or redact the file before it is stored."},
        "defaultConfiguration": {"level": "warning"},
        "properties": {
            "tags": ["security", "privacy", category.value],
            "category": category.value,
            "security-severity": _SCORES.get(category, _SCORE),
            "precision": "medium",
        },
    }


def _base(source: int) -> str:
    return f"SOURCE{source}"


def _described(source: int, words: Words) -> dict[str, Any]:
    """A source without its address, which would name hosts and accounts."""
    return {"description": {"text": words.say("source", number=source)}}


def _result(place: _Place, one: Found, indices: Mapping[str, int], words: Words) -> dict[str, Any]:
    said = f"{kind_name(one.entity_type, words)} at {visible(one.locator)}: {masked(one.preview)}"
    made: dict[str, Any] = {
        "ruleId": visible(one.entity_type),
        "ruleIndex": indices[one.entity_type],
        "level": _LEVELS.get(one.severity, "warning"),
        "message": {"text": said},
        "locations": [_location(place, one)],
        "rank": round(100 * min(max(one.score, 0.0), 1.0), 1),
        "properties": {
            "finding": visible(place.finding),
            "severity": visible(one.severity),
            "category": visible(one.category),
            "recognizer": visible(one.recognizer),
            "mediaType": visible(place.media_type),
        },
    }
    if one.fingerprint:
        made["partialFingerprints"] = {FINGERPRINT: visible(one.fingerprint)}
    return made


def _location(place: _Place, one: Found) -> dict[str, Any]:
    """The file, and where in it: as programs count, where there are lines or characters, and in our words."""
    physical: dict[str, Any] = {"artifactLocation": _artifact(place.source, place.location)}
    line = _LINE.fullmatch(one.locator)
    if line:
        physical["region"] = {"startLine": max(1, int(line.group(1)))}
    elif one.locator == "-" and place.media_type.startswith("text/") and 0 <= one.start < one.end:
        physical["region"] = {"charOffset": one.start, "charLength": one.end - one.start}
    logical = {"fullyQualifiedName": visible(one.locator)}
    return {"physicalLocation": physical, "logicalLocations": [logical]}


def _artifact(source: int, location: str) -> dict[str, str]:
    return {"uri": uri(location), "uriBaseId": _base(source)}


def _not_read(row: Row) -> dict[str, Any]:
    meaning, remedy = reason(row.reason)
    return {
        "descriptor": {"id": "not-read"},
        "level": "error",
        "message": {"text": f"Not read in full: {meaning} {remedy}"},
        "locations": [
            {"physicalLocation": {"artifactLocation": _artifact(row.source, row.location)}}
        ],
        "properties": {"reason": visible(row.reason), "where": visible(row.where)},
    }


def _left_out(
    counted: Counter[str], kept: int, named: int, complete: bool | None
) -> Iterator[dict[str, Any]]:
    """What this log does not say, said."""
    if counted["found"] > kept:
        yield _notice("left-out", f"{counted['found'] - kept} of {counted['found']} findings are not in this "
                      "log: it holds the gravest of those that are listed.")  # fmt: skip
    if counted["held"] > named:
        more = counted["held"] - named
        yield _notice(
            "left-out", f"{more} more files could not be read and are not named in this log."
        )
    if complete is not True:
        doubt = "is not complete" if complete is False else "was not checked to be complete"
        yield _notice("not-complete", capital(f"the audit {doubt}: files may be missing from it."))


def _notice(name: str, text: str) -> dict[str, Any]:
    return {"descriptor": {"id": name}, "level": "warning", "message": {"text": text}}
