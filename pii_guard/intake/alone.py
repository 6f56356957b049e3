"""One thread at a time where something and its certificate are put, so that the two belong together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary


class _Lock:
    def __init__(self) -> None:
        self.held = threading.RLock()


# By URL: hooks make their clients and file systems for each thread.
_table = threading.Lock()
_locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()


@contextmanager
def alone_at(url: str) -> Iterator[None]:
    """Nobody else of this process is within `alone_at` the same URL meanwhile; may be entered again."""
    with _table:
        lock = _locks.setdefault(url, _Lock())
    with lock.held:
        yield
