"""How a run ends: one clear line and the exit code, whatever happened; never a traceback.

A traceback, a warning or a library's log line could show a value of the input, so none is printed.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from pii_guard.cli.standard import stand_in
from pii_guard.errors import ExitCode, PiiGuardError, whence

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_DEAF_SECONDS = 2.0
_Handler = Any


class Interrupted(BaseException):
    """A signal asked the run to end. Not a `KeyboardInterrupt`: typer ends those in its own way."""


def run(command: Callable[[], int | None] | None = None) -> int:
    """Run the command line (or `command`) to its end and say how it ended; the exit code."""
    _silence()
    try:
        stand_in()
        _listen(_Interrupt())
        code = (command or _command)() or ExitCode.OK
        _flush()
        return code
    except (Interrupted, KeyboardInterrupt):
        say("interrupted; nothing half-written is left, run it again")
        return ExitCode.INTERRUPTED
    except PiiGuardError as error:
        say(f"{error}{f' ({error.remedy})' if error.remedy else ''}")
        return error.exit_code
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has gone (typer then leaves at once): nobody is left to tell.
        stop_printing()
        return ExitCode.OK
    except OSError as error:
        detail = os.strerror(error.errno) if error.errno else type(error).__name__
        say(
            f"the system refused to handle a file: {detail} (check disk and permissions, run again)"
        )
        return ExitCode.USAGE
    except Exception as error:  # noqa: BLE001 - a traceback could show values
        return _other(error)


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        stop_printing()


def say(text: str) -> None:
    """A line for people, on standard error."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"pii-guard: {text}\n")
        sys.stderr.flush()


def stop_printing() -> None:
    """Let what is still printed go nowhere: the other end of the pipe has been closed."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Finish what is within (milliseconds of renaming) before a signal is heard."""
    asked: list[int] = []
    before = _listen(lambda number, frame: asked.append(number))  # noqa: ARG005
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        raise Interrupted


def _command() -> int | None:
    from pii_guard.cli.app import app

    code: int | None = app(standalone_mode=False)
    return code


def _other(error: Exception) -> int:
    """Click's own errors know how to show themselves; all others are bugs of ours."""
    show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if show is not None and isinstance(code, int):
        show()
        return ExitCode.USAGE
    if type(error).__name__ == "Abort":
        say("interrupted at the prompt")
        return ExitCode.INTERRUPTED
    say(f"internal error: {whence(error)}; please report it as a bug")
    return ExitCode.INTERNAL


def _silence() -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    threading.excepthook = lambda _: None
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not end the run.
        with suppress(AttributeError, OSError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _listen(handler: _Handler) -> dict[int, _Handler]:
    """Hear the signals that were not ignored by whoever started us; the handlers before."""
    before: dict[int, _Handler] = {}
    if threading.current_thread() is threading.main_thread():
        for name in _SIGNALS:
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, handler)
    return before


class _Interrupt:
    """Raises `Interrupted`; repetitions while the first one unwinds are not heard."""

    def __init__(self) -> None:
        self._last = -_DEAF_SECONDS

    def __call__(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        now = time.monotonic()
        if now - self._last >= _DEAF_SECONDS:
            self._last = now
            raise Interrupted
