"""What stands where something was that cannot be looked into: files of the same type that show nothing."""

from __future__ import annotations

import struct

_OLE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PLACEABLE = b"\xd7\xcd\xc6\x9a"
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def _blank_emf() -> bytes:
    """An enhanced metafile of a header and an end record (MS-EMF, 2.3.4.2 and 2.3.4.1)."""
    size = 88 + 20
    header = struct.pack(
        "<II8iIIIIHHIIIiiii",
        1, 88, 0, 0, 9, 9, 0, 0, 99, 99, 0x464D4520, 0x10000, size, 2, 1, 0, 0, 0, 0,
        320, 240, 80, 60,
    )  # fmt: skip
    return header + struct.pack("<IIIII", 14, 20, 0, 16, 20)


def _blank_wmf() -> bytes:
    """A placeable metafile without records (MS-WMF, 2.3.2.3, 2.3.2.2 and 2.3.2.1)."""
    start = _PLACEABLE + struct.pack("<H4hHI", 0, 0, 0, 9, 9, 96, 0)
    check = 0
    for (word,) in struct.iter_unpack("<H", start):
        check ^= word
    return (
        start + struct.pack("<H", check) + struct.pack("<HHHIHIHIH", 1, 9, 0x300, 12, 0, 3, 0, 3, 0)
    )


def _blank_ole() -> bytes:
    """A compound file with nothing in it but its root (MS-CFB, 2.2, 2.3 and 2.6)."""
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIIII",
        _OLE_MARK, b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1, 1, 0, 4096, _END, 0, _END, 0, 0,
    )  # fmt: skip
    header += struct.pack("<I", _FREE) * 108
    fat = struct.pack("<II", _FAT, _END) + struct.pack("<I", _FREE) * 126
    name = "Root Entry".encode("utf-16-le")
    root = name.ljust(64, b"\0") + struct.pack("<HBB", len(name) + 2, 5, 1)
    root += (
        struct.pack("<III", _FREE, _FREE, _FREE) + bytes(16 + 4 + 16) + struct.pack("<IQ", _END, 0)
    )
    free = bytes(64) + struct.pack("<HBB", 0, 0, 0) + struct.pack("<III", _FREE, _FREE, _FREE)
    return header + fat + root + (free + bytes(48)) * 3


EMF, WMF, OLE = _blank_emf(), _blank_wmf(), _blank_ole()


def blank_for(content: bytes) -> bytes | None:
    """The blank to put in place of a metafile or a compound file; None for anything else."""
    if content[:4] == b"\x01\0\0\0" and content[40:44] == b" EMF":
        return EMF
    if content[:4] == _PLACEABLE or content[:6] in (b"\x01\0\x09\0\0\x03", b"\x02\0\x09\0\0\x03"):
        return WMF
    return OLE if content[:8] == _OLE_MARK else None
