"""The structure of a 7z archive (7-Zip's 7zFormat.txt): folders of packed streams, and the files in them.

Our own reader and writer: py7zr, the library for it, is under the LGPL with its parts in C, and writes
the time of writing into what it writes. Methods: LZMA, LZMA2, deflate, bzip2, Zstandard, none, with delta
or branch filters. What is encrypted (AES) is refused as that, unless its password was given; PPMd, BCJ2 and
Deflate64 as unsupported.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.seven_unlocking import Unlocking
from pii_guard.formats.seven_unpacking import Folder, unpack
from pii_guard.formats.unpacking import Unpacking

MAGIC = b"7z\xbc\xaf\x27\x1c"
START = 32
(END, HEADER, PROPERTIES, ADDITIONAL, STREAMS, FILES, PACKED, UNPACKED, SUBSTREAMS, SIZE, CRC, FOLDER,
 UNPACK_SIZE, COUNT, EMPTY_STREAM, EMPTY_FILE, ANTI, NAMES, CREATED, READ, MODIFIED, ATTRIBUTES,
 COMMENT, ENCODED, START_AT, DUMMY) = range(26)  # fmt: skip
TIMES = (CREATED, READ, MODIFIED)


@dataclass(slots=True)
class Item:
    """A file or folder of the archive. `stream`: which folder it is packed in, and where in it.

    `times` are by property (100 ns since 1601), `attributes` those of Windows, with a Unix mode above.
    """

    name: str = field(default="", repr=False)
    stream: tuple[int, int] | None = None
    is_folder: bool = False
    times: dict[int, int] = field(default_factory=dict)
    attributes: int | None = None


@dataclass(slots=True)
class Archive:
    """What was read; `loose`: bytes that belong to nothing, `notes`: properties that hold text."""

    folders: list[Folder]
    items: list[Item]
    loose: list[bytes] = field(repr=False)
    notes: list[bytes] = field(repr=False)


class _Reader:
    """Reads the parts of a header. Raises `IndexError` or `struct.error` at its end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def take(self, size: int) -> bytes:
        found = self.data[self.at : self.at + size]
        if len(found) != size:
            raise IndexError
        self.at += size
        return found

    def number(self) -> int:
        """A number of one to nine bytes; the ones at the beginning of the first tell how many follow."""
        first, mask, value = self.byte(), 0x80, 0
        for position in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << 8 * position
            value |= self.byte() << 8 * position
            mask >>= 1
        return value

    def count(self) -> int:
        """A number of things, each of which takes room in the header."""
        value = self.number()
        if value > len(self.data):
            raise IndexError
        return value

    def bits(self, count: int) -> list[bool]:
        raw = self.take(-(-count // 8))
        return [bool(raw[n // 8] >> (7 - n % 8) & 1) for n in range(count)]

    def defined(self, count: int) -> list[bool]:
        return [True] * count if self.byte() else self.bits(count)

    def digests(self, count: int) -> list[int | None]:
        return [
            struct.unpack("<L", self.take(4))[0] if one else None for one in self.defined(count)
        ]

    def expect(self, kind: int) -> None:
        if self.byte() != kind:
            raise Unreadable(ReasonCode.CORRUPT, "7z header")


def parsed(blob: bytes, unpacking: Unpacking, unlocking: Unlocking | None = None) -> Archive:
    """The archive in `blob`. Raises `Unreadable`."""
    try:
        return _parsed(blob, unpacking, unlocking)
    except (IndexError, struct.error, UnicodeDecodeError):
        raise Unreadable(ReasonCode.CORRUPT, "7z header") from None


def _parsed(blob: bytes, unpacking: Unpacking, unlocking: Unlocking | None) -> Archive:
    crc, offset, size, header_crc = struct.unpack_from("<LQQL", blob, 8)
    if not blob.startswith(MAGIC) or zlib.crc32(blob[12:START]) != crc:
        raise Unreadable(ReasonCode.CORRUPT, "7z header")
    header = blob[START + offset : START + offset + size]
    if len(header) != size or zlib.crc32(header) != header_crc:
        raise Unreadable(ReasonCode.CORRUPT, "it ends too early")
    claimed = [(0, START), (START + offset, START + offset + size)]
    rounds = 0
    while header[:1] == bytes([ENCODED]) and rounds < 4:
        reader, rounds = _Reader(header[1:]), rounds + 1
        folders = _streams(reader, blob, claimed, unpacking)
        if len(folders) != 1:
            raise Unreadable(ReasonCode.CORRUPT, "7z header")
        header = unpack(folders[0], unpacking, unlocking)
    archive = Archive([], [], [], [])
    if header:
        _header(_Reader(header), archive, blob, claimed, unpacking)
    position = 0
    for start, end in sorted(claimed):
        if start < position:
            raise Unreadable(ReasonCode.CORRUPT, "streams overlap")
        if blob[position:start].strip(b"\0"):
            archive.loose.append(blob[position:start])
        position = end
    if blob[position:].strip(b"\0"):
        archive.loose.append(blob[position:])
    return archive


def _header(
    reader: _Reader,
    archive: Archive,
    blob: bytes,
    claimed: list[tuple[int, int]],
    unpacking: Unpacking,
) -> None:
    reader.expect(HEADER)
    while (kind := reader.byte()) != END:
        if kind == PROPERTIES:
            while reader.number() != END:
                archive.notes.append(reader.take(reader.number()))
        elif kind == STREAMS:
            archive.folders = _streams(reader, blob, claimed, unpacking)
        elif kind == FILES:
            _files(reader, archive, unpacking)
        else:
            raise Unreadable(ReasonCode.NOT_COVERED, "a part of the header that nobody knows")
    if reader.data[reader.at :].strip(b"\0"):
        archive.notes.append(reader.data[reader.at :])


def _streams(
    reader: _Reader, blob: bytes, claimed: list[tuple[int, int]], unpacking: Unpacking
) -> list[Folder]:
    place, packs, folders = START, list[int](), list[Folder]()
    with_streams = False
    while (kind := reader.byte()) != END:
        if kind == PACKED:
            place += reader.number()
            count = reader.count()
            while (inner := reader.byte()) != END:
                if inner == SIZE:
                    packs = [reader.number() for _ in range(count)]
                else:
                    reader.digests(count)
        elif kind == UNPACKED:
            reader.expect(FOLDER)
            count = reader.count()
            reader.expect(0)
            folders = [_folder(reader) for _ in range(count)]
            reader.expect(UNPACK_SIZE)
            for one in folders:
                one.sizes = [reader.number() for _ in one.chain]
            while reader.byte() != END:
                for one, crc in zip(folders, reader.digests(count), strict=True):
                    one.crc = crc
        elif kind == SUBSTREAMS:
            with_streams = True
            _substreams(reader, folders, unpacking)
        else:
            raise Unreadable(ReasonCode.CORRUPT, "7z header")
    for one, size in zip(folders, packs, strict=False):
        one.packed = blob[place : place + size]
        if len(one.packed) != size:
            raise Unreadable(ReasonCode.CORRUPT, "it ends too early")
        claimed.append((place, place + size))
        place += size
        one.chain = [(*one.chain[n][:2], one.sizes[n]) for n in one.order]
        if not with_streams:
            one.streams = [(one.chain[-1][2], one.crc)]
    if len(packs) != len(folders):
        raise Unreadable(ReasonCode.UNSUPPORTED, "a folder of several packed streams")
    return folders


def _folder(reader: _Reader) -> Folder:
    begun = reader.at
    chain: list[tuple[bytes, bytes, int]] = []
    for _ in range(reader.count()):
        flags = reader.byte()
        method = reader.take(flags & 0x0F)
        if flags & 0x10 and (reader.number(), reader.number()) != (1, 1):
            raise Unreadable(ReasonCode.UNSUPPORTED, "a folder of several packed streams")
        chain.append((method, reader.take(reader.number()) if flags & 0x20 else b"", 0))
    feeds = {}
    for _ in range(len(chain) - 1):
        into, out = reader.number(), reader.number()
        feeds[out] = into
    first = set(range(len(chain))) - set(feeds.values())
    order = [min(first)] if first else []
    while order and order[-1] in feeds and len(order) <= len(chain):
        order.append(feeds[order[-1]])
    if len(order) != len(chain) or not chain or max(order) >= len(chain):
        raise Unreadable(ReasonCode.CORRUPT, "7z header")
    return Folder(reader.data[begun : reader.at], chain, order)


def _substreams(reader: _Reader, folders: list[Folder], unpacking: Unpacking) -> None:
    counts = [1] * len(folders)
    kind = reader.byte()
    if kind == COUNT:
        counts = [reader.number() for _ in folders]
        kind = reader.byte()
    if sum(counts) > unpacking.bounds.max_members:
        raise Unreadable(ReasonCode.LIMIT_MEMBERS, "the archive")
    for one, count in zip(folders, counts, strict=True):
        total = one.sizes[one.order[-1]]
        sizes = [reader.number() for _ in range(count - 1)] if kind == SIZE else []
        if count:
            sizes.append(total - sum(sizes))
            if len(sizes) != count or sizes[-1] < 0:
                raise Unreadable(ReasonCode.CORRUPT, "7z header")
        one.streams = [(size, one.crc if count == 1 else None) for size in sizes]
    if kind == SIZE:
        kind = reader.byte()
    while kind != END:
        if kind != CRC:
            raise Unreadable(ReasonCode.CORRUPT, "7z header")
        unknown = [(f, n) for f in folders for n, (_, crc) in enumerate(f.streams) if crc is None]
        for (one, number), crc in zip(unknown, reader.digests(len(unknown)), strict=True):
            one.streams[number] = (one.streams[number][0], crc)
        kind = reader.byte()


def _files(reader: _Reader, archive: Archive, unpacking: Unpacking) -> None:
    count = reader.count()
    for _ in range(count):
        unpacking.member()
    items = [Item() for _ in range(count)]
    empty, files = [False] * count, list[bool]()
    while (kind := reader.number()) != END:
        part = _Reader(reader.take(reader.number()))
        if kind == EMPTY_STREAM:
            empty = part.bits(count)
        elif kind == EMPTY_FILE:
            files = part.bits(sum(empty))
        elif kind == NAMES:
            part.expect(0)
            names = part.data[1:].decode("utf-16-le").split("\0")
            if len(names) != count + 1 or names[-1]:
                raise Unreadable(ReasonCode.CORRUPT, "7z header")
            for item, name in zip(items, names, strict=False):
                item.name = name
        elif kind in (*TIMES, ATTRIBUTES):
            defined = part.defined(count)
            part.expect(0)
            for item, given in zip(items, defined, strict=True):
                if given and kind == ATTRIBUTES:
                    (item.attributes,) = struct.unpack("<L", part.take(4))
                elif given:
                    (item.times[kind],) = struct.unpack("<Q", part.take(8))
        elif part.data.strip(b"\0"):
            if kind in (ANTI, START_AT):
                raise Unreadable(ReasonCode.UNSUPPORTED, "an archive of changes")
            archive.notes.append(part.data)
    places = iter(
        [(f, n) for f, one in enumerate(archive.folders) for n in range(len(one.streams))]
    )
    kinds = iter(files)
    for item, is_empty in zip(items, empty, strict=True):
        if is_empty:
            item.is_folder = not next(kinds, False)
        else:
            item.stream = next(places, None)
            if item.stream is None:
                raise Unreadable(ReasonCode.CORRUPT, "7z header")
    if next(places, None) is not None:
        raise Unreadable(ReasonCode.NOT_COVERED, "data that belongs to no member")
    archive.items = items
