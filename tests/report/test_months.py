"""Months of any files, so that a chart of them shows something."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.report.counts import Counts
from pii_guard.report.months import span

MONTH = st.builds("{:04}-{:02}".format, st.integers(1970, 2107), st.integers(1, 12))


def counted(**files):
    return {name.strip("_").replace("_", "-"): Counts(number) for name, number in files.items()}


def test_months_follow_each_other_without_a_gap():
    made = span(counted(_2025_11=3, _2026_02=1))
    assert [(name, one.files) for name, one in made.months] == [
        ("2025-11", 3),
        ("2025-12", 0),
        ("2026-01", 0),
        ("2026-02", 1),
    ]


def test_times_that_files_merely_claim_do_not_stretch_it():
    made = span(counted(_1980_01=40, _2025_12=900, _2026_01=800, _2107_12=7))
    assert [name for name, _ in made.months] == ["2025-12", "2026-01"]
    assert (made.before.files, made.after.files) == (40, 7)


def test_of_stretches_with_as_many_files_the_latest_is_shown():
    assert span(counted(_2001_01=5, _2020_01=5)).months[0][0] == "2020-01"


def test_what_is_no_month_is_not_known():
    made = span({"": Counts(2), "2026-13": Counts(3), "soon": Counts(4)})
    assert made.months == ()
    assert made.unknown.files == 9


@settings(deadline=None)
@given(st.dictionaries(MONTH, st.integers(1, 99).map(Counts)), st.integers(1, 40))
def test_every_file_is_somewhere_once(months, most):
    made = span(months, most)
    files = [one.files for _, one in made.months]
    assert len(files) <= most
    outside = made.before.files + made.after.files + made.unknown.files
    assert sum(files) + outside == sum(one.files for one in months.values())
    if files:
        assert files[0]
        assert files[-1]
        names = sorted(months)
        best = max(
            sum(months[n].files for n in names if _at(n) - _at(a) in range(most)) for a in names
        )
        assert sum(files) == best


def _at(month):
    return int(month[:4]) * 12 + int(month[5:])
