"""Workers that tell about themselves and try things, and a template that can leave out a layer."""

from __future__ import annotations

import errno
import os
import socket
import time
from pathlib import Path

from pii_guard.isolation import confinement, landlock, system_calls
from pii_guard.isolation.frames import Closed, receive, send


def warm(told):
    without = told.get("without")
    if without == "seccomp":
        system_calls.install = lambda: False
    if without == "landlock":
        landlock.restrict = lambda _: False
    if without == "memory":
        confinement.address_space = lambda: 0
    if without == "processes":
        os.fork = _none_left
    return told


def _none_left():
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def serve(fd, layers):
    send(fd, {"ready": layers})
    try:
        while True:
            told = receive(fd).told
            send(fd, DOES[told.pop("do")](**told))
    except Closed:
        os._exit(0)


def spin(seconds, rearm):
    confinement.rearm(rearm)
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return {"done": True}


def attempt(what, path):
    try:
        if what == "socket":
            socket.socket().close()
        elif what == "read":
            Path(path).read_text()
        elif what == "allocate":
            bytearray(300 * 1024**2)
        elif what == "hold":
            held = bytearray(400 * 1024**2)
            held[::4096] = b"x" * len(held[::4096])
            time.sleep(10)
    except (OSError, MemoryError):
        return {"done": False}
    return {"done": True}


DOES = {
    "environment": lambda: {"names": sorted(os.environ)},
    "descriptors": lambda: {"open": [fd for fd in range(64) if _is_open(fd)]},
    "spin": spin,
    "attempt": attempt,
}


def _is_open(fd):
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True
