"""The section of files that could not be read in full: why, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence

from pii_guard.certificate.render.markup import Cell, E, Node, note, section, table
from pii_guard.certificate.render.words import Words
from pii_guard.report.harmless import visible
from pii_guard.report.summary import HeldBack, Summary
from pii_guard.report.wording import media_name, place, reason, size

REASONS = 25
_KINDS = 3


def held(summary: Summary, words: Words) -> Node:
    """Files by reason, the most frequent first, with examples."""
    heading = words.say("section.held")
    if not summary.held:
        return section("held", heading, E.p(words.say("none.held")))
    ordered = sorted(summary.held.items(), key=lambda one: (-one[1].files, one[0]))
    rows: list[Sequence[Cell]] = [_row(code, one, words) for code, one in ordered[:REASONS]]
    names = ("reason", "#files", "todo", "examples")
    heads = ["#" * name.startswith("#") + words.say(f"column.{name.lstrip('#')}") for name in names]
    made = section("held", heading, E.p(words.say("lead.held")), table(heads, rows, heading))
    rest = sum(one.files for _, one in ordered[REASONS:])
    if rest:
        made.append(note(words.count("held.rest", rest)))
    return made


def _row(code: str, one: HeldBack, words: Words) -> Sequence[Cell]:
    meaning, remedy = reason(code)
    kinds = sorted(one.media.items(), key=lambda kind: (-kind[1], kind[0]))
    named = words.listed(media_name(name, words) for name, _ in kinds[:_KINDS])
    more = len(kinds) - _KINDS
    named += f", {words.count('rest', more)}" if more > 0 else ""
    about = E.span({"class": "about"}, f"{visible(code, 40)}: {named}, {size(one.size)}")
    examples = E.ul({"class": "examples"})
    for example in one.examples:
        where = f" ({words.say('at', where=visible(example.where, 80))})" if example.where else ""
        examples.append(E.li(place(example.location), where))
    if one.files > len(one.examples):
        examples.append(E.li(words.count("rest", one.files - len(one.examples))))
    return [meaning, about], words.number(one.files), remedy, examples
