"""Files that take their reader down have a row that says so, and so have all their neighbours."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

from pii_guard import Guard, Policy, cage_choice
from pii_guard.audit.rows import read_rows
from pii_guard.policy import Limits
from tests.audit.scene import NOTHING, audit

if not sys.platform.startswith("linux"):
    pytest.skip("the layers are Linux's", allow_module_level=True)

_traps = import_module("tests.isolation.conftest")
trapped_cage = _traps.trapped_cage
POISON = {
    "segv": "crash:SIGSEGV",
    "abort": "crash:SIGABRT",
    "exit": "crash:exit",
    "sleep": "timeout",
    "allocate": "memory",
    "garble": "crash:exit",
}


@pytest.fixture
def trapped(trapped_cage, signer, monkeypatch):
    """A guard whose workers have the trapped reader, and time enough on a busy machine."""
    monkeypatch.setattr(cage_choice, "cage_for", lambda _: trapped_cage)
    limits = Limits(max_wall_seconds=15, max_memory_bytes=400 * 1024**2)
    return Guard(Policy(limits=limits, isolation="require"), signer=signer)


def test_poison_files_do_not_lose_their_neighbours(trapped, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for number in range(24):
        (source / f"{number:02}.txt").write_bytes(NOTHING)
    for number, name in enumerate(POISON):
        (source / f"{number * 4:02}-{name}.txt").write_bytes(f"TRAP {name}\n".encode())
    told = audit(trapped, source, tmp_path / "out")
    assert told.complete
    assert told.reasons == {why: list(POISON.values()).count(why) for why in POISON.values()}
    # Rows are in the order of the names.
    names = [path.stem.rpartition("-")[2] for path in sorted(source.iterdir())]
    reasons = [row.reason for row in read_rows(tmp_path / "out")]
    assert reasons == [POISON.get(name, "") for name in names]
