"""Processes of a test, and the memory that they take. Linux: it looks into /proc."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_EVERY_S = 0.2


def below(pid: int) -> list[int]:
    """A process and all it started."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        for started in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            with suppress(OSError):
                waiting += map(int, started.read_text().split())
    return found


def held(pid: int) -> int:
    """Bytes of memory: what is shared with others counts in part (proportional set size)."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


class Peak:
    """The most that this process has held since it began to be watched, and all those below it; bytes.

    The kernel counts this process exactly; what its workers hold is looked at now and then.
    """

    def __init__(self) -> None:
        self._before = _told("VmRSS:")
        with suppress(OSError):  # where it may not, the peak is that of the whole life
            Path("/proc/self/clear_refs").write_text("5")
        self.here = self._before
        self.workers = 0

    def look(self) -> None:
        """See what is held now."""
        here = os.getpid()
        self.here = _told("VmHWM:")
        self.workers = max(self.workers, sum(held(pid) for pid in below(here) if pid != here))

    @property
    def more(self) -> int:
        """Bytes that this process held beyond what it did at first."""
        return self.here - self._before

    def __str__(self) -> str:
        here, more, workers = (one / 1e6 for one in (self.here, self.more, self.workers))
        return f"server {here:.0f} MB ({more:+.0f}), its workers {workers:.0f} MB"


@contextmanager
def meanwhile(run: Callable[[threading.Event], None]) -> Iterator[None]:
    """Runs in a thread until it is told by the event that all is over, and is waited for."""
    over = threading.Event()
    thread = threading.Thread(target=run, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def memory() -> Iterator[Peak]:
    """Looks at it, the workers' five times a second, until it ends."""
    peak = Peak()

    def run(over: threading.Event) -> None:
        while not over.wait(_EVERY_S):
            peak.look()

    try:
        with meanwhile(run):
            yield peak
    finally:
        peak.look()


def _told(key: str) -> int:
    """Bytes of this process, its libraries included: `VmRSS:` now, `VmHWM:` at most."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    return 0
