"""The worker's side of a case: what a template process loads, and what its workers then do.

A worker is asked for one case after the other, over one socket (`isolation/frames.py`):

    open    policy, passwords          a case; nothing is answered. The policy is null where it is
                                       the one of the case before
    add                                → done
    scan, redact                       → a frame for each attachment (and each piece of output), done
    inspect key                        → a frame for each attachment, done
    commit  key, reference             → done, with the codes
    close                              → closed

Each of the first three may bring one more attachment (`given`: name, type, size), that is looked through
before. The bytes of small attachments go with them. While it works it says where it is (`at`, `on`), and asks: for
bytes of a larger attachment (`read`), for a file to keep things in (`keep`), for a program to be run (`run`).
"""

from __future__ import annotations

import gc
import io
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pii_guard.crossing import (
    inspection_row,
    reason_row,
    result_row,
    scan_row,
    to_policy,
    to_reason,
)
from pii_guard.errors import Reason, ReasonCode, Unreadable, whence
from pii_guard.findings import Quarantined
from pii_guard.isolation.confinement import address_space, give_memory_back, rearm
from pii_guard.isolation.frames import Closed, Frame, packed, receive, send, write
from pii_guard.originals import InMemory
from pii_guard.policy import Policy
from pii_guard.programs import run_by
from pii_guard.sealed import Sealed, Stored
from pii_guard.spills import so_far
from pii_guard.stages import workshop

if TYPE_CHECKING:
    from pii_guard.casework import Casework
    from pii_guard.detect.engine import Detector

_OFTEN = 1.0
"""Seconds after which an attachment that is still worked on is named again."""
_TOGETHER = 1 << 16
"""Bytes of answers that go out at once."""
_warm: dict[str, Detector] = {}
"""What the template loaded, for its forks; written once."""


def warm(told: Mapping[str, Any]) -> dict[str, Any]:
    """Load what every case needs. `told`: the configuration of another NLP engine, or none.

    Raises `PolicyError` when that cannot be used.
    """
    from pii_guard.detect.engine import Detector
    from pii_guard.detect.engines import configured, engine_digest
    from pii_guard.formats import Formats

    engine = configured(Path(told["nlp"])) if told.get("nlp") else None
    detector = _warm["detector"] = Detector(engine)
    Formats()
    _touch(detector)
    return {"recognizers": list(detector.ruleset), "digest": engine_digest(detector.nlp_engine)}


def serve(fd: int, layers: list[str]) -> None:
    """Work until the other side closes."""
    send(fd, {"ready": layers})
    with run_by(_Programs(fd)):
        try:
            _Server(fd).run()
        except Closed:
            os._exit(0)


def serve_program(fd: int, layers: list[str]) -> None:
    """Run one program for a worker, in a process that may, and tell what was left behind."""
    import resource

    send(fd, {"ready": layers})
    asked = receive(fd)
    before = so_far()
    told: dict[str, Any] = {}
    made = b""
    try:
        made = _run(asked.told["program"], asked.told["args"], asked.blob)
    except Unreadable as unreadable:
        told["reason"] = reason_row(unreadable.reason)
    spilled = so_far().since(before)
    told["children"] = [[program, place] for program, place in spilled.children.elements()]
    told["lost"] = spilled.lost
    told["blocks"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_oublock
    send(fd, told, made)


def _run(program: str, args: Mapping[str, str], blob: bytes) -> bytes:
    from pii_guard.formats import libreoffice
    from pii_guard.formats.ocr import tesseract

    if program == "libreoffice":
        return libreoffice.convert(blob, args["source"], args["target"], args["reader"])
    if program == "tesseract":
        return tesseract.table(blob)
    raise Unreadable(ReasonCode.UNSUPPORTED, "a program that nobody runs")


# -- a case ------------------------------------------------------------------------------------


class _Server:
    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._policy = Policy()
        self._shop = workshop(self._policy)
        self._work: Casework | None = None
        self._base = address_space()
        self._cpu = self._policy.limits.max_cpu_seconds
        self._told: tuple[int, float] = (-1, 0.0)

    def run(self) -> None:
        while True:
            frame = receive(self._fd)
            try:
                self._do(frame)
            except Closed:
                raise
            except MemoryError:
                send(self._fd, {"died": "memory"})
                os._exit(1)
            except Exception as error:  # noqa: BLE001 - the other side is told, and ends this process
                send(self._fd, {"died": "error", "where": whence(error)})
                os._exit(1)

    def _do(self, frame: Frame) -> None:
        told = frame.told
        self._told = (-1, 0.0)
        if given := told.get("given"):
            original = self._original(given, frame.blob)
            self._casework.add(original, given["name"], given["media_type"])
        match told["do"]:
            case "open":
                self._open(told)
            case "add":
                send(self._fd, {"done": 1})
            case "scan":
                rows = map(scan_row, self._casework.scan())
                self._answer(({"scan": row}, b"") for row in rows)
            case "inspect":
                found = map(inspection_row, self._casework.inspect(bytes.fromhex(told["key"])))
                self._answer(({"inspection": row}, b"") for row in found)
            case "redact":
                self._answer(self._redacted())
            case "commit":
                made = self._casework.commitments(
                    bytes.fromhex(told["key"]), told["ref"], truncated=told["truncated"]
                )
                codes = {kind: list(found) for kind, found in made.codes.items()}
                send(self._fd, {"done": 1, "codes": codes, "truncated": made.truncated})
            case "close":
                self._work = None
                gc.collect()
                send(self._fd, {"closed": max(0, address_space() - self._base)})

    @property
    def _casework(self) -> Casework:
        assert self._work is not None, "a case is opened before anything is asked of it"
        return self._work

    def _open(self, told: Mapping[str, Any]) -> None:
        from pii_guard.casework import Casework
        from pii_guard.desk import Desk

        if told["policy"] is not None:
            self._policy = to_policy(told["policy"])
            self._shop = workshop(self._policy)
            self._cpu = self._policy.limits.max_cpu_seconds
        shop = replace(self._shop, passwords=tuple(told["passwords"]))
        desk = Desk.of(self._policy, _warm["detector"], shop)
        fd = self._fd
        desk = replace(desk, sealed=Sealed(lambda: _kept(fd)), mark=self._on)
        self._work = Casework(desk, self._at)

    def _at(self, number: int) -> None:
        rearm(self._cpu)
        now = time.monotonic()
        if self._told[0] != number or now - self._told[1] > _OFTEN:
            # Whoever is told wakes up for it.
            self._told = number, now
            send(self._fd, {"at": number})

    def _on(self) -> None:
        rearm(self._cpu)
        give_memory_back()
        send(self._fd, {"on": 1})

    def _original(self, told: Mapping[str, Any], blob: bytes) -> InMemory | Asked | Reason:
        if told["reason"] is not None:
            return to_reason(told["reason"])
        whole = len(blob) == told["size"]
        return InMemory(blob) if whole else Asked(self._fd, told["number"], told["size"])

    def _redacted(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        for result in self._casework.redact():
            row = result_row(result)
            pieces: Iterable[bytes] = () if isinstance(result, Quarantined) else result.pieces
            kept = isinstance(pieces, Stored)
            count = len(pieces.numbers) if isinstance(pieces, Stored) else len(tuple(pieces))
            yield {"result": row, "pieces": count, "kept": kept}, b""
            for piece in pieces:
                yield {"piece": 1}, piece

    def _answer(self, messages: Iterable[tuple[dict[str, Any], bytes]]) -> None:
        """Say what was asked for and that it is all, small messages together: each wakes up who waits."""
        held = bytearray()
        for told, blob in messages:
            if len(held) + len(blob) > _TOGETHER:
                write(self._fd, held)
                held = bytearray()
            if len(blob) > _TOGETHER:
                send(self._fd, told, blob)
            else:
                held += packed(told, blob)
        write(self._fd, held + packed({"done": 1}))


@dataclass(frozen=True, slots=True)
class Asked:
    """Bytes of an attachment that the other side has."""

    fd: int
    number: int
    size: int

    def read(self, start: int, size: int) -> bytes:
        send(self.fd, {"read": [self.number, start, size]})
        return _answered(self.fd)


def _answered(fd: int) -> bytes:
    answer = receive(fd)
    if "reason" in answer.told:
        reason = to_reason(answer.told["reason"])
        raise Unreadable(reason.code, reason.where)
    return answer.blob


def _kept(fd: int) -> io.RawIOBase:
    """A file without a name, opened by the other side: a worker can make none."""
    send(fd, {"keep": 1})
    answer = receive(fd)
    if "reason" in answer.told:
        raise OSError
    with socket.socket(fileno=os.dup(fd)) as spoken:
        _, fds, _, _ = socket.recv_fds(spoken, 1, 1)
    return io.FileIO(fds[0], "r+")


@dataclass(frozen=True, slots=True)
class _Programs:
    fd: int

    def __call__(self, program: str, args: Mapping[str, str], blob: bytes) -> bytes:
        send(self.fd, {"run": program, "args": dict(args)}, blob)
        return _answered(self.fd)


def _touch(detector: Detector) -> None:
    """Have what is made on first use made now, once for all forks."""
    from pii_guard.casework import Casework
    from pii_guard.desk import Desk

    policy = Policy()
    work = Casework(Desk.of(policy, detector, workshop(policy)))
    for name, blob in _SAMPLES.items():
        work.add(InMemory(blob), name, "")
    work.redact()


_SAMPLES: Mapping[str, bytes] = MappingProxyType(
    {
        "a.txt": b"From: Jane Roe <jane.roe@mail.example>\nJane Roe called 202-555-0143 from 192.0.2.7.\n",
        "a.json": b'{"user": {"name": "Jane Roe", "email": "jane.roe@mail.example"}}',
        "a.csv": b"name,email\nJane Roe,jane.roe@mail.example\n",
        "a.log": b"2024-05-01 10:00:00 INFO login of jane.roe@mail.example from 192.0.2.7\n" * 3,
        "a.html": b"<!doctype html><html><body><p>Jane Roe</p></body></html>",
    }
)
