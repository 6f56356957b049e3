"""Zip archives, jar and epub among them: members are children, everything said about them is read.

What is not edited keeps its packed bytes. Times, modes and order stay; an edited archive has no data
descriptors, no bytes between its members, and no signatures of the archive as it was (jar). The second
reader is the standard library's zipfile. Names that lead elsewhere do nothing: no member is ever
written to a disk.
"""

from __future__ import annotations

import bz2
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pii_guard.document import Changes, Child, Document, Edit, Kind, Locator, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats import zip_structure as zips
from pii_guard.formats.base import Bounds
from pii_guard.formats.naming import Distinct, Names, renamed, replaced
from pii_guard.formats.unpacking import Unpacking, remnant, strings
from pii_guard.formats.zip_structure import Archive, Entry
from pii_guard.formats.zip_unlocking import unlocked

_SIGNATURE = re.compile(r"(?i)META-INF/(?:[^/]+\.(?:SF|RSA|DSA|EC)|SIG-[^/]+)")
_SEALED = re.compile(r"(?i)META-INF/(?:[^/]+\.(?:RSA|DSA|EC)|SIG-[^/]+)")
_STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class _Opened:
    """An archive that was read: its segments, and the children with the entry each comes from.

    Of a child that stands for bytes of no entry the entry is None.
    """

    archive: Archive
    names: Names
    children: tuple[tuple[Entry | None, Child], ...]


class ZipArchive:
    """The format."""

    media_types = frozenset({"application/zip", "application/java-archive", "application/epub+zip"})
    exact = True
    members_may_go = True

    def unlocked(self, blob: bytes, passwords: Sequence[str], bounds: Bounds) -> bytes | None:
        """The archive without its password; None if it has none. Raises `Unreadable`."""
        archive = unlocked(blob, passwords, bounds)
        if archive is None:
            return None
        entries = [_summed(entry, n, bounds) for n, entry in enumerate(archive.entries, 1)]
        return _joined(entries, archive.comment)

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Names, comments, links and odd fields as segments, members as children."""
        opened = _opened(blob, bounds)
        return Document(tuple(opened.names.segments), tuple(child for _, child in opened.children))

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The archive with names and members replaced; members not handed back are left out."""
        opened = _opened(blob, bounds)
        if changes.keep_all(child for _, child in opened.children):
            return blob
        return _written(opened, changes)

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """Members as zipfile unpacks them, checksums checked."""
        try:
            with zipfile.ZipFile(io.BytesIO(blob)) as opened:
                return _second(opened, Unpacking(len(blob), bounds))
        except Unreadable:
            raise
        except Exception as error:  # noqa: BLE001 - zipfile lets through what its parts raise
            raise refused(error, "zipfile refuses it") from None


def _opened(blob: bytes, bounds: Bounds) -> _Opened:
    archive = zips.parsed(blob, Unpacking(len(blob), bounds))
    names, children = Names(), list[tuple[Entry | None, Child]]()
    comment = zips.text_of(archive.comment, zips.UTF8)
    names.add("comment", Segment(comment, (Step("comment", 1),)))
    for number, entry in enumerate(archive.entries, 1):
        where, record = (Step("member", number),), (number,)
        content = _unpacked(entry, number, bounds)
        names.name(("name", number), entry.path, where, record)
        about = zips.text_of(entry.comment, entry.flags)
        names.add(("comment", number), Segment(about, (*where, Step("comment", 1)), record=record))
        for extra in _odd(entry.extra, where), _odd(entry.local_extra, where):
            for segment in extra:
                names.add(("extra", number), segment)
        if entry.is_link:
            names.name(("link", number), content.decode("utf-8", "replace"), where, record)
        elif _SEALED.fullmatch(entry.path):
            names.add(("seal", number), Segment(strings(content), where, Kind.METADATA))
        elif not entry.is_folder:
            children.append((entry, Child(content, where, entry.path, "", record)))
    for number, unused in enumerate(archive.unused, 1):
        children.append((None, Child(unused, (Step("unused", number),))))
    return _Opened(archive, names, tuple(children))


def _odd(extra: bytes, where: Locator) -> Iterator[Segment]:
    """The text of extra fields that hold more than times and numbers."""
    for number, (kind, data) in enumerate(zips.extras(extra), 1):
        if not zips.is_plain(kind, data):
            segment = remnant(data, (*where, Step("field", number)))
            if segment is not None:
                yield segment


def _summed(entry: Entry, number: int, bounds: Bounds) -> Entry:
    """An entry that had a password, with the sum that it may have kept from those without it."""
    if entry.crc >= 0:
        return entry
    return replace(entry, crc=zlib.crc32(_unpacked(entry, number, bounds)))


def _unpacked(entry: Entry, number: int, bounds: Bounds) -> bytes:
    where = f"member {number}"
    packed = entry.packed
    if entry.method == zips.STORED:
        content, end = packed, len(packed)
    elif entry.method in (zips.DEFLATED, zips.BZIP2):
        # What it says about its size was counted; what comes out may not be more.
        only = replace(bounds, max_unpacked_bytes=entry.size)
        deflated = entry.method == zips.DEFLATED
        content, end = Unpacking(1 << 40, only).whole(
            (lambda: zlib.decompressobj(-15)) if deflated else bz2.BZ2Decompressor, packed, 0, where
        )
    else:
        raise Unreadable(ReasonCode.UNSUPPORTED, f"{where}: its compression")
    if (
        len(content) != entry.size
        or end != len(packed)
        or entry.crc not in (-1, zlib.crc32(content))
    ):
        raise Unreadable(ReasonCode.CORRUPT, where)
    return content


def _written(opened: _Opened, changes: Changes) -> bytes:
    edits = opened.names.edited(changes.edits)
    numbers = {id(entry): n for n, (entry, _) in enumerate(opened.children) if entry is not None}
    kept: dict[int, Entry] = {}
    for number, entry in enumerate(opened.archive.entries, 1):
        if _SIGNATURE.fullmatch(entry.path):
            continue
        child = numbers.get(id(entry))
        if child is not None and child not in changes.children:
            continue
        made = entry
        if child is not None and changes.children[child] != opened.children[child][1].blob:
            made = _repacked(made, changes.children[child])
        elif ("link", number) in edits:
            target = opened.names.first(("link", number))
            made = _repacked(made, replaced(target, edits[("link", number)]).encode())
        kept[number] = _described(made, number, edits)
    names = Distinct(e.path for n, e in kept.items() if ("name", n) not in edits)
    for number, entry in kept.items():
        if ("name", number) in edits:
            path = names.of(renamed(entry.path, edits[("name", number)]))
            kept[number] = replace(entry, name=path.encode(), flags=entry.flags | zips.UTF8)
    comment = opened.archive.comment
    if "comment" in edits:
        comment = replaced(zips.text_of(comment, zips.UTF8), edits["comment"]).encode()[:65_535]
    return _joined(list(kept.values()), comment)


def _described(entry: Entry, number: int, edits: dict[object, list[Edit]]) -> Entry:
    """An entry with its comment edited, and without odd fields where one of them was."""
    if ("comment", number) in edits:
        about = replaced(zips.text_of(entry.comment, entry.flags), edits[("comment", number)])
        entry = replace(entry, comment=about.encode()[:65_535], flags=entry.flags | zips.UTF8)
        if ("name", number) not in edits:
            entry = replace(entry, name=entry.path.encode())
    drop = ("extra", number) in edits or ("name", number) in edits
    return replace(
        entry,
        extra=_without(entry.extra, drop=drop),
        local_extra=_without(entry.local_extra, drop=drop),
    )


def _without(extra: bytes, *, drop: bool) -> bytes:
    """Extra fields without the sizes of large archives and, if asked, without odd ones.

    A renamed member's name may stand in an odd field as well.
    """
    parts = []
    for kind, data in zips.extras(extra):
        if kind == zips.ZIP64 or (drop and not zips.is_plain(kind, data)):
            continue
        head = b"" if kind < 0 else kind.to_bytes(2, "little") + len(data).to_bytes(2, "little")
        parts.append(head + data)
    return b"".join(parts)


def _repacked(entry: Entry, content: bytes) -> Entry:
    if entry.method == zips.STORED:
        packed = content
    elif entry.method == zips.BZIP2:
        packed = bz2.compress(content)
    else:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(content) + packer.flush()
    return replace(entry, packed=packed, size=len(content), crc=zlib.crc32(content))


def _joined(entries: list[Entry], comment: bytes) -> bytes:
    """The archive, members where they stood, the directory in its own order."""
    if (
        len(entries) > 0xFFFE
    ):  # no policy matter: what the end record can count (APPNOTE.TXT, 4.4.21)
        raise Unreadable(ReasonCode.LIMIT_MEMBERS, "more than 65,534 members")
    parts: list[bytes] = []
    offsets, position = dict[int, int](), 0
    for number, entry in sorted(enumerate(entries), key=lambda pair: pair[1].start):
        offsets[number] = position
        local = zips.LOCAL.pack(
            b"PK\x03\x04", entry.needed, entry.flags & ~zips.DESCRIBED, entry.method, entry.time,
            entry.date, entry.crc, len(entry.packed), entry.size, len(entry.name),
            len(entry.local_extra),
        )  # fmt: skip
        parts += [local, entry.name, entry.local_extra, entry.packed]
        position += sum(map(len, parts[-4:]))
    start = position
    for number, entry in enumerate(entries):
        central = zips.CENTRAL.pack(
            b"PK\x01\x02", entry.made_by, entry.needed, entry.flags & ~zips.DESCRIBED, entry.method,
            entry.time, entry.date, entry.crc, len(entry.packed), entry.size, len(entry.name),
            len(entry.extra), len(entry.comment), 0, entry.internal, entry.external,
            offsets[number],
        )  # fmt: skip
        parts += [central, entry.name, entry.extra, entry.comment]
        position += sum(map(len, parts[-4:]))
    count = len(entries)
    end = zips.END.pack(b"PK\x05\x06", 0, 0, count, count, position - start, start, len(comment))
    return b"".join([*parts, end, comment])


def _second(opened: zipfile.ZipFile, unpacking: Unpacking) -> Document:
    names, children = Names(), []
    names.add("", Segment(opened.comment.decode("utf-8", "replace"), (Step("comment", 1),)))
    for number, info in enumerate(opened.infolist(), 1):
        unpacking.member()
        where, record = (Step("member", number),), (number,)
        names.name("", info.filename, where, record)
        names.add("", Segment(info.comment.decode("utf-8", "replace"), where, record=record))
        for segment in _odd(info.extra, where):
            names.add("", segment)
        if info.is_dir():
            continue
        parts = []
        with opened.open(info) as member:
            while part := member.read(_STEP):
                unpacking.take(len(part))
                parts.append(part)
        content = b"".join(parts)
        if info.create_system == 3 and (info.external_attr >> 16) & 0xF000 == 0xA000:
            names.name("", content.decode("utf-8", "replace"), where, record)
        elif _SEALED.fullmatch(info.filename):
            names.add("", Segment(strings(content), where, Kind.METADATA))
        else:
            children.append(Child(content, where, info.filename, "", record))
    return Document(tuple(names.segments), tuple(children))


FORMAT = ZipArchive()
