"""The structure of a zip archive (PKWARE APPNOTE 6.3.10): entries, and the bytes that are nobody's.

Read from the central directory, held against the local headers: where the two disagree readers do,
too, and the archive is refused, as are entries that share bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.unpacking import Unpacking

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_MOST_COMMENT = 65_535
ENCRYPTED, DESCRIBED, UTF8 = 0x2061, 0x08, 0x800
STORED, DEFLATED, BZIP2 = 0, 8, 12
AES = 99
_SYMLINK, _KIND = 0xA000, 0xF000
_TIMES_AND_IDS = {0x5455: 13, 0x000A: 32, 0x5855: 12, 0x7855: 4, 0x7875: 11, 0xCAFE: 0}
"""Extra fields that hold times and numbers of users, with the most bytes they take for that."""
ZIP64 = 0x0001


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the fields of its central header, and where it and its packed data stand.

    `start`..`end` is all that belongs to it, its data descriptor included. `extra` and
    `local_extra` are as they stand; the raw `name` is the same in both headers.
    """

    made_by: int
    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    size: int
    internal: int
    external: int
    name: bytes = field(repr=False)
    extra: bytes = field(repr=False)
    local_extra: bytes = field(repr=False)
    comment: bytes = field(repr=False)
    packed: bytes = field(repr=False)
    start: int = 0
    end: int = 0

    @property
    def is_folder(self) -> bool:
        """Whether it stands for a folder."""
        return self.name.endswith((b"/", b"\\")) and not self.size

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link of Unix: its content is where it leads."""
        return self.made_by >> 8 == 3 and (self.external >> 16) & _KIND == _SYMLINK

    @property
    def path(self) -> str:
        """The name as people see it: UTF-8 if it is, else the code page of DOS."""
        return text_of(self.name, self.flags)


@dataclass(frozen=True, slots=True)
class Archive:
    """Entries in the order of the directory, the comment, and stretches that belong to nothing."""

    entries: tuple[Entry, ...]
    comment: bytes = field(repr=False)
    unused: tuple[bytes, ...] = field(repr=False)


def text_of(raw: bytes, flags: int) -> str:
    """A name or comment. Unflagged UTF-8 is met where a system knows nothing else."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace") if flags & UTF8 else raw.decode("cp437")


def extras(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The extra fields by number; what is none at the end comes as number -1."""
    position = 0
    while position + 4 <= len(raw):
        kind, size = struct.unpack_from("<HH", raw, position)
        if position + 4 + size > len(raw):
            break
        yield kind, raw[position + 4 : position + 4 + size]
        position += 4 + size
    if position < len(raw):
        yield -1, raw[position:]


def is_plain(kind: int, data: bytes) -> bool:
    """Whether an extra field holds nothing but times, numbers or sizes."""
    return kind == ZIP64 or (kind in _TIMES_AND_IDS and len(data) <= _TIMES_AND_IDS[kind])


def parsed(blob: bytes, unpacking: Unpacking, *, locked: bool = False) -> Archive:
    """The archive in `blob`. Raises `Unreadable`, for encrypted members too unless `locked`."""
    try:
        archive = _parsed(blob, unpacking)
    except (struct.error, IndexError, StopIteration):  # sizes that a field of large ones lacks
        raise Unreadable(ReasonCode.CORRUPT, "zip structure") from None
    if not locked and any(map(is_locked, archive.entries)):
        raise Unreadable(ReasonCode.ENCRYPTED, "a member of the archive")
    return archive


def is_locked(entry: Entry) -> bool:
    """Whether it says so itself, or its method does."""
    return bool(entry.flags & ENCRYPTED) or entry.method == AES


def _parsed(blob: bytes, unpacking: Unpacking) -> Archive:
    end, count, size, offset, comment, tail = _end(blob)
    shift = tail - size - offset  # bytes before the archive that its offsets do not count
    if shift < 0:
        raise Unreadable(ReasonCode.CORRUPT, "zip directory")
    entries, position = [], tail - size
    for _ in range(count):
        unpacking.member()
        entry, position = _entry(blob, position, shift)
        unpacking.take(entry.size, "the archive", len(entry.packed))
        entries.append(entry)
    if position != tail:
        raise Unreadable(ReasonCode.CORRUPT, "zip directory")
    claimed = [(entry.start, entry.end) for entry in entries] + [
        (tail - size, end + END.size + len(comment))
    ]
    return Archive(tuple(entries), comment, tuple(_unclaimed(blob, claimed)))


def _unclaimed(blob: bytes, claimed: list[tuple[int, int]]) -> Iterator[bytes]:
    position = 0
    for start, end in sorted(claimed):
        if start < position:
            raise Unreadable(ReasonCode.CORRUPT, "zip entries overlap")
        if blob[position:start].strip(b"\0"):
            yield blob[position:start]
        position = end
    if blob[position:].strip(b"\0"):
        yield blob[position:]


def _end(blob: bytes) -> tuple[int, int, int, int, bytes, int]:
    """Where the end record is; entries, size and offset of the directory, comment, directory's end."""
    end = blob.rfind(b"PK\x05\x06", max(0, len(blob) - _MOST_COMMENT - END.size))
    if end < 0:
        raise Unreadable(ReasonCode.CORRUPT, "it ends too early")
    _, disk, first, here, count, size, offset, length = END.unpack_from(blob, end)
    comment, tail = blob[end + END.size : end + END.size + length], end
    if len(comment) != length:
        raise Unreadable(ReasonCode.CORRUPT, "it ends too early")
    if blob[end + END.size + length :].strip(b"\0"):
        # Whoever opens the file as text reads on.
        comment = blob[end + END.size :]
    at = end - _LOCATOR64.size
    if at >= 0 and blob.startswith(b"PK\x06\x07", at):
        tail = blob.rfind(b"PK\x06\x06", max(0, at - 4096), at)
        if tail < 0:
            raise Unreadable(ReasonCode.CORRUPT, "zip directory")
        _, long, _, _, disk, first, here, count, size, offset = _END64.unpack_from(blob, tail)
        if long != _END64.size - 12 or tail + _END64.size != at:
            raise Unreadable(ReasonCode.NOT_COVERED, "data of a program's own in the directory")
    if disk or first or here != count:
        raise Unreadable(ReasonCode.UNSUPPORTED, "one part of a split archive")
    return end, count, size, offset, comment, tail


def _entry(blob: bytes, position: int, shift: int) -> tuple[Entry, int]:
    (mark, made_by, needed, flags, method, time, date, crc, packed, size, name_length, extra_length,
     comment_length, disk, internal, external, offset) = CENTRAL.unpack_from(blob, position)  # fmt: skip
    if mark != b"PK\x01\x02" or disk not in (0, 0xFFFF):
        raise Unreadable(ReasonCode.CORRUPT, "zip directory")
    if flags & 0x2000:
        raise Unreadable(ReasonCode.ENCRYPTED, "the directory of the archive")
    position += CENTRAL.size
    name = blob[position : position + name_length]
    extra = blob[position + name_length : position + name_length + extra_length]
    position += name_length + extra_length
    comment = blob[position : position + comment_length]
    wide = iter(
        struct.unpack(f"<{len(w) // 8}Q", w[: len(w) // 8 * 8]) if (w := _wide(extra)) else ()
    )
    size = next(wide) if size == 0xFFFFFFFF and w else size
    packed = next(wide) if packed == 0xFFFFFFFF and w else packed
    offset = next(wide) if offset == 0xFFFFFFFF and w else offset
    start = offset + shift
    local = LOCAL.unpack_from(blob, start)
    local_name_length, local_extra_length = local[9], local[10]
    data = start + LOCAL.size + local_name_length + local_extra_length
    local_name = blob[start + LOCAL.size : start + LOCAL.size + local_name_length]
    if local[0] != b"PK\x03\x04" or local_name != name or local[3] != method:
        raise Unreadable(ReasonCode.CORRUPT, "the directory and an entry disagree")
    if data + packed > len(blob):
        raise Unreadable(ReasonCode.CORRUPT, "it ends too early")
    end = data + packed
    if flags & DESCRIBED:
        end = _described(blob, end, crc, packed, size)
    entry = Entry(
        made_by, needed, flags, method, time, date, crc, size, internal, external, name, extra,
        blob[data - local_extra_length : data], comment, blob[data : data + packed], start, end,
    )  # fmt: skip
    return entry, position + comment_length


def _wide(extra: bytes) -> bytes:
    return next((data for kind, data in extras(extra) if kind == ZIP64), b"")


def _described(blob: bytes, at: int, crc: int, packed: int, size: int) -> int:
    """Where the data descriptor that may follow an entry's data ends."""
    for mark in (b"PK\x07\x08", b""):
        for form in ("<LLL", "<LQQ"):
            described = mark + struct.pack(form, crc, packed, size)
            if blob.startswith(described, at):
                return at + len(described)
    return at
