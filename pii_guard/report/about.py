"""What a report is made of, and what it does not say."""

from __future__ import annotations

import json

from pii_guard.certificate.render.copies import field_name
from pii_guard.certificate.render.markup import Cell, E, Node, facts, put, section
from pii_guard.certificate.render.words import Words, capital
from pii_guard.report.harmless import visible
from pii_guard.report.standing import Standing
from pii_guard.report.summary import Summary
from pii_guard.report.wording import size

_VERSIONS = ("tool", "ruleset", "model", "policy")
_SHOWN = 5
"""Different versions that are named."""


def about(summary: Summary, standing: Standing, words: Words) -> Node:
    """The report's last section."""
    said = [E.p(words.say("about.values")), E.p(words.say("about.found"))]
    for name, number in (
        ("skipped", summary.skipped), ("copies", summary.copies), ("short", summary.short),
    ):  # fmt: skip
        if number:
            said.append(E.p(words.count(f"about.{name}", number)))
    said.append(E.p(words.say("about.law")))
    rows: list[tuple[str, Cell]] = [(words.say("fact.size"), size(summary.total.size))]
    if standing.state == "complete" and standing.digest:
        rows.append((words.say("fact.audited"), E.code(visible(standing.digest, 80))))
    for name in _VERSIONS:
        texts = sorted(text for text in summary.made_with[name] if text)
        if texts:
            lines: list[Cell] = []
            for text in texts[:_SHOWN]:
                lines += [*([E.br()] if lines else []), E.code(visible(text, 120))]
            rows.append((words.say(f"fact.{name}"), lines))
    limits = [text for text in sorted(summary.made_with["limits"]) if text][:1]
    rows += [(words.say("fact.limits"), _limits(text, words)) for text in limits if text != "{}"]
    made = section("about", words.say("section.about"), *said, facts(rows))
    return put(E.footer(), made)


def _limits(text: str, words: Words) -> str:
    try:
        limits = json.loads(text)
        named = (f"{field_name(str(k), words)} {words.number(int(v))}" for k, v in limits.items())
        return visible(capital("; ".join(named)), 1_000)
    except (ValueError, TypeError, AttributeError):
        return visible(text)
