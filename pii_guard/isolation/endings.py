"""How there comes to be no worker: there cannot be any, the system is short of them, or one has ended."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Mapping
from contextlib import suppress

SHORT = frozenset({errno.EAGAIN, errno.ENOMEM})
"""What fork(2) says where there are too many processes, or too little memory."""


class NotIsolated(Exception):
    """There can be no worker processes here. `why` is a sentence of ours."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NoProcess(Exception):
    """The system has none left, or no memory for one. `why`: what it says."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.why = os.strerror(number)


class TemplateFailed(Exception):
    """The template could not be warmed up: type, message and remedy of the error."""

    def __init__(self, kind: str, message: str, remedy: str) -> None:
        super().__init__(kind)
        self.kind, self.message, self.remedy = kind, message, remedy


class Cause:
    """Words for how a worker ended."""

    TIMEOUT = "timeout"
    MEMORY = "memory"
    GARBLED = "garbled"
    CRASH = "crash"


class Died(Exception):
    """A worker ended before its work did. `detail`: the signal's name or `exit N`, of a crash."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(cause)
        self.cause, self.detail = cause, detail


def how(ended: Mapping[str, int]) -> Died:
    """How a worker ended that is told to have ended so."""
    number = ended["signal"]
    if number == signal.SIGXCPU:
        return Died(Cause.TIMEOUT)
    if number:
        with suppress(ValueError):
            return Died(Cause.CRASH, signal.Signals(number).name)
        return Died(Cause.CRASH, f"signal {number}")
    return Died(Cause.CRASH, f"exit {ended['status']}")


def short_of(error: OSError) -> Exception:
    """What it is to whoever wants a process: that there is none left is no reason to do without them."""
    return NoProcess(error.errno) if error.errno in SHORT else error
