"""Cyclic sums, the highest bit first, as FLAC and Ogg have them (RFC 9639, section 9; RFC 3533, section 6)."""

from __future__ import annotations

from dataclasses import dataclass


def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    found = []
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            carry = value >> (bits - 1)
            value = (value << 1 ^ carry * polynomial) & ((1 << bits) - 1)
        found.append(value)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class CyclicSum:
    """A sum of so many bits by its table, from zero."""

    bits: int
    table: tuple[int, ...]

    def of(self, data: bytes | bytearray) -> int:
        """The sum of the data."""
        value, mask, shift, table = 0, (1 << self.bits) - 1, self.bits - 8, self.table
        for byte in data:
            value = (value << 8 & mask) ^ table[value >> shift ^ byte]
        return value


CRC_8 = CyclicSum(8, _table(0x07, 8))
CRC_16 = CyclicSum(16, _table(0x8005, 16))
CRC_32 = CyclicSum(32, _table(0x04C11DB7, 32))
