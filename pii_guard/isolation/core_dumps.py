"""No core dump of this process: what it holds in memory would be written to a file, or given to a program."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any

from pii_guard.isolation.layers import Layer

NO_CORE = 1
"""As a limit it is under every core file's least size, and Linux takes it for no dump to a pipe too (core(5))."""
_SET_DUMPABLE = 4


def forbid_core_dumps() -> frozenset[Layer]:
    """None of this process and of programs it starts from now on, where the system knows how; what is in
    force then.
    """
    if os.name == "nt":
        return frozenset()
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (NO_CORE, NO_CORE))
    if sys.platform.startswith("linux") and prctl(_SET_DUMPABLE) == 0:
        return frozenset({Layer.NO_CORE_DUMPS, Layer.NOT_DUMPABLE})
    return frozenset({Layer.NO_CORE_DUMPS})


def prctl(option: int, value: int = 0) -> int:
    """What Linux answers to a request about this process (prctl(2)); -1 where there is no such thing."""
    try:
        return int(_library().prctl(option, value, 0, 0, 0))
    except (OSError, AttributeError):
        return -1


@cache
def _library() -> Any:
    """The C library, opened once: opening makes a class, and each case asks."""
    import ctypes

    return ctypes.CDLL(None)
