"""WAV: of its chunks four kinds stay; others become `JUNK` of their size.

Source: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0".
"""

from __future__ import annotations

from pii_guard.document import Matter
from pii_guard.formats.media.cuts import Cut, Stripped, any_set, corrupt, not_covered

_STAY = frozenset({b"fmt ", b"data", b"fact", b"cue "})
_CODECS = frozenset({1, 2, 3, 6, 7, 0x11, 0x31, 0xFFFE})
"""PCM, ADPCM, floats, A-law, mu-law, IMA ADPCM, GSM, and the extensible head of these."""
_MOST = {b"fmt ": 64, b"fact": 16}


def strip(blob: bytes) -> Stripped:
    """What goes and what stays. Raises `Unreadable`."""
    if blob[:4] != b"RIFF" or blob[8:12] != b"WAVE":
        raise corrupt("no WAV file")
    told = int.from_bytes(blob[4:8], "little")
    # Who writes into a pipe cannot say how much it will be.
    end = len(blob) if told in (0, 0xFFFFFFFF) else min(len(blob), 8 + told)
    stripped = Stripped(tracks=[Matter.AUDIO])
    if end < len(blob):
        stripped.cuts.append(Cut(end, len(blob), b"", any_set(blob, end, len(blob))))
    at, seen = 12, set()
    while at + 8 <= end:
        kind, size = blob[at : at + 4], int.from_bytes(blob[at + 4 : at + 8], "little")
        body = at + 8
        if kind == b"data" and (size == 0xFFFFFFFF or body + size > end):
            size = end - body
        after = min(body + size + size % 2, end)
        if body + size > end:
            raise corrupt("a chunk that is longer than the file")
        if kind in _STAY:
            _check(blob, kind, body, size)
            seen.add(kind)
            if kind == b"data":
                stripped.frames.append((body, body + size))
            stripped.blank(blob, body + size, after)
        elif (told := any_set(blob, body, after)) or kind != b"JUNK":
            new = b"JUNK" + blob[at + 4 : body] + bytes(after - body)
            stripped.cuts.append(Cut(at, after, new, told))
        at = after
    if any_set(blob, at, end):
        raise corrupt("bytes behind the last chunk")
    if not {b"fmt ", b"data"} <= seen:
        raise corrupt("no sound")
    return stripped


def _check(blob: bytes, kind: bytes, body: int, size: int) -> None:
    if size > _MOST.get(kind, size):
        raise corrupt("a head that is too long")
    if kind == b"fmt " and int.from_bytes(blob[body : body + 2], "little") not in _CODECS:
        raise not_covered("sound of unknown make")
