"""Twenty kills; `python -m tests.ledger.kill 1000` does a thousand."""

from __future__ import annotations

import os

import pytest

from tests.ledger import kill


@pytest.mark.skipif(not hasattr(os, "fork"), reason="writers are forked off")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_killed_writers_leave_one_history(where, tmp_path):
    outcome = kill.run(where, tmp_path, kills=20)
    assert outcome.entries >= outcome.noted > 0
