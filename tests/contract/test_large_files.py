"""Megabytes through every hook and intake: all that is not personal is stored, and no disk had it as it came."""

from __future__ import annotations

import re
import sys
import time
from contextlib import contextmanager

import pytest

from tests.contract.intakes import INTAKES
from tests.intake.test_nothing_raw_on_disk import CANARY, LINES, places, watched
from tests.processes import memory

__all__ = ["places"]
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.localhost,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc"),
    pytest.mark.parametrize("megabytes", [16, 100]),
]
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
    with unseen(places, megabytes):
        hook.put("night.log", log(megabytes))
    whole(hook.held()["night.log"], megabytes)


@pytest.mark.parametrize("kind", INTAKES)
def test_through_an_intake(places, kind, guard, request, megabytes):
    if kind == "mail" and megabytes > 16:
        pytest.skip("a message is held in memory as a whole: 32 MB of it are taken")
    intake = INTAKES[kind](guard, request)
    with unseen(places, megabytes):
        intake.send("The log of last night.", {"night.log": log(megabytes)})
    ((_, _, inner),) = intake.reports()
    whole(inner["night.log"], megabytes)
