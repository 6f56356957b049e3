"""MAPI properties (MS-OXPROPS) as slots: a value's segments or child, and how it is written again."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from pii_guard.document import Changes, Child, Document, Edit, Gap, Kind, Locator, Segment
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.capture.parts import Content
from pii_guard.formats.capture.payloads import printable
from pii_guard.formats.mail.message import spliced
from pii_guard.formats.mail.transfer import from_utf8, to_utf8

STRING, UNICODE, BINARY, OBJECT = 0x1E, 0x1F, 0x102, 0x0D
MANY = 0x1000
HEADERS, BODY, RTF, HTML, ATTACHED = 0x007D, 0x1000, 0x1009, 0x1013, 0x3701
CLASS, CODE_PAGE, INTERNET_PAGE, MIME_TAG = 0x001A, 0x3FFD, 0x3FDE, 0x370E
NAMES = (0x3707, 0x3704, 0x3001)
_LABELS = {
    0x0037: "Subject", 0x0E1D: "Subject", 0x0070: "Topic", 0x1000: "", 0x0C1A: "From", 0x0042: "From",
    0x0C1F: "Sender email address", 0x0065: "Sender email address", 0x5D01: "Sender email address",
    0x5D02: "Sender email address", 0x0E04: "To", 0x0E03: "Cc", 0x0E02: "Bcc", 0x3001: "Display name",
    0x3003: "Email address", 0x39FE: "Email address", 0x3704: "filename", 0x3707: "filename",
    0x1035: "Message-ID", 0x0040: "Recipient name", 0x0044: "Recipient name", 0x3A00: "Account",
}  # fmt: skip
_PROSE = frozenset({0x0037, 0x0E1D, 0x0070, 0x1000})
_FIRST = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What the dictionary of compressed RTF begins with (MS-OXRTFCP, section 2.1.2.1)."""
_GROWTH = 9
"""Bytes that come out of one at most: 17 of two (MS-OXRTFCP, 2.2.1.5). What they are in all is counted later."""


@dataclass(slots=True)
class Slot:
    """A value: `content` of its bytes, or one text, or a child. `put` takes its new bytes."""

    data: bytes = field(repr=False)
    put: Callable[[bytes], None]
    content: Content = field(default_factory=Content)
    text: Segment | None = None
    codec: str = ""
    child: Child | None = None
    wrap: Callable[[bytes], bytes] = bytes
    closing: bytes = b""

    @property
    def segments(self) -> list[Segment]:
        """Its segments, in order."""
        return [self.text] if self.text else [part.segment for part in self.content.parts]

    def edited(self, edits: dict[int, list[Edit]], first: int, child: bytes | None) -> bytes:
        """Its bytes after the edits of its segments, which are numbered from `first`."""
        if self.child is not None:
            return self.data if child in (None, self.child.blob) else self.wrap(child or b"")
        if self.text is None:
            splices = [
                one
                for number, part in enumerate(self.content.parts, first)
                for one in (part.splices(edits[number]) if number in edits else ())
            ]
            return spliced(self.data, splices) if splices else self.data
        if first not in edits:
            return self.data
        parts, position = [], 0
        for edit in edits[first]:
            parts += [self.text.text[position : edit.span.start], edit.replacement]
            position = edit.span.end
        text = "".join([*parts, self.text.text[position:]])
        return text.encode(self.codec, "replace") + self.closing


def slot_of(
    tag: tuple[int, int],
    data: bytes,
    page: str,
    where: Locator,
    record: tuple[int, ...],
    put: Callable[[bytes], None],
    *,
    name: str = "",
    media_type: str = "",
) -> Slot | None:
    """The slot of a property (identifier, type); None where it is empty.

    `page`: the codec of its 8-bit text. `name`, `media_type`: what an attachment is called and is.
    """
    number, kind = tag[0], tag[1] & ~MANY
    if not data.strip(b"\0"):
        return None
    slot = Slot(data, put)
    if kind in (STRING, UNICODE):
        slot.codec = "utf-16-le" if kind == UNICODE else page
        text = data.decode(slot.codec, "replace")
        bare = text.rstrip("\0")
        slot.closing = (
            data[len(data) - (len(text) - len(bare)) * (2 if kind == UNICODE else 1) :]
            if len(text) > len(bare)
            else b""
        )
        if number == HEADERS:
            slot.child = Child(bare.encode("utf-8", "replace"), where, "", "message/rfc822", record)
            slot.wrap = lambda new: _recoded(new, slot.codec) + slot.closing
            return slot
        prose = Kind.PROSE if number in _PROSE else Kind.FIELD
        slot.text = Segment(bare, where, prose, _LABELS.get(number, ""), record)
    elif number == RTF:
        slot.child = Child(unpack_rtf(data), where, "", "text/rtf", record)
        slot.wrap = pack_rtf
    elif number == HTML:
        inner, utf8 = to_utf8(data, page)
        slot.child = Child(inner, where, "", "text/html", record)
        slot.wrap = (lambda new: from_utf8(new, page)) if utf8 else bytes
    elif number == ATTACHED:
        slot.child = Child(data, where, name, media_type, record)
    else:
        slot.content = printable(data, where, record)
    return slot


def _recoded(new: bytes, codec: str) -> bytes:
    return new.decode("utf-8", "replace").encode(codec, "replace")


def code_page(number: int) -> str:
    """The codec of a Windows code page; Windows-1252 for none."""
    name = {
        65001: "utf-8",
        20127: "ascii",
        28591: "latin-1",
        1200: "utf-16-le",
        20866: "koi8-r",
    }.get(number, f"iso8859-{number - 28590}" if 28591 < number < 28606 else f"cp{number}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name


def unpack_rtf(data: bytes) -> bytes:
    """Compressed RTF (MS-OXRTFCP) as RTF. Raises `Unreadable`."""
    try:
        _, size, kind, _ = struct.unpack_from("<IIII", data)
    except struct.error:
        raise Unreadable(ReasonCode.CORRUPT, "compressed RTF") from None
    if kind == 0x414C454D:
        return data[16 : 16 + size]
    if kind != 0x75465A4C or size > _GROWTH * len(data):
        raise Unreadable(ReasonCode.CORRUPT, "compressed RTF")
    held = bytearray(_FIRST)
    out, at, position = len(_FIRST), 16, len(_FIRST)
    ring = bytearray(4096)
    ring[: len(_FIRST)] = _FIRST
    while at < len(data):
        control = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data):
                break
            if not control >> bit & 1:
                held.append(data[at])
                ring[position] = data[at]
                position = (position + 1) % 4096
                at += 1
                continue
            told = int.from_bytes(data[at : at + 2], "big")
            at += 2
            offset = told >> 4
            if offset == position:
                return bytes(held[out : out + size])
            for step in range((told & 15) + 2):
                byte = ring[(offset + step) % 4096]
                held.append(byte)
                ring[position] = byte
                position = (position + 1) % 4096
    return bytes(held[out : out + size])


def pack_rtf(rtf: bytes) -> bytes:
    """RTF in the form that is not compressed."""
    return struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf


def document_of_slots(slots: Sequence[Slot], gaps: Sequence[Gap], bounds: Bounds) -> Document:
    """Segments and children of slots, in order."""
    segments = [segment for slot in slots for segment in slot.segments]
    if len(segments) > bounds.max_cells:
        raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {bounds.max_cells} values")
    children = tuple(slot.child for slot in slots if slot.child is not None)
    return Document(tuple(segments), children, tuple(gaps))


def change(slots: Sequence[Slot], changes: Changes) -> bool:
    """Put the new bytes of each slot that changes; whether any did."""
    edits = {n: list(group) for n, group in groupby(changes.edits, key=attrgetter("segment"))}
    first = child = 0
    changed = False
    for slot in slots:
        inner = None
        if slot.child is not None:
            inner = changes.children.get(child, b"")
            child += 1
        new = slot.edited(edits, first, inner)
        first += len(slot.segments)
        if new != slot.data:
            slot.put(new)
            changed = True
    return changed
