"""PNG by its chunks (ISO 15948): texts are shown, pictures and their colours kept, all else unknown."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import groupby

from pii_guard.document import Kind
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.images.exif import Exif
from pii_guard.formats.images.held import UNKNOWN, Held, Piece, Value, loose
from pii_guard.formats.images.png_pixels import cut, ends_at, measures, size_of
from pii_guard.formats.images.profile import Packet, profile_texts

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_IDAT, _FDAT, _IEND = b"IDAT", b"fdAT", b"IEND"
_LENGTHS = {
    b"IHDR": 13, b"PLTE": 768, b"tRNS": 256, b"acTL": 8, b"fcTL": 26, b"sBIT": 4, b"bKGD": 6,
}  # fmt: skip
"""What depends on how the pixels are written, and how long it is at most."""
PIXELS = frozenset({*_LENGTHS, _IDAT, _FDAT, _IEND})
_NUMBERS = {
    b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9, b"tIME": 7, b"cICP": 4, b"mDCV": 24, b"cLLI": 8,
    b"oFFs": 9, b"sTER": 1,
}  # fmt: skip
_MOST_TEXT = 8_000_000
"""Bytes of a text: what packs more is unknown, and goes. No policy matter: nobody writes a longer one."""
_MOST_CHUNKS = 200_000
"""Chunks of 8 KiB, as many programs write them, for 1.6 GB: more is not what a program writes."""
_XMP = b"XML:com.adobe.xmp"


def chunks(blob: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Types and contents of the chunks; what follows the last one has the empty type.

    Raises `Unreadable(CORRUPT)`.
    """
    at, number = len(SIGNATURE), 0
    while at < len(blob):
        if at + 12 > len(blob) or number > _MOST_CHUNKS:
            raise Unreadable(ReasonCode.CORRUPT, "chunks of a picture")
        size, kind = struct.unpack_from(">I4s", blob, at)
        data = blob[at + 8 : at + 8 + size]
        end = at + 12 + size
        if len(data) != size or blob[end - 4 : end] != struct.pack(">I", zlib.crc32(kind + data)):
            raise Unreadable(ReasonCode.CORRUPT, "chunks of a picture")
        yield kind, data
        at, number = end, number + 1
        if kind == b"IEND":
            break
    else:
        raise Unreadable(ReasonCode.CORRUPT, "a picture ends early")
    if at < len(blob):
        yield b"", blob[at:]


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk as it is written."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def split(blob: bytes) -> list[Piece]:
    """The file as pieces. Raises `Unreadable`."""
    pieces = [Piece(blob[: len(SIGNATURE)])]
    header, frame, shown = b"", b"", False
    for kind, run in groupby(chunks(blob), key=lambda one: one[0]):
        contents = [data for _, data in run]
        if kind == _IDAT and not shown:
            pieces.append(_pixels(header, contents))
            shown = True
        elif kind == _FDAT:
            pieces.append(_frame(header, frame, contents))
        else:
            # Pixels behind the pixels are shown by nobody.
            pieces += [_piece(kind, data) for data in contents]
        header = contents[0] if kind == b"IHDR" and not header else header
        frame = contents[-1] if kind == b"fcTL" else frame
    return pieces


def _pixels(header: bytes, contents: Sequence[bytes]) -> Piece:
    """The pixels, without what stands behind them if that is to go."""
    raw, packed = b"".join(chunk(_IDAT, data) for data in contents), b"".join(contents)
    size = _whole(header)
    if ends_at(packed, size) == len(packed):
        return Piece(raw)
    return Piece(raw, (UNKNOWN,), lambda _: chunk(_IDAT, cut(packed, size)))


def _whole(header: bytes) -> int:
    """Bytes of the rows of the picture. Raises `Unreadable`."""
    size = size_of(header, *measures(header)) if len(header) == _LENGTHS[b"IHDR"] else None
    if size is None:
        raise Unreadable(ReasonCode.CORRUPT, "the head of a picture")
    return size


def _frame(header: bytes, control: bytes, contents: Sequence[bytes]) -> Piece:
    """The pixels of a frame, each part behind its number; it is no larger than the picture.

    Raises `Unreadable`.
    """
    packed = b"".join(data[4:] for data in contents)
    size = size_of(header, *measures(control[4:])) if len(control) == _LENGTHS[b"fcTL"] else None
    if size is None or size > _whole(header) or ends_at(packed, size) != len(packed):
        raise Unreadable(ReasonCode.CORRUPT, "a frame of a picture")
    return Piece(b"".join(chunk(_FDAT, data) for data in contents))


def _piece(kind: bytes, data: bytes) -> Piece:
    if not kind:
        return loose(data)
    raw = chunk(kind, data)
    if kind == _IEND and data:
        return Piece(raw, (UNKNOWN,), lambda _: chunk(_IEND, b""))
    if kind == _IEND or len(data) <= (_LENGTHS | _NUMBERS).get(kind, -1):
        return Piece(raw)
    if kind in (b"tEXt", b"zTXt", b"iTXt"):
        return _text(kind, data, raw)
    if kind == b"eXIf":
        exif = Exif(data)
        return Piece(raw, exif.held, lambda values: _or_nothing(kind, exif.written(values)))
    if kind == b"iCCP":
        name, _, rest = data.partition(b"\0")
        unpacked = _inflated(rest[1:])
        texts = (UNKNOWN,) if unpacked is None else profile_texts(unpacked)
        return Piece(raw, (Held(name.decode("latin-1"), "Colour profile", Kind.NAME), *texts))
    return Piece(raw, (UNKNOWN,))


def _or_nothing(kind: bytes, data: bytes) -> bytes:
    return chunk(kind, data) if data else b""


def _text(kind: bytes, data: bytes, raw: bytes) -> Piece:
    key, _, rest = data.partition(b"\0")
    head, encoding, packed = b"", "latin-1", kind == b"zTXt"
    if kind == b"iTXt":
        packed = rest[:1] == b"\x01"
        language, _, after = rest[2:].partition(b"\0")
        translated, _, rest = after.partition(b"\0")
        head, encoding = language + b"\0" + translated + b"\0", "utf-8"
    elif packed:
        rest = rest[1:]
    content = _inflated(rest) if packed else rest
    if content is None:
        return Piece(raw, (UNKNOWN,))
    if key == _XMP:
        packet = Packet(content)
        return Piece(raw, packet.held, lambda values: _packet(key, packet.written(values)))
    label = key.decode("latin-1")
    text = content.decode(encoding, "replace")
    extra = head.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    held = [Held(label, kind=Kind.NAME), Held(text, "Author name" if label == "Author" else label)]

    def rebuild(values: Sequence[Value]) -> bytes:
        named, new = (str(value) for value in values[:2])
        if extra and values[2] != extra:
            return b""
        plain = new.encode(encoding, "replace")
        body = zlib.compress(plain) if packed else plain
        named_raw = named.encode("latin-1", "replace")[:79] or b"removed"
        if kind == b"tEXt":
            return chunk(kind, named_raw + b"\0" + body)
        if kind == b"zTXt":
            return chunk(kind, named_raw + b"\0\0" + body)
        return chunk(kind, named_raw + b"\0" + bytes([packed, 0]) + head + body)

    return Piece(raw, (*held, *((Held(extra),) if extra else ())), rebuild)


def _packet(key: bytes, written: bytes) -> bytes:
    return chunk(b"iTXt", key + b"\0\0\0\0\0" + written) if written else b""


def _inflated(data: bytes) -> bytes | None:
    """Decompressed, None when broken or too large."""
    engine = zlib.decompressobj()
    try:
        found = engine.decompress(data, _MOST_TEXT)
    except zlib.error:
        return None
    return found if engine.eof and not engine.unused_data else None


def repainted(blob: bytes, painted: bytes) -> bytes:
    """The file with the picture of another PNG in place of its own."""
    new = list(chunks(painted))
    before = [chunk(k, d) for k, d in new if k in (b"IHDR", b"PLTE", b"tRNS", b"acTL")]
    pixels = [chunk(k, d) for k, d in new if k in (b"IDAT", b"fcTL", b"fdAT")]
    parts = [SIGNATURE, before[0]]
    stood = False
    for kind, data in chunks(blob):
        if kind in (b"PLTE", b"IDAT") and not stood:
            parts += before[1:]
            stood = True
        if kind == b"IEND":
            parts += [*pixels, chunk(kind, b"")]
        elif kind not in PIXELS:
            parts.append(chunk(kind, data) if kind else data)
    return b"".join(parts)
