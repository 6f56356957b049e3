"""How much is worked on at once, how much may wait, and what is told to the rest."""

from __future__ import annotations

import threading

from pii_guard.errors import Busy
from pii_guard.isolation.turns import Turns


class Pressure:
    """Turns at the work on what comes in, first come, first served. Safe to share between threads.

    `at_once` are worked on, `waiting` more wait; whoever comes then is told to come again after
    `retry_after_s` seconds, before anything of theirs is taken in.
    """

    def __init__(self, at_once: int = 4, waiting: int = 28, retry_after_s: int = 30) -> None:
        self._most = at_once + waiting
        self._retry_after_s = retry_after_s
        self._turns = Turns(at_once)
        self._inside = 0
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raises `Busy` where nobody more may wait."""
        if self._inside >= self._most:
            raise Busy("too many forms are being worked on", retry_after_s=self._retry_after_s)

    def __enter__(self) -> None:
        with self._lock:
            self.check()
            self._inside += 1
        try:
            self._turns.__enter__()
        except BaseException:
            self._leave()
            raise

    def __exit__(self, *_: object) -> None:
        self._turns.__exit__()
        self._leave()

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1
