"""The packed pixels of a PNG (ISO 15948, 7 and 10): as many as the picture has, and nothing behind them.

Decoders stop once they have all rows, and pass over what stands behind.
"""

from __future__ import annotations

import struct
import zlib

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel by the colour type."""
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))  # fmt: skip
"""Where the pixels of each pass of Adam7 begin, and how far apart they are, across and down."""
_STEP = 1 << 20


def size_of(header: bytes, width: int, height: int) -> int | None:
    """Bytes of the rows of that many pixels, unpacked; `header` is IHDR. None where it is broken."""
    if len(header) != 13 or header[9] not in _CHANNELS:
        return None
    bits = header[8] * _CHANNELS[header[9]]
    if not header[12]:
        return height * _row(width, bits)
    passes = (
        (-(-(width - x) // across), -(-(height - y) // down)) for x, y, across, down in _PASSES
    )
    return sum(rows * _row(columns, bits) for columns, rows in passes if columns > 0)


def measures(header: bytes) -> tuple[int, int]:
    """Width and height, at the beginning of IHDR, or of fcTL behind its number."""
    width, height = struct.unpack_from(">II", header)
    return width, height


def ends_at(packed: bytes, size: int) -> int | None:
    """How many of the packed bytes make `size` bytes; None where they make more, or never end."""
    engine, made, data = zlib.decompressobj(), 0, packed
    try:
        while not engine.eof and made <= size:
            found = engine.decompress(data, _STEP)
            data = engine.unconsumed_tail
            made += len(found)
            if not found and not data:
                break
    except zlib.error:
        return None
    return len(packed) - len(engine.unused_data) if engine.eof and made <= size else None


def cut(packed: bytes, size: int) -> bytes:
    """The first `size` bytes of what is packed, packed anew; without what stands behind."""
    engine = zlib.decompressobj()
    try:
        return zlib.compress(engine.decompress(packed, size))
    except zlib.error:
        return packed


def _row(columns: int, bits: int) -> int:
    return 1 + (columns * bits + 7) // 8
