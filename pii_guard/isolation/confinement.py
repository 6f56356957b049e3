"""What a process does to itself before it is given hostile bytes: all it will not need is given up.

Each layer says whether it is in force, so that a certificate can say it too. Linux has all of them;
elsewhere there are limits, no core dumps and a watchdog on memory.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import site
import struct
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pii_guard.isolation import landlock, system_calls
from pii_guard.isolation.core_dumps import forbid_core_dumps, prctl
from pii_guard.isolation.layers import Layer

_SET_PDEATHSIG, _SET_NO_NEW_PRIVS = 1, 38
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_FILES = (
    "/dev/null", "/dev/urandom", "/dev/random", "/dev/zero", "/proc/self", "/proc/cpuinfo", "/proc/meminfo",
    "/proc/stat", "/proc/filesystems", "/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu",
    "/etc/ld.so.cache", "/etc/localtime", "/etc/magic", "/etc/magic.mime", "/etc/mime.types", "/etc/fonts",
    "/usr", "/lib", "/lib64", "/opt/homebrew",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Hard ceilings of a worker. Seconds are of the processor and count anew for each step; bytes of
    memory are above what the worker has when it is ready.
    """

    cpu_seconds: int = 600
    memory_bytes: int = 2 * 1024**3
    file_bytes: int = 8 * 1024**3
    open_files: int = 64


def leave_network() -> bool:
    """Move this process into a network of its own that has nothing; whether that is allowed.

    Call it before there are threads.
    """
    if not sys.platform.startswith("linux"):
        return False
    unshare = ctypes.CDLL(None).unshare
    wanted = _NEW_NET if os.geteuid() == 0 else _NEW_NET | _NEW_USER
    return bool(unshare(wanted) == 0)


def confine(ceilings: Ceilings, parent: int, readable: Iterable[str] = ()) -> frozenset[Layer]:
    """Give up, for good, what computing does not need; what is in force then.

    `parent`: the process that this one dies with. `readable`: paths that may be read beside the
    system's and Python's own.
    """
    layers = {Layer.PROCESS, Layer.SESSION, *_common(ceilings, parent)}
    if not sys.platform.startswith("linux"):
        return frozenset(layers)
    if prctl(_SET_NO_NEW_PRIVS, 1) == 0:
        layers.add(Layer.NO_NEW_PRIVILEGES)
    if _drop_capabilities():
        layers.add(Layer.NO_CAPABILITIES)
    if landlock.restrict([*_FILES, *python_paths(), *readable]):
        layers.add(Layer.LANDLOCK)
    if system_calls.install():
        layers.add(Layer.SECCOMP)
    return frozenset(layers)


def hold_program(ceilings: Ceilings, parent: int) -> frozenset[Layer]:
    """The same for a process that has to run another program: it may write and execute."""
    return frozenset({Layer.PROCESS, Layer.SESSION, *_common(ceilings, parent)})


def rearm(cpu_seconds: int) -> None:
    """Give this process so many seconds of the processor from now on; then it is killed."""
    import resource

    used = sum(os.times()[:2])
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + 1 + cpu_seconds, hard))


def address_space() -> int:
    """Bytes of address space that this process has; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def give_memory_back() -> None:
    """Have the C library return what it does not use: it keeps what lies between pieces in use.

    Nothing where it has no such function (`malloc_trim` is glibc's).
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def python_paths() -> Iterator[str]:
    """Where Python and what it has imported live: folders of packages, no working directory."""
    for name in ("stdlib", "platstdlib", "purelib", "platlib"):
        if found := sysconfig.get_path(name):
            yield found
    yield from site.getsitepackages()
    yield site.getusersitepackages()
    yield str(Path(sys.base_prefix) / "lib")
    for name, module in list(sys.modules.items()):
        if "." not in name:
            yield from getattr(module, "__path__", ())


def _common(ceilings: Ceilings, parent: int) -> Iterator[Layer]:
    import resource

    for kind, most in (
        (resource.RLIMIT_FSIZE, ceilings.file_bytes),
        (resource.RLIMIT_NOFILE, ceilings.open_files),
    ):
        resource.setrlimit(kind, (most, most))
    rearm(ceilings.cpu_seconds)
    yield Layer.LIMITS
    # macOS takes a limit on address space and does not keep to it: there the other side watches.
    if base := address_space():
        most = base + ceilings.memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        yield Layer.MEMORY
    yield from forbid_core_dumps()
    # Whoever lost its parent before it asked will not be told.
    linux = sys.platform.startswith("linux")
    if linux and prctl(_SET_PDEATHSIG, signal.SIGKILL) == 0 and os.getppid() == parent:
        yield Layer.DIES_WITH_PARENT


def _drop_capabilities() -> bool:
    """Give up what root may do beyond others, such as raising limits (capset(2), version 3)."""
    number = {"x86_64": 126, "aarch64": 91}.get(platform.machine())
    if number is None:
        return False
    header, nothing = struct.pack("Ii", 0x20080522, 0), bytes(24)
    return bool(ctypes.CDLL(None).syscall(number, header, nothing) == 0)
