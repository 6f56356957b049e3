"""Ogg (Vorbis, Opus, FLAC, Speex): the comments of each stream are emptied in their place.

Pages keep their size and get new sums. Sources: RFC 3533 (pages), RFC 5334, RFC 7845 (Opus), the Vorbis I
specification (sections 4.2 and 5.2), the mapping of FLAC into Ogg (RFC 9639, section 10.1).
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from pii_guard.document import Matter
from pii_guard.formats.media.cuts import Cut, Stripped, corrupt, not_covered
from pii_guard.formats.media.flac import PADDING, SEEKING
from pii_guard.formats.media.sums import CRC_32

_FIRST = 2
_MARKS = {"vorbis": b"\x03vorbis", "opus": b"OpusTags", "speex": b""}
_MOST = 1 << 30


@dataclass(slots=True)
class _Stream:
    """A logical stream while its head is read: `left` packets of the head are still to come."""

    codec: str
    left: int
    number: int = 0
    begins: bool = True
    """Whether a packet begins with the next part of a page."""
    places: list[tuple[int, int]] = field(default_factory=list)
    """The ranges of the packet that is being read."""


@dataclass(frozen=True, slots=True)
class _Page:
    start: int
    body: int
    end: int
    flags: int
    serial: int
    lacing: bytes = field(repr=False)


def strip(blob: bytes) -> Stripped:
    """What goes and what stays. Raises `Unreadable`."""
    stripped = Stripped()
    streams: dict[int, _Stream] = {}
    pages = list(_pages(blob))
    for page in pages:
        if page.flags & _FIRST:
            streams[page.serial] = _opened(blob, page)
            stripped.tracks.append(Matter.AUDIO)
        stream = streams.get(page.serial)
        if stream is None:
            raise corrupt("a page of no stream")
        if stream.left <= 0:
            stripped.frames.append((page.start, page.end))
        _packets(blob, page, stream, stripped)
    if not stripped.tracks or any(stream.left > 0 for stream in streams.values()):
        raise corrupt("a stream without its head")
    stripped.cuts = _resummed(blob, pages, sorted(stripped.cuts))
    return stripped


def _pages(blob: bytes) -> Iterator[_Page]:
    at = 0
    while at < len(blob):
        if blob[at : at + 5] != b"OggS\0":
            raise corrupt("bytes between pages")
        count = blob[at + 26]
        lacing = blob[at + 27 : at + 27 + count]
        body = at + 27 + count
        end = body + sum(lacing)
        if end > len(blob) or len(lacing) < count:
            raise corrupt("a page that is longer than the file")
        serial = struct.unpack_from("<I", blob, at + 14)[0]
        yield _Page(at, body, end, blob[at + 5], serial, lacing)
        at = end


def _opened(blob: bytes, page: _Page) -> _Stream:
    """A stream by its first packet."""
    head = blob[page.body : page.end]
    if head.startswith(b"\x01vorbis"):
        return _Stream("vorbis", 3)
    if head.startswith(b"OpusHead"):
        return _Stream("opus", 2)
    if head.startswith(b"\x7fFLAC"):
        # Each block is a packet, up to one that says it is the last.
        return _Stream("flac", _MOST)
    if head.startswith(b"Speex   ") and not any(head[68:72]):
        return _Stream("speex", 2)
    raise not_covered("a stream of unknown make")


def _packets(blob: bytes, page: _Page, stream: _Stream, stripped: Stripped) -> None:
    """Take in the packets of a page: those of the head, then sound and nothing else."""
    at = page.body
    for size in page.lacing:
        if stream.left > 0:
            stream.places.append((at, at + size))
            if size < 255:
                _empty(blob, stream, stripped)
                stream.places = []
                stream.number += 1
                stream.left -= 1
        elif stream.begins and size and not _is_sound(stream.codec, blob[at : at + 2]):
            raise corrupt("a head among the sound")
        stream.begins = size < 255
        at += size


def _is_sound(codec: str, start: bytes) -> bool:
    """Whether a packet that begins like this is a frame, where that can be told."""
    if codec == "flac":
        return start[:1] == b"\xff" and start[1:] >= b"\xf8"
    return codec != "vorbis" or not start[0] & 1


def _empty(blob: bytes, stream: _Stream, stripped: Stripped) -> None:
    """Empty the packet that was read, if it holds comments."""
    packet = b"".join(blob[start:end] for start, end in stream.places)
    new = packet
    if stream.codec == "flac":
        head = packet[13:] if stream.number == 0 else packet
        if len(head) < 4:
            raise corrupt("an empty block")
        if stream.number and head[0] & 0x7F != SEEKING:
            new = bytes([head[0] & 0x80 | PADDING]) + head[1:4] + bytes(len(head) - 4)
        if head[0] & 0x80:
            stream.left = 1
    elif stream.number == 1:
        new = without_comments(packet, _MARKS[stream.codec])
    elif stream.number > 1:
        stripped.frames += stream.places
    at = 0
    for start, end in stream.places:
        if new[at : at + end - start] != blob[start:end]:
            stripped.cuts.append(Cut(start, end, new[at : at + end - start]))
        at += end - start


def without_comments(packet: bytes, mark: bytes) -> bytes:
    """A packet of comments of the same size without any: its maker is called by as many zeros."""
    framing = 1 if mark == b"\x03vorbis" else 0
    room = len(packet) - len(mark) - 8 - framing
    if not packet.startswith(mark) or room < 0:
        raise corrupt("no comments where they should be")
    return mark + struct.pack("<I", room) + bytes(room) + bytes(4) + b"\x01" * framing


def _resummed(blob: bytes, pages: list[_Page], cuts: list[Cut]) -> list[Cut]:
    """The cuts as whole pages, with the sum of each page that they change; cuts are in order."""
    found: list[Cut] = []
    starts = [page.start for page in pages]
    for number, mine in groupby(cuts, key=lambda cut: bisect_right(starts, cut.start) - 1):
        page = pages[number]
        raw = bytearray(blob[page.start : page.end])
        for cut in mine:
            raw[cut.start - page.start : cut.end - page.start] = cut.new
        raw[22:26] = bytes(4)
        raw[22:26] = struct.pack("<I", CRC_32.of(raw))
        found.append(Cut(page.start, page.end, bytes(raw)))
    return found
