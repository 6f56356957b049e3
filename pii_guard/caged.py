"""The work on a case, done in a worker process; this is the caller's side of it.

Here are originals, and outputs once they are proved; everything that reads hostile bytes is over there.
A worker that ends before its work does is replaced, and given the case again: if it ends at the same
attachment once more, that one is quarantined, and the others go on without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from pii_guard.cage_choice import ceilings
from pii_guard.certificate.commitments import Commitments
from pii_guard.crossing import (
    policy_row,
    reason_row,
    to_commitments,
    to_inspection,
    to_kept_result,
    to_result,
    to_scan,
)
from pii_guard.errors import (
    CertificateError,
    IsolationError,
    Reason,
    ReasonCode,
)
from pii_guard.findings import Result
from pii_guard.given import Given
from pii_guard.guard import Scan
from pii_guard.inspection import Inspection
from pii_guard.isolation.cage import Cage, Worker
from pii_guard.isolation.endings import Cause, Died, NoProcess, NotIsolated, TemplateFailed
from pii_guard.isolation.frames import Frame
from pii_guard.originals import SMALL, Original
from pii_guard.policy import Policy
from pii_guard.sealed import Sealed
from pii_guard.strict_rows import count
from pii_guard.worker_requests import give_bytes, give_file, reason_of, run_program

T = TypeVar("T")

_GROWTH = 256 * 1024**2
"""A worker that holds so much more than in the beginning, once it has forgotten a case, is replaced."""
_FORGETTING_SECONDS = 1.0
"""A new worker is there long before that."""
_TRIES = 2
_IDLE_DEATHS = 3
"""Workers that may end while they wait, before attachments are suspected."""
_SPARE_STEPS = 1_000
_FULL_STEPS = 4
"""Of those a section has, as many may take as long as a step may at most: a worker that was taken over
and says that it lives does not live for ever.
"""
_FILES = 1
"""That a worker may have for a case: each can grow until the disk is full."""
_GARBLED = (ValueError, TypeError, LookupError, AttributeError, OverflowError)
"""What comes of reading what makes no sense."""


class Caged:
    """`casework.Work` in a worker process."""

    def __init__(self, cage: Cage, policy: Policy, passwords: tuple[str, ...] = ()) -> None:
        self._cage = cage
        self._policy = policy
        self._passwords = passwords
        self._given: list[Given] = []
        self._worker: Worker | None = None
        self._hurt = False
        self._seen = 0
        """How many of what was given the worker has looked through."""
        self._waits = False
        """The last one goes with the next request."""
        self._at: int | None = None
        self._steps = 0
        self._files = 0
        self._until = 0.0
        self._idle_deaths = 0

    def add(self, original: Original | Reason, name: str, media_type: str) -> None:
        with self._cage.turn():
            if self._waits:
                self._waits = False
                self._ready()
            self._given.append(Given(original, name, media_type))
            self._waits = self._given[-1].size <= SMALL
            if not self._waits:
                self._ready()

    def scan(self) -> list[Scan]:
        return self._done({"do": "scan"}, self._scans)

    def inspect(self, key: bytes) -> list[Inspection]:
        return self._done({"do": "inspect", "key": key.hex()}, self._inspections)

    def redact(self) -> list[Result]:
        return self._done({"do": "redact"}, self._results)

    def commitments(self, key: bytes, key_ref: str, *, truncated: bool) -> Commitments:
        with self._cage.turn():
            self._waits = False
            for _ in range(_TRIES):
                fresh = self._worker is None
                worker = self._ready()
                try:
                    if fresh:
                        # What was removed is known to whoever removed it.
                        self._hurry(self._given)
                        worker.send({"do": "redact"})
                        self._results(worker)
                    return self._committed(worker, key, key_ref, truncated=truncated)
                except Died:
                    self._drop()
        raise CertificateError(
            "the worker process ended before the commitments were made",
            remedy="close the case again, or leave out the key store",
        )

    def close(self) -> None:
        worker, self._worker = self._worker, None
        self._given, self._seen, self._waits = [], 0, False
        if worker is None:
            return
        if self._hurt or not worker.ours:
            worker.end()
            return
        try:
            worker.send({"do": "close"})
        except Died:
            return
        worker.forgetting = True  # nobody waits for that but the next case, if it comes so soon
        self._cage.give_back(worker)

    def __del__(self) -> None:
        # A case that nobody closes; at the end of the program there may be nothing left to end it with.
        with suppress(Exception):
            self._drop()

    # -- workers -----------------------------------------------------------------------------

    def _ready(self) -> Worker:
        """A worker that has looked through what was given, but for one that waits."""
        if self._worker is not None and not self._worker.ours:
            self._drop()  # this is a fork of the process that has it
        while True:
            worker = self._worker = self._worker or self._opened()
            try:
                while self._seen < len(self._given) - self._waits:
                    self._steps += self._given[self._seen].most_steps
                    self._hurry([self._given[self._seen]])
                    self._ask(worker, {"do": "add"})
                    self._answer(worker)
            except Died as died:
                number = self._seen - 1
                self._bury(died, self._given[number])
                self._probe(number)
            else:
                return worker

    def _opened(self) -> Worker:
        for _ in range(_TRIES):
            try:
                worker = self._free()
                row = None if worker.under is self._policy else policy_row(self._policy)
                worker.send({"do": "open", "policy": row, "passwords": self._passwords})
            except (Died, NotIsolated, NoProcess, TemplateFailed, OSError):
                continue  # of the last, the system says: no more files
            worker.under = self._policy
            self._steps = self._files = self._seen = 0
            return worker
        raise _no_workers()

    def _free(self) -> Worker:
        """A worker without a case. Raises what `Cage.worker` does."""
        while True:
            worker = self._cage.worker(ceilings(self._policy.limits))
            if not worker.forgetting or _has_forgotten(worker):
                return worker
            worker.end()

    def _probe(self, number: int) -> None:
        """Look at an attachment that a worker ended at, alone in another one."""
        given = self._given[number]
        if isinstance(given.original, Reason):
            return
        worker = self._opened()
        self._seen = number
        self._hurry([given])
        try:
            self._ask(worker, {"do": "add"})
            self._answer(worker)
        except Died as died:
            self._bury(died, given)
        worker.end()

    def _drop(self) -> None:
        """The case goes to another worker, the next time it needs one."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _bury(self, died: Died, given: Given) -> None:
        """The case goes to another worker; without what ended two of them."""
        self._drop()
        given.deaths += 1
        if given.deaths >= _TRIES:
            given.original = reason_of(died)

    def _ask(self, worker: Worker, asked: dict[str, Any]) -> None:
        """Ask for something; the next attachment that the worker has not seen goes with it."""
        if self._seen == len(self._given):
            worker.send(asked)
            return
        number, given = self._seen, self._given[self._seen]
        original = given.original
        told = {
            "number": number, "name": given.name, "media_type": given.media_type, "size": given.size,
            "reason": reason_row(original) if isinstance(original, Reason) else None,
        }  # fmt: skip
        self._seen += 1
        worker.send({**asked, "given": told}, given.small())

    def _done(self, what: dict[str, Any], read: Callable[[Worker], T]) -> T:
        """Ask for something about the whole case, until a worker lives to do it."""
        with self._cage.turn():
            while True:
                worker = self._ready()
                self._waits, self._at = False, None
                self._steps = sum(given.most_steps for given in self._given)
                self._hurry(self._given)
                try:
                    self._ask(worker, what)
                    return read(worker)
                except Died as died:
                    self._drop()
                    for given in self._at_work():
                        self._bury(died, given)

    def _at_work(self) -> list[Given]:
        """What a worker was at when it ended.

        Nothing, where it ended before it said so: it was killed while it waited. If that goes on, it may
        be any of them.
        """
        if self._at is not None and self._at < len(self._given):
            return [self._given[self._at]]
        self._idle_deaths += 1
        if self._idle_deaths <= _IDLE_DEATHS:
            return []
        if self._idle_deaths > 2 * _IDLE_DEATHS:
            raise _no_workers()
        return self._given

    # -- conversation ------------------------------------------------------------------------

    def _hurry(self, given: Iterable[Given]) -> None:
        """The clock of the work on these begins."""
        steps = _FULL_STEPS * sum(one.sections for one in given)
        self._until = time.monotonic() + steps * self._policy.limits.max_wall_seconds

    def _answer(self, worker: Worker) -> Frame:
        """What it says next that is no question and no sign of life. Raises `Died`."""
        while True:
            left = self._until - time.monotonic()
            frame = worker.receive(min(left, self._policy.limits.max_wall_seconds))
            try:
                if self._is_answer(worker, frame.told, frame.blob):
                    return frame
            except _GARBLED:
                raise self._garbled(worker) from None

    def _is_answer(self, worker: Worker, told: Mapping[str, Any], blob: bytes) -> bool:
        """Whether it is one; if not, what it asks for is done."""
        if told.keys() & {"at", "on", "read", "keep", "run"}:
            self._steps -= 1
            if self._steps < -_SPARE_STEPS:
                raise ValueError
        if "at" in told:
            self._at = count(told["at"])
        elif "read" in told:
            number, start, size = map(count, told["read"])
            give_bytes(worker, self._given[number].original, start, size)
        elif "keep" in told:
            self._files += 1
            if self._files > _FILES:
                raise ValueError
            give_file(worker)
        elif "run" in told:
            seconds = self._policy.limits.max_wall_seconds
            run_program(self._cage, worker, told["run"], told["args"], blob, seconds)
        elif told.get("died") == "memory":
            worker.end()
            raise Died(Cause.MEMORY)
        elif "died" in told:
            worker.end()
            raise Died(Cause.CRASH, "exit 1")
        elif "on" not in told:
            return True
        return False

    def _committed(
        self, worker: Worker, key: bytes, key_ref: str, *, truncated: bool
    ) -> Commitments:
        self._hurry(self._given)
        worker.send({"do": "commit", "key": key.hex(), "ref": key_ref, "truncated": truncated})
        told = self._answer(worker).told
        try:
            return to_commitments(told, key_ref)
        except _GARBLED:
            raise self._garbled(worker) from None

    def _scans(self, worker: Worker) -> list[Scan]:
        rows = list(self._rows(worker, "scan"))
        try:
            return [to_scan(frame.told["scan"]) for frame in rows]
        except _GARBLED:
            raise self._garbled(worker) from None

    def _inspections(self, worker: Worker) -> list[Inspection]:
        rows = list(self._rows(worker, "inspection"))
        try:
            return [to_inspection(frame.told["inspection"]) for frame in rows]
        except _GARBLED:
            raise self._garbled(worker) from None

    def _results(self, worker: Worker) -> list[Result]:
        kept = Sealed()
        results: list[Result] = []
        for frame in self._rows(worker, "result"):
            try:
                if frame.told["kept"]:
                    pieces = self._pieces(worker, frame, worker.ceilings.file_bytes)
                    results.append(to_kept_result(frame.told["result"], pieces, kept))
                else:
                    pieces = self._pieces(worker, frame, worker.ceilings.memory_bytes)
                    results.append(to_result(frame.told["result"], tuple(pieces)))
            except _GARBLED:
                raise self._garbled(worker) from None
            reason = results[-1].reason
            self._hurt |= reason is not None and reason.code is ReasonCode.MEMORY
        return results

    def _pieces(self, worker: Worker, frame: Frame, most: int) -> Iterator[bytes]:
        """The output that it announced, of at most so many bytes: it can hold no more itself."""
        pieces = count(frame.told["pieces"])
        if pieces > sum(given.most_steps for given in self._given):
            raise ValueError
        for _ in range(pieces):
            piece = self._answer(worker).blob
            most -= len(piece)
            if most < 0:
                raise ValueError
            yield piece

    def _rows(self, worker: Worker, what: str) -> Iterator[Frame]:
        """What it says of each attachment. Raises `Died` where those are more or fewer than were given."""
        said = 0
        while what in (frame := self._answer(worker)).told:
            said += 1
            if said > len(self._given):
                raise self._garbled(worker)
            yield frame
        if said < len(self._given):
            raise self._garbled(worker)

    def _garbled(self, worker: Worker) -> Died:
        worker.end()
        return Died(Cause.GARBLED)


def _has_forgotten(worker: Worker) -> bool:
    """Whether it says so, in time, and holds little more than in the beginning."""
    try:
        grown = worker.receive(_FORGETTING_SECONDS).told["closed"]
    except (Died, LookupError):
        return False
    worker.forgetting = False
    return type(grown) is int and grown < _GROWTH


def _no_workers() -> IsolationError:
    return IsolationError(
        "worker processes do not start, or end as soon as they do",
        remedy="look for what ends them, such as too little memory, too few files or processes"
        " (ulimit -a), and try again",
    )
