"""Which part of a package points at which (ECMA-376-2, 9), and how a part is taken out of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

TYPES = "[Content_Types].xml"
_REFERENCES = ("/relationships}", "/relationships/")
# Elements that are nothing without the part they point at; of others only the pointer goes.
_VOID = frozenset(
    "embedRegular embedBold embedItalic embedBoldItalic regular bold italic boldItalic legacyDrawing "
    "legacyDrawingHF control externalReference pivotCache drawing attachedTemplate altChunk "
    "oleObject blip".split()
)
_NAME = re.compile(r"[^/]+")


def owner_of(rels: str) -> str:
    """The part whose relations a `.rels` part lists; "" for the package itself."""
    folder, _, name = rels.rpartition("/")
    base = folder.rpartition("/")[0] if "/" in folder else ""
    owner = name[: -len(".rels")]
    return posixpath.join(base, owner) if owner else ""


def rels_of(part: str) -> str:
    """The name of the `.rels` part of a part."""
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


@dataclass(frozen=True, slots=True)
class Relation:
    """A pointer from a part: its id there, what it is for, the part it points at ("" if outside)."""

    owner: str
    number: str
    purpose: str
    target: str
    address: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Relations:
    """All pointers of a package."""

    all: tuple[Relation, ...]

    @classmethod
    def of(cls, roots: Mapping[str, Any], members: Collection[str]) -> Relations:
        """The relations in `.rels` parts, given by name with their root elements."""
        exact = {name.lower(): name for name in members}
        found = []
        for name, root in roots.items():
            owner = owner_of(name)
            for one in root.iterchildren("{*}Relationship"):
                address = one.get("Target", "")
                outside = one.get("TargetMode") == "External"
                target = "" if outside else _resolved(owner, address)
                purpose = one.get("Type", "").rpartition("/")[2]
                found.append(
                    Relation(
                        owner,
                        one.get("Id", ""),
                        purpose,
                        exact.get(target.lower(), target),
                        address,
                    )
                )
        return cls(tuple(found))

    def targets(self, purposes: Collection[str]) -> frozenset[str]:
        """The parts that relations of these purposes point at."""
        return frozenset(r.target for r in self.all if r.purpose in purposes and r.target)

    def without(self, dropped: Iterable[str]) -> frozenset[str]:
        """The dropped parts, with those that only dropped parts point at."""
        gone = set(dropped)
        while True:
            orphans = {r.target for r in self.all if r.owner in gone and r.target}
            orphans -= {r.target for r in self.all if r.owner not in gone}
            if orphans <= gone:
                return frozenset(gone)
            gone |= orphans

    def pointers(self, owner: str, gone: Collection[str]) -> frozenset[str]:
        """The ids by which a part points at parts that are gone."""
        return frozenset(r.number for r in self.all if r.owner == owner and r.target in gone)


def _resolved(owner: str, address: str) -> str:
    path = address.partition("#")[0]
    if path.startswith("/"):
        return posixpath.normpath(path).lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(owner), path)).lstrip("./")


def forget(root: Any, owner: str, gone: Collection[str]) -> bool:
    """Take relations to parts that are gone out of the `.rels` part of `owner`; whether there were any."""
    found = [
        one
        for one in root.iterchildren("{*}Relationship")
        if one.get("TargetMode") != "External" and _is_gone(owner, one.get("Target", ""), gone)
    ]
    for one in found:
        root.remove(one)
    return bool(found)


def _is_gone(owner: str, address: str, gone: Collection[str]) -> bool:
    target = _resolved(owner, address).lower()
    return any(target == name.lower() for name in gone)


def unlist(types: Any, gone: Collection[str]) -> bool:
    """Take parts that are gone out of the list of content types; whether there were any."""
    names = {"/" + name.lower() for name in gone}
    found = [
        one for one in types.iterchildren("{*}Override") if one.get("PartName", "").lower() in names
    ]
    for one in found:
        types.remove(one)
    return bool(found)


def unpoint(root: Any, numbers: Collection[str]) -> None:
    """Take out of a part what points at relations that are gone."""
    for node in list(root.iter("*")):
        for name, value in node.items():
            if value not in numbers or not any(mark in name for mark in _REFERENCES):
                continue
            parent = node.getparent()
            if node.tag.rpartition("}")[2] in _VOID and parent is not None:
                parent.remove(node)
                break
            del node.attrib[name]
