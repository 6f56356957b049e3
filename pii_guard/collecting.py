"""Fewer runs of Python's cyclic garbage collector while a case is worked on.

A case holds many small values without cycles; looking through all of them again and again costs a
third of the time. Cycles of others are still collected, only less often.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (50_000, 20, 20)

_lock = threading.Lock()
_before: list[tuple[int, int, int]] = []
"""One entry for each user at work: what the thresholds were when the first of them began."""


@contextmanager
def seldom() -> Iterator[None]:
    """Collect seldom within; once nobody is within, as before. An application's own choice stays."""
    with _lock:
        now = _before[0] if _before else gc.get_threshold()
        _before.append(now)
        if len(_before) == 1 and 0 < now[0] < THRESHOLDS[0]:
            gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        with _lock:
            now = _before.pop()
            if not _before and gc.get_threshold() == THRESHOLDS:
                gc.set_threshold(*now)
