"""What a worker may ask of its caller while it works: bytes of an original, a file, the work of a program.

What makes no sense raises what reading it raises; the caller then takes the worker for garbled.
"""

from __future__ import annotations

from typing import Any

from pii_guard.crossing import reason_row, to_reason
from pii_guard.errors import Reason, ReasonCode, Unreadable
from pii_guard.isolation.cage import Cage, Cause, Died, Worker
from pii_guard.isolation.confinement import Ceilings
from pii_guard.originals import Original
from pii_guard.sealed import nameless_file
from pii_guard.spills import child, lost_child, wrote_elsewhere

_PROGRAM = Ceilings(memory_bytes=8 * 1024**3, open_files=1024)
_NAMES = frozenset({"libreoffice", "tesseract"})
_NO_ROOM = Reason(ReasonCode.UNREADABLE, "no room for it on disk")


def give_bytes(worker: Worker, original: Original | Reason, start: int, size: int) -> None:
    """Send `size` bytes of an original from `start` on, or why they cannot be read. Raises `Died`."""
    if isinstance(original, Reason) or start < 0 or size < 0:
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
    if program not in _NAMES:
        raise ValueError
    try:
        with cage.program(_PROGRAM) as runner:
            runner.send({"program": program, "args": args}, blob)
            made = runner.receive(seconds)
    except Died as died:
        child(program)
        lost_child()
        worker.send({"reason": reason_row(reason_of(died))})
        return
    for name, place in made.told["children"]:
        child(name, place)
    for _ in range(made.told["lost"]):
        lost_child()
    wrote_elsewhere(made.told["blocks"])
    if "reason" in made.told:
        worker.send({"reason": reason_row(to_reason(made.told["reason"]))})
    else:
        worker.send({"bytes": 1}, made.blob)


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
