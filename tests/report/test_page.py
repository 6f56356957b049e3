"""The page says what the audit found, runs nothing, fetches nothing, and can be read by everybody."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import itertools
import re
from importlib.resources import files

import pytest
from lxml import html

from pii_guard.audit.rows import Counted, Verdict
from pii_guard.certificate.render import Words
from pii_guard.errors import ReasonCode
from pii_guard.report import Difference, Standing, Trend, render_html, summarise
from pii_guard.report.english import ENGLISH
from pii_guard.report.summary import KINDS
from tests.report.samples import digits, row, row_with, rows

CSS = files("pii_guard.report").joinpath("report.css").read_text("utf-8")
COMPLETE = Standing("complete", 600, 600, "k")
ROWS = rows(600)
TREND = Trend(summarise(rows(500, seed=2)), COMPLETE, Difference(120, 3_400, 1))


def source(given=ROWS, standing=COMPLETE, **changes):
    return render_html(summarise(given), standing=standing, **changes)


def page(*given, **changes):
    return html.document_fromstring(source(*given, **changes))


def text(node):
    return " ".join(" ".join(node.itertext()).split())


def section(tree, name):
    (found,) = tree.xpath(f"//section[contains(concat(' ', @class, ' '), ' {name} ')]")
    return found


def table(tree, name):
    return [
        [text(cell) for cell in line if not cell.xpath("./svg")]
        for line in section(tree, name).xpath(".//tbody/tr")
    ]


FEW = [
    row("s3://bucket/exports/a.csv", size=1_000),
    row_with("s3://bucket/exports/b.csv", {"PERSON": ("high", 3), "US_SSN": ("critical", 1)},
             media_type="text/csv", size=2_500_000, modified="2026-01"),
    row_with("s3://bucket/mail/c.eml", {"EMAIL_ADDRESS": ("low", 4)}, media_type="message/rfc822"),
    row("s3://bucket/mail/d.zip", Verdict.QUARANTINED, reason="encrypted", where="member 2", size=None),
    row("s3://bucket/mail/e", Verdict.SKIPPED),
]  # fmt: skip


# What it says


def test_the_head_says_how_much_was_examined_found_and_not_read():
    tree = page(FEW)
    head = text(tree.xpath("//header")[0])
    assert "4 files were examined. Personal data was found in 2 of them, in 8 places." in head
    assert "One could not be read in full: what is in it is not known." in head
    figures = {text(one[0]): text(one[1]) for one in tree.xpath("//header//dl/div")}
    assert figures["with personal data"] == "2 50 %"
    assert figures["not read in full"] == "1 25 %"
    assert "Nothing found: 1" in head


def test_one_file_is_spoken_of_as_one():
    head = text(page(FEW[1:2]).xpath("//header")[0])
    assert "One file was examined. Personal data was found in it, in 4 places." in head
    assert "not read in full" not in head.partition("files examined")[0]


def test_categories_and_types_have_findings_shares_and_files():
    tree = page(FEW)
    assert table(tree, "category") == [
        ["Contact and identifiers", "4", "50 %", "0", "1"],
        ["Full names", "3", "38 %", "3", "1"],
        ["Government-issued numbers", "1", "12 %", "1", "1"],
    ]
    assert [one[0] for one in table(tree, "type")] == [
        "E-mail address",
        "Name of a person",
        "Social security number, United States",
    ]
    assert table(tree, "severity")[0] == ["Critical", "1", "12 %", "1"]


def test_places_stand_below_the_places_they_are_in():
    tree = page([*FEW, row_with("s3://bucket/exports/2026/x", {"PERSON": ("low", 1)})])
    names = [one[0] for one in table(tree, "place")]
    assert names == ["s3://bucket", "exports", "2026", "mail"]
    depths = section(tree, "place").xpath(".//tbody/tr/th/span/@class")
    assert [one.split()[0] for one in depths] == ["d0", "d1", "d2", "d1"]


def test_the_first_files_to_look_at_are_named_with_what_is_in_them():
    first, second = table(page(FEW), "risky")
    assert first == [
        "s3://bucket/exports/b.csv Table (CSV), 2.5 MB, Jan 2026",
        "Critical",
        "4",
        "Name of a person 3, Social security number, United States 1",
    ]
    assert second[1:] == ["Low", "4", "E-mail address 4"]


def test_what_was_not_read_has_a_reason_and_a_remedy():
    (line,) = table(page(FEW), "held")
    assert line[0].startswith("It is encrypted, and no password that was given fits. encrypted:")
    assert line[2].startswith("Give its password (--password-file)")
    assert line[3] == "s3://bucket/mail/d.zip (at member 2)"


@pytest.mark.parametrize("code", ReasonCode)
def test_every_reason_is_said_in_words(code):
    (line,) = table(page([row("a", Verdict.QUARANTINED, reason=code.value)]), "held")
    assert not line[0].startswith(code.value)
    assert line[2].endswith(".")


def test_months_are_a_chart_with_its_figures_below():
    tree = page(FEW)
    part = section(tree, "month")
    (chart,) = part.xpath(".//svg[@role='img']")
    assert "Jan 2026 to Mar 2026" in chart.get("aria-label")
    assert len(chart.xpath(".//g")) == 3
    assert table(tree, "month") == [
        ["Jan 2026", "4", "1", "1", "0"],
        ["Feb 2026", "0", "0", "0", "0"],
        ["Mar 2026", "4", "1", "3", "1"],
    ]


def test_kinds_of_files_are_named():
    assert [one[0] for one in table(page(FEW), "media")] == ["E-mail", "Table (CSV)", "Plain text"]


def test_two_runs_are_compared():
    said = text(section(page(trend=TREND), "trend"))
    assert "New 120 Gone 3,400 Still there 1" in said
    assert "Values in their files, compared by fingerprint." in said
    rows_of = {line[0]: line[1:] for line in table(page(trend=TREND), "trend")}
    before, now, change = rows_of["Files examined"]
    assert int(now.replace(",", "")) == summarise(ROWS).total.files
    assert change.startswith("+")
    assert "not known to be complete" not in said


@pytest.mark.parametrize("state", ["incomplete", "unknown"])
def test_a_comparison_with_what_may_be_missing_says_so(state):
    trend = dataclasses.replace(TREND, standing=Standing(state))
    assert "At least one of the two runs" in text(section(page(trend=trend), "trend"))


def test_runs_of_different_keys_are_compared_by_their_counts_only():
    trend = dataclasses.replace(TREND, values=None)
    said = text(section(page(trend=trend), "trend"))
    assert "made with different keys" in said
    assert "Files examined" in said


def test_an_audit_that_is_not_complete_is_not_called_so():
    tree = page(FEW, standing=Standing("incomplete", 9, 9))
    assert "Not complete" in text(tree.xpath("//header")[0])
    said = text(section(tree, "attention"))
    assert "there are results of 5 files, and 9 were to be examined" in said
    unknown = page(FEW, standing=Standing())
    assert "Not known to be complete" in text(unknown.xpath("//header")[0])


def test_a_title_says_of_what_it_is():
    tree = page(FEW, title="Intake <bucket>, \u202eNovember")
    said = "Intake <bucket>, ⟨U+202E⟩November"
    assert text(tree.xpath("//header/p")[0]) == f"Audit report: {said}"
    assert text(tree.xpath("//title")[0]).startswith(said)


def test_a_complete_audit_is_named_by_the_digest_of_its_parts():
    made = page(FEW, standing=Standing("complete", 5, 5, "k", digits(7)))
    assert digits(7) in text(section(made, "about"))
    assert digits(7) not in text(page(FEW, standing=Standing("incomplete", 9, 9, "k", digits(7))))


def test_an_audit_of_a_part_says_of_how_much():
    said = text(section(page(FEW, standing=Standing("complete", 5, 70_000)), "attention"))
    assert "Only 5 of 70,000 files that were listed were to be examined" in said


def test_what_was_passed_over_and_made_differently_needs_attention():
    given = [row("a", unread={"tls": 4}), row("b", model="other")]
    said = text(section(page(given), "attention"))
    assert "Passed over within files that were read: " in said
    assert "(4)" in said
    assert "more than one model" in said


def test_an_audit_without_findings_is_calm_and_draws_no_empty_chart():
    tree = page([row("a/b.txt")], standing=Standing("complete", 1, 1))
    assert "No personal data was found in what could be read." in text(tree.xpath("//header")[0])
    assert "Nothing that this report can see." in text(section(tree, "attention"))
    assert not tree.xpath("//section[@class='type' or @class='risky']")
    assert page([]).xpath("//h1")


def test_the_same_rows_make_the_same_page():
    assert source() == source()


# Nothing in it runs, nothing is fetched, nothing gets out


def test_the_page_needs_nothing_and_allows_only_its_own_style():
    tree = page(trend=TREND)
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (style,) = tree.xpath("//style/text()")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not tree.xpath(
        "//script | //@src | //link | //iframe | //object | //embed | //form | //base"
    )
    assert not tree.xpath("//@style | //@*[starts-with(name(), 'on')]")
    assert all(link.startswith("#") for link in tree.xpath("//@href"))
    assert not re.search(r"url\(|@import|expression|</", style)


HOSTILE = "</style></script><img src=x onerror=alert(1)>'\"&amp;-->\x00\u202e\ud800{0}%s=1"


def soiled():
    counts = (Counted(HOSTILE, HOSTILE, HOSTILE, 3), Counted(HOSTILE[::-1], HOSTILE, "high", 1))
    texts = ("modified", "media_type", "tool", "ruleset", "model", "policy", "limits", "copy")
    fields = dict.fromkeys(texts, HOSTILE)
    yield row(f"a/{HOSTILE}/b/{HOSTILE}", Verdict.FOUND, counts=counts, severity=HOSTILE, **fields)
    yield row(HOSTILE, Verdict.QUARANTINED, reason=HOSTILE, where=HOSTILE, unread={HOSTILE: 2})


def test_whatever_a_row_holds_is_text_only():
    given = list(soiled())
    tree = page(given, trend=Trend(summarise(given[:1])))
    assert not tree.xpath("//img | //script")
    assert len(tree.xpath("//style")) == 1
    for name in ("place", "risky", "held", "type", "media", "trend"):
        assert "<img src=x onerror=alert(1)>" in text(section(tree, name))
    out = source(given)
    assert {"\u202e", "\x00", "\ud800"} & set(out) == set()
    assert out.count("⟨U+202E⟩") > 5


def test_nothing_of_a_finding_but_its_kind_and_number_gets_into_the_page():
    marks = {"preview": "MARK-p", "locator": "MARK-l", "recognizer": "MARK-r", "fingerprint": digits(1),
             "rule": "MARK-u", "kind": "MARK-k", "layer": "MARK-y", "beside": ("MARK-b",)}  # fmt: skip
    one = row_with("a/b", {"PERSON": ("high", 2)})
    one = dataclasses.replace(
        one, findings=tuple(dataclasses.replace(each, **marks) for each in one.findings),
        version="MARK-v", copy="MARK-c", copy_sha256="MARK-s",
    )  # fmt: skip
    out = source([one])
    assert [out.count(mark) for mark in ("MARK", digits(1), one.location_key)] == [0, 0, 0]


def test_the_largest_report_that_strangers_can_bring_about_stays_below_a_megabyte():
    long = "&\u202e<" * 200

    def worst():
        for number in range(2 * KINDS + 100):
            name = f"{number:04}/{long}/{number}{long}/{long}"
            kinds = {
                f"TYPE_{number}_{other}_{'X' * 300}": ("critical", 9_999) for other in range(20)
            }
            media = f"x/{number}{long}"
            month = f"{1900 + number // 12}-{number % 12 + 1:02}"
            if number % 2:
                yield row_with(name, kinds, media_type=media, modified=month, tool=long + name)
            else:
                yield row(name, Verdict.QUARANTINED, reason=long + name, where=long, media_type=media,
                          unread={long + name: 1}, limits=long + name)  # fmt: skip

    given = summarise(worst())
    assert len(given.held) == KINDS + 1 == len(given.types)
    out = render_html(given, standing=COMPLETE, trend=Trend(given))
    assert len(out.encode()) < 1_000_000


# For everybody


def test_it_can_be_read_with_assistive_technology():
    tree = page(trend=TREND)
    assert tree.get("lang") == "en"
    levels = [int(node.tag[1]) for node in tree.xpath("//h1 | //h2 | //h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for made in tree.xpath("//table"):
        assert made.get("aria-label")
        assert all(cell.get("scope") for cell in made.xpath(".//th"))
        assert all(line.xpath("./th") for line in made.xpath(".//tr"))
    assert all(one.get("aria-labelledby") for one in tree.xpath("//section"))
    identifiers = tree.xpath("//@id")
    assert len(identifiers) == len(set(identifiers))
    assert [len(tree.xpath(f"//{name}")) for name in ("header", "nav", "main", "footer")] == [1] * 4
    for chart in tree.xpath("//svg"):
        assert chart.get("aria-hidden") == "true" or chart.get("aria-label")
    assert {link.removeprefix("#") for link in tree.xpath("//@href")} <= set(identifiers)


def colours(block):
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", block))


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    digits_ = colour[1:] if len(colour) == 7 else "".join(2 * one for one in colour[1:])
    parts = [int(digits_[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXTS = ("ink", "soft", "deep", "red")
DRAWN = ("bar", "pale", "red-line", "critical", "high", "medium", "low")


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_and_what_is_drawn_stand_out_from_their_ground(scheme):
    light, dark, paper = re.findall(r":root \{([^}]*--sheet[^}]*)\}", CSS, re.DOTALL)
    found = colours(light) | {"light": {}, "dark": colours(dark), "print": colours(paper)}[scheme]
    for ink in TEXTS:
        assert contrast(found[ink], found["sheet"]) >= 4.5, ink
    for ink in ("ink", "red"):
        assert contrast(found[ink], found["red-ground"]) >= 4.5, ink
    for mark in DRAWN:
        assert contrast(found[mark], found["sheet"]) >= 3, mark
    assert contrast(found["bar"], found["track"]) >= 3
    assert contrast(found["bar"], found["ground"]) >= 3


def test_every_word_of_it_is_in_the_table():
    """Another language is another table."""
    kept = {"lang", "months", "thousands", "date", "moment"}
    marked = {key: label if key in kept else f"⟦{label}⟧" for key, label in ENGLISH.items()}
    tree = html.document_fromstring(
        render_html(
            summarise(FEW), standing=Standing("unknown", 5, 9), trend=TREND, words=Words(marked)
        )
    )
    for node in tree.xpath("//style | //code | //bdi | //section[@id='x']"):
        node.getparent().remove(node)
    said = {word.strip() for word in tree.itertext() if word.strip() and "⟦" not in word}
    own = re.compile(
        r"[\d,]+|[\d.,]+ (?:bytes|[kMGT]B)|–|[+−][\d,]+|[A-Z][a-z]{2}(?: 20\d\d)?|20\d\d|page \d+"
        r"|.*(?:password|\.)$"
    )
    assert {word for word in said if not own.fullmatch(word)} == set()
