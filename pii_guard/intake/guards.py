"""The guards of hooks that are configured by text: one for each policy, shared by all that ask for it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from pii_guard.guard import Guard
from pii_guard.policy import Policy

# The one table of its kind: fsspec and web frameworks make their objects anew from a URL or a settings
# file, for each thread and request, and a guard takes seconds and hundreds of megabytes.
_lock = threading.Lock()
_guards: dict[tuple[int, str], tuple[bytes, Guard]] = {}


def guard_for(policy: str | os.PathLike[str] | None) -> Guard:
    """The guard under the policy in a file, the built-in one for None; a new one once the file changes.

    Raises `PolicyError`.
    """
    path = "" if policy is None else str(Path(policy).resolve())
    # What a process forked from this one would share with it are sockets: it gets its own.
    key = os.getpid(), path
    with _lock:
        content = _content(path)
        known = _guards.get(key)
        if known is None or known[0] != content:
            known = content, Guard(Policy.load(path) if path else None)
            _guards[key] = known
        return known[1]


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes() if path else b""
    except OSError:
        return b""  # `Policy.load` says what is wrong with it
