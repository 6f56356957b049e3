"""Damaged files of every format neither crash, nor hang, nor leak; and the fuzzer sees it if they do."""

from __future__ import annotations

import base64
import hashlib
import os
import random
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import zstandard

from pii_guard.errors import Reason, ReasonCode
from pii_guard.findings import Quarantined, Redacted
from tests.fixtures import CANARY
from tests.fuzz.mutations import Pantry, mutated
from tests.fuzz.search import pattern_of, shown
from tests.fuzz.seeds import seeds
from tests.fuzz.trial import Bench

ROOT = Path(__file__).parents[2]
FAULT = ValueError("zebedee.quartermain@quartermain-post.net")


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(seeds(), key=1)


def failures(bench: Bench, numbers) -> list[str]:
    trials = map(bench.trial, numbers)
    return [f"{one.seed}, mutation {one.number}: {one.wrong}" for one in trials if one.wrong]


def test_some_mutations_of_every_format(bench):
    assert failures(bench, range(80)) == []


@pytest.mark.slow
def test_many_mutations(bench):
    assert failures(bench, range(80, 1_080)) == []


def test_mutations_are_the_same_each_time():
    pantry = Pantry((b"other bytes",), (b"word",))
    first, again = (mutated(random.Random("7/3"), b"some bytes of 42" * 9, pantry) for _ in "ab")
    assert first == again


_DIGESTS = """
import hashlib
from tests.fuzz.seeds import seeds
for one in seeds():
    print(hashlib.sha256(one.blob).hexdigest())
"""


def test_seeds_are_the_same_each_time(bench):
    """In another process, a while later: neither clock nor chance is in them."""
    call = [sys.executable, "-c", _DIGESTS]
    there = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(call, capture_output=True, text=True, check=True, env=there)
    digests = [hashlib.sha256(one.blob).hexdigest() for one in bench.seeds]
    pairs = zip(bench.seeds, digests, done.stdout.split(), strict=True)
    assert [str(seed) for seed, here, again in pairs if here != again] == []


def test_every_seed_has_its_turn(bench):
    drawn = [bench.drawn(number)[0] for number in range(len(bench.seeds))]
    assert len(set(map(id, drawn))) == len(bench.seeds)


def test_every_format_has_its_turn(bench):
    drawn = {bench.drawn(number)[0].format for number in range(len(bench.formats))}
    assert drawn == set(bench.formats) >= {"pdf", "typeset pdf", "locked 7z", "locked pdf", "mp4"}


@pytest.mark.parametrize(
    "blob",
    [
        b"ask " + CANARY.encode() + b" now",
        CANARY.upper().encode("utf-16-le"),
        b"x" + CANARY.encode("utf-16-be"),
        base64.b64encode(b"so " + CANARY.encode()),
        base64.encodebytes(b"so " * 30 + CANARY.encode()),
        CANARY.encode().hex(" ").encode(),
        b"junk" + zlib.compress(CANARY.encode()) + b"junk",
        b"K" + base64.b64encode(b"s" + CANARY.encode()),
        b"KK" + base64.b64encode(b"so" + CANARY.encode()),
        base64.b64encode(b"so" + CANARY.encode("utf-16-le")),
        b"a" + CANARY.encode().hex().upper().encode(),
        b"read: " + CANARY[::-1].encode(),
        base64.b64encode(CANARY[::-1].encode()),
        zstandard.compress(CANARY.encode()),
    ],
    ids="raw utf-16-le utf-16-be base64 lines hex zlib behind-one behind-two base64-utf-16 odd-hex reversed "
    "base64-reversed zstd".split(),
)
def test_the_search_sees_a_value_however_it_is_written(blob):
    assert shown(blob, pattern_of([CANARY]))
    assert not shown(blob, pattern_of(["somebody@else.example"]))


def test_a_longer_name_of_a_host_is_another_address():
    assert not shown(CANARY.encode() + b"work", pattern_of([CANARY]))


@pytest.fixture
def broken(bench, monkeypatch):
    """The bench, whose guard does with everything what a test says."""

    def doing(work) -> str:
        monkeypatch.setattr(type(bench._guard), "redact", work)
        return bench.trial(bench.formats.index("txt")).wrong

    return doing


def test_a_leak_is_a_failure(broken):
    passed_on = Redacted("text/plain", (), (), "", pieces=(CANARY.encode(),), proof=None)
    assert broken(lambda *_, **__: passed_on).startswith("shows a canary")


def test_an_exception_is_a_failure_and_tells_no_value(broken):
    def fails(_self, blob, **_):
        raise FAULT

    wrong = broken(fails)
    assert wrong.startswith("raised ValueError at ")
    assert CANARY not in wrong


def test_an_error_of_ours_is_a_failure_and_tells_where(bench, monkeypatch):
    def fails(*_, **__):
        raise FAULT

    monkeypatch.setattr("pii_guard.held.survey", fails)
    wrong = bench.trial(bench.formats.index("txt")).wrong
    assert wrong.startswith("internal: ValueError at ")
    assert "held.py" in wrong
    assert CANARY not in wrong


def test_what_takes_too_long_is_a_failure(bench, broken, monkeypatch):
    def hangs(*_, **__):
        while True:
            sum(range(1000))

    monkeypatch.setattr(bench, "limit", 0.2)
    assert broken(hangs).startswith("over 0.2 s: TooLong at ")


def test_a_refusal_is_none(broken):
    held = Quarantined("text/plain", (), (), "", reason=Reason(ReasonCode.CORRUPT))
    assert broken(lambda *_, **__: held) == ""
