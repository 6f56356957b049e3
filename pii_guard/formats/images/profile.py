"""Texts of colour profiles (ICC.1:2022, 7 and 10) and packets of XMP (ISO 16684-1)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from operator import itemgetter

from pii_guard.formats.images.held import UNKNOWN, Held, Value, readable

_MOST_TAGS = 200
_TEXTS = frozenset({b"desc", b"text", b"mluc"})
_NUMERIC = frozenset(
    {
        b"XYZ ", b"curv", b"para", b"sf32", b"mft1", b"mft2", b"mAB ", b"mBA ", b"chrm", b"meas", b"view",
        b"sig ", b"dtim", b"uf32", b"ui08", b"ui16", b"ui32", b"vcgt", b"cicp", b"chad",
    }
)  # fmt: skip


def profile_texts(raw: bytes) -> tuple[Held, ...]:
    """The texts of a profile as one; unknown besides when it holds what is neither text nor number."""
    try:
        texts, known = _tags(raw)
    except struct.error:
        return (UNKNOWN,)
    held = (Held("\n".join(dict.fromkeys(texts)), "Colour profile"),) if texts else ()
    return held if known else (*held, UNKNOWN)


def _tags(raw: bytes) -> tuple[list[str], bool]:
    (count,) = struct.unpack_from(">I", raw, 128)
    texts: list[str] = []
    known = count <= _MOST_TAGS and raw[36:40] == b"acsp"
    end = 132 + 12 * count
    for number in range(min(count, _MOST_TAGS)):
        _, at, size = struct.unpack_from(">4sII", raw, 132 + 12 * number)
        data = raw[at : at + size]
        end = max(end, at + size)
        kind = data[:4]
        if kind in _TEXTS:
            found = list(_text(kind, data))
            texts += [text for text in found if text]
        elif kind not in _NUMERIC:
            known = False
    return texts, known and len(raw) <= end + 4


def _text(kind: bytes, data: bytes) -> Iterator[str]:
    if kind == b"mluc":
        (count,) = struct.unpack_from(">I", data, 8)
        position = 16 + 12 * count
        told = [struct.unpack_from(">II", data, 20 + 12 * n) for n in range(min(count, _MOST_TAGS))]
        for size, at in sorted(told, key=itemgetter(1)):
            if at < 16 + 12 * count or data[position:at].strip(b"\0"):
                raise struct.error("text that no record leads to")
            position = max(position, at + size)
            yield data[at : at + size].decode("utf-16-be", "replace").strip("\0 ")
        if data[position:].strip(b"\0"):
            raise struct.error("text that no record leads to")
        return
    rest = data[8:] if kind == b"text" else data[12:]
    for part in re.findall(
        rb"[\x20-\x7e\xa0-\xff]{3,}", rest.replace(b"\0", b"") if b"\0" in rest[:4] else rest
    ):
        yield part.decode("latin-1").strip()


_OPENED = re.compile(rb"<(?:x:xmpmeta|rdf:RDF)[\s>]")
_CLOSED = re.compile(rb"</(?:x:xmpmeta|rdf:RDF)\s*+>")
_ON_PRINCIPLE = re.compile(
    rb"exif:GPS|SerialNumber|xmpGImg|GImg:image|GDepth|GImage|HasExtendedXMP|ImageUniqueID"
)
"""What goes whatever it holds: places, serial numbers, pictures within, parts that stand elsewhere."""


def _root(raw: bytes) -> tuple[int, int]:
    """Where the XML of a packet stands, from its first opening tag to its last closing one; else 0, 0."""
    opened = _OPENED.search(raw)
    ends = [one.end() for one in _CLOSED.finditer(raw, opened.end())] if opened else []
    return (opened.start(), ends[-1]) if opened and ends else (0, 0)


class Packet:
    """A packet of XMP: its XML is a file within; on principle some packets go whole."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._span = _root(raw)
        rest = raw[: self._span[0]] + raw[self._span[1] :]
        wrapped = readable(rest) is not None
        if self._span == (0, 0) or not wrapped or _ON_PRINCIPLE.search(raw):
            self.held: tuple[Held, ...] = (UNKNOWN,)
        else:
            self.held = (Held(blob=raw[slice(*self._span)], media_type="application/xml"),)

    def written(self, values: Sequence[Value]) -> bytes:
        """The packet without what stood around its XML but the marks; empty when it goes."""
        (value,) = values
        if not isinstance(value, bytes):
            return b""
        start, end = self._span
        begin = re.match(rb"<\?xpacket begin=[^?]{0,80}\?>\s*", self._raw[:start])
        close = re.search(rb"<\?xpacket end=['\"][rw]['\"]\?>", self._raw[end:])
        return (begin.group() if begin else b"") + value + (close.group() if close else b"")
