"""Every fortieth file operation failed; `python -m tests.faults.errors` does each of them, in each way."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ROOT = __file__.rsplit("/tests/", 1)[0]

if not hasattr(os, "fork"):
    pytest.skip("runs are forked off", allow_module_level=True)


@pytest.mark.nightly
def test_a_disk_that_fails_loses_nothing_and_the_next_run_works():
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.errors", "--every", "40"], cwd=ROOT, env=environment,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
