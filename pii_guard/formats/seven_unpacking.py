"""A folder of a 7z archive unpacked: its methods one after the other, each held to the size it told."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

import zstandard

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.seven_unlocking import Unlocking
from pii_guard.formats.unpacking import Decompressor, Unpacking, broken

_FILTERS = {
    b"\x03\x03\x01\x03": lzma.FILTER_X86, b"\x04": lzma.FILTER_X86, b"\x07": lzma.FILTER_ARM,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM, b"\x08": lzma.FILTER_ARMTHUMB, b"\x05": lzma.FILTER_POWERPC,
    b"\x06": lzma.FILTER_IA64, b"\x09": lzma.FILTER_SPARC,
}  # fmt: skip
_COPY, _DELTA, _LZMA, LZMA2 = b"\x00", b"\x03", b"\x03\x01\x01", b"\x21"
_DEFLATE, _BZIP2, _ZSTD, _AES = (
    b"\x04\x01\x08",
    b"\x04\x02\x02",
    b"\x04\xf7\x11\x01",
    b"\x06\xf1\x07\x01",
)
_LEAST_DICTIONARY = 4096
_BROKEN = (
    lzma.LZMAError, zlib.error, zstandard.ZstdError, OSError, EOFError, ValueError, MemoryError,
    struct.error, IndexError,
)  # fmt: skip


@dataclass(slots=True)
class Folder:
    """Files packed as one: how (`raw` is the definition as it stands), and the packed bytes.

    `chain` are methods with properties and the size of what each puts out, in the order in which
    unpacking takes them. `streams`: size and checksum of each file in it.
    """

    raw: bytes = field(repr=False)
    chain: list[tuple[bytes, bytes, int]]
    order: list[int]
    sizes: list[int] = field(default_factory=list)
    crc: int | None = None
    packed: bytes = field(default=b"", repr=False)
    streams: list[tuple[int, int | None]] = field(default_factory=list)


def is_locked(folder: Folder) -> bool:
    """Whether what is in it is encrypted."""
    return any(method == _AES for method, *_ in folder.chain)


def unpack(folder: Folder, unpacking: Unpacking, unlocking: Unlocking | None = None) -> bytes:
    """What the files of a folder are together. Raises `Unreadable`."""
    if unlocking is None and is_locked(folder):
        raise Unreadable(ReasonCode.ENCRYPTED, "the archive")
    data, chain = folder.packed, list(folder.chain)
    for *_, size in chain:
        unpacking.take(size, "the archive", len(folder.packed))
    while chain:
        method, properties, size = chain.pop(0)
        try:
            if method in (_LZMA, LZMA2):
                filters = [_filter(method, properties, size)]
                while chain and (chain[0][0] in _FILTERS or chain[0][0] == _DELTA):
                    method, properties, size = chain.pop(0)
                    filters.insert(0, _filter(method, properties, size))
                stream = lzma.LZMADecompressor(lzma.FORMAT_RAW, None, filters)
                data = stream.decompress(data, size)
            elif method == _AES and unlocking is not None:
                data = unlocking.decrypted(properties, data)[:size]
            else:
                data = _simply(method, data, size, unpacking.window)
        except _BROKEN as error:
            raise broken(error, "compressed data") from None
        if len(data) != size:
            raise Unreadable(ReasonCode.CORRUPT, "compressed data")
    if folder.crc is not None and zlib.crc32(data) != folder.crc:
        raise Unreadable(ReasonCode.CORRUPT, "checksum")
    return data


def _filter(method: bytes, properties: bytes, size: int) -> dict[str, Any]:
    # A dictionary larger than what comes out is never used.
    most = max(_LEAST_DICTIONARY, size)
    if method == _LZMA:
        packed, dictionary = struct.unpack("<BL", properties)
        least = {"lc": packed % 9, "lp": packed // 9 % 5, "pb": packed // 45}
        return {
            "id": lzma.FILTER_LZMA1,
            "dict_size": min(max(dictionary, _LEAST_DICTIONARY), most),
            **least,
        }
    if method == LZMA2:
        bits = properties[0]
        dictionary = 0xFFFFFFFF if bits >= 40 else (2 | bits & 1) << bits // 2 + 11
        return {"id": lzma.FILTER_LZMA2, "dict_size": min(dictionary, most)}
    if method == _DELTA:
        return {"id": lzma.FILTER_DELTA, "dist": properties[0] + 1}
    return {"id": _FILTERS[method]}


def _simply(method: bytes, data: bytes, size: int, window: int) -> bytes:
    if method == _COPY:
        return data
    if method == _DEFLATE:
        return zlib.decompressobj(-15).decompress(data, size)
    if method == _BZIP2:
        stream: Decompressor = bz2.BZ2Decompressor()
        return stream.decompress(data, size)
    if method == _ZSTD:
        with zstandard.ZstdDecompressor(max_window_size=window).stream_reader(
            io.BytesIO(data), read_across_frames=True
        ) as reader:
            return reader.read(size)
    raise Unreadable(ReasonCode.UNSUPPORTED, "its compression")
