"""Tags around sound: ID3v2 before it; ID3v1, APE and Lyrics3 behind it.

Sources: id3.org (ID3v1, 2.4.0 structure, Lyrics3 v2.00), Hydrogenaudio (APEv2 specification).
"""

from __future__ import annotations

from pii_guard.signatures import syncsafe

_ID3V1, _EXTENDED = 128, 227


def leading(blob: bytes) -> int:
    """Where the tags at the beginning end; at most the size of the blob."""
    at = 0
    while blob[at : at + 3] == b"ID3" and at + 10 <= len(blob):
        size = syncsafe(blob[at + 6 : at + 10])
        at += 10 + size + (10 if blob[at + 5] & 0x10 else 0)
    return min(at, len(blob))


def trailing(blob: bytes) -> int:
    """Where the tags at the end begin."""
    end = len(blob)
    while (start := _before(blob, end)) < end:
        end = start
    return end


def _before(blob: bytes, end: int) -> int:
    """Where a tag that ends at `end` begins; `end` if there is none."""
    size = 0
    if blob[max(0, end - _ID3V1) : end][:3] == b"TAG":
        size = _ID3V1
        if blob[max(0, end - _ID3V1 - _EXTENDED) :][:4] == b"TAG+":
            size += _EXTENDED
    elif blob[max(0, end - 32) : end][:8] == b"APETAGEX":
        size = int.from_bytes(blob[end - 20 : end - 16], "little")
        size += 32 * (blob[end - 9] >> 7)
    elif blob[max(0, end - 9) : end] == b"LYRICS200":
        told = blob[max(0, end - 15) : end - 9]
        size = 15 + int(told) if told.isdigit() else 0
    elif blob[max(0, end - 9) : end] == b"LYRICSEND":
        begin = blob.rfind(b"LYRICSBEGIN", max(0, end - 5_200), end)
        size = end - begin if begin >= 0 else 0
    elif blob[max(0, end - 10) : end][:3] == b"3DI":
        size = 20 + syncsafe(blob[end - 4 : end])
    return max(0, end - size)
