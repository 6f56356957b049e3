"""The numbers of very many texts in little memory: 12 bytes a place, whatever the length of a text."""

from __future__ import annotations

from array import array

_FIRST = 1 << 10
_FULL = 0.7
_WORD = (1 << 64) - 1


class Numbering:
    """Numbers texts in the order in which they come, from 1 on.

    Texts are told apart by 64-bit hashes that the process salts (nobody can aim at a collision): of
    ten million texts, two share a number with a probability of about 3 in a million. Open addressing
    with linear probing (Knuth, The Art of Computer Programming, 6.4).
    """

    def __init__(self) -> None:
        self._hashes, self._numbers = _places(_FIRST)
        self._last = 0

    def __len__(self) -> int:
        return self._last

    def known(self, text: str) -> int:
        """The number of a text that has one, else 0."""
        return self._numbers[self._place(_hash(text))]

    def number(self, text: str) -> int:
        """The number of a text, a new one for a new text."""
        hashed = _hash(text)
        place = self._place(hashed)
        if not self._numbers[place]:
            if self._last >= _FULL * len(self._numbers):
                self._grow()
                place = self._place(hashed)
            self._last += 1
            self._hashes[place], self._numbers[place] = hashed, self._last
        return self._numbers[place]

    def _place(self, hashed: int) -> int:
        mask = len(self._numbers) - 1
        place = hashed & mask
        while self._numbers[place] and self._hashes[place] != hashed:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        hashes, numbers = self._hashes, self._numbers
        self._hashes, self._numbers = _places(2 * len(numbers))
        for hashed, number in zip(hashes, numbers, strict=True):
            if number:
                place = self._place(hashed)
                self._hashes[place], self._numbers[place] = hashed, number


def _places(count: int) -> tuple[array[int], array[int]]:
    return array("Q", bytes(8 * count)), array("I", bytes(4 * count))


def _hash(text: str) -> int:
    return hash(text) & _WORD
