"""Tags of TIFF and Exif (TIFF 6.0, section 2): read into directories, written anew from them.

Written anew, so that nothing that no tag names is carried over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pii_guard.errors import ReasonCode, Unreadable

ASCII, LONG, UNDEFINED = 2, 4, 7
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_LINKS = {0x8769: "exif", 0x8825: "gps", 0xA005: "interoperability"}
STRIPS = {0x0111: 0x0117, 0x0144: 0x0145}
"""Tags with the places of pixels, and those with their sizes: strips and tiles."""
_RATIONALS = frozenset({5, 10})
_MOST_DIRECTORIES, _MOST_ENTRIES = 20_000, 4_000
"""What keeps directories that lie across one another from being read without end; pages have a limit."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag. `data` are its `count` values in the file's byte order."""

    tag: int
    type: int
    count: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Directory:
    """Tags in order, directories below by the tag that names them, pixels by the tag of their places."""

    entries: tuple[Entry, ...] = ()
    below: tuple[tuple[int, Directory], ...] = ()
    pixels: tuple[tuple[int, tuple[bytes, ...]], ...] = field(default=(), repr=False)

    def get(self, tag: int) -> Entry | None:
        """The entry of a tag."""
        return next((one for one in self.entries if one.tag == tag), None)


@dataclass(frozen=True, slots=True)
class Tags:
    """All directories of a chain. `order` is `<` or `>`; `rest`: bytes that nothing names."""

    order: str
    chain: tuple[Directory, ...]
    rest: bytes = field(default=b"", repr=False)


def numbers(order: str, entry: Entry) -> tuple[int, ...]:
    """The values of an entry of whole numbers."""
    letter = {1: "B", 3: "H", 4: "I", 13: "I"}.get(entry.type)
    if letter is None:
        return ()
    return struct.unpack(f"{order}{entry.count}{letter}", entry.data)


def swapped(entry: Entry) -> Entry:
    """The entry in the other byte order."""
    unit = 4 if entry.type in _RATIONALS else SIZES[entry.type]
    data = b"".join(entry.data[n : n + unit][::-1] for n in range(0, len(entry.data), unit))
    return replace(entry, data=data)


def parse(blob: bytes, *, pixels: bool = False) -> Tags:
    """The directories of `blob`, with pixels if wanted. Raises `Unreadable(CORRUPT)`."""
    try:
        return _Parser(blob, pixels).tags()
    except (struct.error, KeyError, IndexError):
        raise Unreadable(ReasonCode.CORRUPT, "tags of a picture") from None


class _Parser:
    def __init__(self, blob: bytes, pixels: bool) -> None:
        self._blob, self._pixels = blob, pixels
        self._order = {b"II*\0": "<", b"MM\0*": ">"}[blob[:4]]
        self._seen: set[int] = set()
        self._named: list[tuple[int, int]] = [(0, 8)]

    def tags(self) -> Tags:
        chain, at = [], self._unpack("I", 4)[0]
        while at:
            directory, at = self._directory(at)
            chain.append(directory)
        return Tags(self._order, tuple(chain), self._rest())

    def _rest(self) -> bytes:
        """What nothing names, without the zeros that fill up."""
        parts, position = [], 0
        for start, end in sorted(self._named):
            parts.append(self._blob[position:start])
            position = max(position, end)
        return b"".join([*parts, self._blob[position:]]).strip(b"\0")

    def _unpack(self, letters: str, at: int) -> tuple[int, ...]:
        return struct.unpack_from(self._order + letters, self._blob, at)

    def _directory(self, at: int) -> tuple[Directory, int]:
        if at in self._seen or len(self._seen) >= _MOST_DIRECTORIES:
            raise Unreadable(ReasonCode.CORRUPT, "tags of a picture run in a circle")
        self._seen.add(at)
        (count,) = self._unpack("H", at)
        if count > _MOST_ENTRIES:
            raise Unreadable(ReasonCode.CORRUPT, "tags of a picture")
        entries, below = [], []
        for number in range(count):
            entry = self._entry(at + 2 + 12 * number)
            links = numbers(self._order, entry) if entry.tag in _LINKS else ()
            if links:
                below.append((entry.tag, self._directory(links[0])[0]))
            else:
                entries.append(entry)
        self._named.append((at, at + 6 + 12 * count))
        directory = Directory(tuple(entries), tuple(below))
        if self._pixels:
            directory = replace(directory, pixels=tuple(self._strips(directory)))
        end = at + 2 + 12 * count
        return directory, self._unpack("I", end)[0] if end + 4 <= len(self._blob) else 0

    def _entry(self, at: int) -> Entry:
        tag, kind = self._unpack("HH", at)
        (count,) = self._unpack("I", at + 4)
        size = SIZES[kind] * count
        start = at + 8 if size <= 4 else self._unpack("I", at + 8)[0]
        data = self._blob[start : start + size]
        if len(data) != size:
            raise Unreadable(ReasonCode.CORRUPT, "tags of a picture end early")
        if size > 4:
            self._named.append((start, start + size))
        return Entry(tag, kind, count, data)

    def _strips(self, directory: Directory) -> Iterable[tuple[int, tuple[bytes, ...]]]:
        for where, sizes in STRIPS.items():
            places, lengths = directory.get(where), directory.get(sizes)
            if places is None or lengths is None:
                continue
            found = []
            pairs = zip(numbers(self._order, places), numbers(self._order, lengths), strict=False)
            for start, length in pairs:
                strip = self._blob[start : start + length]
                if len(strip) != length:
                    raise Unreadable(ReasonCode.CORRUPT, "a picture ends early")
                found.append(strip)
                self._named.append((start, start + length))
            if sum(map(len, found)) > len(self._blob):
                raise Unreadable(ReasonCode.CORRUPT, "parts of a picture overlap")
            yield where, tuple(found)


def build(tags: Tags) -> bytes:
    """The directories as a file: header, then for each its tags, their values, its pixels."""
    order = tags.order
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + b"\0\0\0\0")
    link = 4
    for directory in tags.chain:
        at, link_after = _put(out, order, directory)
        struct.pack_into(order + "I", out, link, at)
        link = link_after
    return bytes(out)


def _put(out: bytearray, order: str, directory: Directory) -> tuple[int, int]:
    """Append a directory; returns where it is and where its link to the next one is."""
    entries = {one.tag: one for one in directory.entries}
    for where, strips in directory.pixels:
        places = []
        for strip in strips:
            places.append(_even(out))
            out += strip
        packed = struct.pack(f"{order}{len(places)}I", *places)
        lengths = struct.pack(f"{order}{len(places)}I", *map(len, strips))
        entries[where] = Entry(where, LONG, len(places), packed)
        entries[STRIPS[where]] = Entry(STRIPS[where], LONG, len(places), lengths)
    for tag, inner in directory.below:
        if inner.entries or inner.below:
            packed = struct.pack(order + "I", _put(out, order, inner)[0])
            entries[tag] = Entry(tag, LONG, 1, packed)
    rows = bytearray()
    for tag in sorted(entries):
        one = entries[tag]
        if len(one.data) <= 4:
            last = one.data.ljust(4, b"\0")
        else:
            last = struct.pack(order + "I", _even(out))
            out += one.data
        rows += struct.pack(order + "HHI", tag, one.type, one.count) + last
    at = _even(out)
    out += struct.pack(order + "H", len(entries)) + rows + b"\0\0\0\0"
    return at, len(out) - 4


def _even(out: bytearray) -> int:
    if len(out) % 2:
        out.append(0)
    return len(out)
