"""Capture files: pcap (its libpcap format) and pcapng (draft-ietf-opsawg-pcapng) as records, and back.

A record that does not change is copied; one that does is built anew with its lengths.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds

_PCAP = {
    b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">",
    b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">",
}  # fmt: skip
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _NAMES, _COUNTS, _PACKET, _SECRETS = (
    0x0A0D0D0A, 1, 2, 3, 4, 5, 6, 10,
)  # fmt: skip
_FIXED = {
    _SECTION: 16,
    _INTERFACE: 8,
    _OLD_PACKET: 20,
    _SIMPLE: 4,
    _NAMES: 0,
    _COUNTS: 12,
    _PACKET: 20,
}
"""Bytes before the data or the options of a block."""
_TEXTS = {
    _SECTION: {2: "hardware", 3: "operating system", 4: "application"},
    _INTERFACE: {
        2: "interface", 3: "description", 11: "filter", 12: "operating system", 15: "hardware",
    },
    _NAMES: {2: "name server"},
}  # fmt: skip
_ADDRESSES = {_INTERFACE: {4: 4, 5: 16, 6: 6}, _NAMES: {3: 4, 4: 16}}
"""Options that begin with an address of so many bytes."""
_NUMBERS = {
    _INTERFACE: {7, 8, 9, 10, 13, 14, 16, 17}, _COUNTS: set(range(2, 9)),
    _PACKET: set(range(2, 9)), _OLD_PACKET: {2, 3},
}  # fmt: skip
_COMMENT = 1
_NO_LIMIT = 262_144
"""Bytes of a packet: what capturing programs write where they cut nothing (libpcap)."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text beside the packets: `at` its option or name in the record, `label` what it is."""

    at: tuple[int, int]
    label: str
    raw: bytes = field(repr=False)


@dataclass(slots=True)
class Record:
    """A record at bytes `start`..`end` of the file.

    `head`: its own fields before the data; `data`: the packet's bytes, None where it has none;
    `original`: bytes that the packet had on the wire; `options`: code and value; `names`: records of
    addresses and host names, kind and value.
    """

    start: int
    end: int
    block: int = -1
    order: str = "<"
    head: bytes = field(default=b"", repr=False)
    data: bytes | None = field(default=None, repr=False)
    original: int = 0
    link: int = 0
    options: list[tuple[int, bytes]] = field(default_factory=list, repr=False)
    names: list[tuple[int, bytes]] = field(default_factory=list, repr=False)

    def texts(self) -> Iterator[Text]:
        """The texts beside the packets."""
        for number, (code, value) in enumerate(self.options):
            label = "comment" if code == _COMMENT else _TEXTS.get(self.block, {}).get(code)
            if label:
                yield Text((0, number), label, value.rstrip(b"\0"))
        for number, (kind, value) in enumerate(self.names):
            yield Text((1, number), "host name", value[_width(kind) :].rstrip(b"\0"))

    def addresses(self) -> Iterator[bytes]:
        """The addresses beside the packets."""
        for code, value in self.options:
            size = _ADDRESSES.get(self.block, {}).get(code)
            if size and len(value) >= size:
                yield value[:size]
        for kind, value in self.names:
            yield value[: _width(kind)]


def _width(kind: int) -> int:
    return {1: 4, 2: 16, 3: 8, 4: 8}.get(kind, 0)


def read_file(blob: bytes, bounds: Bounds) -> list[Record]:
    """The records of a capture. Raises `Unreadable` for broken files, secrets and unknown blocks."""
    try:
        found = _pcap(blob) if blob[:4] in _PCAP else _pcapng(blob)
        records = list(islice(found, bounds.max_cells + 1))
    except (struct.error, IndexError):
        raise Unreadable(ReasonCode.CORRUPT, "a record ends too early") from None
    if len(records) > bounds.max_cells:
        raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {bounds.max_cells} records")
    return records


def _pcap(blob: bytes) -> Iterator[Record]:
    order = _PCAP[blob[:4]]
    link = struct.unpack(order + "I", blob[20:24])[0] & 0xFFFF
    yield Record(0, 24, -2, order, blob[:24])
    position, end = 24, len(blob)
    while position < end:
        head = blob[position : position + 16]
        captured, original = struct.unpack(order + "8xII", head)
        stop = position + 16 + captured
        if captured > _NO_LIMIT or stop > end:
            raise Unreadable(ReasonCode.CORRUPT, "a packet ends too early")
        yield Record(position, stop, -1, order, head, blob[position + 16 : stop], original, link)
        position = stop


def _pcapng(blob: bytes) -> Iterator[Record]:
    position, order = 0, "<"
    links: list[tuple[int, int]] = []
    while position < len(blob):
        kind = struct.unpack(order + "I", blob[position : position + 4])[0]
        if kind == _SECTION:
            order = "<" if blob[position + 8 : position + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links = []
        size = struct.unpack(order + "I", blob[position + 4 : position + 8])[0]
        end = position + size
        tail = blob[end - 4 : end]
        if size < 12 or size % 4 or end > len(blob) or tail != struct.pack(order + "I", size):
            raise Unreadable(ReasonCode.CORRUPT, "a block of the wrong size")
        record = _block(blob[position + 8 : end - 4], kind, order, links)
        yield replace(record, start=position, end=end)
        position = end


def _block(body: bytes, kind: int, order: str, links: list[tuple[int, int]]) -> Record:
    if kind == _SECRETS:
        raise Unreadable(ReasonCode.NOT_COVERED, "secrets that decrypt its packets")
    if kind not in _FIXED:
        raise Unreadable(ReasonCode.NOT_COVERED, "a block of an unknown kind")
    fixed = _FIXED[kind]
    record = Record(0, 0, kind, order, body[:fixed])
    position = fixed
    if kind == _INTERFACE:
        link, snap = struct.unpack(order + "HxxI", record.head)
        links.append((link, snap))
    elif kind in (_PACKET, _OLD_PACKET):
        number = struct.unpack_from(order + ("I" if kind == _PACKET else "H"), body)[0]
        captured, record.original = struct.unpack(order + "II", body[12:20])
        record.data, record.link = body[fixed : fixed + captured], links[number][0]
        position += captured + -captured % 4
    elif kind == _SIMPLE:
        record.original = struct.unpack(order + "I", record.head)[0]
        link, snap = links[0]
        captured = min(record.original, snap or record.original)
        record.data, record.link = body[fixed : fixed + captured], link
        position = len(body)
        if len(body) - fixed - captured > 3:
            raise Unreadable(ReasonCode.CORRUPT, "a block of the wrong size")
    elif kind == _NAMES:
        position = _read_options(body, position, order, record.names)
    if record.data is not None and len(record.data) != captured:
        raise Unreadable(ReasonCode.CORRUPT, "a packet ends too early")
    _read_options(body, position, order, record.options)
    known = {_COMMENT, *_TEXTS.get(kind, ()), *_ADDRESSES.get(kind, ()), *_NUMBERS.get(kind, ())}
    if any(code not in known for code, _ in record.options):
        raise Unreadable(ReasonCode.NOT_COVERED, "an option of an unknown kind")
    if any(not _width(code) for code, _ in record.names):
        raise Unreadable(ReasonCode.NOT_COVERED, "a name record of an unknown kind")
    return record


def _read_options(body: bytes, position: int, order: str, found: list[tuple[int, bytes]]) -> int:
    while position + 4 <= len(body):
        code, size = struct.unpack(order + "HH", body[position : position + 4])
        position += 4
        if code == 0:
            return position
        if position + size > len(body):
            raise Unreadable(ReasonCode.CORRUPT, "an option ends too early")
        found.append((code, body[position : position + size]))
        position += size + -size % 4
    return position


def _options(found: Sequence[tuple[int, bytes]], order: str) -> bytes:
    parts = [
        struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)
        for code, value in found
    ]
    return b"".join(parts) + (b"\0\0\0\0" if parts else b"")


def build(record: Record) -> bytes:
    """The bytes of a record, its lengths counted anew."""
    data, order = record.data or b"", record.order
    lengths = struct.pack(order + "II", len(data), record.original)
    if record.block == -2:
        return record.head
    if record.block == -1:
        return record.head[:8] + lengths + data
    head = record.head
    if record.block in (_PACKET, _OLD_PACKET):
        head = head[:12] + lengths
    elif record.block == _SIMPLE:
        head = struct.pack(order + "I", record.original)
    body = head + data + b"\0" * (-len(data) % 4)
    if record.block == _NAMES:
        body += _options(record.names, order) or b"\0\0\0\0"
    if record.block != _SIMPLE:
        body += _options(record.options, order)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", record.block) + size + body + size


def unlimited(record: Record, longest: int) -> Record:
    """The head of a file, a section or an interface, without a length that changes made wrong.

    `longest`: bytes of the longest packet, 0 where none grew.
    """
    order = record.order
    if record.block == -2 and longest > struct.unpack(order + "I", record.head[16:20])[0]:
        head = record.head[:16] + struct.pack(order + "I", _NO_LIMIT) + record.head[20:]
        return replace(record, head=head)
    if record.block == _SECTION:
        return replace(record, head=record.head[:8] + b"\xff" * 8)
    if record.block == _INTERFACE and 0 < struct.unpack(order + "I", record.head[4:8])[0] < longest:
        return replace(record, head=record.head[:4] + b"\0" * 4)
    return record
