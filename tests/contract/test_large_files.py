"""Megabytes through every hook and intake: all that is not personal is stored, and no disk had it as it came."""

from __future__ import annotations

import re
import sys
import time
from contextlib import contextmanager

import pytest

from tests.contract.intakes import INTAKES, Refused
from tests.intake.test_nothing_raw_on_disk import CANARY, LINES, places, watched
from tests.processes import memory

__all__ = ["places"]
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.localhost,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc"),
    pytest.mark.parametrize("megabytes", [16, 100]),
]
MOST_MORE = 80_000_000
"""Bytes of memory that a server may take for a file, however large."""
CANARY_LINE = b"login by " + CANARY + b"\n"


def log(megabytes):
    """Lines with the canary here and there."""
    return [LINES, CANARY_LINE] * (2 * megabytes)


def whole(stored, megabytes):
    tokens = re.findall(rb"login by (<EMAIL_ADDRESS_\d>)\n", stored)  # mail has senders as well
    assert (len(tokens), len(set(tokens))) == (2 * megabytes, 1)
    assert len(stored) > megabytes * 1_000_000 * 0.98


def nothing_left(places):
    assert [*(places / "tmp").iterdir(), *(places / "cwd").iterdir()] == []


@contextmanager
def unseen(places, megabytes):
    """No disk has the canary meanwhile, nor is anything left; prints what it took (`-rP` shows it)."""
    begun = time.perf_counter()
    with memory() as peak, watched(places) as seen:
        yield peak
    print(f"{megabytes} MB in {time.perf_counter() - begun:.0f} s: {peak}")
    assert seen == set()
    nothing_left(places)


def test_through_a_hook(places, hook, megabytes):
    with unseen(places, megabytes) as peak:
        hook.put("night.log", log(megabytes))
    if not hook.is_memory:
        assert peak.more < MOST_MORE
    whole(hook.held()["night.log"], megabytes)


@pytest.mark.parametrize("kind", INTAKES)
def test_through_an_intake(places, kind, guard, request, megabytes):
    intake = INTAKES[kind](guard, request)
    if kind == "mail" and megabytes > 16:  # held in memory as a whole: 32 MB are taken, and no more
        with unseen(places, megabytes), pytest.raises(Refused, match=r"^552") as refused:
            intake.send("The log of last night.", {"night.log": log(megabytes)})
        assert not refused.value.again
        assert intake.held() == {}
        return
    with unseen(places, megabytes):
        intake.send("The log of last night.", {"night.log": log(megabytes)})
    ((_, _, inner),) = intake.reports()
    whole(inner["night.log"], megabytes)
