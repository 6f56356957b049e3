"""Content codings of HTTP bodies (RFC 9110, section 8.4.1) and chunks (RFC 9112, section 7.1), both ways.

Decoding is bounded. What is encoded again is so without clocks: the same bytes each time.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Sequence

from pii_guard.errors import SPENT, ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.unpacking import Unpacking, broken

_NAMED = 0b11100
"""Flags of a gzip header that has a name, a comment or more (RFC 1952)."""
_STEP = 1 << 22
_BODY = "a compressed body"
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_TRAILER = re.compile(rb"(?:[!-9;-~]+:[^\r\n]*\r?\n)*\r?(?:\n|\Z)")


def codings(header: str) -> list[str]:
    """The codings that a header names, the first applied first; `identity` is none."""
    named = [one.strip().lower() for one in header.split(",")]
    return [one.removeprefix("x-") for one in named if one and one != "identity"]


def undo(body: bytes, named: Sequence[str], bounds: Bounds) -> bytes:
    """The body with codings undone, the last one first. Raises `Unreadable` (corrupt, a limit)."""
    unpacking = Unpacking(len(body), bounds)
    for coding in reversed(named):
        body = _DECODERS.get(coding, _unknown)(body, unpacking)
    return body


def redo(body: bytes, named: Sequence[str]) -> bytes:
    """The body coded again."""
    for coding in named:
        body = _ENCODERS[coding](body)
    return body


def _unknown(body: bytes, unpacking: Unpacking) -> bytes:  # noqa: ARG001
    raise Unreadable(ReasonCode.UNSUPPORTED, "a content coding")


def _inflate(body: bytes, window: int, unpacking: Unpacking) -> bytes:
    parts = []
    while body:
        machine = zlib.decompressobj(window)
        try:
            part = machine.decompress(body, unpacking.left + 1)
        except zlib.error:
            raise Unreadable(ReasonCode.CORRUPT, "a compressed body") from None
        unpacking.take(len(part), _BODY)
        parts.append(part)
        if not machine.eof:
            raise Unreadable(ReasonCode.CORRUPT, "a compressed body ends too early")
        body = machine.unused_data
        if body and window < 16:
            raise Unreadable(ReasonCode.NOT_COVERED, "bytes behind a compressed body")
    return b"".join(parts)


def _gunzip(body: bytes, unpacking: Unpacking) -> bytes:
    if len(body) > 3 and body[3] & _NAMED:
        raise Unreadable(ReasonCode.NOT_COVERED, "a gzip body with a name of its own")
    return _inflate(body, 31, unpacking)


def _deflated(body: bytes, unpacking: Unpacking) -> bytes:
    # "deflate" is the zlib format; some servers send it bare.
    zlib_format = len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return _inflate(body, 15 if zlib_format else -15, unpacking)


def _unbrotli(body: bytes, unpacking: Unpacking) -> bytes:
    import brotli

    machine = brotli.Decompressor()
    parts: list[bytes] = []
    try:
        while not machine.is_finished():
            part = machine.process(body if not parts else b"", output_buffer_limit=_STEP)
            unpacking.take(len(part), _BODY)
            parts.append(part)
            if not part and machine.can_accept_more_data():
                break
        whole = machine.is_finished() and any(parts)
    except brotli.error:
        whole = False
    if not whole:
        raise Unreadable(ReasonCode.CORRUPT, "a compressed body")
    return b"".join(parts)


def _unzstd(body: bytes, unpacking: Unpacking) -> bytes:
    import zstandard

    parts: list[bytes] = []
    try:
        while body:
            machine = zstandard.ZstdDecompressor(max_window_size=unpacking.window).decompressobj()
            at = 0
            while at < len(body) and not machine.eof:
                part = machine.decompress(body[at : at + 4096])
                at += 4096
                unpacking.take(len(part), _BODY)
                parts.append(part)
            if not machine.eof:
                raise Unreadable(ReasonCode.CORRUPT, "a compressed body ends too early")
            body = machine.unused_data + body[at:]
    except zstandard.ZstdError as error:
        raise broken(error, _BODY) from None
    return b"".join(parts)


def _brotli(body: bytes) -> bytes:
    import brotli

    return bytes(brotli.compress(body, quality=5))


def _zstd(body: bytes) -> bytes:
    import zstandard

    return bytes(zstandard.ZstdCompressor(level=3).compress(body))


_DECODERS: dict[str, Callable[[bytes, Unpacking], bytes]] = {
    "gzip": _gunzip,
    "deflate": _deflated,
    "br": _unbrotli,
    "zstd": _unzstd,
}
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
    "deflate": lambda body: zlib.compress(body, 6),
    "br": _brotli,
    "zstd": _zstd,
}


def looks_coded(body: bytes, named: Sequence[str], bounds: Bounds) -> bool:
    """Whether a body is still coded: pasted ones were often decoded, whatever their header says."""
    last = named[-1] if named else ""
    if last == "gzip":
        return body[:2] == b"\x1f\x8b"
    if last == "zstd":
        return body[:4] == b"\x28\xb5\x2f\xfd"
    if not last or not body:
        return False
    try:
        undo(body, [last], bounds)
    except Unreadable as unreadable:
        # Whether it is broken or was decoded: text has no other bytes than these.
        sample = body[:512]
        odd = sum(byte < 9 or 13 < byte < 32 or byte > 126 for byte in sample)
        return unreadable.reason.code in SPENT or odd * 10 > len(sample)
    return True


def unchunked(body: bytes) -> tuple[bytes, int, bytes, bool] | None:
    """The content of chunks, where they end, the trailer, and whether the last chunk is there.

    Extensions of chunks are the trailer's. None where there are no chunks. A message that was cut off ends with the bytes there are.
    """
    parts: list[bytes] = []
    position, extensions = 0, b""
    while True:
        match = _CHUNK.match(body, position)
        if match is None:
            cut = bool(parts) and position >= len(body)
            return (b"".join(parts), len(body), b"\r\n", False) if cut else None
        size = int(match[1], 16)
        extensions += match[0].strip()[len(match[1]) :]
        if size == 0:
            trailer = _TRAILER.match(body, match.end())
            end = trailer.end() if trailer else match.end()
            return b"".join(parts), end, extensions + (body[match.end() : end] or b"\r\n"), True
        parts.append(body[match.end() : match.end() + size])
        position = match.end() + size
        if position >= len(body):
            return b"".join(parts), len(body), b"\r\n", False
        if body[position : position + 2] == b"\r\n":
            position += 2
        elif body[position : position + 1] == b"\n":
            position += 1
        else:
            return None


def chunked(body: bytes, trailer: bytes) -> bytes:
    """The content as one chunk, and the trailer."""
    one = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
    return one + b"0\r\n" + trailer
