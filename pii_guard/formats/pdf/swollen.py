"""Streams of a PDF that unpack to too much, found before any library unpacks them.

qpdf unpacks the tables and object streams of a file as it opens it, each to its end. So every Flate
stream, and a Flate stream within one, is unpacked here first, in pieces that are counted and dropped.
What is encrypted, or packed in another way beneath, is not seen here.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.unpacking import Unpacking

_STREAM = re.compile(rb"stream\r?\n")
_DICTIONARY = 1024
"""Bytes before a stream in which its dictionary says what it is."""
_FIRST_PIECE, _PIECE, _STEP = 1 << 10, 1 << 16, 1 << 20
_AGAIN = 16
"""How often the bytes of a file may be read for this: small streams are read beyond their ends, and in a file
that is made so every byte begins a stream of all that follow."""
_LAYERS = 4
_HEAD = 2


def check_streams(blob: bytes, bounds: Bounds) -> None:
    """Raises `Unreadable`: `LIMIT_UNPACKED`, `LIMIT_RATIO` for a stream that is too much, or `CORRUPT`.

    Of pictures the ratio says nothing: a white page of a scanner packs a thousand to one.
    """
    flat = replace(bounds, max_ratio=sys.maxsize)
    left = _AGAIN * len(blob) + _STEP
    for number, found in enumerate(_STREAM.finditer(blob), 1):
        before = blob[max(0, found.start() - _DICTIONARY) : found.start()]
        picture = b"/Image" in before.rpartition(b"endobj")[2]
        unpacking = Unpacking(0, flat if picture else bounds)
        layer, layers = _packed(blob, found.end(), unpacking), 0
        while layers < _LAYERS and (first := next(layer, b"")) and _is_packed(first):
            layers += 1
            layer = _unpacked(chain((first,), layer), unpacking, f"stream {number}")
        for _ in layer if layers else ():
            pass
        left -= unpacking.packed
        if left < 0:
            raise Unreadable(ReasonCode.CORRUPT, "streams that share their bytes")


def _packed(blob: bytes, start: int, unpacking: Unpacking) -> Iterator[bytes]:
    """The bytes of the file from `start` on, counted as what went in."""
    size = _FIRST_PIECE
    while start < len(blob):
        piece = blob[start : start + size]
        start += len(piece)
        unpacking.packed += len(piece)
        size = min(_PIECE, 2 * size)
        yield piece


def _is_packed(data: bytes) -> bool:
    """Whether it begins like zlib's format (RFC 1950, 2.2)."""
    return (
        len(data) >= _HEAD and data[0] & 15 == zlib.DEFLATED and not (data[0] << 8 | data[1]) % 31
    )


def _unpacked(pieces: Iterator[bytes], unpacking: Unpacking, where: str) -> Iterator[bytes]:
    """What comes out, counted; nothing further once it is broken. Raises `Unreadable`."""
    engine = zlib.decompressobj()
    for piece in pieces:
        rest = piece
        while rest and not engine.eof:
            try:
                out = engine.decompress(rest, _STEP)
            except zlib.error:
                return
            unpacking.take(len(out), where)
            rest = engine.unconsumed_tail
            if out:
                yield out
        if engine.eof:
            return
