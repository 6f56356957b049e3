"""Time grows as the text does: told from each pattern and from the work that recognizers do.

Seconds are measured by `tests/benchmarks/linear_time.py`. Here every pattern of the package is judged
by itself (`ambiguity.py`), and what runs in Python is counted: calls, at two sizes.
"""

from __future__ import annotations

import re
import sys
from itertools import islice

import pytest

from pii_guard.detect.recognizer import Identifier
from pii_guard.detect.recognizers import recognizers
from pii_guard.detect.technical import machine_made
from pii_guard.views import escapes, views
from tests.benchmarks.linear_time import FROM_LITTLE, foreseen, needless
from tests.detect.ambiguity import EXPONENTIAL, cost
from tests.detect.attacks import UNITS, near, repeated
from tests.detect.automaton import MEGABYTE
from tests.detect.patterns import ANCHORED, Used, everything

MOST = 2_000
"""How often a character may be looked at: what a bounded loop costs that begins anew everywhere."""
SMALL = 500
ONE = 10_000
"""Calls that one value may cost: it may stand in the longer text alone."""
FAR = 4_000
"""Further than a recognizer looks from a value."""
MANY = 12
LINEAR = {
    "detect.evidence.BLOCK": "each line is seen to its end before it is taken: what begins also ends",
    "detect.fields._CUT": "a run of capitals before a small letter gives one back and fits",
    "detect.routing.BLOCK": "the same",
    "formats.markup_lexer.TOKEN": "of two tags, each in quotes for the other, one ends at a third",
    "formats.office.formulas._QUOTED": "a second quote of a kind closes the first: one is left over",
    "formats.office.xml_part._SUBSET": "ends where another DOCTYPE begins",
    "formats.sql._TOKEN": "a string goes on to the end; a second backtick closes the first",
    "formats.sql_reread._TOKENS": "what begins and does not end goes on to the end",
    "formats.sqlite_schema._TOKEN": "a second quote of a kind closes the first: one is left over",
    "formats.yaml_lines._ITEMS": "reads what matched as a whole list before",
    "views.escapes._IS_FORM": "ends where another pair begins",
    "views.runs._BASE64": "where the last line is none, the one before it is",
    "views.runs._HEX": "where the last pair is none, the one before it is",
}  # fmt: skip
"""Patterns of which more is known than their automaton tells."""
AT_ONE_PLACE = frozenset({"formats.json_lexer._VALUE", "formats.json_lexer._MEMBER", "formats.json_lexer._END"})  # fmt: skip
"""Chosen among and then matched where the last one ended."""
PUT_TOGETHER = {
    "certificate.shapes.misfit", "certificate.terms.template._form", "decide.scope.__init__", "detect.recognizer.standing",
    "detect.recognizer._statement", "detect.recognizer._contexts", "detect.recognizer._alone", "formats.capture.writing._swapper",
    "formats.delimited._plain", "formats.delimited._row_ends", "formats.images.wanted.__init__", "formats.mail.entity._split",
    "formats.markup_lexer._raw", "programme.__post_init__", "residue._spared", "views.escapes._units",
}  # fmt: skip
"""Functions that put patterns together: of literals, or tested below, or held by a recognizer."""
ALL_ESCAPES = "%41 &#65; \\x41 =?a?q?b?= =3D +AGE- a=b+c xn--a é"

PATTERNS, UNRESOLVED = everything()


def judged(one: Used) -> tuple[float, str]:
    """The cost of the worst way in which a pattern is used."""
    uses = one.uses or {"search"}
    if one.where in AT_ONE_PLACE:
        uses = {"match"}
    return max(
        cost(one.pattern, search=use not in ANCHORED, whole=use == "fullmatch") for use in uses
    )


def test_no_pattern_makes_time_grow_faster_than_the_text():
    found = {one.where: judged(one) for one in PATTERNS}
    wrong = {where: told for where, told in found.items() if told[0] > MOST and where not in LINEAR}
    assert wrong == {}
    assert {where for where in LINEAR if found[where][0] <= MOST} == set()


def test_every_pattern_is_looked_at_or_named():
    assert {one.where for one in UNRESOLVED} == PUT_TOGETHER
    assert len(PATTERNS) > 1_000


def test_escapes_put_together_are_linear():
    units = escapes._units(ALL_ESCAPES)
    assert units is not None
    assert units.pattern.count("(?P<") >= 14
    assert cost(units, search=True)[0] <= MOST


@pytest.mark.parametrize(
    ("pattern", "search", "expected"),
    [
        (r"a+", True, 1),
        (r"a+b", True, MEGABYTE),
        (r"a+b", False, 1),
        (r"(?<!a)a+b", True, 1),
        (r"\ba+b", True, 1),
        (r"a++b", True, MEGABYTE),
        (r"a{1,60}b", True, 60),
        (r"<[a-z]+>", True, 1),
        (r"<[a-z<]+>", True, MEGABYTE),
        (r"(?m)^[\s\S]+b", True, MEGABYTE),
        (r"\s+$", True, MEGABYTE),
        (r"[^\n]*\n|[^\n]+", True, 1),
        (r"(?s)<!--.*?(?:-->|\Z)", True, 1),
        (r"a*a*b", False, MEGABYTE),
        (r"a*a*b", True, MEGABYTE**2),
        (r"(?:a|a)*b", False, EXPONENTIAL),
        (r"(?:a*)*b", False, EXPONENTIAL),
        (r"(?:\w+\s?)*$", False, EXPONENTIAL),
        (r"(?:[A-Z]{3,20}){1,8}\d\Z", False, 2.0**60),
        (r"(?:[A-Z]{3,20} ){1,8}\d\Z", False, 1),
    ],
)
def test_the_judge_tells_slow_patterns_from_fast_ones(pattern, search, expected):
    assert cost(re.compile(pattern), search=search)[0] == expected


def calls(run, text: str) -> int:
    """Calls of functions, ours and others, that a run makes."""
    made = 0

    def count(_frame, event, _argument):
        nonlocal made
        made += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        for _ in run(text):
            pass
    finally:
        sys.setprofile(None)
    return made


@pytest.mark.parametrize("one", recognizers(), ids=lambda one: one.name)
def test_work_of_a_recognizer_is_linear(one):
    run = one.matches if isinstance(one, Identifier) else one.values
    for unit in dict.fromkeys((*UNITS, *islice(near(one.name), 24))):
        small, large = (calls(run, repeated(unit, n * SMALL)) for n in (1, 4))
        assert large < 6 * small + ONE, unit


class Watched(str):
    """A text that counts how much of itself is copied or searched by hand."""

    looked = 0

    def __getitem__(self, key):
        got = super().__getitem__(key)
        self.looked += len(got)
        return got

    def find(self, what, start=0, end=None):
        end = len(self) if end is None else min(end, len(self))
        at = super().find(what, start, end)
        self.looked += max((at if at >= 0 else end) - start, 0)
        return at

    def rfind(self, what, start=0, end=None):
        end = len(self) if end is None else min(end, len(self))
        at = super().rfind(what, start, end)
        self.looked += max(end - (at if at >= 0 else start), 0)
        return at


@pytest.mark.parametrize("one", recognizers(), ids=lambda one: one.name)
def test_a_recognizer_does_not_look_at_the_rest_of_the_text_for_each_value(one):
    """What the calls do not tell: one that copies all that follows, or searches it in vain."""
    run = one.matches if isinstance(one, Identifier) else one.values
    units = tuple(near(one.name))
    for unit in units[:: len(units) // MANY + 1]:
        small, large = (Watched(repeated(unit, n * FAR) + "\n\n") for n in (1, 4))
        for text in (small, large):
            for _ in run(text):
                pass
        assert large.looked < 6 * small.looked + 16 * FAR, unit


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param("sku | name\n----|----\n1 | b\n\n", id="tables of articles"),
        pytest.param("subject=CN = a, L = Bern ", id="subjects"),
        pytest.param("subject=CN = a, L = Bern\n", id="subjects on lines"),
        pytest.param("item.name: a\nitem.sku: 1\n", id="articles"),
    ],
)
def test_what_machines_say_is_told_without_the_rest_of_the_text(unit):
    small, large = (Watched(repeated(unit, n * FAR)) for n in (4, 16))
    few, many = (len(list(machine_made(text))) for text in (small, large))
    assert 3 * few <= many <= 4 * large.count("L =") + 4 * large.count("\n"), (
        "each line once or twice"
    )
    assert large.looked < 6 * small.looked + 16 * FAR


def test_work_of_views_is_linear():
    for unit in UNITS:
        small, large = (calls(views, repeated(unit, n * SMALL)) for n in (1, 4))
        assert large < 6 * small + ONE, unit


@pytest.mark.parametrize(
    ("least", "each", "square", "left_out"),
    [
        pytest.param(0, 1e-6, 0, True, id="linear"),
        pytest.param(1e-3, 1e-6, 0, True, id="linear and a fixed cost"),
        pytest.param(0, 0, 1e-10, False, id="quadratic"),
        pytest.param(1e-3, 1e-8, 1e-12, False, id="quadratic behind a fixed cost"),
        pytest.param(0, 1e-8, 1e-12, False, id="quadratic at the largest size alone"),
        pytest.param(0, 1e-6, 3e-12, False, id="linear and quadratic"),
        pytest.param(0, 1e-9, 1e-14, True, id="quadratic and done before it matters"),
    ],
)
def test_the_longest_run_is_left_out_where_it_could_not_be_wrong(least, each, square, left_out):
    """Of `linear_time.py`: no more than is foreseen does it take."""

    def took(size: int) -> float:
        return least + each * size + square * size**2

    told = foreseen(MEGABYTE, took(100), (10_000, took(10_000)), (100_000, took(100_000)))
    assert told >= took(MEGABYTE)
    assert needless(told, took(100_000), FROM_LITTLE) is left_out
