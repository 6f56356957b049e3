"""Fields of a statement without a place of their own: named and listed, so that none is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pii_guard.certificate.render.copies import described, field_name
from pii_guard.certificate.render.markup import Cell, E, Node, digest, facts, section
from pii_guard.certificate.render.words import Words, capital

_DIGITS = re.compile(r"(?:sha256:)?[0-9a-f]{32,}", re.ASCII)
_SHOWN = frozenset({
    "certificateId", "issuedAt", "issuer", "case", "coverage", "artifacts", "findings", "retained",
    "deletions", "notCovered", "residualScan", "result", "supersedes", "researcher",
})  # fmt: skip
"""Fields of the predicate that have a section, or a place in the head."""
_NAMED = ("commitments", "retention", "validation")


def stated(predicate: dict[str, Any], words: Words) -> Iterator[Node]:
    """Every field of the predicate that no other section shows."""
    for name in _NAMED:
        value = predicate.get(name)
        if value:
            lead = [E.p(words.say(f"lead.{name}"))] if words.has("lead", name) else []
            draw = _commitments if name == "commitments" else stated_rows
            rows = draw(value, words) if isinstance(value, dict) else []
            body = facts(rows) if rows else E.p(described(value, words))
            yield section(name, words.say(f"section.{name}"), *lead, body)
    rest = stated_rows(predicate, words, _SHOWN.union(_NAMED))
    if rest:
        yield section("more", words.say("section.more"), E.p(words.say("lead.more")), facts(rest))


def stated_rows(
    values: dict[str, Any], words: Words, shown: frozenset[str] = frozenset()
) -> list[tuple[str, Cell]]:
    """Fields and what they hold, without those that are shown elsewhere."""
    return [
        (capital(field_name(name, words)), stated_value(value, words))
        for name, value in values.items()
        if name not in shown
    ]


def stated_value(value: Any, words: Words) -> Cell:
    """What a field holds; identifiers and digests as code, the fields of a table a line each."""
    if isinstance(value, dict):
        lines: list[Cell] = []
        for name, held in value.items():
            lines += [E.br()] * bool(lines)
            lines += [f"{capital(field_name(name, words))}: ", stated_value(held, words)]
        return lines
    text = described(value, words)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return digest(text)
    return E.code(text) if text.startswith("urn:uuid:") else text


def _commitments(value: dict[str, Any], words: Words) -> list[tuple[str, Cell]]:
    """Of how many values of each type there are codes; the codes are for machines."""
    rows = stated_rows(value, words, frozenset({"values", "files"}))
    for one in value.get("values", ()):
        name = capital(words.word("type", one["type"]))
        rows.append((name, words.count("codes", len(one["codes"]))))
    if "files" in value:
        received = words.count("coded_files", len(value["files"]))
        rows.append((words.say("fact.coded_files"), received))
    return rows
