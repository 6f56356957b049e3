"""Folders are counted exactly, in memory that has a bound."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.report.counts import Counts
from pii_guard.report.tree import Place, Tree

NAMES = st.sampled_from("abcdefgh")
PATHS = st.lists(st.tuples(st.lists(NAMES, max_size=5), st.integers(0, 9)), max_size=120)


def filled(paths, **limits):
    tree = Tree(**limits)
    for steps, findings in paths:
        tree.add(steps, Counts(1, int(findings > 0), 0, findings, 0, 10))
    return tree


def places(place: Place, above=()):
    yield above, place
    for name, inner in place.inner.items():
        yield from places(inner, (*above, name))


@settings(deadline=None)
@given(PATHS)
def test_every_folder_has_all_that_is_in_it_and_below(paths):
    expected = defaultdict(Counts)
    for steps, findings in paths:
        for depth in range(len(steps) + 1):
            expected[tuple(steps[:depth])].add(Counts(1, int(findings > 0), 0, findings, 0, 10))
    made = {steps: place.counts for steps, place in places(filled(paths).root)}
    assert made == (dict(expected) or {(): Counts()})


@settings(deadline=None)
@given(PATHS.map(sorted), st.integers(1, 3), st.integers(1, 4), st.integers(3, 12))
def test_what_stays_is_exact_however_little_room_there_is(paths, fan, depth, room):
    tree = filled(paths, fan=fan, depth=depth, places=room)
    whole = dict(places(filled(paths).root))
    for steps, place in places(tree.root):
        assert place.counts == whole[steps].counts
        told = Counts()
        told.add(place.rest)
        for inner in place.inner.values():
            told.add(inner.counts)
        assert told.files <= place.counts.files
        assert told.findings <= place.counts.findings
        assert (place.folded > 0) == (place.rest.files > 0)
    assert tree.size == len(list(places(tree.root))) - 1


def test_a_million_folders_take_the_room_of_a_few():
    tree = Tree(fan=16, depth=4, places=500)
    largest = 0
    for number in range(100_000):
        steps = [f"a{number // 20_000}", f"b{number // 10:06}", f"c{number}", "d", "e", "f"]
        tree.add(steps, Counts(1, 1, 0, 1 + (number == 77_777) * 1_000, 0, 1))
        largest = max(largest, tree.size)
    assert largest <= 500 + 4
    assert tree.root.counts.files == 100_000
    assert tree.root.counts.findings == 101_000
    (line,) = [one for one in tree.lines(10) if one.counts.findings == 1_000 + 20_000]
    assert line.steps[0] == "a3"


def test_the_places_with_the_most_findings_stay():
    tree = Tree(fan=4, places=1_000)
    for number in range(1_000):
        tree.add([f"{number:04}"], Counts(1, 1, 0, 5_000 if number % 300 == 7 else 1, 0, 1))
    shown = [line.steps for line in tree.lines(4) if not line.others]
    assert shown == [("0007",), ("0307",), ("0607",), ("0907",)]
    (others,) = [line for line in tree.lines(4) if line.others]
    assert (others.others, others.counts.files) == (996, 996)


def test_a_folder_that_holds_one_folder_shares_its_line():
    tree = filled([(["1", "a", "b", "c"], 3), (["1", "a", "b", "d"], 1), (["1", "x"], 9)])
    told = [(line.depth, "/".join(line.steps), line.counts.findings) for line in tree.lines(9)]
    assert told == [(0, "x", 9), (0, "a/b", 4), (1, "c", 3), (1, "d", 1)]


def test_several_sources_are_told_apart():
    tree = filled([(["1", "a"], 3), (["2", "b"], 1)])
    assert tree.several
    assert [line.steps for line in tree.lines(9)] == [("1", "a"), ("2", "b")]
    assert not filled([(["1", "a"], 3)]).several


def test_the_same_rows_give_the_same_lines():
    paths = [([a, b], 1) for a in "abcdef" for b in "abcdef"]
    assert filled(paths, fan=2).lines(7) == filled(paths, fan=2).lines(7)


def test_an_empty_audit_has_no_places():
    assert Tree().lines(5) == []
