"""The readable texts of one XML part, in document order, as lxml has it (entities and network off).

Paragraphs that follow one another without an empty one between are one text, as they would be in a
plain letter; a cell of a table is a text with the label of its column, or of the cell before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from lxml import etree

from pii_guard.document import Kind, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.office.cells import Grid, Place
from pii_guard.formats.office.formulas import Formula
from pii_guard.formats.office.spots import (
    BREAK,
    TAIL,
    TEXT,
    VIRTUAL,
    Address,
    Coded,
    Coined,
    Dated,
    Fixed,
    Leaf,
    Run,
    Spot,
    shown_address,
)
from pii_guard.formats.office.typed import Typed, says_the_same, typed_value
from pii_guard.formats.office.vocabulary import (
    ADDRESSES,
    CONTAINED,
    DERIVED,
    ITEMS,
    VALUES,
    Does,
    Role,
    Roles,
    coined,
    is_blob,
    is_coined,
    is_for_programs,
    is_ours,
    label_of,
    without_codes,
)

LONGEST = 4_000
"""Characters after which a text ends though paragraphs go on."""
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SPEAKS = etree.XPath("//@*[contains(., '@') or contains(., '%40') or contains(., '://')]")
_ESCAPES = etree.XPath("//@*[contains(., '_')]")
_AROUND = etree.XPath("/processing-instruction() | /comment()")
_SPACES = str.maketrans("\r\n\t", "   ")
_CHANGES = frozenset({"ins", "del", "moveFrom", "moveTo"})
_SETTINGS = frozenset({"tabs", "pPr", "rPr"})


@dataclass(slots=True)
class _Paragraph:
    """A block and its leaves; `change` is the kind of tracked change that the last one stands in."""

    node: Any
    number: int
    place: Place | None
    leaves: list[Leaf] = field(default_factory=list)
    codes: list[Leaf] = field(default_factory=list)
    change: str = ""

    def text(self) -> str:
        return "".join(leaf.text for leaf in self.leaves)


@dataclass(slots=True)
class Walk:
    """Walks one part once. `is_odf`: as OpenDocument, whose paragraphs hold text between spans."""

    root: Any
    roles: Roles
    bounds: Bounds
    is_odf: bool = False
    apart: Any = None
    """A child of the root element that is read by others."""
    fields: Sequence[str] = ()
    """The names of the fields that records of a pivot table's cache have."""
    grid: Grid = field(init=False)
    _beside: list[Spot] = field(default_factory=list)
    _claimed: set[Any] = field(default_factory=set)
    _others: int = 0
    _records: int = 0
    _record: Any = None

    def __post_init__(self) -> None:
        self.grid = Grid(self.roles)

    def spots(self) -> Iterator[Spot]:
        """All spots of the part: paragraphs in groups, then all else. Raises `Unreadable`."""
        group: list[_Paragraph] = []
        size = 0
        for one in self._paragraphs():
            size += sum(len(leaf.text) for leaf in one.leaves)
            empty = not one.text().strip()
            if group and (empty or size > LONGEST or not self._goes_on(group[-1], one)):
                yield from self._texts(group)
                group, size = [], 0
            if empty:
                yield from self._texts([one])
            else:
                group.append(one)
        yield from self._texts(group)
        yield from self._beside
        yield from self._speaking()
        if self.is_odf:
            yield from self._coined()

    # -- paragraphs ---------------------------------------------------------------------------

    def _paragraphs(self) -> Iterator[_Paragraph]:
        """The paragraphs, each once it is complete; what stands beside them is kept for later."""
        waiting: dict[Any, _Paragraph] = {}
        roles, count = self.roles, 0
        for around in _AROUND(self.root):
            self._other(around, Role(""))
        for node in self._nodes():
            role = roles[node.tag]
            does = role.does
            if does is Does.BLOCK and node not in self._claimed:
                yield from self._complete(waiting, node)
                count += 1
                self._check_depth(node)
                waiting[node] = _Paragraph(node, count, self.grid.place(node))
                if self.is_odf:
                    self._gather(node, waiting[node])
            elif does is Does.LEAF or does is Does.CODE or does is Does.BREAK:
                if not self.is_odf:
                    self._leaf(node, role, waiting)
            elif does is Does.TABLE or does is Does.ROW or does is Does.CELL:
                self.grid.enter(node, does)
                if self.is_odf and does is Does.CELL:
                    self._typed(node)
            elif node.text and node not in self._claimed and not node.text.isspace():
                self._other(node, role)
            if role.attributes or role.is_foreign:
                self._attributes(node, role)
            tail = node.tail
            if tail and not tail.isspace() and node.getparent() not in self._claimed:
                self._add(Leaf(node, TAIL, tail), Kind.PROSE, "")
        yield from waiting.values()

    def _nodes(self) -> Iterator[Any]:
        """All nodes in document order but those that are read by others."""
        if self.apart is None:
            yield from self.root.iter()
            return
        yield self.root
        for child in self.root:
            if child is not self.apart:
                yield from child.iter()

    def _complete(self, waiting: dict[Any, _Paragraph], node: Any) -> Iterator[_Paragraph]:
        """Those that wait and do not hold `node`."""
        if waiting:
            above = set(node.iterancestors())
            for block in [b for b in waiting if b not in above]:
                yield waiting.pop(block)

    def _leaf(self, node: Any, role: Role, waiting: dict[Any, _Paragraph]) -> None:
        """Add a leaf to its paragraph; one without a paragraph stands for itself."""
        change, owner = "", None
        for above in node.iterancestors():
            owner = waiting.get(above)
            if owner is not None:
                break
            name = self.roles[above.tag].name
            if name in _CHANGES:
                change = change or name
            elif name in _SETTINGS:
                return
        text = node.text or ""
        if owner is None:
            if text and not text.isspace():
                self._other(node, role)
        elif role.does is Does.BREAK:
            owner.leaves.append(Leaf(node, BREAK, role.stands_for))
        elif role.does is Does.CODE:
            owner.codes += self._whole(node)
        elif text or len(node):
            if change and owner.change and change != owner.change:
                # What was put in place of something is a text of its own.
                owner.leaves.append(Leaf(node, VIRTUAL, "\n"))
            owner.change = change
            owner.leaves += self._whole(node)

    def _whole(self, node: Any) -> Iterator[Leaf]:
        """The text of a leaf, which a comment may cut."""
        if node.text:
            yield Leaf(node, TEXT, node.text)
        if len(node):
            self._claimed.add(node)
            yield from (Leaf(child, TAIL, child.tail) for child in node if child.tail)

    def _gather(self, node: Any, owner: _Paragraph) -> None:
        """The texts in and between the spans of an OpenDocument paragraph (part 3, 6.1)."""
        self._claimed.add(node)
        if node.text:
            owner.leaves.append(Leaf(node, TEXT, node.text.translate(_SPACES)))
        for child in node:
            role = self.roles[child.tag]
            if role.does is Does.BREAK:
                count = (
                    child.get(f"{child.tag.rpartition('}')[0]}}}c", "1")
                    if role.name == "s"
                    else "1"
                )
                times = min(int(count), 999) if count.isdigit() else 1
                owner.leaves.append(Leaf(child, BREAK, role.stands_for * times))
            elif role.name and role.does is Does.NOTHING and role.is_inline:
                self._gather(child, owner)
            if child.tail:
                owner.leaves.append(Leaf(child, TAIL, child.tail.translate(_SPACES)))

    def _typed(self, cell: Any) -> None:
        """The number or date of a cell; what it shows is no text of its own if it is the same."""
        typed = typed_value(cell)
        if typed is None:
            return
        name, value, is_number = typed
        place = self.grid.place_of(cell)
        number = is_number and NUMBER.fullmatch(value) is not None
        where = (*(place.locator if place else ()), Step("value", 1))
        label, record = (place.label, place.record) if place else ("", ())
        segment = Segment(value, where, Kind.CELL, label, record, number)
        self._beside.append(Typed(cell, name, segment))
        if says_the_same(cell, value):
            self._claimed.update(n for p in cell.iterchildren("{*}p") for n in p.iter())

    def _check_depth(self, node: Any) -> None:
        most = self.bounds.max_nesting
        if next(islice(node.iterancestors(), most, None), None) is not None:
            raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {most}")

    # -- texts --------------------------------------------------------------------------------

    def _goes_on(self, last: _Paragraph, one: _Paragraph) -> bool:
        """Whether a paragraph is of one text with the one before."""
        same = self._container(last.node) is self._container(one.node)
        return same and last.place == one.place

    def _container(self, node: Any) -> Any:
        above = node.getparent()
        while above is not None and self.roles[above.tag].name in CONTAINED:
            above = above.getparent()
        return above

    def _texts(self, group: list[_Paragraph]) -> Iterator[Spot]:
        """The text of paragraphs that belong together, and their field instructions."""
        leaves: list[Leaf] = []
        for one in group:
            if leaves:
                leaves.append(Leaf(one.node, VIRTUAL, "\n"))
            leaves += one.leaves
        text = "".join(leaf.text for leaf in leaves)
        if text.strip():
            first = group[0]
            place = first.place
            where = (
                (*place.locator, Step("paragraph", first.number))
                if place
                else (Step("paragraph", first.number),)
            )
            kind, label = Kind.PROSE, ""
            record: tuple[int, ...] = ()
            if place is not None:
                kind, label, record = place.kind, place.label, place.record
            yield Run(leaves, Segment(text, where, kind, label, record))
        for one in group:
            code = "".join(leaf.text for leaf in one.codes)
            if code.strip():
                where = (Step("paragraph", one.number), Step("field", 1))
                yield Run(one.codes, Segment(code, where, Kind.CODE))

    # -- beside -------------------------------------------------------------------------------

    def _other(self, node: Any, role: Role) -> None:
        """Text of an element outside all paragraphs."""
        text = node.text
        if not text or text.isspace() or (self.is_odf and is_blob(node)):
            return
        if not role.name:
            self._add(Leaf(node, TEXT, text), Kind.PROSE, "")
        elif role.does is Does.FORMULA:
            self._others += 1
            where = (Step("text", self._others),)
            self._beside.append(Formula(node, Segment(text, where, Kind.CODE)))
        elif role.does is Does.CODED:
            self._others += 1
            segment = Segment(without_codes(text), (Step("text", self._others),), Kind.PROSE)
            if segment.text.strip():
                self._beside.append(Coded(node, text, segment))
        elif role.does is Does.INERT and is_for_programs(text):
            return
        else:
            number = role.does is Does.NUMBER and NUMBER.fullmatch(text) is not None
            kind = Kind.FIELD if role.is_foreign or role.does is Does.NUMBER else Kind.METADATA
            if role.name == "lpstr" and any(
                self.roles[a.tag].name in DERIVED for a in node.iterancestors()
            ):
                kind = Kind.NAME
            self._add(Leaf(node, TEXT, text), kind, self._label(node, role), number=number)

    def _label(self, node: Any, role: Role) -> str:
        above = node.getparent()
        if role.name in VALUES and above is not None:
            own = next((v for k, v in node.items() if k.endswith("}name")), "")
            return str(own or above.get("name", ""))[:60]
        return "" if role.does is Does.NUMBER else label_of(role.name)

    def _add(
        self, leaf: Leaf, kind: Kind, label: str, *, number: bool = False, axis: str = "text"
    ) -> None:
        self._others += 1
        where = (Step(axis, self._others),)
        segment = Segment(leaf.text, where, kind, label, (), number)
        self._beside.append(Run((leaf,), segment))

    def _attributes(self, node: Any, role: Role) -> None:
        for name, value in node.items():
            local = name.rpartition("}")[2]
            known = role.attributes.get(local)
            if not value or value.isspace():
                continue
            if role.name in ITEMS and local == "v":
                self._item(node, role, name, value)
            elif known is not None:
                self._add(Leaf(node, name, value), known.kind, known.label, axis="attribute")
            elif role.is_foreign:
                self._add(Leaf(node, name, value), Kind.FIELD, local, axis="attribute")

    def _item(self, node: Any, role: Role, name: str, value: str) -> None:
        """A value in the cache of a pivot table: it is of the field that it stands in or at."""
        above = node.getparent()
        label = ""
        record: tuple[int, ...] = ()
        if above is not None and self.roles[above.tag].name == "r":
            at = above.index(node)
            label = self.fields[at] if at < len(self.fields) else ""
            self._records = self._records if above is self._record else self._records + 1
            self._record, record = above, (self._records,)
        elif above is not None and above.getparent() is not None:
            label = above.getparent().get("name", "")[:60]
        self._others += 1
        where = (Step("item", self._others),)
        number = role.name == "n" and NUMBER.fullmatch(value) is not None
        segment = Segment(value, where, Kind.CELL, label, record, number)
        leaf = Leaf(node, name, value)
        self._beside.append(Dated(leaf, segment) if role.name == "d" else Run((leaf,), segment))

    def _speaking(self) -> Iterator[Spot]:
        """Addresses in attributes that are not read otherwise."""
        for value in _SPEAKS(self.root):
            node, name = value.getparent(), value.attrname
            local = name.rpartition("}")[2]
            role = self.roles[node.tag]
            if local in role.attributes or role.is_foreign or is_ours(local, str(value)):
                continue
            self._others += 1
            where = (Step("attribute", self._others),)
            if local in ADDRESSES:
                shown = shown_address(str(value))
                yield Address(node, name, Segment(shown, where, Kind.FIELD, local))
            else:
                yield Fixed(Segment(str(value), where, Kind.NAME))

    def _coined(self) -> Iterator[Spot]:
        """Names of styles: that of a sheet's pages is the sheet's."""
        found: dict[str, list[tuple[Any, str]]] = {}
        for value in _ESCAPES(self.root):
            name = str(value)
            if name not in found and not is_coined(name):
                continue
            node, attribute = value.getparent(), value.attrname
            if attribute.rpartition("}")[2] not in self.roles[node.tag].attributes:
                found.setdefault(name, []).append((node, attribute))
        for name, places in found.items():
            self._others += 1
            where = (Step("attribute", self._others),)
            yield Coined(places, Segment(coined(name), where, Kind.NAME))
