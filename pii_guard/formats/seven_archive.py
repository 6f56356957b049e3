"""7z archives: members are children, names are read; a folder without edited files is copied as packed.

Times, attributes and order stay. No library reads them again at run time (see `seven_structure`): a
written archive is read by the same code, its checksums prove what was packed; 7-Zip does in the tests.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pii_guard.document import Changes, Child, Document, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import seven_structure as sevens
from pii_guard.formats.base import Bounds
from pii_guard.formats.naming import Distinct, Names, renamed, replaced
from pii_guard.formats.seven_structure import Archive, Item
from pii_guard.formats.seven_unlocking import Unlocking
from pii_guard.formats.seven_unpacking import Folder, is_locked, unpack
from pii_guard.formats.seven_writing import joined, packed
from pii_guard.formats.unpacking import Unpacking, remnant

_UNIX, _LINK, _KIND = 0x8000, 0xA000, 0xF000


@dataclass(frozen=True, slots=True)
class _Opened:
    archive: Archive
    names: Names
    contents: dict[int, bytes]
    """What each packed item holds, by its number from 0."""
    children: tuple[tuple[int, Child], ...]
    """Each with the number of its item; -1 for bytes that belong to none."""


class SevenArchive:
    """The format."""

    media_types = frozenset({"application/x-7z-compressed"})
    exact = True
    members_may_go = True

    def unlocked(self, blob: bytes, passwords: Sequence[str], bounds: Bounds) -> bytes | None:
        """The archive without its password; None if it has none. Raises `Unreadable`."""
        if not _is_locked(blob, bounds):
            return None
        for password in passwords:
            try:
                opened = _opened(blob, bounds, Unlocking(password))
            except Unreadable as failed:
                if failed.reason.code is not ReasonCode.CORRUPT:
                    raise
                continue  # what a wrong password makes of it is noise
            children = {number: child.blob for number, (_, child) in enumerate(opened.children)}
            return _written(opened, Changes(children=children), anew=True)
        raise Unreadable(ReasonCode.ENCRYPTED, "by another password")

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Names, links and odd properties as segments, members as children."""
        opened = _opened(blob, bounds)
        children = tuple(child for _, child in opened.children)
        return Document(tuple(opened.names.segments), children)

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The archive with names and members replaced; members not handed back are left out."""
        opened = _opened(blob, bounds)
        if changes.keep_all(child for _, child in opened.children):
            return blob
        return _written(opened, changes)

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """As `read`, every checksum compared."""
        return self.read(blob, bounds)


def _is_locked(blob: bytes, bounds: Bounds) -> bool:
    try:
        archive = sevens.parsed(blob, Unpacking(len(blob), bounds))
    except Unreadable as failed:
        return failed.reason.code is ReasonCode.ENCRYPTED
    return any(map(is_locked, archive.folders))


def _opened(blob: bytes, bounds: Bounds, unlocking: Unlocking | None = None) -> _Opened:
    unpacking = Unpacking(len(blob), bounds)
    archive = sevens.parsed(blob, unpacking, unlocking)
    wholes = [unpack(folder, unpacking, unlocking) for folder in archive.folders]
    names, contents, children = Names(), dict[int, bytes](), list[tuple[int, Child]]()
    for number, note in enumerate(archive.notes, 1):
        segment = remnant(note, (Step("field", number),))
        if segment is not None:
            names.add("note", segment)
    for number, item in enumerate(archive.items):
        where, record = (Step("member", number + 1),), (number + 1,)
        names.name(("name", number), item.name, where, record)
        if item.stream is None:
            if not item.is_folder:
                children.append((number, Child(b"", where, item.name, "", record)))
            continue
        content = contents[number] = _content(archive, wholes, item, number)
        if _is_link(item):
            names.name(("link", number), content.decode("utf-8", "replace"), where, record)
        else:
            children.append((number, Child(content, where, item.name, "", record)))
    for number, loose in enumerate(archive.loose, 1):
        children.append((-1, Child(loose, (Step("unused", number),))))
    return _Opened(archive, names, contents, tuple(children))


def _content(archive: Archive, wholes: list[bytes], item: Item, number: int) -> bytes:
    assert item.stream is not None
    folder, position = item.stream
    streams = archive.folders[folder].streams
    start = sum(size for size, _ in streams[:position])
    size, crc = streams[position]
    content = wholes[folder][start : start + size]
    if len(content) != size or (crc is not None and zlib.crc32(content) != crc):
        raise Unreadable(ReasonCode.CORRUPT, f"member {number + 1}")
    return content


def _is_link(item: Item) -> bool:
    attributes = item.attributes or 0
    return bool(attributes & _UNIX) and (attributes >> 16) & _KIND == _LINK


def _written(opened: _Opened, changes: Changes, *, anew: bool = False) -> bytes:
    """`anew`: pack every folder again, also those that did not change."""
    edits = opened.names.edited(changes.edits)
    contents: dict[int, bytes | None] = dict(opened.contents)
    for number, (index, _) in enumerate(opened.children):
        if index >= 0:
            contents[index] = changes.children.get(number)
    for index, content in opened.contents.items():
        if ("link", index) in edits:
            text = replaced(content.decode("utf-8", "replace"), edits[("link", index)])
            contents[index] = text.encode()
    items = opened.archive.items
    names = Distinct(item.name for n, item in enumerate(items) if ("name", n) not in edits)
    made: list[Item] = []
    inside: dict[int, list[tuple[bytes, bytes]]] = {}
    for number, item in enumerate(items):
        new = contents.get(number, b"")
        if new is None:
            continue
        if ("name", number) in edits:
            item = replace(item, name=names.of(renamed(item.name, edits[("name", number)])))
        if item.stream is not None:
            inside.setdefault(item.stream[0], []).append((opened.contents[number], new))
        made.append(item)
    folders: list[Folder] = []
    for index, folder in enumerate(opened.archive.folders):
        kept = inside.get(index, [])
        same = len(kept) == len(folder.streams) and all(a == b for a, b in kept)
        if kept:
            folders.append(
                folder if same and not anew else packed([content for _, content in kept])
            )
    return joined(folders, made)


FORMAT = SevenArchive()
