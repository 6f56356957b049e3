"""MP3 (and layers I and II): nothing stays but frames. Source: ISO/IEC 11172-3, section 2.4.2."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from pii_guard.document import Matter
from pii_guard.formats.media.cuts import Cut, Stripped, corrupt, merged
from pii_guard.formats.media.tags import leading, trailing
from pii_guard.signatures import signatures

_RATES: Mapping[tuple[bool, int], tuple[int, ...]] = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second by whether it is MPEG-1, and layer; their numbers are from 1."""
_SAMPLES = (44_100, 48_000, 32_000)
_HEAD = re.compile(rb"\xff[\xe2-\xe7\xf2-\xff][\x10-\xef]")
_IN_A_ROW = 3
"""Frames that make sound of bytes that are none."""


def strip(blob: bytes) -> Stripped:
    """What goes and what stays. Raises `Unreadable`."""
    at, end = leading(blob), trailing(blob)
    found: list[tuple[int, int]] = []
    row = 0
    while at < end:
        after = _frame(blob, at, end)
        if after and (_is_followed(blob, after, end) if row else _in_a_row(blob, at, end)):
            found.append((at, after))
            at, row = after, row + 1
        else:
            head = _HEAD.search(blob, at + 1, end)
            if head is None:
                break
            row, at = 0, head.start()
    if not found:
        raise corrupt("no frames of sound")
    stripped = Stripped(tracks=[Matter.AUDIO], frames=merged(found))
    position = 0
    for start, after in [*stripped.frames, (len(blob), len(blob))]:
        if start > position:
            stripped.cuts.append(Cut(position, start, b""))
        position = after
    return stripped


def by_chance(kinds: tuple[str, ...], blob: bytes) -> bool:
    """Whether bytes are of these types, by their signatures, for a frame's head alone: of random bytes one
    in 4,000 begin with one, and no other frame follows.
    """
    if kinds != ("audio/mpeg",):
        return False
    return not leading(blob) and not _in_a_row(blob, 0, trailing(blob))


def begins_a_file(blob: bytes) -> bool:
    """Whether the signature of a type says so, and not by chance."""
    kinds = signatures(blob)
    return bool(kinds) and not by_chance(kinds, blob)


def _in_a_row(blob: bytes, at: int, end: int) -> bool:
    """Whether several frames stand behind each other here, or a few up to the end."""
    for _ in range(_IN_A_ROW):
        if at == end:
            return True
        at = _frame(blob, at, end)
        if not at:
            return False
    return True


def _is_followed(blob: bytes, at: int, end: int) -> bool:
    """Whether a frame begins or all sound ends here: else what came before may be half of one."""
    return at == end or _size(int.from_bytes(blob[at : at + 4], "big")) > 0


def _frame(blob: bytes, at: int, end: int) -> int:
    """Where the frame that begins here ends; 0 if there is none."""
    size = _size(int.from_bytes(blob[at : at + 4], "big")) if at + 4 <= end else 0
    return at + size if size and at + size <= end else 0


@lru_cache(maxsize=4096)
def _size(head: int) -> int:
    """The bytes of a frame with this head; 0 for what is no head, or of a free rate."""
    version, layer = head >> 19 & 3, 4 - (head >> 17 & 3)
    rate, frequency, padding = head >> 12 & 15, head >> 10 & 3, head >> 9 & 1
    if head >> 21 != 0x7FF or version == 1 or layer == 4 or rate in (0, 15) or frequency == 3:
        return 0
    first = version == 3
    bits = _RATES[first, layer][rate - 1] * 1000
    samples = _SAMPLES[frequency] >> (0 if first else 1 if version == 2 else 2)
    if layer == 1:
        return (12 * bits // samples + padding) * 4
    return (72 if layer == 3 and not first else 144) * bits // samples + padding
