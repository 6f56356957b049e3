"""Bytes of a compound file that belong to nothing: free sectors, ends of sectors, entries that are gone.

Programs write what memory held there, and streams that were deleted stay (MS-CFB 2.1, 2.6.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

FAT, DIFAT = 0xFFFFFFFD, 0xFFFFFFFC
"""How the table of sectors marks those that it is in itself, and those that say where."""
_HEADER, _ENTRY, _NAME = 512, 128, 64

_Range = tuple[int, int]


def loose(ole: Any, blob: bytes) -> bytes:
    """All bytes, in order, that no reader of the file is led to. `ole`: the `OleFileIO` of it.

    Raises `IndexError` and the like for tables that lead nowhere.
    """
    found, position = [], 0
    for start, end in sorted(_used(ole, len(blob))):
        found.append(blob[position:start])
        position = max(position, end)
    return b"".join([*found, blob[position:]])


def _used(ole: Any, size: int) -> Iterator[_Range]:
    sector, mini = ole.sector_size, ole.mini_sector_size
    yield 0, _HEADER
    tables = [number for number, to in enumerate(ole.fat) if to in (FAT, DIFAT)]
    ole.loadminifat()
    tables += _chain(ole.fat, ole.first_mini_fat_sector)
    yield from ((sector * (number + 1), sector * (number + 2)) for number in tables)
    directory = [sector * (n + 1) for n in _chain(ole.fat, ole.first_dir_sector)]
    small = [sector * (n + 1) for n in _chain(ole.fat, ole.root.isectStart)]
    for entry in ole.direntries:
        if entry is None:  # nothing leads there
            continue
        place, at = divmod(entry.sid * _ENTRY, sector)
        begun = directory[place] + at
        yield begun, begun + min(entry.namelength, _NAME)
        yield begun + _NAME, begun + _ENTRY
        if entry is ole.root or not 0 < entry.size <= size:
            continue
        if entry.is_minifat:
            places = [
                small[n * mini // sector] + n * mini % sector
                for n in _chain(ole.minifat, entry.isectStart)
            ]
            yield from _filled(places, mini, entry.size)
        elif entry.isectStart < len(ole.fat):
            places = [sector * (n + 1) for n in _chain(ole.fat, entry.isectStart)]
            yield from _filled(places, sector, entry.size)


def _chain(table: Sequence[int], first: int) -> list[int]:
    """The sectors that follow each other; those of a ring once."""
    found: dict[int, None] = {}
    while first < len(table) and first not in found:
        found[first] = None
        first = table[first]
    return list(found)


def _filled(places: Sequence[int], size: int, length: int) -> Iterator[_Range]:
    """What of sectors of a size a stream of a length fills."""
    for place in places:
        yield place, place + max(0, min(size, length))
        length -= size
