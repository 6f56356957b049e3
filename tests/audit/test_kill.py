"""An audit that is killed, at whatever moment, goes on to the same result (`tests/audit/kill.py`)."""

from __future__ import annotations

import sys

import pytest

from tests.audit import kill


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks a process with a model")
def test_killed_and_run_again_it_ends_as_if_undisturbed(unconfined, tmp_path):
    unconfined.inspect(b"warm", key=bytes(32), name="a.txt")
    told = kill.run(unconfined, tmp_path, 12)
    assert told["kills"] >= 12
    assert told["within the work"] + told["before the listing was over"] >= 3
