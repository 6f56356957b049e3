"""The red panel: every exception and limit that a statement states, a sentence each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

from pii_guard.certificate.buckets import Amount
from pii_guard.certificate.render.copies import claimed, copy_name, remains, store_name
from pii_guard.certificate.render.totals import Entry, alike
from pii_guard.certificate.render.words import Words, artifact_ranges, capital

_SENTENCES = 100
REVERSIBLE = ("encrypt", "format_preserving", "hmac")


def exceptions(predicate: dict[str, Any], words: Words) -> Iterator[str]:
    """The panel's sentences, the gravest first."""
    yield from _held(predicate["artifacts"], words)
    yield from _some(_partial(predicate["artifacts"], words), words)
    yield from _some(_left(predicate["deletions"], words), words)
    yield from _reversible(predicate["findings"], words)
    if predicate.get("retention", {}).get("legalHold") is True:
        yield words.say("panel.legal_hold")
    gaps = [words.word("gap", gap) for gap in predicate["coverage"].get("knownGaps", ())]
    if gaps:
        yield words.say("panel.gaps", gaps=words.listed(gaps))
    beyond = [words.word("not_covered", word) for word in predicate["notCovered"]]
    yield words.say("panel.not_covered", what=words.listed(beyond))


def _some(sentences: Iterator[str], words: Words) -> Iterator[str]:
    """The first of many sentences of one kind, and how many more there are."""
    yield from islice(sentences, _SENTENCES)
    more = sum(1 for _ in sentences)
    if more:
        yield words.say("panel.more", count=words.number(more))


def _held(artifacts: list[Entry], words: Words) -> Iterator[str]:
    reasons: dict[str, list[str]] = defaultdict(list)
    for one in artifacts:
        if one["disposition"] not in ("redacted", "clean"):
            reasons[one.get("reason", "internal")].append(one["id"])
    for reason, ids in reasons.items():
        why = words.word("reason", reason)
        yield words.say("panel.quarantined", artifacts=artifact_ranges(ids, words), reason=why)


def _partial(artifacts: list[Entry], words: Words) -> Iterator[str]:
    fields = ("leftOut", "unread", "unlinked")
    affected = [{k: v for k, v in one.items() if k in ("id", *fields)} for one in artifacts]
    entries = [{**one, "artifact": one["id"]} for one in affected if len(one) > 1]
    for one, ids in alike(entries):
        name = artifact_ranges(ids, words)
        if len(ids) > 1:
            name = words.say("each", artifacts=name)
        if "leftOut" in one:
            yield words.count("panel.left_out", one["leftOut"], artifact=name)
        if "unread" in one:
            what = (
                f"{words.word('unread', part['what'])} ({words.number(part['occurrences'])})"
                for part in one["unread"]
            )
            yield words.say("panel.unread", artifact=name, what=words.listed(what))
        if "unlinked" in one:
            yield words.counted("panel.unlinked", Amount.of(one["unlinked"]), artifact=name)


def _left(deletions: list[Entry], words: Words) -> Iterator[str]:
    for one, ids in alike(deletions):
        if remains(one) or "note" in one:  # a note says why no more is claimed
            yield words.say(
                "panel.deletion",
                copy=copy_name(one, ids, words),
                store=store_name(one, words),
                claim=claimed(one, words),
            )


def _reversible(findings: list[Entry], words: Words) -> Iterator[str]:
    used = {one["action"] for one in findings}
    for action in REVERSIBLE:
        if action in used:
            what = words.word("action", action)
            held = words.word("reversible", action)
            yield words.say("panel.reversible", what=capital(what), action=held)
