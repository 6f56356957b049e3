"""What workers do, with a trap in the reader of plain text: a file that names one springs it.

    TRAP segv                  the worker of this file is ended by that signal

Each trap is what an exploited or broken parser might do. Those that a worker is refused end in a reason
that says so (`blocked`), so that a test sees the difference.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import mmap
import os
import resource
import signal
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

from pii_guard import served
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import plain
from pii_guard.served import serve, serve_program

__all__ = ["serve", "serve_program", "warm"]

MARK = b"TRAP "
_LIBC = ctypes.CDLL(None, use_errno=True)
_SHARED = mmap.mmap(-1, 8)
"""Forks share it: what one writes the next one sees."""


def warm(told):
    """As `served.warm`; then the trap is set."""
    up = served.warm(told)
    form = type(plain.FORMATS[0])
    read = form.read

    def trapped(self, blob, bounds):
        if MARK in blob:
            for line in blob.splitlines():
                if line.startswith(MARK):
                    spring(line[len(MARK) :].decode())
        return read(self, blob, bounds)

    form.read = trapped
    return up


def spring(line):
    name, *rest = line.split()
    TRAPS[name](*rest)


def refused(*errors):
    """A trap that ends in `blocked` where the worker may not do it."""

    def around(function):
        def tried(*args):
            try:
                function(*args)
            except errors:
                raise Unreadable(ReasonCode.UNSUPPORTED, "blocked") from None
            raise Unreadable(ReasonCode.UNSUPPORTED, "not blocked")

        return tried

    return around


def loop():
    while True:
        pass


def allocate():
    held = []
    for _ in range(64):
        held.append(bytearray(64 * 1024 * 1024))
    return held


def crash(number):
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    time.sleep(5)


def once():
    """Ends the first worker that comes here, and no other."""
    if not _SHARED[0]:
        _SHARED[0] = 1
        os._exit(7)


def again():
    """The next one is the first again."""
    _SHARED[0] = 0


@refused(OSError)
def write(path):
    with Path(path).open("wb") as file:
        while True:
            file.write(b"x" * 1_000_000)


@refused(OSError)
def fork_bomb():
    while True:
        os.fork()


@refused(OSError)
def execute():
    subprocess.run(["/bin/true"], check=True)


@refused(OSError)
def connect():
    socket.create_connection(("127.0.0.1", 9), timeout=1)


@refused(OSError)
def resolve():
    socket.getaddrinfo("example.com", 80)


@refused(OSError)
def read(path):
    Path(path).read_bytes()


@refused(OSError)
def listing(path):
    list(Path(path).iterdir())


@refused(OSError)
def remove(path):
    Path(path).unlink()


@refused(OSError)
def kill(pid):
    os.kill(int(pid), signal.SIGKILL)


@refused(OSError)
def call(name):
    numbers = {
        "unshare": (272, 0x10000000),
        "ptrace": (101, 16, os.getppid()),
        "io_uring": (425, 8, 0),
    }
    if _LIBC.syscall(*numbers[name]) < 0:
        raise OSError


@refused(PermissionError)
def limit_another(pid):
    resource.prlimit(int(pid), resource.RLIMIT_CORE, (0, 0))


@refused(PermissionError)
def signal_another(pid):
    """By way of a pipe: whom the kernel tells that it can be read, and how, may be said."""
    readable, _ = os.pipe()
    fcntl.fcntl(readable, fcntl.F_SETOWN, int(pid))


@refused(PermissionError)
def choose_the_signal():
    fcntl.fcntl(os.pipe()[0], 10, signal.SIGKILL)  # F_SETSIG


@refused(OSError)
def outlive_the_template():
    if _LIBC.prctl(1, 0, 0, 0, 0) < 0:
        raise OSError


@refused(OSError)
def be_read():
    if _LIBC.prctl(4, 1, 0, 0, 0) < 0:
        raise OSError


@refused(OSError)
def hold_memory_beside():
    """A file in memory is in nobody's address space until it is mapped, so no limit on that holds."""
    os.memfd_create("x")


@refused(OSError)
def watch():
    if _LIBC.inotify_init1(0) < 0:
        raise OSError


@refused(ValueError, OSError)
def raise_limits():
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def recurse():
    return recurse()


def thread():
    done = []
    one = threading.Thread(target=done.append, args=(1,))
    one.start()
    one.join()
    if not done:
        raise RuntimeError


def _socket():
    """The worker's one socket."""
    return next(fd for fd in range(3, 64) if _is_socket(fd))


def _is_socket(fd):
    try:
        return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return False


def garble():
    os.write(_socket(), b"\xff" * 64)
    time.sleep(30)


def lie():
    from pii_guard.isolation.frames import send

    send(_socket(), {"done": 1, "at": "everywhere"})
    time.sleep(30)


def flood():
    from pii_guard.isolation.frames import send

    while True:
        send(_socket(), {"on": 1})


def say(told):
    """Something instead of an answer; it goes on when it is answered, if ever."""
    from pii_guard.isolation.frames import receive, send

    send(_socket(), json.loads(told))
    receive(_socket())
    raise Unreadable(ReasonCode.UNSUPPORTED, "believed")


def keep():
    """Twice, since once is right."""
    from pii_guard.served import _kept

    held = [_kept(_socket()) for _ in range(2)]
    raise Unreadable(ReasonCode.UNSUPPORTED, f"believed {len(held)} times")


def answer(*rows):
    """Other answers to what is asked of the whole case than work makes; the last one for ever."""
    from pii_guard.isolation.frames import send

    def instead(server):
        for row in rows:
            send(_socket(), json.loads(row))
        while True:
            send(_socket(), json.loads(rows[-1]))

    served._Server._redacted = instead


def hold_back(what):
    """Say nothing of any attachment."""
    from pii_guard.casework import Casework

    setattr(Casework, what, lambda *_: [])


def nowhere():
    """Ends, at an attachment that there is none of, when the case is to be redacted."""
    from pii_guard.isolation.frames import send

    def instead(server):
        send(_socket(), {"at": -100})
        os._exit(3)

    served._Server._redacted = instead


def live():
    """Say so again and again, and nothing else."""
    from pii_guard.isolation.frames import send

    while True:
        send(_socket(), {"on": 1})
        time.sleep(0.05)


def limit_itself():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.prlimit(os.getpid(), resource.RLIMIT_CORE)


def hang_up():
    os.close(_socket())
    time.sleep(30)


def hold():
    _HELD.append(mmap.mmap(-1, 300 << 20))


def never_forget():
    served.gc.collect = lambda: time.sleep(600)


_HELD = []
TRAPS = {
    "sleep": lambda: time.sleep(600),
    "loop": loop,
    "allocate": allocate,
    "segv": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "ill": lambda: crash(signal.SIGILL),
    "once": once,
    "again": again,
    "exit": lambda: os._exit(3),
    "recurse": recurse,
    "thread": thread,
    "write": write,
    "fork": fork_bomb,
    "exec": execute,
    "connect": connect,
    "resolve": resolve,
    "read": read,
    "list": listing,
    "remove": remove,
    "kill": kill,
    "call": call,
    "raise_limits": raise_limits,
    "limit_another": limit_another,
    "signal_another": signal_another,
    "choose_the_signal": choose_the_signal,
    "outlive_the_template": outlive_the_template,
    "be_read": be_read,
    "hold_memory_beside": hold_memory_beside,
    "watch": watch,
    "limit_itself": limit_itself,
    "garble": garble,
    "lie": lie,
    "say": say,
    "keep": keep,
    "answer": answer,
    "hold_back": hold_back,
    "nowhere": nowhere,
    "live": live,
    "flood": flood,
    "hang_up": hang_up,
    "hold": hold,
    "never_forget": never_forget,
}
