"""Compound files (MS-CFB): read with olefile, written by a writer of our own.

Written files hold their streams and nothing else: no free sectors, no ends of sectors, no times.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.outlook.loose import DIFAT, FAT, loose

_FREE, _END = 0xFFFFFFFF, 0xFFFFFFFE
_SECTOR, _MINI, _CUTOFF, _IN_HEADER = 512, 64, 4096, 109
_STORAGE, _STREAM, _ROOT = 1, 2, 5


@dataclass(slots=True)
class Storage:
    """A storage: its class and its entries by name, streams as bytes."""

    clsid: bytes = b"\0" * 16
    entries: dict[str, Storage | bytes] = field(default_factory=dict, repr=False)

    def walk(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bytes]]:
        """All streams with their paths, by name."""
        for name, held in sorted(self.entries.items()):
            if isinstance(held, Storage):
                yield from held.walk((*path, name))
            else:
                yield (*path, name), held

    def at(self, path: tuple[str, ...]) -> Storage | bytes | None:
        """What stands at a path."""
        held: Storage | bytes | None = self
        for name in path:
            held = held.entries.get(name) if isinstance(held, Storage) else None
        return held

    def put(self, path: tuple[str, ...], data: bytes) -> None:
        """Put a stream in the place of another."""
        held = self.at(path[:-1])
        if isinstance(held, Storage):
            held.entries[path[-1]] = data


def read_compound(blob: bytes, bounds: Bounds) -> tuple[Storage, bytes]:
    """The root storage, and the bytes that belong to nothing. Raises `Unreadable`."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(blob), raise_defects=olefile.DEFECT_INCORRECT) as ole:
            found = ole.listdir(streams=True, storages=True)
            if len(found) > bounds.max_cells:
                raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {bounds.max_cells} entries")
            root = Storage(_clsid(ole.root.clsid))
            left = 2 * len(blob)
            for path in sorted(found, key=len):
                above = root.at(tuple(path[:-1]))
                if not isinstance(above, Storage):
                    raise Unreadable(ReasonCode.CORRUPT, "compound file")
                if ole.get_type(path) == olefile.STGTY_STREAM:
                    data = ole.openstream(path).read()
                    left -= len(data)
                    above.entries[path[-1]] = data
                else:
                    above.entries[path[-1]] = Storage(_clsid(ole.getclsid(path)))
                if left < 0:
                    raise Unreadable(ReasonCode.CORRUPT, "streams share sectors")
            beside = loose(ole, blob)
    except (
        OSError,
        ValueError,
        IndexError,
        KeyError,
        AttributeError,
        TypeError,
        struct.error,
        RecursionError,
        MemoryError,
    ) as error:
        raise refused(error, "compound file") from None
    return root, beside


def _clsid(told: str) -> bytes:
    parts = told.split("-")
    if len(parts) != 5:
        return b"\0" * 16
    first, second, third = int(parts[0], 16), int(parts[1], 16), int(parts[2], 16)
    return struct.pack("<IHH", first, second, third) + bytes.fromhex(parts[3] + parts[4])


@dataclass(slots=True)
class _Entry:
    """A directory entry while it is laid out; `left`, `right` and `child` are numbers of others."""

    name: str
    kind: int
    clsid: bytes
    data: bytes = field(default=b"", repr=False)
    black: bool = True
    left: int = _FREE
    right: int = _FREE
    child: int = _FREE
    start: int = _END


def write_compound(root: Storage) -> bytes:
    """The bytes of a compound file of version 3."""
    entries = [_Entry("Root Entry", _ROOT, root.clsid)]
    _lay_out(root, entries, 0)
    mini = bytearray()
    mini_fat: list[int] = []
    for entry in entries:
        if entry.kind == _STREAM and 0 < len(entry.data) < _CUTOFF:
            entry.start = len(mini_fat)
            count = -(-len(entry.data) // _MINI)
            mini_fat += [*range(entry.start + 1, entry.start + count), _END]
            mini += entry.data + b"\0" * (-len(entry.data) % _MINI)
    sectors = _Sectors()
    for entry in entries:
        if entry.kind == _STREAM and len(entry.data) >= _CUTOFF:
            entry.start = sectors.add(entry.data)
    entries[0].data = bytes(mini)
    entries[0].start = sectors.add(bytes(mini)) if mini else _END
    raw_mini = b"".join(struct.pack("<I", one) for one in mini_fat)
    mini_at = sectors.add(raw_mini, b"\xff") if raw_mini else _END
    directory = b"".join(map(_packed, entries))
    empty = struct.pack("<64xHBBIII16xI16xIQ", 0, 0, 0, _FREE, _FREE, _FREE, 0, 0, 0)
    directory += empty * (-len(entries) % 4)
    directory_at = sectors.add(directory)
    return sectors.file(directory_at, mini_at, -(-len(raw_mini) // _SECTOR))


def _lay_out(storage: Storage, entries: list[_Entry], above: int) -> None:
    names = sorted(storage.entries, key=lambda name: (len(name.encode("utf-16-le")), name.upper()))
    numbers = {}
    for name in names:
        held = storage.entries[name]
        numbers[name] = len(entries)
        if isinstance(held, Storage):
            entries.append(_Entry(name, _STORAGE, held.clsid))
        else:
            entries.append(_Entry(name, _STREAM, b"\0" * 16, held))
    entries[above].child = _tree(
        [numbers[name] for name in names], entries, len(names).bit_length()
    )
    for name in names:
        held = storage.entries[name]
        if isinstance(held, Storage):
            _lay_out(held, entries, numbers[name])


def _tree(numbers: list[int], entries: list[_Entry], height: int) -> int:
    """A balanced search tree: red on its last level, black above, as red-black trees have to be."""
    if not numbers:
        return _FREE
    middle = len(numbers) // 2
    top = entries[numbers[middle]]
    top.black = height > 1
    top.left = _tree(numbers[:middle], entries, height - 1)
    top.right = _tree(numbers[middle + 1 :], entries, height - 1)
    return numbers[middle]


def _packed(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le")
    start = 0 if entry.kind == _STORAGE else entry.start
    return struct.pack(
        "<64sHBBIII16sI16xIQ", name, len(name) + 2, entry.kind, entry.black, entry.left, entry.right,
        entry.child, entry.clsid, 0, start, len(entry.data),
    )  # fmt: skip


@dataclass(slots=True)
class _Sectors:
    """Sectors as they are filled, and the table of what follows what."""

    parts: list[bytes] = field(default_factory=list)
    fat: list[int] = field(default_factory=list)

    def add(self, data: bytes, padding: bytes = b"\0") -> int:
        """Put data into a new chain; returns where it starts."""
        first, count = len(self.fat), -(-len(data) // _SECTOR)
        self.parts.append(data + padding * (-len(data) % _SECTOR))
        self.fat += [*range(first + 1, first + count), _END]
        return first

    def file(self, directory: int, mini: int, mini_count: int) -> bytes:
        """The whole file, its allocation tables behind the data."""
        per = _SECTOR // 4
        used, tables, more = len(self.fat), 0, 0
        while True:  # the tables have to hold themselves
            needed = -(-(used + tables + more) // per)
            wanted = -(-max(0, needed - _IN_HEADER) // (per - 1))
            if (needed, wanted) == (tables, more):
                break
            tables, more = needed, wanted
        fat = [*self.fat, *[FAT] * tables, *[DIFAT] * more]
        fat += [_FREE] * (tables * per - len(fat))
        places = list(range(used, used + tables))
        places += [_FREE] * (_IN_HEADER - len(places))
        first_more = used + tables if more else _END
        extra = []
        for number in range(more):
            part = places[_IN_HEADER + number * (per - 1) :][: per - 1]
            part += [_FREE] * (per - 1 - len(part))
            part.append(first_more + number + 1 if number + 1 < more else _END)
            extra.append(struct.pack(f"<{per}I", *part))
        header = struct.pack(
            "<8s16xHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
            0, tables, directory, 0, _CUTOFF, mini, mini_count, first_more, more, places[0],
        )  # fmt: skip
        header += struct.pack(f"<{_IN_HEADER - 1}I", *places[1:_IN_HEADER])
        return b"".join([header, *self.parts, struct.pack(f"<{len(fat)}I", *fat), *extra])
