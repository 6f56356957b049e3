"""Bytes to text and back without losing a byte, whatever the encoding.

The text has one character per position of an exact intermediate string: bytes that are not valid in
the file's encoding are read as Windows-1252 (so a Latin-1 name in a "UTF-8" log is still a name)
and written back as the very bytes they were.
"""

from __future__ import annotations

import codecs
import io
import re
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from pii_guard.errors import ReasonCode, Unreadable

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16-LE, whose BOM is a prefix of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 65_536
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\x0b\x0c\r\x1b\x08")) + b"\x7f"
_MAX_CONTROLS = 0.10
_MAX_CONTROLS_AMID_FOREIGN = 0.02
_MAX_FOREIGN = 0.25


def _escaped_byte_characters() -> dict[int, str]:
    """Surrogate-escaped byte (PEP 383) to the character Windows-1252 gives it."""
    table = {}
    for byte in range(0x80, 0x100):
        try:
            table[0xDC00 + byte] = bytes([byte]).decode("cp1252")
        except UnicodeDecodeError:
            table[0xDC00 + byte] = chr(byte)
    return table


_FROM_ESCAPE = _escaped_byte_characters()


def shown(exact: str) -> str:
    """Text decoded with `surrogateescape` as it is read: foreign bytes as Windows-1252, one for one."""
    return exact if exact.isascii() else exact.translate(_FROM_ESCAPE)


@dataclass(frozen=True, slots=True)
class Source:
    """The decoded text of a blob. `splice` writes it back with some ranges replaced."""

    text: str = field(repr=False)
    encoding: str
    bom: bytes = field(repr=False)
    exact: str = field(repr=False)
    """As `text`, position by position, but encodable to the very bytes it came from."""
    tail: bytes = field(default=b"", repr=False)
    """Bytes after the last whole code unit (an odd byte at the end of UTF-16)."""

    def encode(self, text: str) -> bytes:
        """`text` (a slice of `exact`, or a replacement) in the file's encoding."""
        errors = "surrogateescape" if self.encoding == "utf-8" else "surrogatepass"
        return text.encode(self.encoding, errors)

    def slice(self, start: int, end: int) -> bytes:
        """The original bytes of characters `start`..`end` (half-open)."""
        return self.encode(self.exact[start:end])

    def splice(self, replacements: Iterable[tuple[int, int, str]]) -> bytes:
        """The blob with character ranges replaced: (start, end, text), sorted and disjoint."""
        # Encoded bit by bit: one rare character makes a text of four bytes a character.
        out, position = io.BytesIO(), 0
        out.write(self.bom)
        for start, end, text in replacements:
            out.write(self.slice(position, start))
            out.write(self.encode(text))
            position = end
        out.write(self.slice(position, len(self.exact)))
        out.write(self.tail)
        return out.getvalue()


def decode(blob: bytes) -> Source:
    """The text of `blob`.

    Byte order mark first, then UTF-8, then UTF-16 or UTF-32 without a mark (by where zero bytes
    stand), then UTF-8 with foreign bytes. Raises `Unreadable(UNKNOWN_CONTENT)` for what is no text
    (over 10 % control characters) and for text whose encoding would have to be guessed (over 25 %
    foreign bytes: names in it could not be recognised).
    """
    for bom, encoding in _BOMS:
        if blob.startswith(bom):
            return _decode_as(blob[len(bom) :], encoding, bom)
    wide = _wide_encoding(blob[:_SAMPLE])
    if wide:
        return _decode_as(blob, wide, b"")
    return _decode_as(blob, "utf-8", b"")


def decode_mixed(blob: bytes) -> Source:
    """Bytes of which parts are text: as UTF-8, every other byte a character that encodes back to it."""
    exact = blob.decode("utf-8", "surrogateescape")
    return Source(shown(exact), "utf-8", b"", exact)


def is_text(blob: bytes) -> bool:
    """Whether `decode` would accept the beginning of `blob`."""
    try:
        decode(blob[: _SAMPLE & ~3])
    except Unreadable:
        return False
    return True


_PACKED = re.compile("x[\x01^\udc9c\udcda]|\x1f\udc8b\x08")
"""How data packed by zlib or gzip begins (RFC 1950, RFC 1952), as `Source.exact` has it."""
_TRIES = 1_000
_BLOCK = 16


def hides_packed(exact: str) -> bool:
    """Whether text (as in `Source.exact`) has packed text within, which nobody reads in it."""
    if exact.isascii() and exact.isprintable():
        return False
    for found in islice(_PACKED.finditer(exact), _TRIES):
        packed = exact[found.start() : found.start() + _SAMPLE].encode("utf-8", "surrogateescape")
        unpacker, said = zlib.decompressobj(wbits=47), b""
        with suppress(zlib.error):
            for start in range(0, len(packed), _BLOCK):
                said += unpacker.decompress(packed[start : start + _BLOCK], _SAMPLE)
                if len(said) >= _SAMPLE:
                    break
        if len(said) >= _BLOCK and is_text(said):
            return True
    return False


def _decode_as(body: bytes, encoding: str, bom: bytes) -> Source:
    if encoding == "utf-8":
        try:
            # Most files are clean UTF-8: only then may the two strings be one object.
            text = exact = body.decode("utf-8")
        except UnicodeDecodeError:
            exact = body.decode("utf-8", "surrogateescape")
            text = exact.translate(_FROM_ESCAPE)
        source = Source(text, encoding, bom, exact)
    else:
        unit = 4 if "32" in encoding else 2
        whole = len(body) - len(body) % unit
        try:
            exact = body[:whole].decode(encoding, "surrogatepass")
        except UnicodeDecodeError:
            raise Unreadable(ReasonCode.UNKNOWN_CONTENT, "text encoding") from None
        if exact.encode(encoding, "surrogatepass") != body[:whole]:
            raise Unreadable(ReasonCode.UNKNOWN_CONTENT, "text encoding")
        source = Source(exact, encoding, bom, exact, body[whole:])
    _refuse_binary(source.exact)
    return source


_FOREIGN = re.compile("[\udc80-\udcff]")
"""Bytes that are no UTF-8, as they are read."""


def _refuse_binary(exact: str) -> None:
    # Beginning, middle and end: a binary part anywhere would not be scanned as what it is.
    step = max(1, (len(exact) - _SAMPLE) // 2)
    for start in range(0, max(1, len(exact) - _SAMPLE + 1), step):
        sample = exact[start : start + _SAMPLE]
        raw = sample.encode("utf-8", "replace")
        controls = (len(raw) - len(raw.translate(None, _CONTROLS))) / max(len(sample), 20)
        foreign = len(_FOREIGN.findall(sample)) / max(len(sample), 20)
        if controls > _MAX_CONTROLS or (
            controls > _MAX_CONTROLS_AMID_FOREIGN and foreign > _MAX_CONTROLS
        ):
            raise Unreadable(ReasonCode.UNKNOWN_CONTENT, "binary data")
        if foreign > _MAX_FOREIGN:
            raise Unreadable(ReasonCode.UNKNOWN_CONTENT, "text encoding")


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 by the positions of zero bytes; Latin text has them in every unit."""
    if len(sample) < 4 or b"\0" not in sample:
        return None
    zeros = [sample[lane::4].count(0) / max(1, len(sample[lane::4])) for lane in range(4)]
    full = [share > 0.7 for share in zeros]
    if full == [False, True, True, True]:
        return "utf-32-le"
    if full == [True, True, True, False]:
        return "utf-32-be"
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    if odd > 0.4 and even < 0.1:
        return "utf-16-le"
    if even > 0.4 and odd < 0.1:
        return "utf-16-be"
    return None
