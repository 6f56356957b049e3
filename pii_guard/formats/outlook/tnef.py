"""TNEF (MS-OXTNEF, `winmail.dat`): attributes with lengths and sums, MAPI properties within two of them.

Read and written by ours: there is no second library whose licence allows its use. The proof searches
the written bytes as they are.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from pii_guard.document import Changes, Document, Locator, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.outlook.mapi import (
    ATTACHED,
    BINARY,
    BODY,
    MANY,
    OBJECT,
    STRING,
    UNICODE,
    Slot,
    change,
    code_page,
    document_of_slots,
    slot_of,
)

_MAGIC = b"\x78\x9f\x3e\x22"
_MOST = 100_000
"""Attributes and properties: a message has hundreds. What is said of more is a lie, and no policy matter."""
_MESSAGE_PROPERTIES, _ATTACHMENT_PROPERTIES, _RECIPIENTS = 0x9003, 0x9005, 0x9004
_PAGE, _DATA, _TITLE, _TRANSPORT_NAME = 0x9007, 0x800F, 0x8010, 0x9001
_TEXTS = {0x8004: 0x0037, 0x8008: 0x001A, 0x800C: BODY, _TITLE: 0x3704, _TRANSPORT_NAME: 0x3707}
"""Attributes that are text, and the property that says the same."""
_NUMBERS = frozenset(
    {0x8005, 0x8006, 0x8007, 0x800D, 0x8012, 0x8013, 0x8020, 0x9002, 0x9006, _PAGE, 0x0008, 0x0007}
)
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
"""Bytes of values of fixed length, by type."""


@dataclass(slots=True)
class _Attribute:
    """An attribute: its level, its identifier with the type, and its bytes."""

    level: int
    number: int
    data: bytes = field(repr=False)
    properties: list[list[_Property]] = field(default_factory=list, repr=False)


@dataclass(slots=True)
class _Property:
    """A property: its tag and name as they stand, and its values."""

    head: bytes = field(repr=False)
    tag: tuple[int, int]
    values: list[bytes] = field(default_factory=list, repr=False)
    counted: bool = False


class Tnef:
    """The format; `exact`."""

    media_types = frozenset({"application/ms-tnef"})
    exact = True
    members_may_go = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Texts as segments, bodies and attachments as children."""
        return document_of_slots(_slots(_attributes(blob)), (), bounds)

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:  # noqa: ARG002
        """The file with lengths and sums of what changed."""
        attributes = _attributes(blob)
        if not change(_slots(attributes), changes):
            return blob
        return blob[:6] + b"".join(map(_built, attributes))

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """As `read`."""
        return self.read(blob, bounds)


def _attributes(blob: bytes) -> list[_Attribute]:
    if blob[:4] != _MAGIC:
        raise Unreadable(ReasonCode.CORRUPT, "TNEF")
    found: list[_Attribute] = []
    position = 6
    try:
        while position < len(blob):
            level, number, size = struct.unpack_from("<BII", blob, position)
            data = blob[position + 9 : position + 9 + size]
            (told,) = struct.unpack_from("<H", blob, position + 9 + size)
            if len(data) != size or told != sum(data) & 0xFFFF or len(found) > _MOST:
                raise Unreadable(ReasonCode.CORRUPT, "TNEF attribute")
            attribute = _Attribute(level, number, data)
            kind = number & 0xFFFF
            if kind in (_MESSAGE_PROPERTIES, _ATTACHMENT_PROPERTIES):
                attribute.properties = [_properties(data, 0)[0]]
            elif kind == _RECIPIENTS:
                attribute.properties = _rows(data)
            found.append(attribute)
            position += 11 + size
    except struct.error:
        raise Unreadable(ReasonCode.CORRUPT, "TNEF ends too early") from None
    return found


def _rows(data: bytes) -> list[list[_Property]]:
    (count,) = struct.unpack_from("<I", data)
    rows, position = [], 4
    for _ in range(min(count, _MOST)):
        row, position = _properties(data, position)
        rows.append(row)
    return rows


def _properties(data: bytes, start: int) -> tuple[list[_Property], int]:
    (count,) = struct.unpack_from("<I", data, start)
    if count > _MOST:
        raise Unreadable(ReasonCode.CORRUPT, "properties")
    found, position = [], start + 4
    for _ in range(count):
        begun = position
        kind, number = struct.unpack_from("<HH", data, position)
        position += 4
        if number >= 0x8000:
            (named,) = struct.unpack_from("<I", data, position + 16)
            (size,) = struct.unpack_from("<I", data, position + 20)
            position += 24 + (size + -size % 4 if named else 0)
        one = _Property(data[begun:position], (number, kind))
        base = kind & ~MANY
        one.counted = bool(kind & MANY) or base in (STRING, UNICODE, BINARY, OBJECT)
        times = 1
        if one.counted:
            (times,) = struct.unpack_from("<I", data, position)
            position += 4
        for _ in range(min(times, _MOST)):
            if base in _FIXED:
                size = _FIXED[base]
            elif base in (STRING, UNICODE, BINARY, OBJECT):
                (size,) = struct.unpack_from("<I", data, position)
                position += 4
            else:
                raise Unreadable(ReasonCode.CORRUPT, "a property of an unknown type")
            if position + size > len(data):
                raise Unreadable(ReasonCode.CORRUPT, "a property ends too early")
            one.values.append(data[position : position + size])
            position += size + -size % 4
        found.append(one)
    return found, position


def _packed(properties: list[_Property]) -> bytes:
    parts = [struct.pack("<I", len(properties))]
    for one in properties:
        parts.append(one.head)
        base = one.tag[1] & ~MANY
        if one.counted:
            parts.append(struct.pack("<I", len(one.values)))
        for value in one.values:
            if base not in _FIXED:
                parts.append(struct.pack("<I", len(value)))
            parts.append(value + b"\0" * (-len(value) % 4))
    return b"".join(parts)


def _built(attribute: _Attribute) -> bytes:
    data = attribute.data
    if attribute.properties:
        data = b"".join(map(_packed, attribute.properties))
        if attribute.number & 0xFFFF == _RECIPIENTS:
            data = struct.pack("<I", len(attribute.properties)) + data
    head = struct.pack("<BII", attribute.level, attribute.number, len(data))
    return head + data + struct.pack("<H", sum(data) & 0xFFFF)


def _slots(attributes: list[_Attribute]) -> list[Slot]:
    page = "cp1252"
    found: list[Slot | None] = []
    titles = _titles(attributes)
    attached = 0
    for number, attribute in enumerate(attributes, 1):
        kind, where = attribute.number & 0xFFFF, (Step("attribute", number),)
        attached += kind == 0x9002
        record = (1, attached) if attribute.level == 2 else (1,)
        if kind == _PAGE and len(attribute.data) >= 4:
            page = code_page(struct.unpack_from("<I", attribute.data)[0])
        if attribute.properties:
            for row, properties in enumerate(attribute.properties, 1):
                found += _of_properties(properties, page, (*where, Step("row", row)), record)
        elif kind not in _NUMBERS:
            tag = (_TEXTS[kind], STRING) if kind in _TEXTS else (0, BINARY)
            if kind == _DATA:
                tag = (ATTACHED, BINARY)
            name = titles.get(attached, "")
            found.append(
                slot_of(tag, attribute.data, page, where, record, _put(attribute), name=name)
            )
    return [slot for slot in found if slot is not None]


def _put(attribute: _Attribute) -> Callable[[bytes], None]:
    def put(new: bytes) -> None:
        attribute.data = new

    return put


def _titles(attributes: list[_Attribute]) -> dict[int, str]:
    """What attachments are called, by their number."""
    found, attached = {}, 0
    for attribute in attributes:
        attached += attribute.number & 0xFFFF == 0x9002
        if attribute.number & 0xFFFF == _TITLE:
            found[attached] = attribute.data.decode("latin-1").rstrip("\0")
    return found


def _of_properties(
    properties: list[_Property], page: str, where: Locator, record: tuple[int, ...]
) -> list[Slot | None]:
    found: list[Slot | None] = []
    for number, one in enumerate(properties, 1):
        at = (*where, Step("property", number))
        if one.tag[1] & ~MANY in _FIXED:
            continue
        for index, value in enumerate(one.values):
            put = _put_value(one, index)
            # An object begins with the identifier of its interface.
            skip = 16 if one.tag == (ATTACHED, OBJECT) else 0
            tag = (one.tag[0], one.tag[1])
            slot = slot_of(tag, value[skip:], page, at, record, put)
            if slot is not None and skip:
                slot.put = _behind(put, value[:skip])
                if slot.child is not None and slot.child.blob.startswith(_MAGIC):
                    raise Unreadable(ReasonCode.NOT_COVERED, "a message within winmail.dat")
            found.append(slot)
        if len(one.head) > 28:
            found.append(slot_of((0, BINARY), one.head, page, at, record, _put_head(one)))
    return found


def _put_value(one: _Property, index: int) -> Callable[[bytes], None]:
    def put(new: bytes) -> None:
        one.values[index] = new

    return put


def _put_head(one: _Property) -> Callable[[bytes], None]:
    def put(new: bytes) -> None:
        one.head = new

    return put


def _behind(put: Callable[[bytes], None], head: bytes) -> Callable[[bytes], None]:
    return lambda new: put(head + new)
