"""OpenDocument (ISO/IEC 26300) edited part by part: what is not edited stays as it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from pii_guard.document import (
    Changes,
    Child,
    Document,
    Edit,
    Locator,
    Segment,
    Step,
    print_locator,
)
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.office.blanks import blank_for
from pii_guard.formats.office.ooxml import names
from pii_guard.formats.office.package import open_package
from pii_guard.formats.office.parts import Fate, fate_of
from pii_guard.formats.office.spots import Spot, placed
from pii_guard.formats.office.vocabulary import Roles, is_blob
from pii_guard.formats.office.walk import Walk
from pii_guard.formats.office.xml_part import parsed, unparsed

MANIFEST = "META-INF/manifest.xml"
_USELESS = ("thumbnails/", "objectreplacements/", "layout-cache", "meta-inf/documentsignatures.xml",
            "meta-inf/macrosignatures.xml")  # fmt: skip
_AXES = {
    "content.xml": "document",
    "styles.xml": "styles",
    "meta.xml": "metadata",
    "settings.xml": "settings",
}
_SPOKEN = re.compile(rb"application/vnd\.oasis\.opendocument\.[a-z-]{1,40}\s{0,4}")
_BLOBS = re.compile(
    rb"<(?:office:binary-data|config:config-item(?=[^<>]*\"PrinterSetup\")[^<>]*+)>\s*[^<\s]"
)


def fate(name: str, content: bytes) -> Fate:
    """The fate of a member."""
    low = name.lower()
    if low == "mimetype":
        return Fate.AS_IS
    if low == MANIFEST.lower():
        return Fate.TYPES
    return fate_of(name, content, low.startswith(_USELESS))


class Opened:
    """A package with its members sorted out. Raises `Unreadable` for what is none."""

    def __init__(self, blob: bytes, bounds: Bounds) -> None:
        self.package = open_package(blob, bounds)
        self.bounds = bounds
        members = self.package.members
        if not _SPOKEN.fullmatch(members.get("mimetype", b"")):
            raise Unreadable(ReasonCode.CORRUPT, "it does not say what it is")
        if MANIFEST in members:
            manifest = parsed(members[MANIFEST], "the manifest")
            if next(manifest.iter("{*}encryption-data", "{*}encrypted-key"), None) is not None:
                raise Unreadable(ReasonCode.ENCRYPTED, "its parts")
        if not {"content.xml", "styles.xml"} & members.keys():
            raise Unreadable(ReasonCode.CORRUPT, "it has no content")
        self.fates = {name: fate(name, content) for name, content in members.items()}
        self.where = _locators(self.fates)

    def children(self) -> Iterator[tuple[str, Child]]:
        """The files within, by the name of their member."""
        for name, one in self.fates.items():
            if one is Fate.CHILD:
                yield (
                    name,
                    Child(self.package.members[name], self.where[name], name.rpartition("/")[2]),
                )

    def unseen(self) -> Iterator[Locator]:
        """What cannot be looked into and is not written."""
        if not self.package.is_tidy:
            yield (Step("archive", 1),)
        for name, one in self.fates.items():
            hidden = one is Fate.XML and _BLOBS.search(self.package.members[name])
            if hidden or one in (Fate.BLANK, Fate.LEFT_OUT):
                yield self.where[name]

    def parts(self) -> Iterator[tuple[str, Any, list[Spot]]]:
        """The XML members by name, with root element and texts."""
        roles = Roles(is_odf=True)
        for name, one in self.fates.items():
            if one in (Fate.XML, Fate.TYPES):
                root = parsed(self.package.members[name], print_locator(self.where[name]))
                yield name, root, list(Walk(root, roles, self.bounds, is_odf=True).spots())
        yield "", None, list(names(self.fates))


def read(blob: bytes, bounds: Bounds) -> Document:
    """All texts, the files within, and what is left out of anything that is written."""
    opened = Opened(blob, bounds)
    segments: list[Segment] = []
    for name, _, texts in opened.parts():
        segments += (placed(spot.segment, opened.where.get(name, ())) for spot in texts)
        if len(segments) > bounds.max_cells:
            raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {bounds.max_cells} texts")
    children = tuple(child for _, child in opened.children())
    return Document(tuple(segments), children, (), tuple(opened.unseen()))


def write(blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
    """The package with edits and redacted files, without what nobody can look into."""
    opened = Opened(blob, bounds)
    children = {name: changes.children.get(n) for n, (name, _) in enumerate(opened.children())}
    same = all(children[name] == child.blob for name, child in opened.children())
    if not changes.edits and same and next(opened.unseen(), None) is None:
        return blob
    written = _edited(opened, changes.edits)
    gone = {name for name, held in children.items() if held is None}
    gone |= {name for name, one in opened.fates.items() if one is Fate.LEFT_OUT}
    made: dict[str, bytes] = {}
    for name, content in opened.package.members.items():
        one = opened.fates[name]
        if name in gone:
            continue
        if one is Fate.TYPES:
            root = written.get(name)
            root = parsed(content, "the manifest") if root is None else root
            made[name] = unparsed(root) if _unlist(root, gone) or name in written else content
        elif one is Fate.BLANK:
            made[name] = blank_for(content) or b""
        elif one is Fate.CHILD:
            made[name] = children[name] or b""
        elif name in written:
            made[name] = unparsed(written[name])
        else:
            made[name] = content
    return opened.package.packed(made)


def _edited(opened: Opened, edits: Sequence[Edit]) -> dict[str, Any]:
    """The roots of the members that change, by name."""
    wanted = {number: list(group) for number, group in groupby(edits, key=attrgetter("segment"))}
    changed: dict[str, Any] = {}
    number = 0
    for name, root, texts in opened.parts():
        mine = range(number, number + len(texts))
        number += len(texts)
        for n in reversed(mine):
            if n in wanted:
                texts[n - mine.start].put(wanted[n])
                changed[name] = root
        if name and _BLOBS.search(opened.package.members[name]):
            changed[name] = root
            for node in filter(is_blob, root.iter("{*}binary-data", "{*}config-item")):
                node.text = ""
    return changed


def _unlist(manifest: Any, gone: set[str]) -> bool:
    """Take members that are gone out of the manifest; whether there were any."""
    found = [
        entry
        for entry in manifest.iter("{*}file-entry")
        if any(value in gone for name, value in entry.items() if name.endswith("}full-path"))
    ]
    for entry in found:
        entry.getparent().remove(entry)
    return bool(found)


def _locators(fates: dict[str, Fate]) -> dict[str, Locator]:
    counts: Counter[str] = Counter()
    found: dict[str, Locator] = {}
    for number, (name, one) in enumerate(fates.items(), 1):
        axis = _AXES.get(
            name, "picture" if one is Fate.CHILD and name.startswith("Pictures/") else ""
        )
        counts[axis] += 1
        found[name] = (Step(axis, counts[axis]),) if axis else (Step("part", number),)
    return found
