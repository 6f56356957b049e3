"""An attachment as the caller gave it, and how much work it may take."""

from __future__ import annotations

from dataclasses import dataclass, field

from pii_guard.errors import Reason, Unreadable
from pii_guard.originals import SMALL, Original
from pii_guard.sections import SIZE

_STEPS_A_SECTION = 100
"""Steps that a section of an attachment may take, and a case beside: more than any does."""


@dataclass(slots=True)
class Given:
    """An attachment; `original` becomes the reason why it is not looked at any more."""

    original: Original | Reason = field(repr=False)
    name: str = field(repr=False)
    media_type: str = ""
    deaths: int = 0

    @property
    def size(self) -> int:
        """In bytes; none of what is not looked at."""
        return 0 if isinstance(self.original, Reason) else self.original.size

    def small(self) -> bytes:
        """All of it where it is small enough to be held as a whole; nothing where it cannot be read."""
        if isinstance(self.original, Reason) or self.original.size > SMALL:
            return b""
        try:
            return self.original.read(0, self.original.size)
        except Unreadable:
            return b""  # the worker asks for it, and hears why

    @property
    def sections(self) -> int:
        """As many as it is cut into, or more."""
        return 1 + self.size // SIZE

    @property
    def most_steps(self) -> int:
        """More steps than it takes, whatever is done with it."""
        return _STEPS_A_SECTION * self.sections
