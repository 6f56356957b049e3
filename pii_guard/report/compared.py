"""The section that compares two runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pii_guard.certificate.render.markup import Cell, E, Node, note, put, section, table
from pii_guard.certificate.render.words import Words
from pii_guard.report.charts import pair
from pii_guard.report.standing import Standing
from pii_guard.report.summary import Kind, Summary
from pii_guard.report.trend import Difference, Trend
from pii_guard.report.wording import category_name, change, kind_name

TYPES = 15
"""Types whose findings changed the most."""


def compared(now: Summary, standing: Standing, trend: Trend, words: Words) -> Node:
    """Totals, categories and types of the run before and of this one, and what became of its values."""
    before = trend.before
    lead = words.say(
        "lead.trend",
        files=words.number(before.total.files),
        found=words.number(before.total.found),
    )
    made = section("trend", words.say("section.trend"), E.p(lead))
    if {standing.state, trend.standing.state} != {"complete"}:
        made.append(E.p(words.say("trend.incomplete")))
    if trend.values:
        made.extend(_values(trend.values, words))
    else:
        made.append(E.p(words.say("trend.other_key")))
    made.append(
        E.p(
            {"class": "legend"},
            E.span({"class": "key was"}, words.say("trend.before")), " ",
            E.span({"class": "key fill"}, words.say("trend.now")),
        )
    )  # fmt: skip
    totals = [
        (words.say(f"trend.{name}"), getattr(before.total, name), getattr(now.total, name))
        for name in ("files", "found", "held", "findings")
    ]
    made.append(_table("what", totals, words))
    categories = _pairs(before.categories, now.categories)
    for heading, column, rows in (
        ("category", "category", [(category_name(name, words), a, b) for name, a, b in categories]),
        (
            "type",
            "type",
            [(kind_name(n, words), a, b) for n, a, b in _moved(before.types, now.types)],
        ),
    ):
        if rows:
            put(made, E.h3(words.say(f"section.{heading}")), _table(column, rows, words))
    return made


def _values(values: Difference, words: Words) -> Iterator[Node]:
    made = E.dl({"class": "figures"})
    for name in ("new", "gone", "still"):
        number = words.number(getattr(values, name))
        made.append(E.div({"class": name}, E.dt(words.say(f"trend.{name}")), E.dd(number)))
    yield made
    yield note(words.say("trend.values") + (" " + words.say("trend.cut") if values.cut else ""))


def _pairs(before: Mapping[str, Kind], now: Mapping[str, Kind]) -> list[tuple[str, int, int]]:
    none = Kind("")
    made = [
        (name, before.get(name, none).findings, now.get(name, none).findings)
        for name in before.keys() | now.keys()
        if name
    ]
    return sorted(made, key=lambda one: (-max(one[1:]), one[0]))


def _moved(before: Mapping[str, Kind], now: Mapping[str, Kind]) -> list[tuple[str, int, int]]:
    changed = [one for one in _pairs(before, now) if one[1] != one[2]]
    return sorted(changed, key=lambda one: (-abs(one[1] - one[2]), one[0]))[:TYPES]


def _table(column: str, rows: Sequence[tuple[str, int, int]], words: Words) -> Node:
    most = max(max(a, b) for _, a, b in rows)
    cells: list[Sequence[Cell]] = [
        (name, pair(a, b, most), words.number(a), words.number(b), change(a, b, words))
        for name, a, b in rows
    ]
    names = (column, "compared", "#before", "#now", "#change")
    heads = ["#" * name.startswith("#") + words.say(f"column.{name.lstrip('#')}") for name in names]
    label = f"{words.say('section.trend')}: {words.say(f'column.{column}')}"
    return table(heads, cells, label)
