"""From files to rows: one batch after the other, each read, looked through and committed as a part."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pii_guard.audit.directory import PRIVATE, Audit
from pii_guard.audit.entries import Entry, Source
from pii_guard.audit.manifest import Manifest
from pii_guard.audit.parts import commit
from pii_guard.audit.remediating import Remedy
from pii_guard.audit.rows import Counted, Found, Row, Verdict, worst
from pii_guard.audit.sources import open_sources
from pii_guard.audit.telemetry import Telemetry
from pii_guard.audit.terms import policy_at
from pii_guard.document import print_locator, printable
from pii_guard.errors import Reason, ReasonCode
from pii_guard.guard import Guard
from pii_guard.inspection import Inspection, Mark
from pii_guard.originals import Original

LOG = "log.jsonl"
_NOT_OPENED = frozenset({ReasonCode.UNREADABLE, ReasonCode.UNSAFE_PATH})
_log = logging.getLogger("pii_guard.audit")


@dataclass(frozen=True, slots=True)
class Done:
    """A batch that is committed."""

    number: int
    files: int
    size: int
    seconds: float
    verdicts: Counter[str]


@dataclass(slots=True)
class Worker:
    """Does batches of one audit; safe to share between threads."""

    audit: Audit
    guard: Guard
    sources: Sequence[Source]
    remedy: Remedy | None = None
    telemetry: Telemetry = field(default_factory=Telemetry)
    _mine: threading.local = field(default_factory=threading.local, repr=False)

    @classmethod
    def at(cls, root: Path) -> Worker:
        """A worker for the audit in a directory, with a guard of its own. Raises `PolicyError`."""
        audit = Audit.at(root)
        policy = policy_at(root / PRIVATE / "policy.json")
        sources = open_sources(audit.terms.sources, policy.limits, (root,))
        return cls(audit, Guard(policy), sources)

    def batch(self, number: int) -> Done:
        """Do a batch. Raises `StoreFails`, `IsolationError`, `OSError`: nothing of it is kept then."""
        began = time.perf_counter()
        entries = self._manifest().batch(number)
        rows = [self.row(entry) for entry in entries]
        commit(self.audit.root, number, self.audit.batch_id(number, entries), rows)
        verdicts = Counter(row.verdict for row in rows)
        size = sum(entry.size or 0 for entry in entries)
        done = Done(number, len(rows), size, time.perf_counter() - began, verdicts)
        self._note(done)
        return done

    def row(self, entry: Entry) -> Row:
        """The row of a file."""
        began = time.perf_counter()
        remembered = None if self.remedy is None else self.remedy.remembered(entry)
        row = remembered or to_row(self.audit, entry, self._seen(entry))
        if self.remedy is not None and remembered is None:
            row = self.remedy.applied(entry, row)
        self.telemetry.file(row, time.perf_counter() - began)
        return row

    def _seen(self, entry: Entry) -> Inspection:
        if entry.refused is not None:
            return self._inspected(entry.refused, entry)
        read = self.sources[entry.source - 1].read(entry)
        seen, why = None, None
        try:
            seen = self._inspected(read.original, entry)
        finally:
            why = read.settle()
        # What was read was something else than what was listed.
        return seen if why is None else self._inspected(why, entry)

    def _inspected(self, what: Original | Reason, entry: Entry) -> Inspection:
        return self.guard.inspect(what, key=self.audit.codes.key, name=entry.name)

    def _manifest(self) -> Manifest:
        """Opened once by each thread."""
        mine: Manifest | None = getattr(self._mine, "manifest", None)
        if mine is None:
            mine = self._mine.manifest = self.audit.manifest
        return mine

    def _note(self, done: Done) -> None:
        """A line in the log: what takes how long is in no part, since parts are the same each time."""
        _log.info("batch %d: %d files in %.1f s", done.number, done.files, done.seconds)
        told = {
            "batch": done.number, "files": done.files, "bytes": done.size,
            "seconds": round(done.seconds, 3), "verdicts": dict(done.verdicts),
        }  # fmt: skip
        line = json.dumps(told).encode() + b"\n"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self.audit.root / LOG, flags, 0o666)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)


def to_row(audit: Audit, entry: Entry, seen: Inspection) -> Row:
    """What an inspection says of a file, as its row."""
    counts = tuple(Counted(*group, count) for group, count in sorted(seen.counted.items()))
    return Row(
        location=printable(seen.name),
        location_key=audit.codes.place(entry.name, entry.path),
        source=entry.source,
        size=entry.size,
        version=audit.codes.version(entry.version),
        modified=entry.month,
        media_type="" if seen.reason and seen.reason.code in _NOT_OPENED else seen.media_type,
        verdict=_verdict(entry, seen),
        reason=seen.reason.code.value if seen.reason else "",
        where=seen.reason.where if seen.reason else "",
        severity=worst(counts),
        counts=counts,
        findings=tuple(_found(mark) for mark in seen.marks),
        unread={what.value: often for what, often in seen.unread},
        **audit.terms.stated,
    )


def _verdict(entry: Entry, seen: Inspection) -> str:
    if seen.reason is not None:
        return Verdict.QUARANTINED if entry.missed else Verdict.SKIPPED
    return Verdict.FOUND if seen.counted else Verdict.CLEAN


def _found(mark: Mark) -> Found:
    action = mark.action
    one = action.finding
    return Found(
        one.entity_type,
        one.category.value,
        "" if action.severity is None else action.severity.value,
        print_locator(one.locator),
        one.start,
        one.end,
        one.score,
        one.preview,
        one.recognizer,
        action.basis.value,
        action.beside,
        mark.kind.value,
        "" if one.layer is None else one.layer.scheme,
        mark.fingerprint,
    )
