"""An audit on one machine: a thread for each processor, whose files are looked through by workers."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator, Sequence

from pii_guard.audit.entries import StoreFails
from pii_guard.audit.work import Done, Worker
from pii_guard.errors import IsolationError

Failed = StoreFails | IsolationError | OSError
_MOST_FAILURES = 5
"""Batches that fail before the rest is left for another run."""


def work(worker: Worker, numbers: Sequence[int], threads: int | None = None) -> Iterator[Done]:
    """Do these batches; each as it is done, in any order. What fails is left out: it stays missing.

    Raises what went wrong in our own code.
    """
    waiting: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    told: queue.SimpleQueue[Done | BaseException | None] = queue.SimpleQueue()
    over = threading.Event()
    count = min(threads or os.cpu_count() or 1, len(numbers))
    for number in numbers:
        waiting.put(number)
    for _ in range(count):
        waiting.put(None)
    for _ in range(count):
        # Nobody waits for them at the end of the program: a part is written whole or not at all.
        threading.Thread(target=_run, args=(worker, waiting, told, over), daemon=True).start()
    failures = 0
    try:
        while count:
            one = told.get()
            if one is None:
                count -= 1
            elif isinstance(one, Done):
                yield one
            elif isinstance(one, Failed):
                failures += 1
                if failures >= _MOST_FAILURES:
                    over.set()
            else:
                raise one
    finally:
        over.set()


def _run(
    worker: Worker,
    waiting: queue.SimpleQueue[int | None],
    told: queue.SimpleQueue[Done | BaseException | None],
    over: threading.Event,
) -> None:
    while (number := waiting.get()) is not None and not over.is_set():
        try:
            told.put(worker.batch(number))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is heard
            told.put(error)
    told.put(None)
