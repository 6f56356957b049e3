"""GIF by its blocks (GIF89a): comments and texts of applications beside the frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.images.held import UNKNOWN, Held, Piece, Value, loose, readable, spelled
from pii_guard.formats.images.profile import Packet

_COMMENT, _PLAIN_TEXT, _APPLICATION, _CONTROL = 0xFE, 0x01, 0xFF, 0xF9
_LOOP = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_XMP = b"XMP DataXMP"
_XMP_TAIL = bytes([1, *range(255, -1, -1), 0])
_MOST_BLOCKS = 500_000
"""No policy matter: frames are counted as pages; each has a few blocks."""


def split(blob: bytes) -> list[Piece]:
    """The file as pieces. Raises `Unreadable`."""
    try:
        return list(_pieces(blob))
    except IndexError:
        raise Unreadable(ReasonCode.CORRUPT, "a picture ends early") from None


def _pieces(blob: bytes) -> Iterator[Piece]:
    at = 13 + _table(blob[10])
    yield Piece(blob[:at])
    for _ in range(_MOST_BLOCKS):
        if at == len(blob):
            return  # many programs do without the last byte
        kind = blob[at]
        if kind == 0x3B:
            yield Piece(blob[at : at + 1])
            if at + 1 < len(blob):
                yield loose(blob[at + 1 :])
            return
        if kind == 0x2C:
            end = _end(blob, at + 11 + _table(blob[at + 9]))
            yield Piece(blob[at:end])
        elif kind == 0x21:
            end = _end(blob, at + 2)
            yield _extension(blob[at:end])
        else:
            break
        at = end
    raise Unreadable(ReasonCode.CORRUPT, "blocks of a picture")


def _table(flags: int) -> int:
    """Bytes of the colour table that the flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _end(blob: bytes, at: int) -> int:
    """Where a chain of sub-blocks ends."""
    while blob[at]:
        at += blob[at] + 1
    if at >= len(blob):
        raise IndexError
    return at + 1


def _content(raw: bytes, at: int) -> bytes:
    """What a chain of sub-blocks holds."""
    parts = []
    while raw[at]:
        parts.append(raw[at + 1 : at + 1 + raw[at]])
        at += raw[at] + 1
    return b"".join(parts)


def _blocks(data: bytes) -> bytes:
    parts = [data[n : n + 255] for n in range(0, len(data), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def _extension(raw: bytes) -> Piece:
    if raw[1] == _CONTROL:
        return Piece(raw) if len(raw) == 8 else Piece(raw, (UNKNOWN,))
    if raw[1] == _COMMENT:
        return _comment(raw)
    if raw[1] == _APPLICATION and raw[2] == 11:
        name, rest = raw[3:14], raw[14:]
        if name in _LOOP and len(rest) == 5:
            return Piece(raw)
        if name == _XMP and rest.endswith(_XMP_TAIL):
            # The packet stands there as it is; its bytes are no lengths (XMP, part 3, 1.1.2).
            packet = Packet(rest[: -len(_XMP_TAIL)])
            return Piece(raw, packet.held, lambda values: _packet(packet.written(values)))
    if raw[1] == _PLAIN_TEXT:
        text = readable(_content(raw, 3 + raw[2]))
        return Piece(raw, (UNKNOWN,) if text is None else (Held(text),))
    return Piece(raw, (UNKNOWN,))


def _packet(written: bytes) -> bytes:
    return b"\x21\xff\x0b" + _XMP + written + _XMP_TAIL if written else b""


def _comment(raw: bytes) -> Piece:
    data = _content(raw, 2)
    text = readable(data)
    if text is None:
        return Piece(raw, (UNKNOWN,))

    def rebuild(values: Sequence[Value]) -> bytes:
        return b"\x21\xfe" + _blocks(spelled(str(values[0]), data))

    return Piece(raw, (Held(text, "Comment"),) if text.strip() else (), rebuild)


def repainted(blob: bytes, painted: bytes) -> bytes:
    """The file with the frames of another GIF in place of its own."""
    pieces = split(painted)
    kept = [p.raw for p in pieces if p.raw[:2] != b"\x21\xfe"]
    extra = [
        p.raw for p in split(blob) if p.raw[:2] in (b"\x21\xfe", b"\x21\x01") or p.raw[3:14] == _XMP
    ]
    return b"".join([kept[0], *extra, *kept[1:]])
