"""Keeps the libraries' own log lines to ourselves while we work: they quote the file, and keys."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

_LIBRARIES = ("msoffcrypto", "pdfminer", "pikepdf", "pypdf", "pypdfium2")
_AT_WORK: ContextVar[bool] = ContextVar("pii_guard_at_work", default=False)
_P = ParamSpec("_P")
_R = TypeVar("_R")


class _PassOn(logging.Handler):
    """Hands a library's records to the root as before, unless they come from our own work."""

    def emit(self, record: logging.LogRecord) -> None:
        if not _AT_WORK.get():
            logging.getLogger().callHandlers(record)


@contextmanager
def quiet() -> Iterator[None]:
    """No log line of these libraries leaves this block; other users of them are not touched."""
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        if not any(isinstance(handler, _PassOn) for handler in logger.handlers):
            logger.addHandler(_PassOn())
        logger.propagate = False
    before = _AT_WORK.get()
    _AT_WORK.set(True)
    try:
        yield
    finally:
        _AT_WORK.set(before)


def quietly(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The function, run in a `quiet` block."""

    @functools.wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with quiet():
            return function(*args, **kwargs)

    return run
