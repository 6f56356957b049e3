"""Megabytes through every hook and intake: all that is not personal is stored, and no disk had it as it came."""

from __future__ import annotations

import sys

import pytest

from tests.contract.intakes import INTAKES
from tests.intake.test_nothing_raw_on_disk import CANARY, LINES, places, watched

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
    assert stored.count(b"<EMAIL_ADDRESS_1>") == 2 * megabytes
    assert len(stored) > megabytes * 1_000_000 * 0.98


def nothing_left(places):
    assert [*(places / "tmp").iterdir(), *(places / "cwd").iterdir()] == []


def test_through_a_hook(hook, megabytes, places):
    with watched(places) as seen:
        hook.put("night.log", log(megabytes))
    assert seen == set()
    whole(hook.held()["night.log"], megabytes)
    nothing_left(places)


@pytest.mark.parametrize("kind", INTAKES)
def test_through_an_intake(kind, guard, request, megabytes, places):
    if kind == "mail" and megabytes > 16:
        pytest.skip("a message is held in memory as a whole: 32 MB of it are taken")
    intake = INTAKES[kind](guard, request)
    with watched(places) as seen:
        intake.send("The log of last night.", {"night.log": log(megabytes)})
    assert seen == set()
    ((_, _, inner),) = intake.reports()
    whole(inner["night.log"], megabytes)
    nothing_left(places)
