"""In which lines places of a text are, for many places at once."""

from __future__ import annotations

from array import array

import numpy as np


class LineNumbers:
    """Tells the 1-based lines of a text's places, from its beginning on. Lines end with a line feed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._read, self._line = 0, 1

    def of(self, places: array[int]) -> array[int]:
        """The line of each place: ascending, and behind those that were asked for before."""
        lines = array("q")
        if not places:
            return lines
        read = self._text[self._read : places[-1]]
        if read.isascii():
            signs = np.frombuffer(read.encode(), dtype=np.uint8)
        else:
            signs = np.frombuffer(read.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        feeds = np.flatnonzero(signs == ord("\n")) + self._read
        found = np.searchsorted(feeds, np.frombuffer(places, dtype=np.int64)) + self._line
        lines.frombytes(found.astype(np.int64).tobytes())
        self._line += len(feeds)
        self._read = places[-1]
        return lines
