"""Photoshop's image resources in JPEG and TIFF, and the IPTC records in them (IIM 4.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from pii_guard.document import UNSCANNED
from pii_guard.formats.images.held import UNKNOWN, Held, Value, readable, spelled

MARK = b"Photoshop 3.0\0"
_RESOURCE, _IPTC, _RESOLUTION = b"8BIM", 0x0404, 0x03ED
_TAG = 0x1C
_LABELS = {
    80: "Author name", 85: "Author title", 90: "City", 92: "Street", 95: "State", 101: "Country",
    110: "Credit", 115: "Source", 116: "Copyright", 118: "Contact", 120: "Caption", 122: "Author name",
    105: "Headline", 5: "Title", 25: "Keywords", 40: "Instructions",
}  # fmt: skip

_Record = tuple[int, int, bytes]


class Resources:
    """A block of image resources: IPTC is shown, the resolution stays, all else goes."""

    def __init__(self, raw: bytes) -> None:
        self._resolution = b""
        self._records: list[_Record] = []
        self._odd = False
        try:
            self._take(raw)
        except (struct.error, IndexError):
            self._odd = True
        held = []
        for record, number, data in self._records:
            if _tells(record, number, data):
                text = readable(data)
                label = _LABELS.get(number, "") if record == 2 else ""
                held.append(Held(UNSCANNED if text is None else text, label))
        self.held = (*held, *((UNKNOWN,) if self._odd else ()))

    def _take(self, raw: bytes) -> None:
        at = 0
        while at + 12 <= len(raw):
            mark, kind = raw[at : at + 4], struct.unpack_from(">H", raw, at + 4)[0]
            name = raw[at + 6]
            start = at + 6 + (name + 2) // 2 * 2
            (size,) = struct.unpack_from(">I", raw, start)
            data = raw[start + 4 : start + 4 + size]
            if mark != _RESOURCE or len(data) != size:
                self._odd = True
                return
            if kind == _IPTC and not name:
                self._records += _records(data)
            elif kind == _RESOLUTION and size == 16:
                self._resolution = raw[at : start + 4 + size]
            elif data.strip(b"\0") or name:
                self._odd = True
            at = start + 4 + size + size % 2
        self._odd = self._odd or bool(raw[at:].strip(b"\0"))

    def written(self, values: Sequence[Value]) -> bytes:
        """The block anew; empty when nothing is left in it."""
        given = iter(values)
        out = bytearray()
        for record, number, data in self._records:
            if _tells(record, number, data):
                text = readable(data)
                value = next(given)
                if text is None or not isinstance(value, str):
                    continue
                data = data if value == text else spelled(value, data)
            if len(data) < 0x8000:
                out += struct.pack(">BBBH", _TAG, record, number, len(data)) + data
        iptc = b""
        if out:
            iptc = (
                _RESOURCE + struct.pack(">HHI", _IPTC, 0, len(out)) + out + b"\0" * (len(out) % 2)
            )
        return self._resolution + iptc


def _tells(record: int, number: int, data: bytes) -> bool:
    """Whether a record is more than a version or the name of a character set."""
    return bool(data.strip(b"\0 ")) and not (record in (1, 2) and number in (0, 90 * (record == 1)))


def _records(raw: bytes) -> Iterator[_Record]:
    at = 0
    while at + 5 <= len(raw) and raw[at] == _TAG:
        record, number, size = raw[at + 1], raw[at + 2], struct.unpack_from(">H", raw, at + 3)[0]
        if size >= 0x8000 or at + 5 + size > len(raw):
            break
        yield record, number, raw[at + 5 : at + 5 + size]
        at += 5 + size
    if raw[at:].strip(b"\0"):
        yield 255, 255, raw[at:]
