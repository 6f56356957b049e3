"""Whether an audit is complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["complete", "incomplete", "unknown"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether every file that was listed has a row; `detail` is a sentence about it, without a name."""

    state: State = "unknown"
    detail: str = ""
