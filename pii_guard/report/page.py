"""The whole report as one HTML document that needs nothing else: no script, no network, no font."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files

from lxml import html

from pii_guard.certificate.render.markup import E, Node, put, section
from pii_guard.certificate.render.words import Words
from pii_guard.report import sections
from pii_guard.report.about import about
from pii_guard.report.charts import stack
from pii_guard.report.compared import compared
from pii_guard.report.english import ENGLISH
from pii_guard.report.harmless import visible
from pii_guard.report.held import held
from pii_guard.report.standing import Standing
from pii_guard.report.summary import MADE_WITH, Summary
from pii_guard.report.trend import Trend
from pii_guard.report.wording import share, unread_name

SECURITY = "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
"""Content Security Policy: nothing is fetched, nothing runs, and only the style sheet of ours applies."""
_UNREAD = 12
"""Sorts of what was passed over that are named."""


def render_html(
    summary: Summary,
    *,
    standing: Standing | None = None,
    trend: Trend | None = None,
    title: str = "",
    words: Words | None = None,
) -> str:
    """The report as an HTML document, the same for the same arguments. `title`: what was audited, and when."""
    words, standing = words or Words(ENGLISH), standing or Standing()
    made = [
        _attention(summary, standing, words),
        sections.by_category(summary, words),
        sections.by_type(summary, words),
        sections.by_severity(summary, words),
        compared(summary, standing, trend, words) if trend else None,
        sections.by_place(summary, words),
        sections.riskiest(summary, words),
        held(summary, words),
        sections.by_month(summary, words),
        sections.by_media(summary, words),
    ]
    parts = [part for part in made if part is not None]
    sheet = E.div(
        {"class": "sheet"},
        _head(summary, standing, title, words),
        _contents(parts, words),
        put(E.main({"id": "findings", "tabindex": "-1"}), *parts),
        about(summary, standing, words),
    )
    skip = E.a({"class": "skip", "href": "#findings"}, words.say("skip"))
    page = E.html({"lang": words.say("lang")}, _meta(title, words), E.body(skip, sheet))
    text: str = html.tostring(page, doctype="<!doctype html>", encoding="unicode")
    return text + "\n"


def _meta(title: str, words: Words) -> Node:
    style = files("pii_guard.report").joinpath("report.css").read_text("utf-8")
    page = words.say("page").replace("\\", "").replace('"', "")
    style += (
        f'@page {{ @bottom-right {{ content: "{page} " counter(page) " / " counter(pages) }} }}\n'
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = SECURITY.format(style=digest)
    return E.head(
        E.meta({"charset": "utf-8"}),
        E.meta({"http-equiv": "Content-Security-Policy", "content": policy}),
        E.meta({"name": "referrer", "content": "no-referrer"}),
        E.meta({"name": "robots", "content": "noindex"}),
        E.meta({"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        E.meta({"name": "color-scheme", "content": "light dark"}),
        E.title(words.say("titled", title=visible(title)) if title else words.say("title")),
        E.style(style),
    )


def _head(summary: Summary, standing: Standing, title: str, words: Words) -> Node:
    total = summary.total
    places = words.count("places", total.findings)
    sentences = [words.count("lead.files", total.files)]
    if total.found and total.files == 1:
        sentences.append(words.say("lead.found.it", places=places))
    elif total.found:
        sentences.append(words.count("lead.found", total.found, places=places))
    else:
        sentences.append(words.say("lead.found.none"))
    sentences += [words.count("lead.held", total.held)] if total.held else []
    state = standing.state
    means = words.say(f"state_means.{state}")
    over = words.say("over.titled", title=visible(title)) if title else words.say("over")
    return E.header(
        E.p({"class": "over"}, over),
        E.h1(words.say("title")),
        E.p({"class": f"state {state}"}, E.strong(words.say(f"state.{state}")), " ", means),
        E.p({"class": "lead"}, " ".join(sentences)),
        _figures(summary, words),
        *_outcomes(summary, words),
    )


def _figures(summary: Summary, words: Words) -> Node:
    total = summary.total
    made = E.dl({"class": "figures"})
    for name, number, whole in (
        ("files", total.files, 0),
        ("found", total.found, total.files),
        ("findings", total.findings, 0),
        ("grave", total.grave, total.files),
        ("held", total.held, total.files),
    ):
        said = [E.span({"class": "part"}, share(number, whole, words))] if whole else []
        figure = put(E.dd(), words.number(number), *said)
        kind = name if number else "none"
        made.append(E.div({"class": kind}, E.dt(words.say(f"figure.{name}")), figure))
    return made


def _outcomes(summary: Summary, words: Words) -> Iterator[Node]:
    """Every file once, in a bar by how it ended. A file that was not read in full is that first."""
    total = summary.total
    if not total.files:
        return
    parts = [
        ("held", total.held),
        ("found", total.found - summary.both),
        ("clean", total.files - total.held - total.found + summary.both),
    ]
    legend = E.ul({"class": "legend"})
    for name, number in parts:
        text = f"{words.say(f'outcome.{name}')}: {words.number(number)}"
        legend.append(E.li(E.span({"class": f"key {name}"}), text))
    yield E.figure({"class": "outcomes"}, stack(parts), E.figcaption(words.say("overview")), legend)


def _contents(parts: list[Node], words: Words) -> Node:
    links = E.ul()
    for part in parts:
        heading = part[0]
        links.append(E.li(E.a({"href": f"#{heading.get('id')}"}, heading.text)))
    return E.nav({"aria-label": words.say("contents")}, links)


def _attention(summary: Summary, standing: Standing, words: Words) -> Node:
    items = list(_warnings(summary, standing, words))
    kind = "attention" if items else "attention calm"
    items = items or [words.say("attention.none")]
    items.append(words.say("attention.always"))
    made = section(
        "attention", words.say("section.attention"), E.ul(*(E.li(item) for item in items))
    )
    made.set("class", kind)
    return made


def _warnings(summary: Summary, standing: Standing, words: Words) -> Iterator[str]:
    total = summary.total
    if standing.state == "incomplete":
        yield words.say(
            "attention.incomplete",
            rows=words.number(summary.total.files + summary.skipped),
            files=words.number(standing.files),
        )
    elif standing.state == "unknown":
        yield words.say("attention.unknown")
    if standing.part:
        yield words.say(
            "attention.part",
            files=words.number(standing.files),
            listed=words.number(standing.listed),
        )
    critical = summary.worst["critical"]
    if critical:
        yield words.count("attention.critical", critical)
    if total.held:
        percent = share(total.held, total.files, words)
        yield words.count("attention.held", total.held, percent=percent)
    if summary.unread:
        ordered = sorted(summary.unread.items(), key=lambda one: (-one[1], one[0]))
        what = [
            f"{unread_name(word, words)} ({words.number(count)})"
            for word, count in ordered[:_UNREAD]
        ]
        what += [words.count("rest", len(ordered) - _UNREAD)] if len(ordered) > _UNREAD else []
        yield words.say("attention.unread", what=words.listed(what))
    for name in MADE_WITH:
        if len(summary.made_with[name]) > 1:
            yield words.say("attention.versions", what=words.say(f"several.{name}"))
