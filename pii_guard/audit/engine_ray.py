"""An audit on a Ray cluster (Ray Data, an actor pool): the engine distributes, everything else is ours.

Only numbers of batches travel through Ray. An actor reads the manifest and the files itself, has them
looked through by isolated workers of its own, and commits its own parts to the directory, which every node
has to reach by the same path. So no byte of a file is in Ray's object store or spill files; a part that is
done twice is the same part; and what Ray loses is missing, which the reconciliation says and the next run
does. Ray's own checkpoints and retries of rows are not used.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pii_guard.audit.entries import StoreFails
from pii_guard.audit.run import Engine
from pii_guard.audit.work import Done, Worker
from pii_guard.errors import IsolationError, PiiGuardError, PolicyError

_STARTS = 3
_log = logging.getLogger("pii_guard.audit")
_CPUS = 1
"""Of an actor and its workers together: one file is worked on at a time."""


def engine(workers: int | None = None) -> Engine:
    """Has batches done by so many actors (default: one for each processor of the cluster).

    It joins the cluster that `RAY_ADDRESS` names, or one that this process is part of, or starts one on
    this machine. Raises `PolicyError` where Ray is not installed.
    """
    _ray()
    return lambda worker, numbers: work(worker, numbers, workers)


def work(worker: Worker, numbers: Sequence[int], workers: int | None = None) -> Iterable[Done]:
    """Do these batches; each as it is done."""
    if worker.remedy is not None:
        raise PolicyError(
            "copies are made on one machine: keys do not go through a cluster",
            remedy="leave out --engine ray, or --redact-to",
        )
    if not numbers:
        return
    with _cluster(workers):
        import ray.data
        import ray.exceptions

        count = workers or max(1, int(ray.cluster_resources().get("CPU", 1)) - 1)
        actors = ray.data.ActorPoolStrategy(size=min(count, len(numbers)))
        told = (
            ray.data.from_items([{"number": number} for number in numbers])
            .repartition(len(numbers))
            .map(_Actor, fn_constructor_args=(str(worker.audit.root.resolve()),),
                 compute=actors, num_cpus=_CPUS)
        )  # fmt: skip
        try:
            for row in told.iter_rows():
                done = _done(row)
                if done is not None:
                    yield done
        except ray.exceptions.RayError as error:
            # What it lost is missing, which the reconciliation says; but an error of ours is one.
            cause = getattr(error, "cause", None)
            if isinstance(cause, PiiGuardError):
                raise cause from None
            _log.warning("ray ended with %s", type(error).__name__)


class _Actor:
    """Does batches. It starts no work that it could not lose."""

    def __init__(self, root: str) -> None:
        self._worker = Worker.at(Path(root))

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        number = int(row["number"])
        try:
            done = self._worker.batch(number)
        except (StoreFails, IsolationError, OSError):
            return {"number": number, "files": 0, "size": 0, "seconds": 0.0, "verdicts": "", "done": False}  # fmt: skip
        told = ",".join(f"{verdict}={count}" for verdict, count in sorted(done.verdicts.items()))
        return {
            "number": number, "files": done.files, "size": done.size, "seconds": done.seconds,
            "verdicts": told, "done": True,
        }  # fmt: skip


def _done(row: dict[str, Any]) -> Done | None:
    if not row["done"]:
        return None
    pairs = (one.partition("=") for one in row["verdicts"].split(",") if one)
    verdicts = Counter({verdict: int(count) for verdict, _, count in pairs})
    return Done(row["number"], row["files"], row["size"], row["seconds"], verdicts)


@contextmanager
def _cluster(workers: int | None) -> Iterator[None]:
    ray = _ray()
    if ray.is_initialized():
        yield
        return
    # Whoever set up a cluster chose this for it; on a machine of our own nobody is to hear of it.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    told: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if not os.environ.get("RAY_ADDRESS"):
        # One processor beside the actors': Ray Data's own tasks wait for it.
        told |= {"num_cpus": (workers or os.cpu_count() or 1) + 1, "include_dashboard": False}
    _started(ray, told)
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        yield
    finally:
        ray.shutdown()


def _started(ray: Any, told: dict[str, Any]) -> None:
    """Raises `PolicyError` where no cluster starts, or answers: on a busy machine Ray gives up after 30 s."""
    for _ in range(_STARTS):
        try:
            ray.init(**told)
            return
        except Exception as error:  # noqa: BLE001 - Ray raises plain exceptions
            kind = type(error).__name__
            ray.shutdown()
    raise PolicyError(
        f"no Ray cluster can be joined or started: {kind}",
        remedy="check RAY_ADDRESS, or leave out --engine ray: the audit goes on with either",
    )


def _ray() -> Any:
    try:
        import ray
        import ray.data
    except ImportError:
        raise PolicyError(
            "the engine ray is not installed", remedy="install pii-guard-vdp[ray]"
        ) from None
    return ray
