"""What a worker may ask of its caller while it works: bytes of an original, a file, the work of a program.

What makes no sense raises what reading it raises; the caller then takes the worker for garbled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pii_guard.crossing import reason_row, to_reason
from pii_guard.errors import Reason, ReasonCode, Unreadable
from pii_guard.isolation.cage import Cage, Worker
from pii_guard.isolation.confinement import Ceilings
from pii_guard.isolation.endings import Cause, Died, NoProcess, NotIsolated
from pii_guard.originals import Original
from pii_guard.sealed import nameless_file
from pii_guard.spills import child, lost_child, wrote_elsewhere
from pii_guard.strict_rows import count, matched, text

_PROGRAM = Ceilings(memory_bytes=8 * 1024**3, open_files=1024)
_PROGRAMS = re.compile(r"libreoffice|tesseract")
_ARGUMENTS = {
    "libreoffice": {
        "source": re.compile(r"[a-z]{1,8}"),
        "target": re.compile(r"[a-z]{1,8}"),
        "reader": re.compile(r"[A-Za-z][A-Za-z0-9 ]{0,59}"),
    },
    "tesseract": {},
}
"""What each is told: words that become parts of paths and commands, and can be nothing else there."""
_LONGEST = 4096
"""Characters of a path."""
_NO_PROCESS = Reason(
    ReasonCode.UNREADABLE, "the system has no process for the program that reads it"
)
_NO_ROOM = Reason(ReasonCode.UNREADABLE, "no room for it on disk")


def give_bytes(worker: Worker, original: Original | Reason, start: int, size: int) -> None:
    """Send `size` bytes of an original from `start` on, or why they cannot be read. Raises `Died`."""
    if isinstance(original, Reason):
        raise TypeError
    # Space for all of what is asked for is taken before anything is read.
    size = min(size, original.size - start)
    if not 0 <= size <= worker.ceilings.memory_bytes:
        raise ValueError
    try:
        worker.send({"bytes": 1}, original.read(start, size))
    except Unreadable as unreadable:
        worker.send({"reason": reason_row(unreadable.reason)})


def give_file(worker: Worker) -> None:
    """Hand over a file without a name. Raises `Died`."""
    try:
        file = nameless_file()
    except OSError:
        worker.send({"reason": reason_row(_NO_ROOM)})
        return
    with file:
        worker.send({"file": 1})
        worker.send_file(file.fileno())


def run_program(
    cage: Cage, worker: Worker, program: str, args: Any, blob: bytes, seconds: float
) -> None:
    """Have a program run, for so many seconds at most, in a process of its own that may run programs, and
    send what it made or why it made nothing. Raises `Died`.
    """
    wanted = _ARGUMENTS[program]
    if set(args) != set(wanted):
        raise ValueError
    args = {name: matched(pattern, args[name]) for name, pattern in wanted.items()}
    try:
        with cage.program(_PROGRAM) as runner:
            runner.send({"program": program, "args": args}, blob)
            made = runner.receive(seconds)
    except Died as died:
        child(program)
        lost_child()
        worker.send({"reason": reason_row(reason_of(died))})
        return
    except NoProcess:
        worker.send({"reason": reason_row(_NO_PROCESS)})
        return
    except NotIsolated:
        raise worker.end() from None  # it went with its template
    _count(made.told)
    if "reason" in made.told:
        worker.send({"reason": reason_row(to_reason(made.told["reason"]))})
    else:
        worker.send({"bytes": 1}, made.blob)


def _count(told: Mapping[str, Any]) -> None:
    """Take down what a runner says was left behind: a program that was taken over may have taken it over."""
    started = [
        (matched(_PROGRAMS, name), text(place, _LONGEST)) for name, place in told["children"]
    ]
    lost, blocks = count(told["lost"]), count(told["blocks"])
    if len(started) > 1 or lost > 1:
        raise ValueError
    for name, place in started:
        child(name, place)
    for _ in range(lost):
        lost_child()
    wrote_elsewhere(blocks)


def reason_of(died: Died) -> Reason:
    """The verdict on what ended a worker twice."""
    if died.cause == Cause.TIMEOUT:
        return Reason(ReasonCode.TIMEOUT)
    if died.cause == Cause.MEMORY:
        return Reason(ReasonCode.MEMORY)
    try:
        return Reason(ReasonCode(f"crash:{died.detail}"))
    except ValueError:
        return Reason(ReasonCode.CRASH_EXIT, died.detail or died.cause)
