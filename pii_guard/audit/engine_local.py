"""An audit on one machine: a thread for each processor, whose files are looked through by workers."""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pii_guard.audit.entries import StoreFails
from pii_guard.audit.work import Done, Worker
from pii_guard.errors import IsolationError, whence

_log = logging.getLogger("pii_guard.audit")
Failed = StoreFails | IsolationError | OSError
_MOST_FAILURES = 5
"""Batches that fail before the rest is left for another run."""


def work(worker: Worker, numbers: Sequence[int], threads: int | None = None) -> Iterator[Done]:
    """Do these batches; each as it is done, in any order. What fails is left out: it stays missing.

    Raises what went wrong in our own code.
    """
    shared = _Shared(worker)
    count = min(threads or os.cpu_count() or 1, len(numbers))
    for number in numbers:
        shared.waiting.put(number)
    for _ in range(count):
        shared.waiting.put(None)
    for _ in range(count):
        # Nobody waits for them at the end of the program: a part is written whole or not at all.
        threading.Thread(target=shared.run, daemon=True).start()
    try:
        while count:
            one = shared.told.get()
            if one is None:
                count -= 1
            elif isinstance(one, Done):
                yield one
            elif not isinstance(one, Failed):
                raise one
    finally:
        shared.over.set()


@dataclass(slots=True)
class _Shared:
    """What the threads have in common."""

    worker: Worker
    waiting: queue.SimpleQueue[int | None] = field(default_factory=queue.SimpleQueue)
    told: queue.SimpleQueue[Done | BaseException | None] = field(default_factory=queue.SimpleQueue)
    over: threading.Event = field(default_factory=threading.Event)
    failures: list[int] = field(default_factory=list)

    def run(self) -> None:
        """Do what waits, until there is nothing, or too much has failed."""
        while (number := self.waiting.get()) is not None and not self.over.is_set():
            try:
                self.told.put(self.worker.batch(number))
            except BaseException as error:  # noqa: BLE001 - it is raised where it is heard
                self.failures.append(number)
                _log.warning("batch %d is left for another run: %s", number, whence(error))
                if len(self.failures) >= _MOST_FAILURES:
                    self.over.set()
                self.told.put(error)
        self.told.put(None)
