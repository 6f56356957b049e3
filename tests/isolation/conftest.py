"""A guard whose workers read with a trapped reader."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pii_guard import Guard, Policy, cage_choice
from pii_guard.isolation.cage import Cage
from pii_guard.policy import Limits

if not sys.platform.startswith("linux"):
    pytest.skip("the layers are Linux's", allow_module_level=True)


@pytest.fixture(scope="session")
def trapped_cage():
    sys.path.insert(0, str(Path(__file__).parent))
    cage = Cage("trapped", {})
    yield cage
    cage.close()


@pytest.fixture
def trapped(trapped_cage, signer, monkeypatch):
    """A guard that gives each step of the work two seconds, and 400 MB of memory."""
    monkeypatch.setattr(cage_choice, "cage_for", lambda _: trapped_cage)
    limits = Limits(max_wall_seconds=2, max_memory_bytes=400 * 1024**2)
    return Guard(Policy(limits=limits, isolation="require"), signer=signer)
