"""FLAC: of the blocks before the sound two kinds stay. Source: RFC 9639, sections 8 and 9."""

from __future__ import annotations

from pii_guard.document import Matter
from pii_guard.formats.media.cuts import Cut, Stripped, any_set, corrupt
from pii_guard.formats.media.sums import CRC_8, CRC_16
from pii_guard.formats.media.tags import leading, trailing

STREAM, PADDING, SEEKING = 0, 1, 3
"""Kinds of block."""
_LONGEST = 1 << 20
"""Bytes before the end in which the last frame is looked for."""


def strip(blob: bytes) -> Stripped:
    """What goes and what stays. Raises `Unreadable`."""
    stripped = Stripped(tracks=[Matter.AUDIO])
    start, end = leading(blob), trailing(blob)
    if blob[start : start + 4] != b"fLaC":
        raise corrupt("no FLAC stream")
    for low, high in ((0, start), (end, len(blob))):
        if high > low:
            stripped.cuts.append(Cut(low, high, b""))
    sound = blank_blocks(blob, start + 4, end, stripped)
    if not _ends_with_a_frame(blob, sound, end):
        raise corrupt("no frame at the end")
    stripped.frames = [(sound, end)]
    return stripped


def blank_blocks(blob: bytes, start: int, end: int, stripped: Stripped) -> int:
    """Let blocks of all other kinds be padding; where the last one ends."""
    first = True
    while True:
        if start + 4 > end:
            raise corrupt("no end of the blocks")
        kind, last = blob[start] & 0x7F, blob[start] & 0x80
        after = start + 4 + int.from_bytes(blob[start + 1 : start + 4], "big")
        if after > end or (first and kind != STREAM):
            raise corrupt("a block that is longer than the file")
        if kind not in (STREAM, SEEKING) or (kind == STREAM and not first):
            new = bytes([last | PADDING]) + blob[start + 1 : start + 4] + bytes(after - start - 4)
            told = any_set(blob, start + 4, after)
            if told or kind != PADDING:
                stripped.cuts.append(Cut(start, after, new, told))
        if last:
            return after
        start, first = after, False


def _ends_with_a_frame(blob: bytes, start: int, end: int) -> bool:
    """Whether the sum of a last frame is right (section 9.3), so that nothing stands behind it."""
    at = end
    low = max(start, end - _LONGEST)
    while (at := blob.rfind(b"\xff", low, at)) >= 0:
        if at + 1 < end and blob[at + 1] & 0xFE == 0xF8 and _head_is_right(blob, at, end):
            return CRC_16.of(blob[at : end - 2]) == int.from_bytes(blob[end - 2 : end], "big")
    return start == end


def _head_is_right(blob: bytes, at: int, end: int) -> bool:
    """Whether the head of a frame has the sum it says (section 9.1.8)."""
    if at + 6 > end:
        return False
    block, rate = blob[at + 2] >> 4, blob[at + 2] & 15
    size = 4 + _width(blob[at + 4])
    size += {6: 1, 7: 2}.get(block, 0) + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    return at + size < end and CRC_8.of(blob[at : at + size]) == blob[at + size]


def _width(lead: int) -> int:
    """The bytes of a coded number (section 9.1.5) by its first."""
    return 1 if lead < 0x80 else 8 - (lead ^ 0xFF).bit_length()
