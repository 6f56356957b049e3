"""The caller's side of the cage: a template process, the workers forked from it, and how they end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from pii_guard.isolation import watchdog
from pii_guard.isolation.confinement import Ceilings
from pii_guard.isolation.control import Control
from pii_guard.isolation.endings import (
    Cause,
    Died,
    NoProcess,
    NotIsolated,
    TemplateFailed,
    how,
    short_of,
)
from pii_guard.isolation.frames import Closed, Frame, Garbled, Inbox, Late, send
from pii_guard.isolation.layers import Layer
from pii_guard.isolation.turns import Turns

JOBS = 500
"""A worker is replaced after so many."""
_READY_SECONDS = 60.0
_WARM_SECONDS = 300.0
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[3]); "
    "from pii_guard.isolation.template import main; main()"
)
_KEPT_VARIABLES = (
    "PATH", "LANG", "TZ", "TMPDIR", "HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "VIRTUAL_ENV",
    "SYSTEMROOT",
)  # fmt: skip
"""What a worker's environment has of ours: no passwords, no keys, no credentials."""
_SET = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
    "ORT_DISABLE_TELEMETRY": "1",
    "ORT_TELEMETRY_DISABLED": "1",
}
"""A template has no threads when it forks. macOS would end forks that come to its frameworks.
onnxruntime reports to its makers unless it is told not to."""


@dataclass(slots=True, eq=False)
class Worker:
    """A process that serves one conversation after the other, over one socket."""

    cage: Cage
    pid: int
    ceilings: Ceilings
    layers: frozenset[Layer]
    _socket: socket.socket = field(repr=False)
    jobs: int = 0
    resident: int = 0
    """Bytes of memory it had when it was ready, where it has to be watched."""
    under: object = field(default=None, repr=False)
    """What its last job was done under, as whoever gave it says."""
    forgetting: bool = False
    """It was told to forget its last job, and has yet to say that it has."""
    _owner: int = field(default_factory=os.getpid)
    _inbox: Inbox = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._inbox = Inbox(self._socket)

    @property
    def ours(self) -> bool:
        """Whether it is this process's: a fork has the same socket, and is not to speak on it."""
        return self._owner == os.getpid()

    def send(self, told: dict[str, Any], blob: bytes = b"") -> None:
        """Raises `Died`."""
        try:
            send(self._socket.fileno(), told, blob)
        except Closed:
            raise self.end() from None

    def send_file(self, fd: int) -> None:
        """Hand over an open file. Raises `Died`."""
        try:
            socket.send_fds(self._socket, [b"f"], [fd])
        except OSError:
            raise self.end() from None

    def receive(self, seconds: float) -> Frame:
        """What it says, within so many seconds. Raises `Died`; it is dead then."""
        until = time.monotonic() + seconds
        try:
            if Layer.MEMORY in self.layers:
                return self._inbox.receive(until)
            most = self.resident + self.ceilings.memory_bytes
            return watchdog.receive_watched(self._inbox, until, self.pid, most)
        except Late:
            self.end()
            raise Died(Cause.TIMEOUT) from None
        except watchdog.TooMuch:
            self.end()
            raise Died(Cause.MEMORY) from None
        except Garbled:
            self.end()
            raise Died(Cause.GARBLED) from None
        except Closed:
            raise self.end() from None

    def hang_up(self) -> None:
        """Close this end; it then ends."""
        with suppress(OSError):
            self._socket.close()

    def end(self) -> Died:
        """Kill it, if it lives; how it ended. One of the process we are a fork of is left alone."""
        self.hang_up()
        return how(self.cage.bury(self.pid)) if self.ours else Died(Cause.CRASH, "exit 0")


@dataclass(slots=True, eq=False)
class _Template:
    process: subprocess.Popen[bytes]
    control: Control
    up: dict[str, Any]
    layers: dict[Ceilings, frozenset[Layer]] = field(default_factory=dict)
    """Of its workers, by what they may take: known since the first of each."""


class Cage:
    """Workers that run `module.serve`, warm; safe to share between threads, and after a fork.

    `module`: the name of a module (see `template.py`); `told`: what its `warm` is given; `readable`:
    paths workers may read beside the system's and Python's. `turns`: how many threads may have work
    done at once; the others wait. Raises `NotIsolated` where there can be no workers at all. What asks
    for a worker raises `NoProcess`, too, where the system is short of them.
    """

    def __init__(
        self,
        module: str,
        told: Mapping[str, Any],
        *,
        readable: Sequence[str] = (),
        turns: int | None = None,
    ) -> None:
        if not hasattr(os, "fork") or not sys.executable:
            raise NotIsolated("this system has no worker processes")
        self._module, self._told, self._readable = module, dict(told), list(readable)
        self._most = turns or os.cpu_count() or 1
        self._begin()
        _cages.add(self)

    def _begin(self) -> None:
        self._lock = threading.RLock()
        self._template: _Template | None = None
        self._idle: defaultdict[Ceilings, list[Worker]] = defaultdict(list)
        self._turns = Turns(self._most)
        self._mine = threading.local()
        self._ending: weakref.finalize[..., Cage] | None = None

    def forked(self) -> None:
        """In a fork of the process whose cage it was. Threads that held locks and turns are not here, and
        never let go of them; the template is not ours, and ends with the one that has it.
        """
        template, ending = self._template, self._ending
        _hang_up(self._idle)
        self._begin()
        if ending is not None:
            ending.detach()
        if template is not None:
            template.control.close()
            template.process.returncode = 0  # it is nobody's to wait for here

    # -- template ----------------------------------------------------------------------------

    @property
    def up(self) -> Mapping[str, Any]:
        """What `warm` returned. Starts the template if there is none. Raises `TemplateFailed`."""
        with self._lock:
            return self._running().up

    def close(self) -> None:
        """End the template and all workers; the next worker starts a new one."""
        with self._lock:
            template, self._template = self._template, None
            _hang_up(self._idle)
        if template is not None:
            _stop(template.process, template.control)

    def _running(self) -> _Template:
        template = self._template
        if template is not None and template.process.poll() is not None:
            template = None
        if template is None:
            _hang_up(self._idle)
            self._template = template = self._start()
            self._ending = weakref.finalize(
                self, _end, self._idle, template.process, template.control
            )
        return template

    def _start(self) -> _Template:
        control = Control()
        theirs = control.for_template
        environment = _SET | {
            name: value
            for name, value in os.environ.items()
            if name in _KEPT_VARIABLES or name.startswith("LC_")
        }
        command = [
            sys.executable, "-X", "utf8", "-c", _BOOT, str(theirs.fileno()), self._module, json.dumps(sys.path),
        ]  # fmt: skip
        try:
            with theirs:
                process = subprocess.Popen(  # noqa: S603 - this Python, and no argument from any input
                    command, env=environment, pass_fds=[theirs.fileno()], start_new_session=True,
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
        except OSError as error:
            control.close()
            raise short_of(error) from None
        try:
            answer = control.begin({"told": self._told, "readable": self._readable}, _WARM_SECONDS)
        except (OSError, ValueError):
            _stop(process, control)
            raise NotIsolated("the template process does not start") from None
        except BaseException:
            _stop(process, control)
            raise
        if "failed" in answer:
            _stop(process, control)
            raise TemplateFailed(answer["failed"], answer["message"], answer["remedy"])
        return _Template(process, control, answer["up"])

    def _ask(self, template: _Template, told: dict[str, Any], fds: Sequence[int] = ()) -> Any:
        try:
            return template.control.ask(told, fds)
        except (OSError, ValueError, LookupError):
            _stop(template.process, template.control)
            raise NotIsolated("the template process has ended") from None

    # -- workers -----------------------------------------------------------------------------

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until fewer than so many threads have work done. Within a turn, another is free."""
        if getattr(self._mine, "has", False):
            yield
            return
        with self._turns:
            self._mine.has = True
            try:
                yield
            finally:
                self._mine.has = False

    def worker(self, ceilings: Ceilings) -> Worker:
        """A worker that is ready. Raises `Died`, `NotIsolated`, `NoProcess` or `TemplateFailed`."""
        with self._lock:
            self._running()
            if self._idle[ceilings]:
                return self._idle[ceilings].pop()
        return self._forked("work", ceilings)

    def layers(self, ceilings: Ceilings) -> frozenset[Layer]:
        """What its workers have given up; a worker is made for that only where none was before.

        Raises `Died`, `NotIsolated` or `TemplateFailed`.
        """
        with self._lock:
            known = self._running().layers.get(ceilings)
        if known is not None:
            return known
        with self.turn():
            worker = self.worker(ceilings)
            self.give_back(worker)
        return worker.layers

    def give_back(self, worker: Worker) -> None:
        """A worker that has done a job and remembers nothing of it."""
        worker.jobs += 1
        with self._lock:
            idle = self._idle[worker.ceilings]
            if worker.jobs < JOBS and len(idle) < self._most and self._owns(worker):
                idle.append(worker)
                return
        worker.end()

    @contextmanager
    def program(self, ceilings: Ceilings) -> Iterator[Worker]:
        """A process that runs another program (`module.serve_program`), gone afterwards."""
        worker = self._forked("program", ceilings)
        try:
            yield worker
        finally:
            worker.end()

    def bury(self, pid: int) -> Mapping[str, int]:
        """Kill a worker if it lives; its exit status and signal."""
        gone = {"status": 0, "signal": signal.SIGKILL}
        with self._lock:
            template = self._template
            if template is None:
                return gone
            try:
                ended: dict[str, int] = self._ask(template, {"do": "end", "pid": pid})
            except NotIsolated:
                return gone
        return ended

    def _owns(self, worker: Worker) -> bool:
        return worker.cage is self and self._template is not None

    def _forked(self, what: str, ceilings: Ceilings) -> Worker:
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            template = self._running()
            told = {"do": what, "ceilings": asdict(ceilings)}
            answer = self._ask(template, told, [theirs.fileno()])
        if "short" in answer:
            ours.close()
            raise NoProcess(answer["short"])
        pid = answer["pid"]
        worker = Worker(self, pid, ceilings, frozenset({Layer.MEMORY}), ours)
        # The clock of the work starts when it is ready, not while the machine is busy making it.
        ready = worker.receive(_READY_SECONDS).told.get("ready", ())
        worker.layers = frozenset(map(Layer, ready))
        if what == "work":
            template.layers[ceilings] = worker.layers
        if Layer.MEMORY not in worker.layers:
            worker.resident = watchdog.resident(pid)
        return worker


def _hang_up(idle: dict[Ceilings, list[Worker]]) -> None:
    """Let go of workers whose template is gone, or soon will be."""
    for workers in idle.values():
        for worker in workers:
            worker.hang_up()
    idle.clear()


def _end(
    idle: dict[Ceilings, list[Worker]], process: subprocess.Popen[bytes], control: Control
) -> None:
    _hang_up(idle)
    _stop(process, control)


def _stop(process: subprocess.Popen[bytes], control: Control) -> None:
    """It ends with its socket; if it does not, it is killed."""
    control.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _forked() -> None:
    for cage in list(_cages):
        cage.forked()


_cages: weakref.WeakSet[Cage] = weakref.WeakSet()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
