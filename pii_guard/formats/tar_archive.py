"""Tar archives: members are children; names, links, owners and pax records are read.

What is written keeps order, modes, times and numbers of owners. Links are text: nothing follows them,
and no member is ever written to a disk. The second reader is the standard library's tarfile.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass

from pii_guard.document import UNSCANNED, Changes, Child, Document, Edit, Kind, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats import tar_structure as tars
from pii_guard.formats.base import Bounds
from pii_guard.formats.naming import Distinct, Names, renamed, replaced
from pii_guard.formats.tar_structure import Member
from pii_guard.formats.unpacking import Unpacking, remnant

_SHOWN = frozenset(
    {"path", "linkpath", "uname", "gname", "size", "uid", "gid", "mtime", "atime", "ctime"}
)
_RESTATED = frozenset({"path", "linkpath", "uname", "gname", "size"})
_STEP = 1 << 20
_LONGEST = 100
_RECORD = 10_240


@dataclass(frozen=True, slots=True)
class _Opened:
    members: tuple[Member, ...]
    names: Names
    children: tuple[tuple[int, Child], ...]
    """Each with the number of its member, from 0."""


class TarArchive:
    """The format."""

    media_types = frozenset({"application/x-tar"})
    exact = True
    members_may_go = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Names, links, owners and records as segments, files as children."""
        opened = _opened(blob, bounds)
        children = tuple(child for _, child in opened.children)
        return Document(tuple(opened.names.segments), children)

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The archive with names and files replaced; files not handed back are left out."""
        opened = _opened(blob, bounds)
        if changes.keep_all(child for _, child in opened.children):
            return blob
        made = b"".join(_written(opened, changes))
        return made + bytes(2 * tars.BLOCK) + bytes(-(len(made) + 2 * tars.BLOCK) % _RECORD)

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """Members as tarfile reads them."""
        try:
            with tarfile.open(fileobj=io.BytesIO(blob), mode="r:") as opened:
                return _second(opened, Unpacking(len(blob), bounds))
        except Unreadable:
            raise
        except Exception as error:  # noqa: BLE001 - tarfile lets through what its parts raise
            raise refused(error, "tarfile refuses it") from None


def _opened(blob: bytes, bounds: Bounds) -> _Opened:
    members = tuple(tars.members(blob, Unpacking(len(blob), bounds)))
    names, children = Names(), list[tuple[int, Child]]()
    for index, member in enumerate(members):
        where, record = (Step("member", index + 1),), (index + 1,)
        names.name(("path", index), _shown(member.path), where, record)
        names.name(("linkpath", index), _shown(member.target), where, record)
        for key, text, label in (
            ("uname", member.owner, "user name"),
            ("gname", member.group, "group name"),
        ):
            names.add((key, index), Segment(_shown(text), where, Kind.FIELD, label, record))
        for number, (key, text) in enumerate(member.pax.items(), 1):
            at, name = (*where, Step("field", number)), _shown(key)
            if key not in _SHOWN:
                names.add(("key", index, key), Segment(name, at, Kind.NAME, "", record))
                shown = Segment(_shown(text), at, Kind.METADATA, name, record)
                names.add(("pax", index, key), shown)
        slack = remnant(member.slack, (*where, Step("unused", 1)))
        if slack is not None:
            names.add(("slack", index), slack)
        if member.behind:
            # With the data before it, it may say what neither says alone.
            names.add(("behind", index), Segment(UNSCANNED, (*where, Step("unused", 2))))
        if member.kind in tars.REGULAR and not member.path.endswith("/"):
            children.append((index, Child(member.content, where, _shown(member.path), "", record)))
        elif member.content:
            raise Unreadable(ReasonCode.NOT_COVERED, f"member {index + 1}: a folder with data")
    return _Opened(members, names, tuple(children))


def _shown(text: str) -> str:
    """The text with bytes of no UTF-8 as characters that can be read, position by position."""
    if text.isascii():
        return text
    return "".join(chr(ord(c) - 0xDC00) if "\udc80" <= c <= "\udcff" else c for c in text)


def _written(opened: _Opened, changes: Changes) -> list[bytes]:
    edits = opened.names.edited(changes.edits)
    numbers = {index: number for number, (index, _) in enumerate(opened.children)}
    names = Distinct(m.path for n, m in enumerate(opened.members) if ("path", n) not in edits)
    parts = []
    for index, member in enumerate(opened.members):
        content: bytes | None = b""
        if index in numbers:
            content = changes.children.get(numbers[index])
        if content is not None:
            parts.append(_rewritten(member, index, content, edits, names))
    return parts


def _rewritten(
    member: Member, index: int, content: bytes, edits: Mapping[object, list[Edit]], names: Distinct
) -> bytes:
    """One member, preceded by a pax header for what its own header cannot hold."""
    pax = {}
    for key, text in member.pax.items():
        if key not in _RESTATED and ("key", index, key) not in edits:
            pax[key] = replaced(text, edits.get(("pax", index, key), ()))
    if member.kind == tars.GLOBAL:
        records = tars.pax_records(pax)
        size = {"size": tars.octal(len(records), 12)}
        return tars.with_fields(member.block, size) + tars.padded(records) if pax else b""
    texts = {
        "path": member.path, "linkpath": member.target, "uname": member.owner, "gname": member.group
    }  # fmt: skip
    for key, text in texts.items():
        if (key, index) in edits:
            edit = renamed if key in ("path", "linkpath") else replaced
            texts[key] = edit(text, edits[(key, index)])
    if ("path", index) in edits:
        texts["path"] = names.of(texts["path"])
    fields = {"size": tars.octal(len(content), 12), "prefix": b""}
    for key, name in (
        ("path", "name"),
        ("linkpath", "linkname"),
        ("uname", "uname"),
        ("gname", "gname"),
    ):
        raw = texts[key].encode("utf-8", "surrogateescape")
        low, high = tars.FIELDS[name]
        if len(raw) > (_LONGEST if high - low == _LONGEST else high - low - 1):
            pax[key] = texts[key]
        fields[name] = raw[: high - low]
    if member.block[257:262] != b"ustar":
        del fields["uname"], fields["gname"], fields["prefix"]
    elif member.block[257:263] != b"ustar\0":
        del fields["prefix"]
    block = tars.with_fields(member.block, fields)
    extra = b""
    if pax:
        records = tars.pax_records(pax)
        head = {"name": b"pax", "type": b"x", "linkname": b"", "size": tars.octal(len(records), 12)}
        extra = tars.with_fields(block, head) + tars.padded(records)
    return extra + block + tars.padded(content)


def _second(opened: tarfile.TarFile, unpacking: Unpacking) -> Document:
    names, children = Names(), []
    for number, info in enumerate(opened, 1):
        unpacking.member()
        where, record = (Step("member", number),), (number,)
        names.name("", _shown(info.name), where, record)
        names.name("", _shown(info.linkname), where, record)
        for label, text in (("user name", info.uname), ("group name", info.gname)):
            names.add("", Segment(_shown(text), where, Kind.FIELD, label, record))
        for key, text in info.pax_headers.items():
            if key not in _SHOWN:
                names.add("", Segment(_shown(text), where, Kind.METADATA, _shown(key), record))
        if info.isreg():
            member = opened.extractfile(info)
            parts = []
            while member is not None and (part := member.read(_STEP)):
                unpacking.take(len(part))
                parts.append(part)
            children.append(Child(b"".join(parts), where, _shown(info.name), "", record))
    return Document(tuple(names.segments), tuple(children))


FORMAT = TarArchive()
