"""What tags tell beside the picture: texts, the place it was taken at, what a camera put there.

Texts are shown and edited; numbers of a known, technical meaning stay. Serial numbers, a maker's own
notes, thumbnails and binary values of unknown make go (`UNSCANNED`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace

from PIL import ExifTags, TiffTags

from pii_guard.document import UNSCANNED
from pii_guard.errors import Unreadable
from pii_guard.formats.images.held import UNKNOWN, Held, Value, readable, spelled
from pii_guard.formats.images.profile import profile_texts
from pii_guard.formats.images.tags import (
    ASCII,
    UNDEFINED,
    Directory,
    Entry,
    Tags,
    build,
    numbers,
    parse,
)

GPS = 0x8825
_BYTE, _RATIONAL = 1, 5
_XP = frozenset(range(0x9C9B, 0x9CA0))
_CODED = frozenset({0x9286, 0x001B, 0x001C})
"""A text behind eight bytes that name its encoding (Exif 3.0, 4.6.6): UserComment and two of GPS."""
_SERIALS = frozenset({0xA420, 0xA431, 0xA435, 0xC62F})
"""Tags that tell one device or one picture from all others."""
_PLAIN = frozenset(
    {
        0x9000, 0xA000, 0x9101, 0xA300, 0xA301, 0x0002, 0x015B, 0x0214, 0x011C, 0x014C, 0x0140, 0xA302,
        0xC612, 0xC613, 0x0152,
    }
)  # fmt: skip
"""Binary values that are numbers of a known meaning."""
_PROFILE, _IPTC, _PHOTOSHOP, _BELOW = 0x8773, 0x83BB, 0x8649, 0x014A
_OPAQUE = frozenset({_PROFILE, _IPTC, _PHOTOSHOP, _BELOW})
"""Values with a make of their own, and directories that nothing here follows."""
_NUMBERS = frozenset({3, 4, 5, 8, 9, 10, 11, 12})
_MOST_NUMBERS = 64
_MOST_UNNAMED = 4
_LABELS = {
    0x013B: "Author name", 0xA430: "Owner name", 0x9C9D: "Author name", 0x9C9B: "Title",
    0x9C9C: "Comment", 0x9C9E: "Keywords", 0x9C9F: "Subject",
}  # fmt: skip
_TECHNICAL = {0x010F, 0x0110, 0x0131, 0xA433, 0xA434, 0x0001}
"""Makes, models and programs: shown without a label, which could be taken for a person's."""


def held_in(
    directory: Directory, order: str, structure: frozenset[int] = frozenset()
) -> list[Held]:
    """What a directory and those below it hold, in the order that `edited` takes values in.

    `structure`: tags without which the pixels cannot be read.
    """
    held = [_held(one) for one in directory.entries if _tells(one, structure)]
    for tag, inner in directory.below:
        held += [_position(inner, order)] if tag == GPS else held_in(inner, order)
    return held


def edited(
    directory: Directory,
    order: str,
    values: Iterator[Value],
    structure: frozenset[int] = frozenset(),
) -> Directory:
    """The directory with everything held as `values` has it."""
    entries = []
    for entry in directory.entries:
        if not _tells(entry, structure):
            entries.append(entry)
            continue
        text, value = _held(entry).text, next(values)
        if value == text:
            entries.append(entry)
        elif text != UNSCANNED and entry.tag not in _OPAQUE and isinstance(value, str):
            entries.append(_respelled(entry, value))
    below = []
    for tag, inner in directory.below:
        if tag != GPS:
            below.append((tag, edited(inner, order, values)))
        elif next(values) == _position(inner, order).text:
            below.append((tag, inner))
    return replace(directory, entries=tuple(entries), below=tuple(below))


class Exif:
    """An Exif block: what is `held` in it, and how it is `written` anew."""

    def __init__(self, raw: bytes) -> None:
        try:
            self._tags: Tags | None = parse(raw)
        except Unreadable:
            self._tags = None
        self.held = tuple(self._found())

    def _found(self) -> Iterator[Held]:
        if self._tags is None or not self._tags.chain:
            yield UNKNOWN
            return
        yield from held_in(self._tags.chain[0], self._tags.order)
        if len(self._tags.chain) > 1 or self._tags.rest:
            yield UNKNOWN  # a thumbnail, or bytes that no tag names

    def written(self, values: Sequence[Value]) -> bytes:
        """The block without thumbnail; empty when nothing is left in it."""
        if self._tags is None or not self._tags.chain:
            return b""
        order = self._tags.order
        directory = edited(self._tags.chain[0], order, iter(values))
        if not directory.entries and not any(d.entries or d.below for _, d in directory.below):
            return b""
        return build(Tags(order, (directory,)))


def _tells(entry: Entry, structure: frozenset[int]) -> bool:
    """Whether an entry says more than a number of known meaning."""
    if entry.tag in structure or entry.tag in _PLAIN or not entry.count:
        return False
    if entry.tag in _SERIALS or entry.type == ASCII or entry.tag in _XP or entry.tag in _CODED:
        return bool(entry.data.strip(b"\0 "))
    if entry.tag in _OPAQUE:
        return True
    if entry.type in _NUMBERS:
        named = entry.tag in ExifTags.TAGS or entry.tag in TiffTags.TAGS_V2
        return entry.count > (_MOST_NUMBERS if named else _MOST_UNNAMED)
    return entry.count > _MOST_UNNAMED


def _held(entry: Entry) -> Held:
    text = None if entry.tag in _SERIALS else _text(entry)
    return Held(UNSCANNED if text is None else text, _label(entry.tag))


def _label(tag: int) -> str:
    if tag in _TECHNICAL:
        return ""
    named = ExifTags.TAGS.get(tag) or getattr(TiffTags.TAGS_V2.get(tag), "name", "")
    return _LABELS.get(tag) or str(named or "")


def _text(entry: Entry) -> str | None:
    """The text of an entry, None when it is none."""
    if entry.tag == _PROFILE:
        texts = profile_texts(entry.data)
        return None if UNKNOWN in texts else "\n".join(one.text for one in texts)
    if entry.tag in _OPAQUE:
        return None
    if entry.tag in _XP:
        return entry.data.decode("utf-16-le", "replace").rstrip("\0")
    if entry.tag in _CODED:
        code, rest = entry.data[:8], entry.data[8:]
        if code.startswith(b"UNICODE"):
            return rest.decode("utf-16", "replace").strip("\0")
        return readable(rest.strip(b"\0"))
    if entry.type in (ASCII, _BYTE, UNDEFINED):
        return readable(entry.data.rstrip(b"\0").replace(b"\0", b"\n"))
    return None


def _respelled(entry: Entry, text: str) -> Entry:
    if entry.tag in _XP:
        data = text.encode("utf-16-le", "replace") + b"\0\0"
    elif entry.tag in _CODED:
        data = b"ASCII\0\0\0" + text.encode("ascii", "replace")
        return Entry(entry.tag, UNDEFINED, len(data), data)
    else:
        data = spelled(text, entry.data.rstrip(b"\0")) + b"\0"
    return Entry(entry.tag, entry.type, len(data), data)


def _position(directory: Directory, order: str) -> Held:
    """Where a picture was taken, in degrees; what cannot be worked out is unknown."""
    north, east = (_degrees(directory, order, tag) for tag in (2, 4))
    if north is None or east is None:
        return UNKNOWN if len(directory.entries) > 1 else Held("", "GPS position")
    return Held(f"{north:.6f}, {east:.6f}", "GPS position")


def _degrees(directory: Directory, order: str, tag: int) -> float | None:
    """Degrees from degrees, minutes and seconds, south and west below zero (Exif 3.0, 4.6.7)."""
    entry, side = directory.get(tag), directory.get(tag - 1)
    if entry is None or entry.type != _RATIONAL or entry.count != 3:
        return None
    parts: tuple[int, ...] = struct.unpack(order + "6I", entry.data)
    if 0 in parts[1::2]:
        return None
    degrees, minutes, seconds = (parts[n] / parts[n + 1] for n in (0, 2, 4))
    whole = degrees + minutes / 60 + seconds / 3600
    if whole > 180:
        return None
    return -whole if side is not None and side.data[:1] in (b"S", b"W") else whole


def orientation(directory: Directory, order: str) -> int:
    """How a picture is to be turned to be looked at (tag 0x0112), 1 to 8."""
    entry = directory.get(0x0112)
    found = numbers(order, entry) if entry is not None else ()
    return found[0] if found and 1 <= found[0] <= 8 else 1
