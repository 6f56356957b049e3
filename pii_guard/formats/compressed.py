"""gzip, bzip2, xz and Zstandard: one file each, which is a child; their headers are read too.

A file that is several streams one after another (`cat a.gz b.gz`) is one child, as every tool reads
it. After an edit it is one stream, with the header of the first. The second readers are the standard
library's file interfaces (gzip, bz2, lzma), for Zstandard its streaming interface.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import zstandard

from pii_guard.document import Changes, Child, Document, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.naming import Names, renamed, replaced
from pii_guard.formats.unpacking import WIDEST, Decompressor, Unpacking, broken, remnant

_WHERE = (Step("member", 1),)
_STEP = 1 << 20
_ZSTD = 0xFD2FB528
_SKIPPED = range(0x184D2A50, 0x184D2A60)


@dataclass(slots=True)
class Streams:
    """What was read: the file within, what is said about it, and the header to write again.

    `notes`: text in headers that is no name; an edit removes the whole of it. `name` is in Latin-1
    (RFC 1952), `None` where there is none. `head` is the gzip header's first ten bytes.
    """

    parts: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    comments: list[str | None] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)
    head: bytes = b""

    def note(self, raw: bytes, label: str) -> None:
        """Bytes that are neither the file nor a name."""
        segment = remnant(raw, (*_WHERE, Step("unused", len(self.notes) + 1)), label)
        if segment is not None:
            self.notes.append(segment)


@dataclass(frozen=True, slots=True)
class Compressed:
    """A format of one file within: how its streams are read, made and opened by a second reader."""

    media_types: frozenset[str]
    split: Callable[[bytes, Unpacking], Streams]
    pack: Callable[[bytes, Streams], bytes]
    second: Callable[[BinaryIO], Any]
    exact: bool = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Names and comments as segments, the file within as a child. Raises `Unreadable`."""
        streams = self.split(blob, Unpacking(len(blob), bounds))
        return _document(_named(streams), streams)

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The file with its content replaced, or without any where that was not handed back."""
        streams = self.split(blob, Unpacking(len(blob), bounds))
        content = changes.children.get(0, b"")
        if not changes.edits and content == b"".join(streams.parts):
            return blob
        edits = _named(streams).edited(changes.edits)
        if streams.names and streams.names[0] is not None:
            streams.names[0] = renamed(streams.names[0], edits.get("name 0", ()))
        if streams.comments and streams.comments[0] is not None:
            streams.comments[0] = replaced(streams.comments[0], edits.get("comment 0", ()))
        return self.pack(content, streams)

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """The file within as the second reader unpacks it; names as they stand."""
        unpacking = Unpacking(len(blob), bounds)
        parts = []
        try:
            with self.second(io.BytesIO(blob)) as opened:
                while part := opened.read(_STEP):
                    unpacking.take(len(part))
                    parts.append(part)
        except Unreadable:
            raise
        except Exception as error:  # noqa: BLE001 - each library raises its own
            raise broken(error, "the second reader refuses it") from None
        streams = self.split(blob, Unpacking(len(blob), bounds))
        document = _document(_named(streams), streams)
        child = document.children[0]
        content = Child(b"".join(parts), child.locator, child.name)
        if content.blob != child.blob:
            raise Unreadable(ReasonCode.VERIFICATION_FAILED, "two readers unpack it differently")
        return Document(document.segments, (content,))


def _named(streams: Streams) -> Names:
    names = Names()
    for number, (name, comment) in enumerate(zip(streams.names, streams.comments, strict=True)):
        where = (Step("member", number + 1),)
        names.name(f"name {number}", name or "", where)
        names.add(f"comment {number}", Segment(comment or "", where))
    for number, note in enumerate(streams.notes):
        names.add(f"note {number}", note)
    return names


def _document(names: Names, streams: Streams) -> Document:
    name = next((name for name in streams.names if name), "")
    return Document(tuple(names.segments), (Child(b"".join(streams.parts), _WHERE, name),))


def _gunzip(blob: bytes, unpacking: Unpacking) -> Streams:
    """RFC 1952, section 2.3."""
    streams, start = Streams(), 0
    while _goes_on(blob, start):
        head = blob[start : start + 10]
        if len(head) < 10 or head[:3] != b"\x1f\x8b\x08" or head[3] & 0xE0:
            code = ReasonCode.NOT_COVERED if streams.parts else ReasonCode.CORRUPT
            raise Unreadable(code, "data after its end" if streams.parts else "gzip header")
        unpacking.member()
        streams.head = streams.head or head
        position, flags = start + 10, head[3]
        if flags & 4:
            size = int.from_bytes(blob[position : position + 2], "little")
            streams.note(blob[position + 2 : position + 2 + size], "extra field")
            position += 2 + size
        texts: list[str | None] = []
        for flag in (8, 16):
            end = blob.find(b"\0", position)
            if flags & flag and end < 0:
                raise Unreadable(ReasonCode.CORRUPT, "gzip header")
            texts.append(blob[position:end].decode("latin-1") if flags & flag else None)
            position = end + 1 if flags & flag else position
        position += 2 if flags & 2 else 0
        data, end = unpacking.whole(lambda: zlib.decompressobj(-15), blob, position)
        if blob[end : end + 8] != _checks(data):
            raise Unreadable(ReasonCode.CORRUPT, "gzip checksum")
        streams.parts.append(data)
        streams.names.append(texts[0])
        streams.comments.append(texts[1])
        start = end + 8
    return streams


def _goes_on(blob: bytes, position: int) -> bool:
    """Whether anything but zero bytes follows."""
    if position < len(blob) and blob[position]:
        return True
    return bool(blob[position:].strip(b"\0"))


def _checks(content: bytes) -> bytes:
    return struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def _gzip(content: bytes, streams: Streams) -> bytes:
    """With name, comment, time and system of the first stream; its other fields are left out."""
    name, comment = streams.names[0], streams.comments[0]
    flags = (8 if name else 0) | (16 if comment else 0) | (streams.head[3] & 1)
    texts = b"".join(
        text.replace("\0", "").encode("latin-1", "replace") + b"\0"
        for text in (name, comment)
        if text
    )
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = packer.compress(content) + packer.flush()
    head = b"\x1f\x8b\x08" + bytes([flags]) + streams.head[4:10]
    return head + texts + body + _checks(content)


def _bunzip(blob: bytes, unpacking: Unpacking) -> Streams:
    return _concatenated(blob, unpacking, bz2.BZ2Decompressor)


def _unxz(blob: bytes, unpacking: Unpacking) -> Streams:
    return _concatenated(
        blob, unpacking, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, unpacking.dictionary)
    )


def _concatenated(blob: bytes, unpacking: Unpacking, make: Callable[[], Decompressor]) -> Streams:
    streams, position = Streams(), 0
    while _goes_on(blob, position):
        # Between the streams of an xz file may stand zero bytes, in fours.
        while streams.parts and blob.startswith(b"\0\0\0\0", position):
            position += 4
        unpacking.member()
        data, position = unpacking.whole(make, blob, position)
        streams.parts.append(data)
    return streams


def _unzstd(blob: bytes, unpacking: Unpacking) -> Streams:
    """RFC 8878, section 3.1: frames, and skippable ones that no reader shows."""
    streams, position = Streams(), 0
    try:
        while position < len(blob):
            magic, size = struct.unpack_from("<II", blob, position)
            unpacking.member()
            if magic in _SKIPPED:
                streams.note(blob[position + 8 : position + 8 + size], "skippable frame")
                position += 8 + size
                continue
            end = _frame_end(blob, position)
            frame = zstandard.ZstdDecompressor(max_window_size=unpacking.window)
            with frame.stream_reader(blob[position:end]) as reader:
                while part := reader.read(min(_STEP, unpacking.left + 1)):
                    unpacking.take(len(part))
                    streams.parts.append(part)
            position = end
    except (zstandard.ZstdError, struct.error, IndexError, MemoryError) as error:
        raise broken(error, "Zstandard frame") from None
    if position != len(blob):
        raise Unreadable(ReasonCode.CORRUPT, "it ends too early")
    return streams


def _frame_end(blob: bytes, start: int) -> int:
    """Where a frame ends, by the sizes of its blocks. Raises `IndexError` or `struct.error`."""
    (magic,) = struct.unpack_from("<I", blob, start)
    if magic != _ZSTD:
        raise Unreadable(
            ReasonCode.NOT_COVERED if start else ReasonCode.CORRUPT, "data after its end"
        )
    described = blob[start + 4]
    single = bool(described & 0x20)
    sizes = (0, 1, 2, 4)[described & 3] + ((1 if single else 0), 2, 4, 8)[described >> 6]
    position = start + 5 + (0 if single else 1) + sizes
    last = False
    while not last:
        header = int.from_bytes(blob[position : position + 3], "little")
        if position + 3 > len(blob):
            raise IndexError
        last, kind, size = bool(header & 1), header >> 1 & 3, header >> 3
        position += 3 + (1 if kind == 1 else size)
    return position + (4 if described & 4 else 0)


def _zstd(content: bytes, streams: Streams) -> bytes:  # noqa: ARG001
    return zstandard.ZstdCompressor(level=3, write_checksum=True).compress(content)


def _open_zstd(source: BinaryIO) -> Any:
    return zstandard.ZstdDecompressor(max_window_size=WIDEST).stream_reader(
        source, read_across_frames=True
    )


FORMATS = (
    Compressed(frozenset({"application/gzip"}), _gunzip, _gzip, gzip.open),
    Compressed(
        frozenset({"application/x-bzip2"}),
        _bunzip,
        lambda content, _: bz2.compress(content),
        bz2.open,
    ),
    Compressed(
        frozenset({"application/x-xz"}),
        _unxz,
        lambda content, _: lzma.compress(content, check=lzma.CHECK_CRC64, preset=3),
        lzma.open,
    ),
    Compressed(frozenset({"application/zstd"}), _unzstd, _zstd, _open_zstd),
)
