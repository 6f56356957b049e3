"""Standard streams that whoever started us has closed (`2>&-`, some daemons).

The system gives their numbers to the next files that are opened: what is meant for people would end up in a
copy, and a socket under such a number is lost to the process it is made for.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from pii_guard.errors import PolicyError


def stand_in() -> None:
    """Open something under each number that is free, before anything else is.

    Raises `PolicyError` where nothing can be printed: copies would be stored, and nobody would hear of it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open()  # noqa: SIM115 - for as long as we live
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - for as long as we live
    if sys.stdout is None:
        raise PolicyError(
            "standard output is closed",
            remedy="send it to a file, or to /dev/null where nobody wants it",
        )


def standard_input() -> TextIO:
    """Raises `PolicyError` where it is closed: it is not empty, and not clean either."""
    if (
        getattr(sys.stdin, "name", "") == os.devnull
    ):  # ours: what `</dev/null` gives has another name
        raise PolicyError("standard input is closed", remedy="give a file, or send the data to it")
    return sys.stdin
