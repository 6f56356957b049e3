"""The sections of a report: what was found by category, type, severity, place, month and kind of file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pii_guard.certificate.render.markup import Cell, E, Node, note, put, section, table
from pii_guard.certificate.render.words import Words
from pii_guard.findings import Category, Severity
from pii_guard.report.charts import bar, columns, scale
from pii_guard.report.counts import Counts
from pii_guard.report.harmless import joined
from pii_guard.report.months import span
from pii_guard.report.summary import OTHER, Kind, Summary
from pii_guard.report.tree import Line
from pii_guard.report.wording import (
    category_name,
    kind_name,
    media_name,
    month,
    place,
    severity_mark,
    share,
    size,
)

TYPES, MEDIA, PLACES = 40, 25, 40
"""Rows of these tables; all others are added up in one."""
KNOWN_TYPES = 12
"""Types that are named of one file."""
_CATEGORIES = {category.value: place for place, category in enumerate(Category)}
_SEVERITIES = tuple(reversed([one.value for one in Severity]))


def by_category(summary: Summary, words: Words) -> Node:
    """Bars and figures of each category that was found."""
    if not summary.categories:
        return _section("category", words, E.p(words.say("none.found")))
    kinds = sorted(
        summary.categories.items(), key=lambda one: (-one[1].findings, _CATEGORIES.get(one[0], 99))
    )
    rows = [(category_name(name, words) if name else "–", kind) for name, kind in kinds]
    return _section(
        "category", words, _lead("category", words), _kinds("category", rows, summary, words)
    )


def by_type(summary: Summary, words: Words) -> Node | None:
    """Bars and figures of the types that were found most."""
    if not summary.types:
        return None
    named = {name: kind for name, kind in summary.types.items() if name != OTHER}
    kinds = sorted(named.items(), key=lambda one: (-one[1].findings, one[0]))
    rows = [(kind_name(name, words), kind) for name, kind in kinds[:TYPES]]
    rest = [kind for _, kind in kinds[TYPES:]]
    rest += [summary.types[OTHER]] if OTHER in summary.types else []
    made = _section("type", words, _lead("type", words), _kinds("type", rows, summary, words))
    if rest:
        findings = words.number(sum(kind.findings for kind in rest))
        made.append(note(words.count("rest.types", len(rest), findings=findings)))
    return made


def by_severity(summary: Summary, words: Words) -> Node | None:
    """Findings of each severity, and the files whose gravest they are."""
    if not summary.findings:
        return None
    most = max(summary.findings.values())
    rows: list[Sequence[Cell]] = [
        (
            severity_mark(name, words),
            bar(summary.findings[name], most, name),
            words.number(summary.findings[name]),
            share(summary.findings[name], summary.total.findings, words),
            words.number(summary.worst[name]),
        )
        for name in _SEVERITIES
    ]
    names = ("severity", "chart", "#findings", "#share", "#files")
    return _section(
        "severity", words, _lead("severity", words), _table(names, rows, "severity", words)
    )


def by_place(summary: Summary, words: Words) -> Node | None:
    """Folders within folders, with their bars."""
    lines = summary.tree.lines(PLACES)
    if not lines:
        return None
    most = max(line.counts.findings for line in lines)
    rows: list[Sequence[Cell]] = []
    for line in lines:
        kind = "plain" if line.others else "fill"
        name = E.span({"class": f"d{min(line.depth, 9)} {kind}"})
        put(name, _place_name(line, summary.tree.several, words))
        rows.append((name, bar(line.counts.findings, most, kind), *_figures(line.counts, words)))
    names = ("place", "chart", "#findings", "#found", "#files", "#held")
    return _section("place", words, _lead("place", words), _table(names, rows, "place", words))


def by_month(summary: Summary, words: Words) -> Node | None:
    """A column for each month, and its figures below."""
    shown = span(summary.months)
    if not shown.months:
        return None
    ticks = [(value, words.number(value)) for value in scale(max(c.files for _, c in shown.months))]
    names = [month(name, words) for name, _ in shown.months]
    label = words.say("month.chart", first=names[0], last=names[-1])
    bars = [(name, c.files, c.found) for name, (_, c) in zip(names, shown.months, strict=True)]
    legend = E.p(
        {"class": "legend"},
        E.span({"class": "key fill"}, words.say("month.found")), " ",
        E.span({"class": "key plain"}, words.say("month.clean")),
    )  # fmt: skip
    chart = E.div(
        {
            "class": "wide",
            "role": "group",
            "tabindex": "0",
            "aria-label": words.say("section.month"),
        },
        columns(bars, label, ticks),
    )
    outside = {"before": shown.before, "after": shown.after, "unknown": shown.unknown}
    listed = [*zip(names, (counts for _, counts in shown.months), strict=True)]
    listed += [(words.say(f"month.{word}"), one) for word, one in outside.items() if one.files]
    rows = [(name, *_figures(counts, words)) for name, counts in listed]
    figures = E.details(
        E.summary(words.say("month.table")),
        _table(("month", "#findings", "#found", "#files", "#held"), rows, "month", words),
    )
    return _section("month", words, _lead("month", words), E.figure(chart, legend), figures)


def by_media(summary: Summary, words: Words) -> Node:
    """What kinds of files there were, and in how many of them something was found."""
    named = sorted(
        ((name, counts) for name, counts in summary.media.items()),
        key=lambda one: (-one[1].findings, -one[1].files, one[0]),
    )
    most = max((counts.findings for _, counts in named), default=0)
    rows: list[Sequence[Cell]] = [
        (media_name(name, words), bar(counts.findings, most), *_figures(counts, words))
        for name, counts in named[:MEDIA]
    ]
    if named[MEDIA:]:
        rest = _sum(counts for _, counts in named[MEDIA:])
        rows.append(
            (words.say("other.media"), bar(rest.findings, most, "plain"), *_figures(rest, words))
        )
    names = ("media", "chart", "#findings", "#found", "#files", "#held")
    return _section("media", words, _lead("media", words), _table(names, rows, "media", words))


def riskiest(summary: Summary, words: Words) -> Node | None:
    """The files to look at first."""
    files = summary.riskiest
    if not files:
        return None
    rows: list[Sequence[Cell]] = []
    for one in files:
        found = [
            f"{kind_name(name, words)} {words.number(count)}"
            for name, count in one.types[:KNOWN_TYPES]
        ]
        more = len(one.types) - KNOWN_TYPES
        found += [words.count("rest", more)] if more > 0 else []
        about = f"{media_name(one.media_type, words)}, {size(one.size)}"
        about += f", {month(one.modified, words)}" if one.modified else ""
        rows.append(
            (
                [place(one.location), E.span({"class": "about"}, about)],
                severity_mark(one.severity, words),
                words.number(one.findings),
                words.listed(found),
            )
        )
    lead = E.p(words.say("lead.risky", count=words.number(len(files))))
    names = ("location", "severity", "#findings", "types")
    return _section("risky", words, lead, _table(names, rows, "risky", words))


def _place_name(line: Line, several: bool, words: Words) -> Cell:
    """A line's folders; at the top of several sources, the number of the source before them."""
    if line.others:
        return words.count("others", line.others)
    if not several or line.depth:
        return E.bdi({"class": "place"}, joined(line.steps))
    source = words.say("source", number=line.steps[0])
    return [
        source,
        *([" ", E.bdi({"class": "place"}, joined(line.steps[1:]))] if line.steps[1:] else []),
    ]


def _kinds(name: str, rows: Iterable[tuple[str, Kind]], summary: Summary, words: Words) -> Node:
    listed = list(rows)
    most = max((kind.findings for _, kind in listed), default=0)
    cells: list[Sequence[Cell]] = [
        (
            label,
            bar(kind.findings, most),
            words.number(kind.findings),
            share(kind.findings, summary.total.findings, words),
            words.number(kind.grave),
            words.number(kind.files),
        )
        for label, kind in listed
    ]
    names = (name, "chart", "#findings", "#share", "#grave", "#files")
    return _table(names, cells, name, words)


def _figures(counts: Counts, words: Words) -> tuple[str, ...]:
    numbers = (counts.findings, counts.found, counts.files, counts.held)
    return tuple(map(words.number, numbers))


def _table(names: Sequence[str], rows: Iterable[Sequence[Cell]], about: str, words: Words) -> Node:
    heads = ["#" * name.startswith("#") + words.say(f"column.{name.lstrip('#')}") for name in names]
    return table(heads, rows, words.say(f"section.{about}"))


def _section(name: str, words: Words, *children: Node) -> Node:
    return section(name, words.say(f"section.{name}"), *children)


def _lead(name: str, words: Words) -> Node:
    return E.p(words.say(f"lead.{name}"))


def _sum(all_counts: Iterable[Counts]) -> Counts:
    made = Counts()
    for counts in all_counts:
        made.add(counts)
    return made
