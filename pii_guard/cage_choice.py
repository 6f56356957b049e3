"""Which cage a policy gets, and what a worker in it may take at most."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pii_guard.errors import IsolationError, PolicyError
from pii_guard.isolation.cage import Cage
from pii_guard.isolation.confinement import Ceilings
from pii_guard.isolation.endings import Died, NoProcess, NotIsolated, TemplateFailed
from pii_guard.isolation.layers import REQUIRED, Layer
from pii_guard.limits import Limits
from pii_guard.policy import Policy


@lru_cache(maxsize=4)
def cage_for(nlp_configuration: Path | None) -> Cage:
    """The one cage of this process for cases under this NLP engine: a model takes seconds to load."""
    told = {"nlp": None if nlp_configuration is None else str(nlp_configuration)}
    return Cage("pii_guard.served", told)


def open_cage(policy: Policy) -> tuple[Cage, tuple[Layer, ...]] | None:
    """The cage for a policy and the layers of its workers; None where the policy takes none for an answer.

    Raises `PolicyError` where it does not, and for an NLP engine that cannot be used; `IsolationError` where
    the system is short of processes.
    """
    try:
        cage = cage_for(policy.nlp_configuration)
        known = cage.layers(ceilings(policy.limits))
        layers = tuple(sorted(known))
        missing = sorted(REQUIRED - known)
        why = f"this system lacks {', '.join(missing)}" if missing else ""
    except TemplateFailed as failed:
        raise _unusable(failed) from None
    except NoProcess as short:  # no reason to do without isolation: it is there
        raise IsolationError(
            f"no worker process can be started: {short.why}",
            remedy="allow more processes (ulimit -u; pids.max and memory.max of a container or service),"
            " or have fewer, and try again",
        ) from None
    except (NotIsolated, Died) as failed:
        why = failed.why if isinstance(failed, NotIsolated) else "a worker process does not start"
        if policy.isolation == "prefer":
            return None
    if why and policy.isolation == "require":
        raise PolicyError(
            f'isolation = "require" cannot be kept: {why}',
            remedy='run it on Linux 5.13 or later with Landlock and seccomp, or set isolation = "prefer"',
        )
    return cage, layers


def _unusable(failed: TemplateFailed) -> PolicyError:
    """What our own errors say; of another one, which may say nothing, what it means."""
    if failed.remedy:
        return PolicyError(failed.message, remedy=failed.remedy)
    said = ": ".join(
        filter(None, ("what finds personal data cannot be loaded", failed.kind, failed.message))
    )
    return PolicyError(
        said,
        remedy="see whether there is memory enough (ulimit -v), and install pii-guard-vdp anew",
    )


def ceilings(limits: Limits) -> Ceilings:
    """What a worker may take at most, under a policy."""
    return Ceilings(limits.max_cpu_seconds, limits.max_memory_bytes, 2 * limits.max_streamed_bytes)
