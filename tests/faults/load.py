"""Many threads and one guard: every verdict right, memory flat, nobody refused, nobody waits for ever.

    python -m tests.faults.load --minutes 3 --threads 64

Threads take small files of several formats in turn. The guard lets as many work as there are processors;
the others wait. Memory is of the whole tree of processes: shared pages are counted once among those that
share them (PSS), where the system tells, every two seconds; the caller's own is told beside it, since
workers come and go. The slopes are fitted to what comes after the first third, in which workers are forked
and caches fill.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import threading
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pii_guard import Guard, Policy
from tests.faults.kill import children
from tests.faults.looking import holds_raw
from tests.faults.scene import HELD, contents

_EVERY = 2.0
_WARM = 1 / 3


@dataclass(slots=True)
class Measured:
    """Seconds of each job; bytes of all processes, and of this one, by seconds since the beginning."""

    seconds: array[float] = field(default_factory=lambda: array("f"))
    memory: list[tuple[float, int]] = field(default_factory=list)
    own: list[tuple[float, int]] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    most_processes: int = 0

    def __str__(self) -> str:
        cuts = statistics.quantiles(self.seconds, n=100)
        return (
            f"{len(self.seconds)} jobs, wrong: {dict(self.wrong) or 'none'}; p50 {cuts[49]:.2f} s, "
            f"p99 {cuts[98]:.2f} s, longest {max(self.seconds):.2f} s; memory {_course(self.memory)}, "
            f"of the caller {_course(self.own)}; {self.most_processes} processes at most"
        )


def slope(memory: Sequence[tuple[float, int]]) -> float:
    """Megabytes an hour, by least squares."""
    late = [(at, size) for at, size in memory if at > memory[-1][0] * _WARM]
    return statistics.linear_regression(*zip(*late, strict=True)).slope * 3600 / 1e6


def _course(memory: Sequence[tuple[float, int]]) -> str:
    sizes = [size / 1e6 for _, size in memory]
    return f"{min(sizes):.0f} to {max(sizes):.0f} MB, {slope(memory):+.1f} MB/h"


def load(guard: Guard, minutes: float, threads: int) -> Measured:
    """Redact from so many threads for so many minutes."""
    files = contents()
    measured, over, lock = Measured(), threading.Event(), threading.Lock()

    def work(number: int) -> None:
        names = list(files)
        random.Random(number).shuffle(names)
        while not over.is_set():
            for name in names:
                began = time.perf_counter()
                fault = _fault(guard, name, files[name])
                with lock:
                    measured.seconds.append(time.perf_counter() - began)
                    if fault:
                        measured.wrong[fault] += 1
                if over.is_set():
                    break

    workers = [threading.Thread(target=work, args=(one,)) for one in range(threads)]
    for one in workers:
        one.start()
    began = time.monotonic()
    while (passed := time.monotonic() - began) < minutes * 60:
        tree = _tree(os.getpid())
        sizes = [_memory(one) for one in tree]
        measured.memory.append((passed, sum(sizes)))
        measured.own.append((passed, sizes[0]))
        measured.most_processes = max(measured.most_processes, len(tree))
        time.sleep(_EVERY)
    over.set()
    for one in workers:
        one.join()
    return measured


def _fault(guard: Guard, name: str, content: bytes) -> str:
    """What is wrong with a verdict; nothing, most of all."""
    try:
        result = guard.redact(content, name=name.rpartition("/")[2])
    except Exception as error:  # noqa: BLE001 - a refusal is what is looked for
        return f"{name}: {type(error).__name__}"
    wanted = "quarantined" if name == HELD else "redacted"
    if result.verdict != wanted:
        return f"{name}: {result.verdict} {result.reason and result.reason.code}"
    return f"{name}: raw" if wanted == "redacted" and holds_raw(result.output) else ""


def _tree(root: int) -> list[int]:
    found = [root]
    for one in found:
        found += children(one)
    return found


def _memory(pid: int) -> int:
    """Bytes: shared pages by their share, or where that is not told, resident ones."""
    for name, key in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            for line in Path(f"/proc/{pid}/{name}").read_text().splitlines():
                if line.startswith(key):
                    return int(line.split()[1]) * 1024
        except OSError:
            continue
    return 0


def main() -> None:
    """Run with arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--threads", type=int, default=64)
    parser.add_argument(
        "--most-slope", type=float, help="more megabytes an hour than this is an error"
    )
    asked = parser.parse_args()
    measured = load(Guard(Policy(isolation="prefer")), asked.minutes, asked.threads)
    print(measured)
    steep = asked.most_slope is not None and slope(measured.memory) > asked.most_slope
    sys.exit(bool(measured.wrong) or steep)


if __name__ == "__main__":
    main()
