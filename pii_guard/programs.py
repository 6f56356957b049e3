"""Programs of others that read documents and pictures, and who runs them.

A worker may run nothing: it has the program run by whoever it works for (`elsewhere`). In a process that
is not confined, programs are run directly.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
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


_TIED = 'exec 3<&0; (read -r _ <&3; kill -KILL 0) & exec "$@" 3<&- </dev/null'


@contextmanager
def bound(command: Sequence[str]) -> Iterator[tuple[list[str], int]]:
    """A command that is killed with all it started once this process is gone, however that ends.

    It has to lead a process group of its own, and to be given the descriptor as standard input: nothing
    comes over it until our end is closed, which the system does for who is killed.
    """
    life, ours = os.pipe()
    try:
        yield ["/bin/sh", "-c", _TIED, "sh", *command], life
    finally:
        os.close(life)
        os.close(ours)
