"""The layers between hostile bytes and the machine, by the words that certificates have for them."""

from __future__ import annotations

from enum import StrEnum


class Layer(StrEnum):
    """What a worker process has given up, or is held to. The strings are written to certificates."""

    PROCESS = "process"
    SESSION = "session"
    LIMITS = "limits"
    MEMORY = "memory"
    NO_CORE_DUMPS = "no_core_dumps"
    NO_NEW_PRIVILEGES = "no_new_privileges"
    NO_CAPABILITIES = "no_capabilities"
    NOT_DUMPABLE = "not_dumpable"
    DIES_WITH_PARENT = "dies_with_parent"
    NO_NETWORK = "no_network"
    LANDLOCK = "landlock"
    SECCOMP = "seccomp"


REQUIRED = frozenset(Layer) - {Layer.NO_NETWORK}
"""What `isolation = "require"` asks for. No call of the socket family passes seccomp, so a network of its
own, which takes the right to make one, is one layer more and no condition."""
