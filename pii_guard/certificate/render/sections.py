"""The sections of a form, each drawn from one part of the predicate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from pii_guard.certificate.buckets import total as amount
from pii_guard.certificate.render.copies import (
    claimed,
    copy_name,
    described,
    details,
    store_name,
)
from pii_guard.certificate.render.markup import (
    Cell,
    E,
    Node,
    digest,
    facts,
    grouped,
    note,
    put,
    section,
    table,
)
from pii_guard.certificate.render.panel import exceptions
from pii_guard.certificate.render.stated import stated_rows
from pii_guard.certificate.render.totals import Total, alike, totals
from pii_guard.certificate.render.words import Words, capital

_COUNTS = frozenset({
    "received", "scanned", "partial", "unscannable", "rulesetDigest", "modelDigest", "knownGaps",
    "isolation",
})  # fmt: skip
_AGAIN = frozenset({"artifacts", "findings", "rulesetDigest"})
_ARTIFACT = frozenset({
    "id", "mediaType", "disposition", "reason", "output", "leftOut", "unlinked", "unread",
})  # fmt: skip
MOST_ROWS = 200
"""Rows of one table: a form stays readable, and says how many more the signed file has."""
Predicate = dict[str, Any]


def panel(predicate: Predicate, words: Words) -> Node:
    """Exceptions, and what is not covered. It is never empty."""
    items = [E.li(sentence) for sentence in exceptions(predicate, words)]
    return section("exceptions", words.say("section.exceptions"), E.ul(*items))


def findings(predicate: Predicate, words: Words) -> Node:
    """What was found and taken out, by category of the policy."""
    heading = words.say("section.findings")
    if not predicate["findings"]:
        return section("findings", heading, E.p(words.say("lead.findings.none")))
    groups = [
        (words.word("category", category), [_total(total, words) for total in group])
        for category, group in groupby(totals(predicate["findings"]), lambda total: total.category)
    ]
    columns = _columns(words, "what", "action", "#occurrences", "#distinct", "#files")
    lead = E.p(words.say("lead.findings"))
    return section("findings", heading, lead, grouped(columns, groups, heading))


def _total(total: Total, words: Words) -> Sequence[Cell]:
    distinct = words.amount(total.distinct)
    if not total.exact and total.distinct.most is not None:
        distinct = words.say("at_most", count=words.number(total.distinct.most))
    return (
        capital(words.word("type", total.kind)),
        words.word("action", total.action),
        words.amount(total.occurrences),
        distinct,
        words.number(total.artifacts),
    )


def retained(predicate: Predicate, words: Words) -> Iterator[Node]:
    """What was found and kept; nothing where nothing was."""
    if not predicate["retained"]:
        return
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in predicate["retained"]:
        groups.setdefault((one.get("type", ""), one["basis"]), []).append(one)
    rows = [
        (
            capital(words.word("type", kind)) if kind else words.say("whole_attachment"),
            capital(words.word("basis", basis)),
            words.amount(amount([one["occurrences"] for one in group])),
            words.number(len({one["artifact"] for one in group if "artifact" in one})),
        )
        for (kind, basis), group in sorted(groups.items())
    ]
    heading = words.say("section.retained")
    columns = _columns(words, "what", "basis", "#occurrences", "#files")
    yield section(
        "retained", heading, E.p(words.say("lead.retained")), table(columns, rows, heading)
    )


def attachments(statement: dict[str, Any], words: Words) -> Node:
    """Every attachment, how it ended, and the digest of its copy."""
    digests = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    entries = statement["predicate"]["artifacts"]
    rows = []
    for one in entries[:MOST_ROWS]:
        outcome: list[Cell] = [words.word("disposition", one["disposition"])]
        if "reason" in one:
            outcome.append(note(words.word("reason", one["reason"])))
        more = {name: value for name, value in one.items() if name not in _ARTIFACT}
        if more:
            outcome.append(note(described(more, words)))
        copy: list[Cell] = []
        if one.get("output") in digests:
            copy = [one["output"], E.br(), digest(digests[one["output"]])]
        rows.append((one["id"], words.media(one["mediaType"]), outcome, copy or "–"))
    heading = words.say("section.attachments")
    columns = _columns(words, "attachment", "kind", "outcome", "copy")
    made = section(
        "attachments", heading, E.p(words.say("lead.attachments")), table(columns, rows, heading)
    )
    return put(made, *_cut(len(entries), words))


def deletions(predicate: Predicate, words: Words) -> Node:
    """What is known of each copy: alike ones in one row."""
    groups = list(alike(predicate["deletions"]))
    rows = []
    for one, ids in groups[:MOST_ROWS]:
        known: list[Cell] = [claimed(one, words)]
        more = details(one, words)
        if more:
            known.append(note(more))
        name, store = copy_name(one, ids, words), capital(store_name(one, words))
        rows.append((name, store, known, words.word("assurance", str(one.get("assurance", "")))))
    heading = words.say("section.deletions")
    columns = _columns(words, "copy", "store", "claim", "assurance")
    made = section(
        "deletions", heading, E.p(words.say("lead.deletions")), table(columns, rows, heading)
    )
    return put(made, *_cut(len(groups), words))


def coverage(predicate: Predicate, words: Words) -> Node:
    """How much was searched, with which rules, and what the second search found."""
    counts, again = predicate["coverage"], predicate["residualScan"]
    rows: list[tuple[str, Cell]] = [
        (words.say(f"fact.{name}"), words.number(counts[name]))
        for name in ("received", "scanned", "partial", "unscannable")
    ]
    rows.append((words.say("fact.residual"), words.count(
        "residual", again["artifacts"], findings=words.number(again["findings"]))))  # fmt: skip
    rows.append((words.say("fact.ruleset"), digest(counts["rulesetDigest"])))
    if "modelDigest" in counts:
        rows.append((words.say("fact.model"), digest(counts["modelDigest"])))
    if "digest" in predicate["case"].get("policy", {}):
        rows.append((words.say("fact.policy"), digest(predicate["case"]["policy"]["digest"])))
    layers = ", ".join(words.word("layer", one) for one in counts["isolation"])
    rows.append((words.say("fact.isolation"), layers or words.say("fact.no_isolation")))
    rows += stated_rows(counts, words, _COUNTS)
    rows += stated_rows(again, words, _AGAIN)
    return section("coverage", words.say("section.coverage"), facts(rows))


def _cut(number: int, words: Words) -> Iterator[Node]:
    if number > MOST_ROWS:
        yield note(words.say("note.cut", count=words.number(number - MOST_ROWS)))


def _columns(words: Words, *names: str) -> list[str]:
    return [
        "#" * name.startswith("#") + words.say(f"column.{name.removeprefix('#')}") for name in names
    ]
