"""JPEG by its segments (ITU-T T.81, annex B): comments and what applications put beside the picture."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.images.exif import Exif
from pii_guard.formats.images.held import UNKNOWN, Held, Piece, Value, loose, readable, spelled
from pii_guard.formats.images.iptc import MARK, Resources
from pii_guard.formats.images.profile import Packet, profile_texts

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP = range(0xE0, 0xF0)
_EXIF, _XMP, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_LONGEST = 65_533


def segments(blob: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers and their contents; scans are whole behind their header (marker SOS).

    What follows the picture has the marker 0. Raises `Unreadable(CORRUPT)`.
    """
    at = 2
    while True:
        at = _marker(blob, at)
        marker = blob[at + 1]
        if marker == _EOI:
            yield marker, b""
            if at + 2 < len(blob):
                yield 0, blob[at + 2 :]
            return
        size = int.from_bytes(blob[at + 2 : at + 4], "big")
        end = at + 2 + size
        if size < 2 or end > len(blob):
            raise Unreadable(ReasonCode.CORRUPT, "a picture ends early")
        if marker == _SOS:
            end = _scan_end(blob, end)
        yield marker, blob[at + 4 : end]
        at = end


def _marker(blob: bytes, at: int) -> int:
    """Where the marker at `at` begins, fill bytes left out."""
    while blob[at : at + 2] == b"\xff\xff":
        at += 1
    if at + 2 > len(blob) or blob[at] != 0xFF:
        raise Unreadable(ReasonCode.CORRUPT, "segments of a picture")
    return at


def _scan_end(blob: bytes, at: int) -> int:
    """Where the next marker stands that is neither a stuffed byte nor a restart."""
    while True:
        at = blob.find(b"\xff", at)
        if at < 0 or at + 1 >= len(blob):
            raise Unreadable(ReasonCode.CORRUPT, "a picture ends early")
        if blob[at + 1] not in (0, 0xFF, *range(0xD0, 0xD8)):
            return at
        at += 1 if blob[at + 1] == 0xFF else 2


def segment(marker: int, data: bytes) -> bytes:
    """A segment as it is written."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def split(blob: bytes) -> list[Piece]:
    """The file as pieces. Raises `Unreadable`."""
    pieces = [Piece(b"\xff\xd8")]
    profile: list[bytes] = []
    for marker, data in segments(blob):
        if marker == 0xE2 and data.startswith(_ICC):
            profile.append(data)
            continue
        if profile and marker not in _APP:
            pieces.append(_profile(profile))
            profile = []
        if marker == 0:
            pieces.append(loose(data))
        elif marker == _EOI:
            pieces.append(Piece(b"\xff\xd9"))
        elif marker in _APP or marker == _COM:
            pieces.append(_piece(marker, data))
        else:
            pieces.append(Piece(_raw(marker, data)))
    return pieces


def _raw(marker: int, data: bytes) -> bytes:
    if marker == _SOS:  # its length tells the header only; the scan follows
        size = 2 + 1 + 2 * data[0] + 3
        return struct.pack(">BBH", 0xFF, marker, size) + data
    return segment(marker, data)


def _profile(parts: Sequence[bytes]) -> Piece:
    raw = b"".join(segment(0xE2, part) for part in parts)
    whole = b"".join(part[14:] for part in sorted(parts, key=lambda part: part[12:13]))
    return Piece(raw, profile_texts(whole))


def _piece(marker: int, data: bytes) -> Piece:
    raw = segment(marker, data)
    if marker == 0xE0 and data.startswith(b"JFIF\0") and len(data) == 14:
        return Piece(raw)
    if marker == 0xE0 and data.startswith(b"JFIF\0") and len(data) > 14:
        plain = segment(marker, data[:12] + b"\0\0")
        return Piece(raw, (UNKNOWN,), lambda _: plain)  # a thumbnail
    if marker == 0xEE and data.startswith(b"Adobe") and len(data) == 12:
        return Piece(raw)
    if marker == 0xE1 and data.startswith(_EXIF):
        exif = Exif(data[len(_EXIF) :])
        return Piece(raw, exif.held, lambda values: _put(marker, _EXIF, exif.written(values)))
    if marker == 0xE1 and data.startswith(_XMP):
        packet = Packet(data[len(_XMP) :])
        return Piece(raw, packet.held, lambda values: _put(marker, _XMP, packet.written(values)))
    if marker == 0xED and data.startswith(MARK):
        resources = Resources(data[len(MARK) :])
        return Piece(
            raw, resources.held, lambda values: _put(marker, MARK, resources.written(values))
        )
    text = readable(data.rstrip(b"\0"))
    if text is None:
        return Piece(raw, (UNKNOWN,))
    if not text.strip():
        return Piece(raw)
    if marker != _COM:
        return Piece(raw, (Held(text),))
    return Piece(
        raw, (Held(text, "Comment"),), lambda values: _put(marker, b"", _comment(values, data))
    )


def _comment(values: Sequence[Value], data: bytes) -> bytes:
    return spelled(str(values[0]), data.rstrip(b"\0"))


def _put(marker: int, mark: bytes, data: bytes) -> bytes:
    """A segment, or nothing for nothing, or for more than a segment holds."""
    return segment(marker, mark + data) if data and len(mark + data) <= _LONGEST else b""


def repainted(blob: bytes, painted: bytes) -> bytes:
    """The file with the picture of another JPEG in place of its own."""
    head = [_raw(m, d) for m, d in segments(blob) if (m in _APP and m != 0xEE) or m == _COM]
    tail = [d for m, d in segments(blob) if m == 0]
    own = [(m, d) for m, d in segments(painted) if m != _EOI]
    # The application segments of the original describe the new picture as well, but for the one
    # that says how colours are coded.
    kept = [_raw(m, d) for m, d in own if m not in _APP or m == 0xEE]
    if not any(m == 0xE0 for m, _ in segments(blob)):
        head = [_raw(m, d) for m, d in own if m == 0xE0] + head
    return b"".join([b"\xff\xd8", *head, *kept, b"\xff\xd9", *tail])
