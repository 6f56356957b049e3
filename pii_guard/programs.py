"""Programs of others that read documents and pictures, and who runs them.

A worker may run nothing: it has the program run by whoever it works for (`elsewhere`). In a process that
is not confined, programs are run directly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

Run = Callable[[str, Mapping[str, str], bytes], bytes]
"""Runs a program (a word of `certificate.claims.CHILDREN`) with arguments over bytes; what it made of
them. Raises `Unreadable`."""

_elsewhere: ContextVar[Run | None] = ContextVar("_elsewhere", default=None)


def elsewhere() -> Run | None:
    """Who runs programs in the place of this process; None: it does so itself."""
    return _elsewhere.get()


@contextmanager
def run_by(run: Run) -> Iterator[None]:
    """Within, programs are run by `run`."""
    token = _elsewhere.set(run)
    try:
        yield
    finally:
        _elsewhere.reset(token)
