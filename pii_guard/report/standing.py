"""Whether an audit is complete, and what it is of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["complete", "incomplete", "unknown"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether every file that was to be examined has a row.

    `files`: how many were to be examined, of `listed` in all; 0 where it is not known. `key_id` tells the
    key of its fingerprints from others, `digest` its rows from those of any other audit; "" where they are
    not known.
    """

    state: State = "unknown"
    files: int = 0
    listed: int = 0
    key_id: str = ""
    digest: str = ""

    @property
    def part(self) -> bool:
        """Whether only some of the files that were listed were to be examined."""
        return self.files < self.listed
