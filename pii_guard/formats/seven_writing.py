"""A 7z archive written anew: folders as they were or packed by LZMA2, one header that is not packed."""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Iterator

from pii_guard.formats.seven_structure import (
    ATTRIBUTES,
    COUNT,
    CRC,
    EMPTY_FILE,
    EMPTY_STREAM,
    END,
    FILES,
    FOLDER,
    HEADER,
    MAGIC,
    NAMES,
    PACKED,
    SIZE,
    STREAMS,
    SUBSTREAMS,
    TIMES,
    UNPACK_SIZE,
    UNPACKED,
    Item,
)
from pii_guard.formats.seven_unpacking import LZMA2, Folder


def packed(contents: list[bytes]) -> Folder:
    """A folder of these files, packed by LZMA2 (its dictionary of 4 MiB is byte 20 of its table)."""
    whole = b"".join(contents)
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 4, "dict_size": 1 << 22}]
    return Folder(
        b"\x01\x21" + LZMA2 + b"\x01\x14",
        [(LZMA2, b"\x14", len(whole))],
        [0],
        [len(whole)],
        None,
        lzma.compress(whole, lzma.FORMAT_RAW, filters=filters),
        [(len(one), zlib.crc32(one)) for one in contents],
    )


def joined(folders: list[Folder], items: list[Item]) -> bytes:
    """The archive of these folders; items that are packed stand in the order of their streams."""
    header = b"".join(_header_parts(folders, items))
    body = b"".join(one.packed for one in folders)
    start = struct.pack("<QQL", len(body), len(header), zlib.crc32(header))
    return MAGIC + b"\x00\x04" + struct.pack("<L", zlib.crc32(start)) + start + body + header


def _header_parts(folders: list[Folder], items: list[Item]) -> Iterator[bytes]:
    yield bytes([HEADER])
    if folders:
        yield bytes([STREAMS, PACKED]) + _number(0) + _number(len(folders)) + bytes([SIZE])
        yield b"".join(_number(len(one.packed)) for one in folders) + bytes([END])
        yield bytes([UNPACKED, FOLDER]) + _number(len(folders)) + b"\0"
        yield b"".join(one.raw for one in folders) + bytes([UNPACK_SIZE])
        yield b"".join(_number(size) for one in folders for size in one.sizes) + bytes([END])
        yield bytes([SUBSTREAMS, COUNT]) + b"".join(_number(len(one.streams)) for one in folders)
        sizes = [size for one in folders for size, _ in one.streams[:-1]]
        if sizes:
            yield bytes([SIZE]) + b"".join(map(_number, sizes))
        crcs = [crc for one in folders for _, crc in one.streams]
        yield bytes([CRC]) + _defined([crc is not None for crc in crcs])
        yield b"".join(struct.pack("<L", crc) for crc in crcs if crc is not None)
        yield bytes([END, END])
    yield bytes([FILES]) + _number(len(items))
    empty = [item.stream is None for item in items]
    if any(empty):
        yield _property(EMPTY_STREAM, _bits(empty))
        yield _property(EMPTY_FILE, _bits([not i.is_folder for i in items if i.stream is None]))
    yield _property(NAMES, b"\0" + "".join(f"{i.name}\0" for i in items).encode("utf-16-le"))
    for kind in TIMES:
        given = [item.times.get(kind) for item in items]
        if any(time is not None for time in given):
            packed_times = b"".join(struct.pack("<Q", time) for time in given if time is not None)
            yield _property(kind, _defined([t is not None for t in given]) + b"\0" + packed_times)
    attributes = [item.attributes for item in items]
    if any(one is not None for one in attributes):
        raw = b"".join(struct.pack("<L", one) for one in attributes if one is not None)
        yield _property(ATTRIBUTES, _defined([a is not None for a in attributes]) + b"\0" + raw)
    yield bytes([END, END])


def _property(kind: int, data: bytes) -> bytes:
    return bytes([kind]) + _number(len(data)) + data


def _defined(given: list[bool]) -> bytes:
    return b"\1" if all(given) else b"\0" + _bits(given)


def _bits(given: list[bool]) -> bytes:
    made = bytearray(-(-len(given) // 8))
    for number, one in enumerate(given):
        made[number // 8] |= one << (7 - number % 8)
    return bytes(made)


def _number(value: int) -> bytes:
    for extra in range(8):
        if value < 1 << 7 * (extra + 1):
            first = (0xFF00 >> extra) & 0xFF | value >> 8 * extra
            return bytes([first]) + (value & (1 << 8 * extra) - 1).to_bytes(extra, "little")
    return b"\xff" + value.to_bytes(8, "little")
