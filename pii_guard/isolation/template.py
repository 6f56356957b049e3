"""A warm process that workers are forked from: it has loaded what work needs, and works on nothing itself.

    python -c "…; from pii_guard.isolation.template import main; main()" DESCRIPTOR MODULE

It is a program of its own, not a fork of the caller (who may have threads, and whose main module is
nobody's business), and speaks with the caller over one socket. It has no threads when it forks.

The module named has `warm(told) -> dict`, called once, and `serve(fd, layers)`, called in each worker.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from pii_guard.isolation.confinement import (
    Ceilings,
    confine,
    hold_program,
    leave_network,
)
from pii_guard.isolation.layers import Layer

_REQUEST = 4096


def main() -> None:
    """Serve until the caller is gone; then no worker is left."""
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Reports are not to be found beside compiled modules, and a worker could not write there anyway.
    sys.dont_write_bytecode = True
    alone = leave_network()
    asked = json.loads(_line(control))
    try:
        with _ending_with(control):
            module = importlib.import_module(sys.argv[2])
            told = module.warm(asked["told"])
    except Exception as error:  # noqa: BLE001 - nothing hostile was read yet; the caller is told
        _say(control, {"failed": type(error).__name__, "message": str(error), "remedy": getattr(error, "remedy", "")})  # fmt: skip
        os._exit(1)
    gc.collect()
    gc.freeze()
    _say(control, {"up": told})
    Template(control, module, tuple(asked["readable"]), alone).run()


@contextmanager
def _ending_with(control: socket.socket) -> Iterator[None]:
    """Within, this process ends at once when the caller does: loading takes seconds, and whoever is
    killed meanwhile is not to leave it behind. Nothing is said over the socket while that lasts.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    # What comes or goes at the other end is signalled (fcntl(2), O_ASYNC); SIGIO ends a process.
    flags = fcntl.fcntl(control, fcntl.F_GETFL)
    fcntl.fcntl(control, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(control, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([control], [], [], 0)[0]:
        os._exit(0)  # it went before
    try:
        yield
    finally:
        fcntl.fcntl(control, fcntl.F_SETFL, flags)


class Template:
    """Forks, kills and buries workers as it is asked to, one request at a time."""

    def __init__(
        self, control: socket.socket, module: ModuleType, readable: tuple[str, ...], alone: bool
    ) -> None:
        self._control, self._module = control, module
        self._readable, self._alone = readable, alone
        self._alive: set[int] = set()
        self._ended: dict[int, int] = {}
        """Statuses of workers that ended by themselves, as those do whose caller was interrupted before it
        knew of them."""

    def run(self) -> None:
        """Until the caller closes its end."""
        while True:
            try:
                content, fds, _, _ = socket.recv_fds(self._control, _REQUEST, 1)
            except OSError:
                content, fds = b"", []
            if not content:
                break
            request = json.loads(content)
            if fds:
                answer = self._fork(request, fds[0])
                os.close(fds[0])
            else:
                answer = self._end(request["pid"])
            _say(self._control, {**answer, "number": request["number"]})
        for pid in self._alive:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)

    def _fork(self, request: dict[str, Any], fd: int) -> dict[str, int]:
        self._take_in()
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:  # too many processes, or too little memory: others go on
            return {"short": error.errno or 0}
        if pid:
            self._alive.add(pid)
            self._ended.pop(pid, None)
            return {"pid": pid}
        try:
            self._control.close()
            self._work(request, fd, parent)
        finally:
            os._exit(0)

    def _work(self, request: dict[str, Any], fd: int, parent: int) -> None:
        os.setsid()
        ceilings = Ceilings(**request["ceilings"])
        if request["do"] == "program":
            layers = hold_program(ceilings, parent)
            work = self._module.serve_program
        else:
            layers = confine(ceilings, parent, self._readable)
            work = self._module.serve
        if self._alone:
            layers |= {Layer.NO_NETWORK}
        work(fd, sorted(layers))

    def _take_in(self) -> None:
        """Let go of processes that have ended; else they would count against the system's limit."""
        while self._alive:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self._alive.discard(pid)
            self._ended[pid] = status

    def _end(self, pid: int) -> dict[str, int]:
        """End a worker: its exit status and its signal, of which one is 0. One that has ended by itself
        keeps what it ended with.
        """
        if pid in self._alive:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            self._alive.discard(pid)
        else:
            status = self._ended.pop(pid, 0)
        if os.WIFSIGNALED(status):
            return {"status": 0, "signal": os.WTERMSIG(status)}
        return {"status": os.WEXITSTATUS(status), "signal": 0}


def _line(control: socket.socket) -> bytes:
    held = b""
    while not held.endswith(b"\n"):
        part = control.recv(_REQUEST)
        if not part:
            os._exit(0)
        held += part
    return held


def _say(control: socket.socket, told: dict[str, Any]) -> None:
    try:
        control.sendall(json.dumps(told).encode() + b"\n")
    except OSError:
        os._exit(0)
