"""WebP by its chunks (RFC 9649): Exif, XMP and colour profile beside the frames."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.images.exif import Exif
from pii_guard.formats.images.held import UNKNOWN, Piece, Value, joined, loose
from pii_guard.formats.images.profile import Packet, profile_texts

_PIXELS = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"})
_HEADER, _PROFILE, _EXIF, _XMP = b"VP8X", b"ICCP", b"EXIF", b"XMP "
_FLAGS = {_PROFILE: 0x20, _EXIF: 0x08, _XMP: 0x04}
_MARK = b"Exif\0\0"


def chunks(blob: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Types and contents; what follows the file's end has the empty type. Raises `Unreadable`."""
    end = 8 + int.from_bytes(blob[4:8], "little")
    at = 12
    if end > len(blob):
        raise Unreadable(ReasonCode.CORRUPT, "a picture ends early")
    while at + 8 <= end:
        kind, size = struct.unpack_from("<4sI", blob, at)
        if at + 8 + size > end:
            raise Unreadable(ReasonCode.CORRUPT, "chunks of a picture")
        yield kind, blob[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    if blob[at:]:
        yield b"", blob[at:]


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk as it is written; nothing for no data."""
    return struct.pack("<4sI", kind, len(data)) + data + b"\0" * (len(data) % 2) if data else b""


def split(blob: bytes) -> list[Piece]:
    """The file as pieces behind its header of twelve bytes. Raises `Unreadable`."""
    return [Piece(blob[:12]), *(_piece(kind, data) for kind, data in chunks(blob))]


def _piece(kind: bytes, data: bytes) -> Piece:
    raw = chunk(kind, data)
    if not kind:
        return loose(data)
    if kind in _PIXELS or kind == _HEADER:
        return Piece(raw)
    if kind == _PROFILE:
        return Piece(raw, profile_texts(data))
    if kind == _EXIF:
        mark = _MARK if data.startswith(_MARK) else b""
        exif = Exif(data[len(mark) :])
        return Piece(raw, exif.held, lambda values: _marked(mark, exif.written(values)))
    if kind == _XMP:
        packet = Packet(data)
        return Piece(raw, packet.held, lambda values: chunk(_XMP, packet.written(values)))
    return Piece(raw, (UNKNOWN,))


def _marked(mark: bytes, written: bytes) -> bytes:
    return chunk(_EXIF, mark + written) if written else b""


def assembled(pieces: list[Piece], values: Iterator[Value]) -> bytes:
    """The file from its pieces, with the size and the flags that go with them."""
    end = len(pieces)
    return _sized(joined(pieces[1:end], values))


def _sized(body: bytes) -> bytes:
    blob = b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
    there = {kind for kind, _ in chunks(blob)}
    out = []
    for kind, data in chunks(blob):
        if kind == _HEADER:
            flags = data[0] & ~sum(_FLAGS.values())
            flags |= sum(flag for other, flag in _FLAGS.items() if other in there)
            data = bytes([flags]) + data[1:]
        out.append(chunk(kind, data) if kind else data)
    return blob[:12] + b"".join(out)


def repainted(blob: bytes, painted: bytes) -> bytes:
    """The file with the frames of another WebP in place of its own."""
    beside = {kind: data for kind, data in chunks(blob) if kind in _FLAGS}
    own = list(chunks(painted))
    frames = [(kind, data) for kind, data in own if kind in _PIXELS]
    headers = [data for kind, data in own if kind == _HEADER]
    if not beside and not headers:
        return painted
    header = headers[0] if headers else _extended(frames[0][1])
    parts = [chunk(_HEADER, header), chunk(_PROFILE, beside.get(_PROFILE, b""))]
    parts += [chunk(kind, data) for kind, data in frames]
    parts += [chunk(_EXIF, beside.get(_EXIF, b"")), chunk(_XMP, beside.get(_XMP, b""))]
    return _sized(b"".join(parts))


def _extended(frame: bytes) -> bytes:
    """The extended header of a still picture without loss: its size stands in the frame."""
    (bits,) = struct.unpack_from("<I", frame, 1)
    width, height, alpha = bits & 0x3FFF, bits >> 14 & 0x3FFF, bits >> 28 & 1
    size = struct.pack("<I", width)[:3] + struct.pack("<I", height)[:3]
    return bytes([alpha << 4, 0, 0, 0]) + size
