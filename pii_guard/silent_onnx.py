"""onnxruntime, imported so that it sends nothing.

Its official builds from 1.29 on report to their makers by default (a device identifier, models, errors)
and write an identifier and a cache to disk; what stops them is read once, when the library is first
imported (onnxruntime pull requests 27379, 29843).
"""

from __future__ import annotations

import os
import threading
from typing import Any

VARIABLES = ("ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED")
"""Under both names that it has had."""

_lock = threading.Lock()


def onnxruntime() -> Any:
    """The library. Raises `ImportError` where it is not installed.

    If somebody else imported it before, what they decided for the process stands; from then on nothing
    more is collected.
    """
    with _lock:
        before = {name: os.environ.get(name) for name in VARIABLES}
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
        try:
            import onnxruntime as library
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
    silence = getattr(library, "disable_telemetry_events", None)
    if silence is not None:
        silence()
    return library
