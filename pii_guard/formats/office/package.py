"""The zip archive an office file is: opened under limits, written again the same way each time.

What stands in the archive beside its members (comments, bytes between members, unknown extra fields)
is not read: `is_tidy` says whether there is any, and `packed` writes none.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.unpacking import Unpacking

_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, IndexError,
    NotImplementedError, OverflowError, KeyError, LookupError, struct.error, MemoryError,
)  # fmt: skip
_LOCAL = 30
_CHUNK = 1 << 16
_KNOWN_EXTRA = frozenset({0x0001, 0x000A, 0x5455, 0x5855, 0x7855, 0x7875, 0xCAFE})
"""Extra fields that hold sizes, times and numbers of owners (APPNOTE.TXT, 4.5 and 4.6)."""
_GROWTH = 0xA220
"""Room that Office leaves for a part to grow (ECMA-376-2, C.3): zeros."""


@dataclass(frozen=True, slots=True)
class Package:
    """The members of an archive by name, in their order, inflated. `is_tidy`: nothing stands beside."""

    members: Mapping[str, bytes] = field(repr=False)
    stored: frozenset[str] = field(repr=False)
    is_tidy: bool

    def packed(self, members: Mapping[str, bytes]) -> bytes:
        """An archive of these members, in their order: no times, no owners, no comments."""
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            for name, content in members.items():
                info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                info.create_system = 0
                info.external_attr = 0
                stored = name in self.stored
                info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                archive.writestr(info, content, compresslevel=None if stored else 6)
        return held.getvalue()


def open_package(blob: bytes, bounds: Bounds) -> Package:
    """The archive inflated. Raises `Unreadable` (corrupt, encrypted, over a limit)."""
    unpacking = Unpacking(len(blob), bounds)
    try:
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            infos = archive.infolist()
            for info in infos:
                unpacking.member()
                unpacking.take(info.file_size, packed=info.compress_size)
            if any(info.flag_bits & 1 for info in infos):
                raise Unreadable(ReasonCode.ENCRYPTED, "its parts")
            if len({info.filename.lower() for info in infos}) != len(infos):
                raise Unreadable(ReasonCode.CORRUPT, "two parts of one name")
            members = {i.filename: _content(archive, i) for i in infos if not i.is_dir()}
            slack = any(_has_slack(blob, info) for info in infos)
            stored = frozenset(i.filename for i in infos if i.compress_type == zipfile.ZIP_STORED)
            tidy = not archive.comment and not slack and _is_tidy(blob, infos, archive.start_dir)
    except _BROKEN as error:
        raise refused(error, "the archive") from None
    return Package(members, stored, tidy)


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member, of which zipfile inflates more than the directory tells unless asked for a size."""
    with archive.open(info) as member:
        return member.read(info.file_size)


def _is_tidy(blob: bytes, infos: list[zipfile.ZipInfo], directory: int) -> bool:
    position = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        name, extra = struct.unpack_from("<HH", blob, info.header_offset + 26)
        start = info.header_offset + _LOCAL + name
        fields = (info.extra, blob[start : start + extra])
        if info.header_offset != position or info.comment or not all(map(_is_plain, fields)):
            return False
        if info.is_dir() and info.file_size:
            return False
        position = start + extra + info.compress_size
        if info.flag_bits & 8:
            position += _descriptor(blob, position, info)
    end = blob.rfind(b"PK\x05\x06")
    # Behind the members: the directory, its end record (of fixed length, as there is no comment).
    return position == directory and end + 22 == len(blob) and _directory_ends(blob, end)


def _has_slack(blob: bytes, info: zipfile.ZipInfo) -> bool:
    """Whether bytes follow the end of a member's deflated data within it, where nobody reads them."""
    if info.compress_type != zipfile.ZIP_DEFLATED:
        return info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size
    name, extra = struct.unpack_from("<HH", blob, info.header_offset + 26)
    start = info.header_offset + _LOCAL + name + extra
    inflating, left = zlib.decompressobj(-15), info.file_size
    data = memoryview(blob)[start : start + info.compress_size]
    for at in range(0, len(data), _CHUNK):
        left -= len(inflating.decompress(data[at : at + _CHUNK], left + 1))
        if left < 0:
            return True
        if inflating.eof:
            return bool(inflating.unused_data) or at + _CHUNK < len(data)
    return True


def _directory_ends(blob: bytes, end: int) -> bool:
    size, offset = struct.unpack_from("<LL", blob, end + 12)
    after = offset + size
    if after == end:
        return True
    # A 64-bit end record and its locator (4.3.14 and 4.3.15) have fixed lengths, too.
    return blob[end - 20 : end - 16] == b"PK\x06\x07" and blob[end - 76 : end - 72] == b"PK\x06\x06"


def _descriptor(blob: bytes, position: int, info: zipfile.ZipInfo) -> int:
    """The length of the sizes that follow a member's data (APPNOTE.TXT, 4.3.9)."""
    marked = 4 if blob[position : position + 4] == b"PK\x07\x08" else 0
    for form in ("<LLL", "<LQQ"):
        size = struct.calcsize(form)
        if position + marked + size <= len(blob):
            told = struct.unpack_from(form, blob, position + marked)
            if told == (info.CRC, info.compress_size, info.file_size):
                return marked + size
    return marked


def _is_plain(extra: bytes) -> bool:
    return all(
        number in _KNOWN_EXTRA or (number == _GROWTH and not content[4:].strip(b"\0"))
        for number, content in _fields(extra)
    )


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + 4 <= len(extra):
        number, size = struct.unpack_from("<HH", extra, position)
        yield number, extra[position + 4 : position + 4 + size]
        position += 4 + size
    if position != len(extra):
        yield -1, extra
