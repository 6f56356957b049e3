"""A run of an audit: list, look through what has no row yet, reconcile, sum up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pii_guard.audit.codes import Codes
from pii_guard.audit.directory import PRIVATE, Audit, alone, prepare
from pii_guard.audit.reconciling import Reconciled, missing, reconcile, write_summary
from pii_guard.audit.remediating import Remedy
from pii_guard.audit.scope import Scope
from pii_guard.audit.sources import absolute, open_sources
from pii_guard.audit.terms import Terms
from pii_guard.audit.work import Done, Worker
from pii_guard.errors import PolicyError
from pii_guard.guard import Guard


class Engine(Protocol):
    """Has batches done: each as it is done. What fails stays missing."""

    def __call__(self, worker: Worker, numbers: Sequence[int]) -> Iterable[Done]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be audited. `given`: a key, to compare with other audits; a new one without.
    `target`: where redacted copies of what is found go; `deletes`: and their originals are deleted then.
    """

    sources: tuple[str, ...] = field(repr=False)
    output: Path
    scope: Scope = field(default_factory=Scope)
    given: Codes | None = None
    target: str = field(default="", repr=False)
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """What a run has before it: files and bytes in all, and of those that are done."""

    files: int
    size: int
    done_files: int
    done_size: int


Listener = Callable[[Left | Done], None]


def run(guard: Guard, asked: Asked, engine: Engine, tell: Listener = lambda _: None) -> Reconciled:
    """Begin the audit or go on with it, as far as it goes; what its parts hold then.

    `tell`: hears what is before it, then of each batch. Raises `PolicyError`, `StoreFails` while
    listing, and `OSError`.
    """
    prepare(asked.output)
    with alone(asked.output):
        codes = Codes.kept(asked.output / PRIVATE / "key", asked.given)
        given = tuple(map(absolute, asked.sources))
        sources = open_sources(given, guard.policy.limits, (asked.output,))
        target = absolute(asked.target) if asked.target else ""
        _refuse_within(target, given)
        terms = Terms.of(
            given, asked.scope, guard, codes, target=target, deletes=bool(target) and asked.deletes
        )
        audit = Audit.begun(asked.output, terms, codes, sources, guard.policy)
        todo = missing(audit)
        tell(_left(audit, todo))
        worker = Worker(audit, guard, sources, Remedy.of(audit, guard, sources))
        for done in engine(worker, todo):
            tell(done)
        told = reconcile(audit)
        write_summary(told)
        return told


def _refuse_within(target: str, sources: tuple[str, ...]) -> None:
    """Raises `PolicyError` for copies that would be among the originals."""
    place = target.rstrip("/") + "/"
    if target and any(place.startswith(one.rstrip("/") + "/") for one in sources):
        raise PolicyError(
            "the copies would be among the originals", remedy="give --redact-to another place"
        )


def _left(audit: Audit, todo: Sequence[int]) -> Left:
    manifest, open_ = audit.manifest, set(todo)
    files = size = done_files = done_size = 0
    for number in range(len(manifest)):
        count, weight = manifest.size(number), manifest.bytes_of(number)
        files, size = files + count, size + weight
        if number not in open_:
            done_files, done_size = done_files + count, done_size + weight
    return Left(files, size, done_files, done_size)
