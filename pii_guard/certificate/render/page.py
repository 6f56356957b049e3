"""The whole form as one HTML document that needs nothing else: no script, no network, no font."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from importlib.resources import files
from typing import Any, Literal

from lxml import html

from pii_guard.certificate.buckets import total
from pii_guard.certificate.render import sections
from pii_guard.certificate.render.copies import remains
from pii_guard.certificate.render.markup import (
    Cell,
    E,
    Node,
    digest,
    facts,
    note,
    put,
    section,
    table,
)
from pii_guard.certificate.render.qr import qr
from pii_guard.certificate.render.stated import stated, stated_rows, stated_value
from pii_guard.certificate.render.verified import Verified
from pii_guard.certificate.render.words import Words
from pii_guard.certificate.strict import strict_json
from pii_guard.certificate.vocabulary import RESULTS

SECURITY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""Content Security Policy: a browser that honours it fetches nothing and runs nothing."""
Paper = Literal["a4", "letter"]
_SIZES = {"a4": "A4", "letter": "letter"}
_UUID = re.compile(r"urn:uuid:[0-9a-f-]{36}", re.ASCII)


def render_html(
    shown: Verified, *, words: Words | None = None, paper: Paper | None = None, embed: bool = True
) -> str:
    """The form of a verified statement, as an HTML document.

    The same for the same arguments. `paper` fixes the size of printed pages; without it whoever
    prints chooses. `embed` puts the signed file into the page (a PDF has it attached instead).
    """
    words = words or Words()
    statement = shown.statement
    predicate = statement["predicate"]
    main = put(
        E.main(),
        _head(shown, predicate, words),
        _identity(shown, predicate, words),
        sections.panel(predicate, words),
        sections.findings(predicate, words),
        *sections.retained(predicate, words),
        sections.attachments(statement, words),
        sections.deletions(predicate, words),
        sections.coverage(predicate, words),
        *stated(predicate, words),
        _checks(shown, words),
        *_checkpoint(shown, words),
        _ink(words),
        _notes(shown, words, embed=embed),
    )
    body = E.body(main)
    if embed:
        body.append(_data_block(shown.file))
    page = E.html({"lang": words.say("lang")}, _meta(predicate, words, paper), body)
    text: str = html.tostring(page, doctype="<!doctype html>", encoding="unicode")
    return text + "\n"


def title(shown: Verified, words: Words | None = None) -> str:
    """The document's title."""
    return _title(shown.statement["predicate"], words or Words())


def _title(predicate: dict[str, Any], words: Words) -> str:
    return words.say("named", title=words.say("title"), ref=predicate["case"]["ref"])


def _meta(predicate: dict[str, Any], words: Words, paper: Paper | None) -> Node:
    style = files("pii_guard.certificate.render").joinpath("form.css").read_text("utf-8")
    style += _page_rules(predicate["certificateId"], words, paper)
    return E.head(
        E.meta({"charset": "utf-8"}),
        E.meta({"http-equiv": "Content-Security-Policy", "content": SECURITY}),
        E.meta({"name": "referrer", "content": "no-referrer"}),
        E.meta({"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        E.meta({"name": "color-scheme", "content": "light dark"}),
        E.title(_title(predicate, words)),
        E.style(style),
    )


def _page_rules(certificate_id: str, words: Words, paper: Paper | None) -> str:
    """Every printed page says of which certificate it is, and which of how many."""
    named = f'"{certificate_id}"' if _UUID.fullmatch(certificate_id) else '""'
    size = f"size: {_SIZES[paper]};" if paper else ""
    page = words.say("page").replace("\\", "").replace('"', "")
    return (
        f"@page {{ {size} @bottom-left {{ content: {named} }}"
        f' @bottom-right {{ content: "{page} " counter(page) " / " counter(pages) }} }}\n'
    )


def _head(shown: Verified, predicate: dict[str, Any], words: Words) -> Node:
    outcomes = Counter(one["disposition"] for one in predicate["artifacts"])
    places = total([one["occurrences"] for one in predicate["findings"]])
    sentences = [words.count("received", len(predicate["artifacts"]))]
    sentences += [
        words.count(k, outcomes[k]) for k in ("redacted", "clean", "quarantined") if outcomes[k]
    ]
    sentences += [words.counted("found", places)] if places.least else []
    left = sum(map(remains, predicate["deletions"]))
    remaining = [E.p({"class": "remaining"}, words.count("remaining", left))] if left else []
    result = predicate["result"]
    return E.header(
        E.div(
            E.p({"class": "over"}, words.say("over", ref=predicate["case"]["ref"])),
            E.h1(words.say("title")),
            E.p({"class": " ".join(["result", *({result} & RESULTS)])}, E.strong(words.word("result", result)), " ",
                words.word("result_means", result)),
            E.p({"class": "lead"}, " ".join(sentences)),
            *remaining,
        ),
        E.figure(qr(f"sha256:{shown.digest}", words.say("qr")), E.figcaption(words.say("qr_caption"))),
    )  # fmt: skip


def _identity(shown: Verified, predicate: dict[str, Any], words: Words) -> Node:
    issuer, policy = predicate["issuer"], predicate["case"].get("policy", {})
    tool = issuer["tool"]
    rows: list[tuple[str, Cell]] = [
        (words.say("fact.case"), predicate["case"]["ref"]),
        (words.say("fact.issued"), _time(predicate["issuedAt"], words)),
        (words.say("fact.certificate_id"), E.code(predicate["certificateId"])),
    ]
    for name in ("supersedes", "researcher"):
        if predicate.get(name):
            rows.append((words.say(f"fact.{name}"), stated_value(predicate[name], words)))
    if "uri" in policy:
        rows.append((words.say("fact.policy_uri"), str(policy["uri"])))
    rows.append((words.say("fact.tool"), f"{tool['name']} {tool['version']}"))
    if "digest" in tool:
        rows.append((words.say("fact.tool_digest"), digest(tool["digest"])))
    for values, known in (
        (issuer, "tool keyOrigin"),
        (tool, "name version digest"),
        (predicate["case"], "ref policy"),
        (policy, "digest uri"),
    ):
        rows += stated_rows(values, words, frozenset(known.split()))
    rows += [(words.say("fact.key_id"), digest(key_id)) for key_id in shown.key_ids]
    if "keyOrigin" in issuer:
        origin = words.word("key_origin", issuer["keyOrigin"])
        rows.append((words.say("fact.key_origin"), origin))
    rows.append((words.say("fact.digest"), digest(shown.digest)))
    return put(E.section({"class": "identity", "aria-label": words.say("title")}), facts(rows))


def _time(text: str, words: Words) -> Node:
    said = words.moment(text)
    return E.time(said) if said == text else E.time({"datetime": text}, said)


def _checks(shown: Verified, words: Words) -> Node:
    heading = words.say("section.checks")
    rows = [
        (rule.name, E.span({"class": rule.status}, words.word("status", rule.status)), rule.reason)
        for rule in shown.rules
    ]
    columns = [words.say(f"column.{name}") for name in ("rule", "status", "reason")]
    when = words.moment(shown.checked_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    lead = E.p(words.say("lead.checks", when=when))
    return section("checks", heading, lead, table(columns, rows, heading))


def _checkpoint(shown: Verified, words: Words) -> list[Node]:
    if not shown.checkpoint:
        return []
    lead, note_text = E.p(words.say("lead.checkpoint")), E.pre(shown.checkpoint)
    return [section("checkpoint", words.say("section.checkpoint"), lead, note_text)]


def _ink(words: Words) -> Node:
    boxes = E.div({"class": "boxes"})
    for party in ("programme", "researcher"):
        lines = (
            E.div(E.dt(words.say(f"ink.{line}")), E.dd())
            for line in ("name", "function", "date", "signature")
        )
        boxes.append(E.div(E.h3(words.say(f"ink.{party}")), E.dl(*lines)))
    return section("ink", words.say("section.ink"), E.p(words.say("lead.ink")), boxes)


def _notes(shown: Verified, words: Words, *, embed: bool) -> Node:
    file_name = shown.file_name
    command = E.code(f"pii-guard verify {file_name} --trust issuer.pub")
    before, _, after = words.say("note.check", command="\0").partition("\0")
    made = section(
        "notes",
        words.say("section.notes"),
        E.p(words.say("note.prevails")),
        put(E.p(), before, command, after),
        E.p(words.say("note.key")),
        E.p(words.say("note.law")),
        note(words.say("note.embedded")),
    )
    if embed:
        link = "data:application/json;base64," + base64.b64encode(shown.file).decode()
        made.append(
            E.p(
                {"class": "save"},
                E.a({"download": file_name, "href": link}, words.say("note.download")),
            )
        )
    return made


def _data_block(file: bytes) -> Node:
    """The signed file as a block of data: `<` is spelt so that nothing in it can end the block."""
    text = json.dumps(strict_json(file)).replace("<", "\\u003c")
    return E.script({"type": "application/json", "id": "signed"}, text)
