"""What follows from a statement's own parts, worked out again: counts, references, the result.

Used before signing (nothing that fails is signed) and by the verifier. Statements here keep to the
grammar already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import rfc8785

from pii_guard.certificate import claim_rules
from pii_guard.certificate.buckets import BUCKETED, BUCKETS
from pii_guard.certificate.claims import PENDING, Claim, Kind, Store
from pii_guard.certificate.grammar import MANIFEST
from pii_guard.certificate.vocabulary import EXTENSIONS, artifact_id

Entry = dict[str, Any]


_LEFT = frozenset({Kind.NOT_DELETED, *PENDING})


def derived_result(artifacts: Sequence[Entry], deletions: Sequence[Entry]) -> str:
    """`complete`; `complete_with_exceptions` (some quarantined, members left out of some, something in
    some passed on unread, or a copy of an original still there); `incomplete` (all quarantined, or
    nothing there).
    """
    held = sum(one["disposition"] == "quarantined" for one in artifacts)
    if held == len(artifacts):
        return "incomplete"
    partial = any(map(is_partial, artifacts)) or any(one["claim"] in _LEFT for one in deletions)
    return "complete_with_exceptions" if held or partial else "complete"


def is_partial(artifact: Entry) -> bool:
    """Whether not all of an artifact was scanned, though it is not quarantined."""
    return "leftOut" in artifact or "unread" in artifact


def unread_counts(artifacts: Sequence[Entry]) -> dict[str, int]:
    """What was passed on unread in all artifacts together, by its word."""
    counts: dict[str, int] = {}
    for one in artifacts:
        for entry in one.get("unread", ()):
            counts[entry["what"]] = counts.get(entry["what"], 0) + entry["occurrences"]
    return dict(sorted(counts.items()))


def manifest(artifacts: Sequence[Entry]) -> Entry:
    """The subject of a certificate that has no output: the list of artifacts itself."""
    digest = hashlib.sha256(rfc8785.dumps(list(artifacts))).hexdigest()
    return {"name": MANIFEST, "digest": {"sha256": digest}}


def contradictions(statement: Entry) -> Iterator[str]:
    """What contradicts what, each a clause of our words."""
    predicate = statement["predicate"]
    artifacts = predicate["artifacts"]
    yield from _artifacts(artifacts)
    yield from _subjects(artifacts, statement["subject"])
    yield from _coverage(predicate, artifacts)
    yield from _findings(predicate, artifacts)
    yield from _disclosure(predicate, artifacts)
    yield from _deletions(predicate["deletions"], artifacts, predicate["issuedAt"])
    yield from _quarantined(predicate, artifacts)
    yield from _dates(predicate)
    if predicate["result"] != derived_result(artifacts, predicate["deletions"]):
        yield "the result is not what follows"


def _artifacts(artifacts: Sequence[Entry]) -> Iterator[str]:
    for number, one in enumerate(artifacts, 1):
        if one["id"] != artifact_id(number):
            yield "artifacts are not numbered in order"
        held = one["disposition"] == "quarantined"
        if ("output" in one) == held or ("reason" in one) != held:
            yield "an artifact has an output or a reason that it cannot have"
        elif "leftOut" in one and (one["disposition"] != "redacted" or not one["leftOut"]):
            yield "members are left out of an artifact that is as it was"
        elif "unread" in one and (held or not _is_counted(one["unread"])):
            yield "what was passed on unread does not reconcile"
        elif not held and one["output"] != f"{one['id']}.{EXTENSIONS[one['mediaType']]}":
            yield "an output is not called after its artifact"


def _is_counted(unread: Sequence[Entry]) -> bool:
    words = [entry["what"] for entry in unread]
    return words == sorted(set(words)) and all(entry["occurrences"] for entry in unread)


def _subjects(artifacts: Sequence[Entry], subjects: Sequence[Entry]) -> Iterator[str]:
    outputs = [one["output"] for one in artifacts if "output" in one]
    if not outputs:
        if list(subjects) != [manifest(artifacts)]:
            yield "the manifest is not that of the artifacts"
    elif outputs != [subject["name"] for subject in subjects]:
        yield "outputs and subjects differ"


def _coverage(predicate: Entry, artifacts: Sequence[Entry]) -> Iterator[str]:
    held = sum(one["disposition"] == "quarantined" for one in artifacts)
    partial = sum(map(is_partial, artifacts))
    counts = {"received": len(artifacts), "scanned": len(artifacts) - held, "partial": partial,
              "unscannable": held}  # fmt: skip
    if any(predicate["coverage"][name] != count for name, count in counts.items()):
        yield "the coverage does not reconcile with the artifacts"
    again = predicate["residualScan"]
    if again["findings"] != 0:
        yield "the residual scan found something"
    if again["artifacts"] != len(artifacts) - held:
        yield "not every output was scanned again"
    if again["rulesetDigest"] != predicate["coverage"]["rulesetDigest"]:
        yield "outputs were scanned again by other rules"


def _findings(predicate: Entry, artifacts: Sequence[Entry]) -> Iterator[str]:
    dispositions = {one["id"]: one["disposition"] for one in artifacts}
    changed = {one["artifact"] for one in predicate["findings"]}
    changed |= {one["id"] for one in artifacts if "leftOut" in one}
    for number, one in enumerate(predicate["findings"], 1):
        if one["id"] != f"f{number}":
            yield "findings are not numbered in order"
        if dispositions.get(one["artifact"], "clean") == "clean":
            yield "a finding is in no artifact that was changed"
        kinds = {type(one["occurrences"]), type(one["distinct"])}
        yield from {str: _bucketed, int: _counts}[kinds.pop()](one) if len(kinds) == 1 else ()
    if any(kind == "redacted" and name not in changed for name, kind in dispositions.items()):
        yield "an artifact was redacted without a finding"
    for one in predicate["retained"]:
        if one["artifact"] not in dispositions or not one["occurrences"]:
            yield "what was retained is in no artifact"


def _disclosure(predicate: Entry, artifacts: Sequence[Entry]) -> Iterator[str]:
    """Values are counted in one way throughout: by numbers, or by ranges that nothing narrows down."""
    found = predicate["findings"]
    counts = [one[name] for one in found for name in ("occurrences", "distinct")]
    counts += [one["occurrences"] for one in predicate["retained"] if "entry" not in one]
    counts += [one["unlinked"] for one in artifacts if "unlinked" in one]
    ranges = predicate["disclosure"] == BUCKETED
    if any(isinstance(count, str) != ranges for count in counts):
        yield "values are counted in another way than is said"
    if ranges and "commitments" in predicate:
        yield "commitments count what is only to be said in ranges"


def _bucketed(finding: Entry) -> Iterator[str]:
    order = list(BUCKETS)
    if order.index(finding["distinct"]) > order.index(finding["occurrences"]):
        yield "a finding's counts do not reconcile"
    if finding["locations"] or not finding["locationsTruncated"]:
        yield "places count what is only to be said in ranges"


def _counts(finding: Entry) -> Iterator[str]:
    shown, occurrences = finding["locations"], finding["occurrences"]
    tokens = {place["token"] for place in shown if "token" in place}
    if not 0 < finding["distinct"] <= occurrences or len(shown) > occurrences:
        yield "a finding's counts do not reconcile"
    elif finding["locationsTruncated"] != (len(shown) < occurrences):
        yield "a list of places does not say whether it is cut"
    elif tokens and not finding["locationsTruncated"] and len(tokens) != finding["distinct"]:
        yield "a finding's counts do not reconcile with its tokens"
    if any(token[1:].rpartition("_")[0] != finding["type"] for token in tokens):
        yield "a token is of another type than its finding"


def _deletions(
    deletions: Sequence[Entry], artifacts: Sequence[Entry], issued: str
) -> Iterator[str]:
    about = [name for name, _ in groupby(one["artifact"] for one in deletions)]
    if about != [one["id"] for one in artifacts]:
        yield "originals and artifacts differ"
    for number, one in enumerate(deletions, 1):
        if one["id"] != f"x{number}":
            yield "originals are not numbered in order"
        yield from claim_rules.contradictions(one)
        if one.get("at", "") > issued:
            yield "a claim is dated after the certificate"


def _quarantined(predicate: Entry, artifacts: Sequence[Entry]) -> Iterator[str]:
    """What is kept encrypted is retained and said to be there, under both heads, or under none."""
    kept = [one["artifact"] for one in predicate["retained"] if "entry" in one]
    there = [
        one["artifact"]
        for one in predicate["deletions"]
        if one["store"] == Store.QUARANTINE and not Claim.of_entry(one).gone
    ]
    if sorted(kept) != sorted(there):
        yield "what is in quarantine and what is retained differ"
    held = {one["id"] for one in artifacts if one["disposition"] == "quarantined"}
    if not held.issuperset(there):
        yield "something is in quarantine that was redacted"


def _dates(predicate: Entry) -> Iterator[str]:
    kept, day = predicate["retention"], predicate["issuedAt"][:10]
    if kept["until"] <= day or kept.get("keyShredBy", "9") <= day:
        yield "it is to be destroyed before it was issued"
    if ("keyShredBy" in kept) != ("commitments" in predicate):
        yield "commitments and the date of their key do not go together"
    if predicate.get("supersedes", {}).get("certificateId") == predicate["certificateId"]:
        yield "it supersedes itself"
    types = [entry["type"] for entry in predicate.get("commitments", {}).get("values", ())]
    if types != sorted(set(types)):
        yield "a type has commitments twice"
    numbered = [entry["artifact"] for entry in predicate.get("commitments", {}).get("files", ())]
    known = [one["id"] for one in predicate["artifacts"]]
    if numbered != [name for name in known if name in numbered]:
        yield "a commitment is to no attachment, or twice to one"


def overdue(statement: Entry, day: str) -> Iterator[str]:
    """What was to be gone before a day (`YYYY-MM-DD`), without a statement that it is."""
    predicate = statement["predicate"]
    waiting = [one for one in predicate["deletions"] if one.get("until", "9")[:10] < day]
    if waiting:
        yield f"{len(waiting)} copies were to expire by now, and nothing says that they did"
    kept = predicate["retention"]
    if not kept["legalHold"]:
        if kept.get("keyShredBy", "9") < day:
            yield "the key of its commitments was to be destroyed by now"
        if kept["until"] < day:
            yield "it was to be kept until an earlier day only"
