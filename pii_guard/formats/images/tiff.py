"""TIFF by its directories, one a page: written anew from what is known, pixels copied as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pii_guard.document import Kind
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.images.exif import edited, held_in, orientation
from pii_guard.formats.images.held import UNKNOWN, Held, Piece, Value, readable
from pii_guard.formats.images.tags import STRIPS, Directory, Tags, build, numbers, parse, swapped

_BITS, _COMPRESSION, _OLD_JPEG = 0x0102, 0x0103, 6
STRUCTURE = frozenset(
    {
        254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, 290, 291,
        292, 293, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 332, 334, 336, 338, 339, 340, 341, 342, 347,
        529, 530, 531, 532,
    }
)  # fmt: skip
"""Tags without which the pixels cannot be read (TIFF 6.0)."""
_FORM = STRUCTURE - {254, 255}


def split(blob: bytes) -> list[Piece]:
    """The file as one piece. Raises `Unreadable`."""
    tags = _parsed(blob)
    held = [one for page in tags.chain for one in held_in(page, tags.order, STRUCTURE)]
    if tags.rest:
        text = readable(tags.rest)
        held.append(UNKNOWN if text is None else Held(text, kind=Kind.CODE))

    def rebuild(values: Sequence[Value]) -> bytes:
        given = iter(values)
        pages = [edited(page, tags.order, given, STRUCTURE) for page in tags.chain]
        return build(Tags(tags.order, tuple(pages)))

    return [Piece(blob, tuple(held), rebuild)]


def _parsed(blob: bytes) -> Tags:
    tags = parse(blob, pixels=True)
    for page in tags.chain:
        packing = page.get(_COMPRESSION)
        if not page.pixels or (packing and numbers(tags.order, packing) == (_OLD_JPEG,)):
            raise Unreadable(ReasonCode.UNSUPPORTED, "a TIFF whose pixels stand elsewhere")
    return tags


def orientations(blob: bytes) -> list[int]:
    """How each page is to be turned to be looked at."""
    tags = _parsed(blob)
    return [orientation(page, tags.order) for page in tags.chain]


def with_pages(blob: bytes, painted: Mapping[int, bytes]) -> bytes:
    """The file with the pictures of other files of one page in place of its own, by page (from 0)."""
    tags = _parsed(blob)
    pages = list(tags.chain)
    for number, other in painted.items():
        pages[number] = _with_picture(pages[number], tags.order, _parsed(other))
    return build(Tags(tags.order, tuple(pages)))


def _with_picture(page: Directory, order: str, other: Tags) -> Directory:
    new = other.chain[0]
    if other.order != order:
        depth = new.get(_BITS)
        if depth is not None and max(numbers(other.order, depth)) > 8:
            raise Unreadable(ReasonCode.UNSUPPORTED, "a deep TIFF of the other byte order")
        new = replace(new, entries=tuple(map(swapped, new.entries)))
    kept = [one for one in page.entries if one.tag not in _FORM]
    added = [
        one
        for one in new.entries
        if one.tag in _FORM and one.tag not in {*STRIPS, *STRIPS.values()}
    ]
    return replace(page, entries=(*kept, *added), pixels=new.pixels)
