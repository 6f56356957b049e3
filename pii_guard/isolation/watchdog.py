"""Watches a worker's memory from outside, where the system does not hold a process to a limit (macOS)."""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path

from pii_guard.isolation.frames import Frame, Inbox, Late

SECONDS = 0.05
"""Between two looks."""


class TooMuch(Exception):
    """A worker took more memory than it may."""


def receive_watched(inbox: Inbox, until: float, pid: int, most: int) -> Frame:
    """`Inbox.receive`, with a look at the worker's memory while it says nothing.

    Raises `TooMuch` when it has more than `most` bytes.
    """
    while not inbox.is_ready(SECONDS):
        if time.monotonic() > until:
            raise Late
        if resident(pid) > most:
            raise TooMuch
    return inbox.receive(until)


def resident(pid: int) -> int:
    """Bytes of memory that a process has resident; 0 where that cannot be seen."""
    if sys.platform.startswith("linux"):
        import resource

        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
        except (OSError, ValueError):
            return 0
        return pages * resource.getpagesize()
    try:
        psutil = importlib.import_module("psutil")
        return int(psutil.Process(pid).memory_info().rss)
    except Exception:  # noqa: BLE001 - it has ended, or the package is not there
        return 0
