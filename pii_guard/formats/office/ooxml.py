"""Office Open XML (ECMA-376, ISO/IEC 29500) edited part by part: what is not edited stays as it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from pii_guard.document import (
    Changes,
    Child,
    Document,
    Edit,
    Kind,
    Locator,
    Segment,
    Step,
    print_locator,
)
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.office.blanks import blank_for
from pii_guard.formats.office.package import Package, open_package
from pii_guard.formats.office.parts import KEPT_IF_UNCHANGED, LEFT_OUT, Fate, fate_of, odd_name
from pii_guard.formats.office.relations import (
    Relations,
    forget,
    owner_of,
    unlist,
    unpoint,
)
from pii_guard.formats.office.sheets import Strings
from pii_guard.formats.office.spots import Address, Fixed, Spot, placed, shown_address
from pii_guard.formats.office.vocabulary import Roles
from pii_guard.formats.office.walk import Walk
from pii_guard.formats.office.workbook import Part, Workbook
from pii_guard.formats.office.xml_part import parsed, unparsed

_NAMED = re.compile(r"(?:.*/)?([A-Za-z]+?)\d*\.[a-z]+")
_AXES = {
    **{name: name for name in "document header footer footnotes endnotes comments settings styles "
    "numbering slide chart drawing table people core app custom workbook item connections".split()},
    "slideLayout": "layout", "slideMaster": "master", "notesSlide": "notes", "vmlDrawing": "drawing",
    "notesMaster": "notes master", "data": "diagram", "pivotCacheDefinition": "pivot cache",
    "pivotCacheRecords": "pivot records", "externalLink": "external link", "image": "picture",
}  # fmt: skip
"""What a part is, by its usual name."""
_PICTURED = re.compile(rb"\bgfxdata\s*=")
_GFXDATA = "{urn:schemas-microsoft-com:office:office}gfxdata"


class Opened:
    """A package with its parts sorted out. Raises `Unreadable` for what is none."""

    def __init__(self, blob: bytes, bounds: Bounds) -> None:
        self.package: Package = open_package(blob, bounds)
        self.bounds = bounds
        self.roles = Roles(is_odf=False)
        members = self.package.members
        self.rels = {
            name: parsed(content, _part(n))
            for n, (name, content) in enumerate(members.items(), 1)
            if name.lower().endswith(".rels") and content
        }
        self.relations = Relations.of(self.rels, members.keys())
        useless = self.relations.targets(LEFT_OUT)
        self.fates = {name: fate_of(name, held, name in useless) for name, held in members.items()}
        self.left_out = self.relations.without(
            name for name, fate in self.fates.items() if fate is Fate.LEFT_OUT
        )
        for name in self.left_out:
            if name in self.fates:
                self.fates[name] = Fate.LEFT_OUT
        self.where = _locators(members)

    def children(self) -> Iterator[tuple[str, Child]]:
        """The files within, by the name of their part."""
        for name, fate in self.fates.items():
            if fate is Fate.CHILD:
                base = name.rpartition("/")[2]
                yield name, Child(self.package.members[name], self.where[name], base)

    def unseen(self) -> Iterator[Locator]:
        """What cannot be looked into and is not written."""
        if not self.package.is_tidy:
            yield (Step("archive", 1),)
        quiet = self.relations.targets(KEPT_IF_UNCHANGED)
        for name, fate in self.fates.items():
            hidden = fate is Fate.XML and _PICTURED.search(self.package.members[name])
            if fate is Fate.BLANK or hidden or (fate is Fate.LEFT_OUT and name not in quiet):
                yield self.where[name]

    def parts(self) -> Iterator[Part]:
        """The XML parts with their texts, sheets and then shared strings last."""
        sheets = self._sheets()
        for name, fate in self.fates.items():
            if fate is Fate.RELATIONS and name not in self.rels:
                continue
            if fate is Fate.RELATIONS and self._owned(name):
                root = self.rels[name]
                spots = Walk(root, self.roles, self.bounds).spots()
                others = [one for one in spots if not isinstance(one, Address)]
                yield Part(name, root, self.where[name], [*_addresses(root), *others])
            elif fate is Fate.TYPES:
                root = parsed(self.package.members[name], "the content types")
                texts = list(Walk(root, self.roles, self.bounds).spots())
                yield Part(name, root, self.where[name], texts)
            elif fate is Fate.XML and name not in sheets.names:
                root = parsed(self.package.members[name], _part_of(self.where[name]))
                fields = self._fields(name)
                texts = list(Walk(root, self.roles, self.bounds, fields=fields).spots())
                yield Part(name, root, self.where[name], texts)
        yield from sheets.parts()
        yield Part("", None, (), list(names(self.fates)))

    def _fields(self, name: str) -> tuple[str, ...]:
        """The names of the fields in the cache of a pivot table whose records a part holds."""
        owners = [
            r.owner
            for r in self.relations.all
            if r.purpose == "pivotCacheRecords" and r.target == name
        ]
        if not owners or self.fates.get(owners[0]) is not Fate.XML:
            return ()
        root = parsed(self.package.members[owners[0]], "the cache of a pivot table")
        return tuple(one.get("name", "")[:60] for one in root.iter("{*}cacheField"))

    def _owned(self, rels: str) -> bool:
        return owner_of(rels) not in self.left_out

    def _sheets(self) -> Workbook:
        return Workbook(self.package.members, self.fates, self.relations, self.roles, self.bounds)


def read(blob: bytes, bounds: Bounds) -> Document:
    """All texts, the files within, and what is left out of anything that is written."""
    opened = Opened(blob, bounds)
    segments: list[Segment] = []
    for part in opened.parts():
        segments += (placed(spot.segment, part.where) for spot in part.texts)
        if len(segments) > bounds.max_cells:
            raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {bounds.max_cells} texts")
    children = tuple(child for _, child in opened.children())
    return Document(tuple(segments), children, (), tuple(opened.unseen()))


def write(blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
    """The package with edits and redacted files, without what nobody can look into."""
    opened = Opened(blob, bounds)
    members = opened.package.members
    children = {name: changes.children.get(n) for n, (name, _) in enumerate(opened.children())}
    same = all(children[name] == child.blob for name, child in opened.children())
    if not changes.edits and same and next(opened.unseen(), None) is None:
        return blob
    dropped = opened.relations.without(
        {*opened.left_out, *(name for name, held in children.items() if held is None)}
    )
    written = _edited(opened, changes.edits)
    made: dict[str, bytes] = {}
    for name, content in members.items():
        fate = opened.fates[name]
        if name in dropped or (fate is Fate.RELATIONS and owner_of(name) in dropped):
            continue
        if fate is Fate.TYPES:
            root = written.get(name)
            root = parsed(content, "the content types") if root is None else root
            made[name] = unparsed(root) if unlist(root, dropped) or name in written else content
        elif fate is Fate.RELATIONS and name in opened.rels:
            root = written.get(name, opened.rels[name])
            changed = forget(root, owner_of(name), dropped)
            made[name] = unparsed(root) if changed or name in written else content
        elif fate is Fate.BLANK:
            made[name] = blank_for(content) or b""
        elif fate is Fate.CHILD:
            made[name] = children[name] or b""
        elif fate is Fate.XML:
            made[name] = _rewritten(opened, name, written.get(name), dropped)
        else:
            made[name] = content
    return opened.package.packed(made)


def _edited(opened: Opened, edits: Sequence[Edit]) -> dict[str, Any]:
    """The roots of the parts that edits changed, by name."""
    wanted = {number: list(group) for number, group in groupby(edits, key=attrgetter("segment"))}
    last = max(wanted, default=-1)
    changed: dict[str, Any] = {}
    number = 0
    for part in opened.parts():
        mine = range(number, number + len(part.texts))
        number += len(part.texts)
        hit = [n for n in mine if n in wanted]
        for n in reversed(hit):
            part.texts[n - mine.start].put(wanted[n])
        if isinstance(part.root, Strings):
            if part.root.settle() or hit:
                changed[part.name] = part.root.root
        elif hit:
            changed[part.name] = part.root
        if number > last and not isinstance(part.root, Strings) and not _shares(opened):
            break
    return changed


def _shares(opened: Opened) -> bool:
    return bool(opened.relations.targets(("sharedStrings",)))


def _rewritten(opened: Opened, name: str, root: Any, dropped: Collection[str]) -> bytes:
    content = opened.package.members[name]
    pointers = opened.relations.pointers(name, dropped)
    pictured = _PICTURED.search(content) is not None
    if root is None and not pointers and not pictured:
        return content
    if root is None:
        root = parsed(content, "a part")
    if pointers:
        unpoint(root, pointers)
    if pictured:
        for node in root.iter("*"):
            node.attrib.pop(_GFXDATA, None)
    return unparsed(root)


def _addresses(root: Any) -> Iterator[Spot]:
    """The addresses outside of the package that relations point at."""
    for number, one in enumerate(root.iterchildren("{*}Relationship"), 1):
        address = one.get("Target", "")
        if one.get("TargetMode") == "External" and address.strip():
            segment = _link(shown_address(address), number)
            yield Address(one, "Target", segment)


def _link(text: str, number: int) -> Segment:
    return Segment(text, (Step("link", number),), Kind.FIELD, "Target")


def names(fates: Iterable[str]) -> Iterator[Spot]:
    """The names of parts that somebody gave. They stay, or the file is refused."""
    for number, name in enumerate(fates, 1):
        if odd := odd_name(name):
            yield Fixed(Segment(odd, (Step("part", number), Step("name", 1)), Kind.FIELD))


def _locators(members: Mapping[str, bytes]) -> dict[str, Locator]:
    """Where each part stands: what it is by its usual name, counted; else its place in the archive."""
    counts: Counter[str] = Counter()
    found: dict[str, Locator] = {}
    for number, name in enumerate(sorted(members, key=_natural), 1):
        named = _NAMED.fullmatch(name)
        axis = _AXES.get(named[1], "") if named is not None else ""
        counts[axis] += 1
        found[name] = (Step(axis, counts[axis]),) if axis else (Step("part", number),)
    return found


def _natural(name: str) -> list[tuple[int, str]]:
    return [
        (int(piece), "") if piece.isdigit() and len(piece) < 9 else (0, piece)
        for piece in re.split(r"(\d+)", name)
    ]


def _part(number: int) -> str:
    return f"part {number}"


def _part_of(where: Locator) -> str:
    return print_locator(where)
