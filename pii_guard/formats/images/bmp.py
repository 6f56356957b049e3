"""BMP: a header, a table of colours, pixels; whatever stands elsewhere in the file is unknown."""

from __future__ import annotations

import struct

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.images.held import UNKNOWN, Piece, loose

_CORE, _PLAIN, _BITFIELDS = 12, 40, 3
_NO_COMPRESSION = (0, _BITFIELDS, 6)


def split(blob: bytes) -> list[Piece]:
    """The file as pieces. Raises `Unreadable`."""
    try:
        (start,) = struct.unpack_from("<I", blob, 10)
        (header,) = struct.unpack_from("<I", blob, 14)
        if header == _CORE:
            width, height, _, bits = struct.unpack_from("<HHHH", blob, 18)
            packing, size, colours, entry = 0, 0, 1 << bits if bits <= 8 else 0, 3
        else:
            width, height, _, bits, packing, size = struct.unpack_from("<iiHHII", blob, 18)
            (colours,) = struct.unpack_from("<I", blob, 46)
            colours, entry = (colours or (1 << bits if bits <= 8 else 0)), 4
    except struct.error:
        raise Unreadable(ReasonCode.CORRUPT, "a picture ends early") from None
    if packing in _NO_COMPRESSION:
        size = (width * bits + 31) // 32 * 4 * abs(height)
    end = start + size
    if end > len(blob) or start < 14 + header:
        raise Unreadable(ReasonCode.CORRUPT, "a picture ends early")
    table = 14 + header + (12 if packing == _BITFIELDS and header == _PLAIN else 0)
    table += min(colours, 256) * entry
    pieces = [Piece(blob[: min(table, start)])]
    if start > table and blob[table:start].strip(b"\0"):
        # Its bytes have to stay where they are: pixels are found by their distance.
        empty = b"\0" * (start - table)
        pieces.append(Piece(blob[table:start], (UNKNOWN,), lambda _: empty))
    else:
        pieces.append(Piece(blob[min(table, start) : start]))
    pieces.append(Piece(blob[start:end]))
    if end < len(blob):
        pieces.append(loose(blob[end:]))
    return pieces


def repainted(blob: bytes, painted: bytes) -> bytes:  # noqa: ARG001
    """The picture alone: a BMP holds nothing beside it that is known."""
    return painted
