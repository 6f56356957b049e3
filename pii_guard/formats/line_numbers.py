"""In which lines places of a text are, for many places at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class LineNumbers:
    """Tells the 1-based lines of a text's places, from its beginning on. Lines end with a line feed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._read, self._line = 0, 1

    def of(self, places: Sequence[int]) -> list[int]:
        """The line of each place: ascending, and behind those that were asked for before."""
        if not places:
            return []
        read = self._text[self._read : places[-1]]
        if read.isascii():
            signs = np.frombuffer(read.encode(), dtype=np.uint8)
        else:
            signs = np.frombuffer(read.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        feeds = np.flatnonzero(signs == ord("\n")) + self._read
        lines: list[int] = (np.searchsorted(feeds, places) + self._line).tolist()
        self._line += len(feeds)
        self._read = places[-1]
        return lines
