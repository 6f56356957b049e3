"""Two runs: which values are new, gone or still there."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.audit.rows import Verdict
from pii_guard.report import Difference, Values, difference
from tests.report.samples import digits, found, row, row_with

VALUES = st.sets(st.tuples(st.sampled_from("abc"), st.integers(0, 6)))


def run(values):
    made = Values()
    files = {}
    for place, value in sorted(values):
        files.setdefault(place, []).append(value)
    rows = [
        row(place, Verdict.FOUND, findings=tuple(
            found("PERSON", "high", line, fingerprint=digits(value))
            for line, value in enumerate((*numbers, *numbers))
        ))
        for place, numbers in files.items()
    ]  # fmt: skip
    assert list(made.passing(rows)) == rows
    return made


@settings(deadline=None)
@given(VALUES, VALUES)
def test_each_value_counts_once_in_each_file(before, now):
    told = difference(run(before), run(now))
    assert told == Difference(len(now - before), len(before - now), len(now & before))


def test_it_is_said_where_only_the_first_findings_could_be_compared():
    cut = Values()
    list(cut.passing([row_with("a", {"PERSON": ("high", 5_000)})]))
    assert difference(cut, Values()).cut
    assert difference(Values(), cut).gone == 0


def test_what_has_no_fingerprint_is_not_compared():
    made = Values()
    one = row("a", Verdict.FOUND, findings=(found("PERSON", "high", 1, fingerprint=""),))
    list(made.passing([one]))
    assert len(made.numbers) == 0
