"""Whether what this process held in memory may have reached a disk: swap, core dumps, child programs.

Linux tells all of it. Elsewhere nothing is claimed of memory beyond somebody's word. Hibernation
writes memory to swap, so where there is no swap there is none of it either.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

from pii_guard.certificate.claim_rules import why_persisted
from pii_guard.certificate.claims import Assurance, Claim, Evidence, Kind, Note, Store
from pii_guard.deletion.file_systems import file_system
from pii_guard.isolation.core_dumps import NO_CORE, prctl
from pii_guard.spills import Spills, so_far

Swap = Literal["none", "memory", "encrypted", "disk", "unknown"]
CoreDumps = Literal["disabled", "possible", "unknown"]
_WORST_SWAP: tuple[Swap, ...] = ("none", "memory", "encrypted", "disk", "unknown")
_WORST_DUMPS: tuple[CoreDumps, ...] = ("disabled", "possible", "unknown")
_PR_GET_DUMPABLE = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be seen of the process at one moment. `child_blocks` counts 512-byte blocks that
    ended children made dirty on file systems backed by a device; None where nobody counts.
    """

    swap: Swap
    core_dumps: CoreDumps
    child_blocks: int | None
    spills: Spills


class Watch:
    """Looks when work begins and again when it ends; in between nothing is measured.

    `read` is asked for a `Reading`, or None where the system does not tell.
    """

    def __init__(self, read: Callable[[], Reading | None] | None = None) -> None:
        self._read = read or observe
        self._before = self._read()

    def claim(self, at: datetime | None = None) -> Claim:
        """What may be said of memory since the watch began. `at`: aware; now by default."""
        return persistence(self._before, self._read(), at or datetime.now(UTC))


def persistence(
    before: Reading | None,
    after: Reading | None,
    at: datetime,
    kind_of: Callable[[str], str] = file_system,
) -> Claim:
    """`not_persisted` if two readings and what happened between them allow it, else `attested` and
    why. The evidence is the same; it stands for the worse of the two moments.
    """
    weaker = partial(Claim, Kind.ATTESTED, Store.PROCESS_MEMORY, Assurance.ATTESTED, at=at)
    if before is None or after is None:
        return weaker(note=Note.NOT_OBSERVABLE)
    spills = after.spills.since(before.spills)
    blocks = _blocks(before, after)
    if blocks is None and spills.children:
        return weaker(note=Note.NOT_OBSERVABLE)
    evidence: Evidence = {
        "swap": max(before.swap, after.swap, key=_WORST_SWAP.index),
        "coreDumps": max(before.core_dumps, after.core_dumps, key=_WORST_DUMPS.index),
        "sealedFiles": spills.sealed.total(),
        "tempFs": sorted({kind_of(directory) for directory in spills.sealed}),
        "children": sorted({program for program, _ in spills.children}),
        "childFs": sorted({kind_of(place) for _, place in spills.children if place}),
        "childBlocks": blocks or 0,
        "childrenLost": spills.lost,
    }
    why = why_persisted(evidence)
    if why is not None:
        return weaker(evidence=evidence, note=why)
    return Claim(
        Kind.NOT_PERSISTED, Store.PROCESS_MEMORY, Assurance.OBSERVED, evidence,
        method="environment_inspected", at=at,
    )  # fmt: skip


def _blocks(before: Reading, after: Reading) -> int | None:
    if before.child_blocks is None or after.child_blocks is None:
        return None
    elsewhere = after.spills.blocks - before.spills.blocks
    return after.child_blocks - before.child_blocks + elsewhere


def observe(root: Path = Path("/")) -> Reading | None:
    """The process as it is now; None on systems that do not tell. `root`: where proc and sys are."""
    if not sys.platform.startswith("linux"):
        return None
    spills = so_far()
    return Reading(
        swap_state(root), core_dump_state(root, bool(spills.children)), _child_blocks(root), spills
    )


def swap_state(root: Path = Path("/")) -> Swap:
    """Where swapped memory goes: the worst of all swaps (proc(5), swaps)."""
    try:
        lines = (root / "proc/swaps").read_text("utf-8", "replace").splitlines()
    except OSError:
        return "unknown"
    if not lines or not lines[0].startswith("Filename"):
        return "unknown"
    states = [_one_swap(line.split()[0], root) for line in lines[1:] if line.strip()]
    return max(states, key=_WORST_SWAP.index, default="none")


def _one_swap(device: str, root: Path) -> Swap:
    name = Path(os.path.realpath(root / device.lstrip("/"))).name
    block = root / "sys/block" / name
    if name.startswith("zram"):
        return "memory" if _text(block / "backing_dev", "none") == "none" else "disk"
    return "encrypted" if _text(block / "dm/uuid", "").startswith("CRYPT-") else "disk"


def core_dump_state(root: Path = Path("/"), children: bool = True) -> CoreDumps:
    """Whether a crash could write memory to a file or to a program (core(5)).

    A limit of 0 does not bind a dump to a pipe; that the process may not be dumped does not bind
    its children.
    """
    import resource

    pattern = _text(root / "proc/sys/kernel/core_pattern", "")
    soft, _ = resource.getrlimit(resource.RLIMIT_CORE)
    if prctl(_PR_GET_DUMPABLE) == 0 and not children:
        return "disabled"
    if soft not in (0, NO_CORE):
        return "possible"
    if not pattern:
        return "unknown"
    spared = {0: ("|", "@"), NO_CORE: ("@",)}[soft]
    return "possible" if pattern.startswith(spared) else "disabled"


def _child_blocks(root: Path) -> int | None:
    import resource

    # The kernel counts blocks only where it keeps this file; elsewhere they are always none.
    if not (root / "proc/self/io").exists():
        return None
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_oublock


def _text(path: Path, otherwise: str) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return otherwise
