"""Twenty kills; `python -m tests.faults.kill 1000` does a thousand."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ROOT = __file__.rsplit("/tests/", 1)[0]

if not sys.platform.startswith("linux"):
    pytest.skip("who runs on is read from /proc", allow_module_level=True)


def test_killed_runs_lose_nothing_and_show_nothing():
    # A process of its own: this one has threads, and a fork would have none of them.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.kill", "20"], cwd=ROOT, env=environment,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("20 kills")
