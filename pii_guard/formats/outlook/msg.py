"""Outlook messages (MS-OXMSG): compound files whose streams are properties.

Texts are edited in place and counted anew; bodies in HTML and RTF, transport headers and attachments
are files of their own; in binary properties what is printable is read, and keeps its length. olefile
reads; what is written is a compound file of our own making, which olefile has to read again.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from pii_guard.document import Changes, Document, Gap, Locator, Step
from pii_guard.errors import Reason, ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.capture.payloads import printable
from pii_guard.formats.outlook.compound import Storage, read_compound, write_compound
from pii_guard.formats.outlook.mapi import (
    CLASS,
    CODE_PAGE,
    HTML,
    INTERNET_PAGE,
    MANY,
    MIME_TAG,
    NAMES,
    STRING,
    UNICODE,
    Slot,
    change,
    code_page,
    document_of_slots,
    slot_of,
)

_STREAM = re.compile(r"__substg1\.0_([0-9A-Fa-f]{4})([0-9A-Fa-f]{4})(?:-([0-9A-Fa-f]{8}))?")
_PROPERTIES = "__properties_version1.0"
_NAMED = "__nameid_version1.0"
_KNOWN = re.compile(r"__(?:attach|recip)_version1\.0_#[0-9A-Fa-f]{8}|__substg1\.0_3701000D")
_HEADS = {"__attach": 8, "__recip_": 8, "__substg": 24}
"""Bytes before the entries of a property stream, by what its storage is called; 32 at the top."""
_DEEPEST = 40
"""Storages in storages, whatever the policy allows: a message in a message takes two, and each recurs here."""


@dataclass(slots=True)
class _Reading:
    """What was found in a message."""

    root: Storage
    slots: list[Slot] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


class OutlookMessage:
    """The format; `exact`."""

    media_types = frozenset({"application/vnd.ms-outlook"})
    exact = True
    members_may_go = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Properties as segments, bodies and attachments as children."""
        found = _read(blob, bounds)
        return document_of_slots(found.slots, found.gaps, bounds)

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """A compound file with the changed properties."""
        found = _read(blob, bounds)
        return write_compound(found.root) if change(found.slots, changes) else blob

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """As `read`: olefile, which did not write it, is the reader of both."""
        return self.read(blob, bounds)


def _read(blob: bytes, bounds: Bounds) -> _Reading:
    root, beside = read_compound(blob, bounds)
    found = _Reading(root)
    try:
        _storage(found, root, (), 32, ())
    except struct.error:
        raise Unreadable(ReasonCode.CORRUPT, "properties") from None
    if beside.strip(b"\0\xff"):
        content = printable(beside, (Step("free space", 1),), ())
        # Never written again: a change to anything leaves it behind.
        found.slots.append(Slot(beside, lambda _: None, content))
    return found


def _storage(
    found: _Reading, storage: Storage, path: tuple[str, ...], head: int, where: Locator
) -> None:
    record = (1, *(step.ordinal for step in where))
    fixed = _fixed(storage, head)
    pages = code_page(fixed.get(CODE_PAGE, 0)), code_page(fixed.get(INTERNET_PAGE, 0))
    texts = {
        int(match[1], 16): _text(data, int(match[2], 16), pages[0])
        for name, data in storage.entries.items()
        if (match := _STREAM.fullmatch(name)) and isinstance(data, bytes)
    }
    if (
        texts.get(CLASS, "").upper().startswith("IPM.NOTE.SMIME")
        and "SIGNED" not in texts[CLASS].upper()
    ):
        found.gaps.append(Gap(where, Reason(ReasonCode.ENCRYPTED, "the message")))
    called = next((texts[one] for one in NAMES if texts.get(one)), "")
    kind = texts.get(MIME_TAG, "").lower()
    if kind.startswith("multipart/"):
        kind = "message/rfc822"
    for number, (name, data) in enumerate(sorted(storage.entries.items()), 1):
        at = (*where, Step("property", number))
        if isinstance(data, Storage):
            _inner(found, data, (*path, name), (*where, Step("storage", number)))
            continue
        if name == _PROPERTIES:
            continue
        match = _STREAM.fullmatch(name)
        put = _putter(found.root, (*path, name), head)
        if match is None:
            found.gaps.append(Gap(at, Reason(ReasonCode.NOT_COVERED, "an unknown stream")))
            continue
        tag = (int(match[1], 16), int(match[2], 16))
        if tag[1] & MANY and not match[3] and tag[1] & ~MANY in (STRING, UNICODE, 0x102):
            continue  # the lengths of the values that follow
        page = pages[1] if tag[0] == HTML else pages[0]
        slot = slot_of(tag, data, page, at, record, put, name=called, media_type=kind)
        if slot is not None:
            found.slots.append(slot)


def _inner(found: _Reading, storage: Storage, path: tuple[str, ...], where: Locator) -> None:
    name = path[-1]
    if len(path) > _DEEPEST:
        raise Unreadable(ReasonCode.LIMIT_NESTING, "storages")
    if name == _NAMED:
        for number, (stream, data) in enumerate(sorted(storage.entries.items()), 1):
            if isinstance(data, bytes) and data:
                content = printable(data, (*where, Step("property", number)), ())
                put = _putter(found.root, (*path, stream), -1)
                found.slots.append(Slot(data, put, content))
    elif _KNOWN.fullmatch(name):
        _storage(found, storage, path, _HEADS[name[:8]], where)
    else:
        found.gaps.append(Gap(where, Reason(ReasonCode.NOT_COVERED, "an embedded object")))


def _text(data: bytes, kind: int, page: str) -> str:
    if kind not in (STRING, UNICODE):
        return ""
    return data.decode("utf-16-le" if kind == UNICODE else page, "replace").rstrip("\0")


def _fixed(storage: Storage, head: int) -> dict[int, int]:
    """The numbers in a property stream."""
    data = storage.entries.get(_PROPERTIES, b"")
    found: dict[int, int] = {}
    if not isinstance(data, bytes):
        return found
    for at in range(head, len(data) - 15, 16):
        kind, number, _, value = struct.unpack_from("<HHII", data, at)
        if kind == 3:
            found[number] = value
    return found


def _putter(root: Storage, path: tuple[str, ...], head: int) -> Callable[[bytes], None]:
    """Puts a stream's new bytes, and their number where the message counts them."""

    def put(new: bytes) -> None:
        root.put(path, new)
        match = _STREAM.fullmatch(path[-1])
        if match is None or head < 0:
            return
        if match[3]:
            _recount_many(root, path, int(match[3], 16), len(new))
            return
        counts = root.at((*path[:-1], _PROPERTIES))
        if isinstance(counts, bytes):
            closing = {UNICODE: 2, STRING: 1}.get(int(match[2], 16), 0)
            wanted = struct.pack("<HH", int(match[2], 16), int(match[1], 16))
            out = bytearray(counts)
            for at in range(head, len(out) - 15, 16):
                if out[at : at + 4] == wanted:
                    struct.pack_into("<I", out, at + 8, len(new) + closing)
            root.put((*path[:-1], _PROPERTIES), bytes(out))

    return put


def _recount_many(root: Storage, path: tuple[str, ...], number: int, size: int) -> None:
    name = path[-1].partition("-")[0]
    lengths = root.at((*path[:-1], name))
    if not isinstance(lengths, bytes):
        return
    wide = 8 if name.upper().endswith("102") else 4
    closing = {"F": 2, "E": 1}.get(name[-1].upper(), 0)
    if len(lengths) >= (number + 1) * wide:
        out = bytearray(lengths)
        struct.pack_into("<I", out, number * wide, size + closing)
        root.put((*path[:-1], name), bytes(out))
