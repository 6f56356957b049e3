"""What leaves this process's memory while it works, counted, so that it can be stated afterwards.

Two things do: pieces sealed on disk (`sealed`), and what is handed to programs that read documents and
pictures. Whoever adds a third has to count it here; a test finds who does not.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

_lock = threading.Lock()
_sealed: Counter[str] = Counter()
_children: Counter[tuple[str, str]] = Counter()
_lost = 0
_blocks = 0


@dataclass(frozen=True, slots=True)
class Spills:
    """Counts since the process began, for differences between two moments.

    `sealed`: nameless encrypted files by directory. `children`: programs run, by their name and the
    directory they were given for files ("" where they had pipes only). `lost`: of these, how many
    had to be killed, so that what they wrote is in nobody's account. `blocks`: of 512 bytes, that programs
    run by processes of ours other than this one made dirty on file systems backed by a device.
    """

    sealed: Counter[str]
    children: Counter[tuple[str, str]]
    lost: int
    blocks: int = 0

    def since(self, earlier: Spills) -> Spills:
        """What was added."""
        return Spills(
            self.sealed - earlier.sealed,
            self.children - earlier.children,
            self.lost - earlier.lost,
            self.blocks - earlier.blocks,
        )


def sealed_file(directory: str) -> None:
    """A nameless file was made there whose key is in this process's memory only."""
    with _lock:
        _sealed[directory] += 1


def child(program: str, directory: str = "") -> None:
    """A program (a word of `certificate.claims.CHILDREN`) is run, with a directory of its own or none."""
    with _lock:
        _children[program, directory] += 1


def lost_child() -> None:
    """A program was killed."""
    global _lost  # noqa: PLW0603 - one account per process
    with _lock:
        _lost += 1


def wrote_elsewhere(blocks: int) -> None:
    """A program that another process of ours ran wrote so much."""
    global _blocks  # noqa: PLW0603 - one account per process
    with _lock:
        _blocks += blocks


def so_far() -> Spills:
    """The counts now."""
    with _lock:
        return Spills(_sealed.copy(), _children.copy(), _lost, _blocks)
