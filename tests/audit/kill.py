"""Audits killed at random moments, again and again: in the end the same parts as undisturbed.

    python -m tests.audit.kill 1000            # kills, and a number to begin chance with
    python -m tests.audit.kill 1000 7

Runs are forks of this process that work in their own process. After each kill what is there is looked at:
only whole parts, and a run that is not over is not called complete.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from pii_guard import Guard, Policy
from pii_guard.audit.directory import Audit
from pii_guard.audit.reconciling import missing
from pii_guard.audit.rows import read_part
from tests.audit.scene import audit, fill, parts

FILES = 150


class Wrong(AssertionError):
    """What must not be."""


def run(guard: Guard, root: Path, kills: int, seed: int = 1) -> Counter[str]:
    """Kill runs and look; how many were killed, and how many audits that made."""
    chance, told = random.Random(seed), Counter[str]()
    source = fill(root / "reports", FILES)
    whole = root / "whole"
    began = time.monotonic()
    _ended(_forked(guard, source, whole))
    life = time.monotonic() - began
    _must(_complete(whole), "an undisturbed run is not complete")
    while told["kills"] < kills:
        output = root / f"{told['audits']}"
        while not _complete(output):
            pid = _forked(guard, source, output)
            # Short lives are likelier: listing and beginning are as much to be killed as the work.
            time.sleep(life * chance.random() ** 2)
            if told["kills"] < kills:
                os.kill(pid, signal.SIGKILL)
            told["kills"] += _ended(pid) == -signal.SIGKILL
            _look(output, told)
        _must(parts(output) == parts(whole), f"the parts differ: chance {seed}, {output}")
        one, other = (x / "summary.json" for x in (output, whole))
        _must(one.read_bytes() == other.read_bytes(), f"the summary differs: {output}")
        left = [p.name for p in output.rglob(".*")]
        _must(not left, f"something was left: {left}")
        told["audits"] += 1
        shutil.rmtree(output)
    return told


def _look(output: Path, told: Counter[str]) -> None:
    """What a kill leaves can be gone on with."""
    if not (output / "private" / "terms.json").exists():
        told["before the listing was over"] += 1
        _must(not list((output / "parts").glob("*")), "parts before a manifest")
        return
    for path in (output / "parts").glob("*.parquet"):
        read_part(path)
    left = missing(Audit.at(output))
    told["within the work" if left else "after the work"] += 1
    _must(not (left and _complete(output)), "complete with something missing")


def _complete(output: Path) -> bool:
    try:
        return bool(json.loads((output / "summary.json").read_bytes())["complete"])
    except FileNotFoundError:
        return False


def _forked(guard: Guard, source: Path, output: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        code = 0 if audit(guard, source, output).complete else 3
    finally:
        os._exit(code)


def _ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _must(good: bool, what: str) -> None:
    if not good:
        raise Wrong(what)


def main() -> None:
    """Run with arguments."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    guard = Guard(Policy(isolation="off"))
    guard.inspect(b"warm", key=bytes(32), name="a.txt")
    root = Path(tempfile.mkdtemp())
    print(dict(run(guard, root, kills, seed)), flush=True)
    shutil.rmtree(root)


if __name__ == "__main__":
    main()
