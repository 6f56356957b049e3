"""What zip and tar files have in common as sources (`zips.py`, `tars.py`).

Each member is a file of its own, and nothing is unpacked onto a disk. Python's own readers list the members
in the caller's process, within bounds, and unpack them there; what is in a member is read by a worker.
What an archive holds beside its members is said to be missed.
"""

from __future__ import annotations

from collections import Counter

from pii_guard.document import printable
from pii_guard.errors import PolicyError, Reason, ReasonCode

MOST = 1_000_000
"""Members that an archive may have."""
LINK = Reason(ReasonCode.UNSAFE_PATH, "a link in an archive")
TOO_LARGE = Reason(ReasonCode.LIMIT_SIZE, "a member")


class Names:
    """Names for people, each once: a second member of a name gets a number."""

    def __init__(self, above: str) -> None:
        self._above = above
        self._seen: Counter[str] = Counter()

    def free(self, name: str) -> str:
        """The name of one more member."""
        shown = f"{self._above}/{printable(name)}"
        self._seen[shown] += 1
        count = self._seen[shown]
        return shown if count == 1 else f"{shown} #{count}"


def check_count(count: int) -> None:
    """Raises `PolicyError` for more than `MOST`."""
    if count > MOST:
        raise PolicyError(
            f"a source has more than {MOST} members", remedy="unpack it into a directory"
        )


def no_archive(kind: str) -> PolicyError:
    """Why a file that is called an archive is none."""
    return PolicyError(
        f"a source is called .{kind} and cannot be read as one",
        remedy="name the file otherwise: it is then one file to look into",
    )
