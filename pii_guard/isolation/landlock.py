"""Landlock: a process gives up the file system but for reading below some paths, for good.

System calls by number (the same on all architectures since Linux 5.13), constants from linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_READ = _READ_FILE | _READ_DIR
_BASE = (1 << 13) - 1
"""All rights of the first version: to execute, write, read, remove and make files of any kind."""
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_TCP = 0b11
_SCOPES = 0b11
"""Abstract sockets and signals, to processes outside."""


def version() -> int:
    """The version of the kernel's Landlock; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, int(_call(_CREATE, None, 0, _VERSION)))


def restrict(readable: Iterable[str]) -> bool:
    """Allow reading below these paths, and nothing else of files, in this thread and those it makes.

    Descriptors that are open stay as they are. Needs "no new privileges". Paths that are not there
    are passed over. False where the kernel does not do it.
    """
    has = version()
    if has < 1:
        return False
    handled = _BASE
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        if has >= since:
            handled |= right
    network, scoped = (_TCP if has >= 4 else 0), (_SCOPES if has >= 6 else 0)
    size = 8 if has < 4 else 16 if has < 6 else 24
    attributes = struct.pack("QQQ", handled, network, scoped)[:size]
    rules = int(_call(_CREATE, attributes, size, 0))
    if rules < 0:
        return False
    try:
        for path in readable:
            _allow(rules, path)
        return bool(_call(_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH)
    except OSError:
        return
    try:
        rights = _READ if Path(path).is_dir() else _READ_FILE
        _call(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("<Qi", rights, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    return int(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))
