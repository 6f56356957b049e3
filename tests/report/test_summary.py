"""Rows are added up once, in bounded memory, and each figure is what counting by hand gives."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from pii_guard.audit.rows import Verdict
from pii_guard.report import summarise
from pii_guard.report.summary import EXAMPLES, KINDS, OTHER, RISKIEST
from tests.report.samples import row, row_with, rows

ROWS = rows(1_500, sources=2)
READ = [one for one in ROWS if one.verdict != Verdict.SKIPPED]


@pytest.fixture(scope="module")
def summary():
    return summarise(iter(ROWS))


def test_files_findings_and_bytes_are_counted(summary):
    total = summary.total
    assert summary.skipped == len(ROWS) - len(READ) > 0
    assert total.files == len(READ)
    assert total.found == sum(one.verdict == Verdict.FOUND for one in READ)
    assert total.held == sum(one.verdict == Verdict.QUARANTINED for one in READ)
    assert total.findings == sum(one.found for one in READ)
    assert total.grave == sum(one.severity in ("high", "critical") for one in READ)
    assert total.size == sum(one.size for one in READ)


@pytest.mark.parametrize("name", ["types", "categories"])
def test_types_and_categories_count_findings_and_each_file_once(summary, name):
    by = "by_type" if name == "types" else "by_category"
    findings, files = Counter(), Counter()
    for one in READ:
        findings += getattr(one, by)
        files.update(getattr(one, by).keys())
    made = getattr(summary, name)
    assert {kind: one.findings for kind, one in made.items()} == findings
    assert {kind: one.files for kind, one in made.items()} == files
    grave = sum(c.count for one in READ for c in one.counts if c.severity in ("high", "critical"))
    assert sum(one.grave for one in made.values()) == grave


def test_severities_count_findings_and_files_by_their_worst(summary):
    findings = Counter()
    for one in READ:
        findings += one.by_severity
    assert summary.findings == findings
    assert summary.worst == Counter(one.severity for one in READ if one.severity)


def test_months_and_kinds_of_files_hold_every_file(summary):
    assert {name: one.files for name, one in summary.months.items()} == Counter(
        one.modified for one in READ
    )
    assert {name: one.found for name, one in summary.media.items()} == Counter(
        one.media_type for one in READ if one.counts
    )


def test_what_could_not_be_read_is_counted_by_reason_with_examples(summary):
    held = [one for one in READ if one.verdict == Verdict.QUARANTINED]
    assert {code: one.files for code, one in summary.held.items()} == Counter(
        one.reason for one in held
    )
    for code, one in summary.held.items():
        named = [row.location for row in held if row.reason == code][:EXAMPLES]
        assert [example.location for example in one.examples] == named


def test_the_riskiest_are_the_same_in_any_order():
    kinds = [
        {"PERSON": ("medium", 900)},
        {"US_SSN": ("critical", 1), "PERSON": ("high", 2)},
        {"US_SSN": ("critical", 3)},
        {"PERSON": ("high", 50)},
    ]
    made = [row_with(f"{n:04}-{k}", kind) for n in range(200) for k, kind in enumerate(kinds)]
    expected = [f"{n:04}-2" for n in range(RISKIEST)]
    for seed in range(3):
        shuffled = made.copy()
        random.Random(seed).shuffle(shuffled)
        assert [one.location for one in summarise(shuffled).riskiest] == expected


def test_a_graver_finding_outweighs_any_number_of_lesser_ones():
    made = [row_with("many", {"PERSON": ("low", 5_000)}), row_with("one", {"CVV": ("critical", 1)})]
    assert [one.location for one in summarise(made).riskiest] == ["one", "many"]


def test_words_of_strangers_do_not_fill_memory():
    made = (
        row(f"f{n}", media_type=f"x/{n}", tool=str(n), limits=str(n)) for n in range(KINDS + 500)
    )
    summary = summarise(made)
    assert len(summary.media) == KINDS + 1
    assert summary.media[OTHER].files == 500
    assert len(summary.made_with["tool"]) == KINDS + 1
    assert summary.total.files == KINDS + 500


def test_a_file_that_was_read_in_part_counts_for_both():
    one = row_with("a", {"PERSON": ("high", 2)}, verdict=Verdict.QUARANTINED, reason="timeout")
    summary = summarise([one])
    assert (summary.total.found, summary.total.held, summary.both) == (1, 1, 1)


def test_findings_beyond_those_listed_are_counted():
    summary = summarise([row_with("a", {"PERSON": ("high", 5_000)})])
    assert summary.total.findings == 5_000
    assert summary.short == 1


def test_nothing_is_a_summary_too():
    assert summarise([]).total.files == 0
