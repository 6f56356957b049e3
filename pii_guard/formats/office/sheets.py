"""The cells of a workbook's sheets: typed, by row, with the head of their column as label."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lxml import etree

from pii_guard.document import Edit, Kind, Locator, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.office.formulas import Formula
from pii_guard.formats.office.labels import heads_of
from pii_guard.formats.office.numbers import NumberFormats
from pii_guard.formats.office.spots import TAIL, TEXT, Leaf, Run, Spot, edited, spliced
from pii_guard.formats.office.vocabulary import Does, Roles

_COLUMN = re.compile(r"[A-Z]{1,3}")
_QUIET = re.compile(r"#[A-Z0-9/!?_]{1,20}|[01]|true|false|TRUE|FALSE")


class Strings:
    """The shared strings of a workbook. A cell that changes gets a string of its own."""

    def __init__(self, root: Any | None, roles: Roles) -> None:
        self.root = root
        self._roles = roles
        items = [] if root is None else list(root.iterchildren("{*}si"))
        self._items = items
        self._leaves = [_leaves(item, roles) for item in items]
        self.texts = tuple("".join(leaf.text for leaf in leaves) for leaves in self._leaves)
        self._left: Counter[int] = Counter()
        self._made: dict[tuple[int, tuple[Edit, ...]], int] = {}
        self._next = len(items)

    def use(self, index: int) -> str:
        """The text of a string that a cell shows."""
        self._left[index] += 1
        return self.text(index)

    def has(self, index: str) -> bool:
        """Whether there is a string of that index."""
        return index.isdigit() and len(index) < 9 and int(index) < len(self.texts)

    def text(self, index: int) -> str:
        """The text of a string, "" when there is none of that index."""
        return self.texts[index] if index < len(self.texts) else ""

    def change(self, index: int, edits: Sequence[Edit]) -> int:
        """The index of a string like that one with edits applied; one use of that one is over."""
        self._left[index] -= 1
        key = index, tuple(edit._replace(segment=0) for edit in edits)
        if key not in self._made:
            copy = deepcopy(self._items[index])
            for leaf, text in edited(_leaves(copy, self._roles), edits):
                leaf.put(text)
            for phonetic in [*copy.iterchildren("{*}rPh"), *copy.iterchildren("{*}phoneticPr")]:
                copy.remove(phonetic)
            self.root.append(copy)  # type: ignore[union-attr]
            self._made[key], self._next = self._next, self._next + 1
        return self._made[key]

    def unused(self) -> Iterator[int]:
        """Strings that no cell ever showed."""
        return (n for n in range(len(self.texts)) if n not in self._left)

    def spots(self) -> Iterator[Spot]:
        """Strings that no cell shows, and how others are to be pronounced."""
        for index in self.unused():
            if self.texts[index].strip():
                where = (Step("string", index + 1),)
                yield Run(self._leaves[index], Segment(self.texts[index], where, Kind.CELL))
        for index, item in enumerate(self._items):
            for number, phonetic in enumerate(item.iterchildren("{*}rPh"), 1):
                text = "".join(phonetic.itertext())
                if text.strip():
                    place = (Step("string", index + 1), Step("reading", number))
                    leaves = [Leaf(t, TEXT, t.text or "") for t in phonetic.iter("{*}t")]
                    yield Run(leaves, Segment(text, place, Kind.CELL))

        if self.root is not None:
            yield from beside(self.root, ())

    def settle(self) -> bool:
        """Blank what no cell shows any more; whether the strings changed."""
        for index, left in self._left.items():
            if left <= 0 and 0 <= index < len(self._items):
                item = self._items[index]
                for child in list(item):
                    item.remove(child)
                etree.SubElement(item, f"{item.tag.rpartition('}')[0]}}}t")
        if self._made and self.root is not None:
            self.root.attrib.pop("uniqueCount", None)
            self.root.attrib.pop("count", None)
        return bool(self._made)


def _leaves(item: Any, roles: Roles) -> list[Leaf]:
    if len(item) == 1 and len(item[0]) == 0 and roles[item[0].tag].does is Does.LEAF:
        return [Leaf(item[0], TEXT, item[0].text)] if item[0].text else []
    return [
        Leaf(node, TEXT, node.text)
        for node in item.iter()
        if node.text
        and roles[node.tag].does is Does.LEAF
        and not node.getparent().tag.endswith("}rPh")
    ]


@dataclass(frozen=True, slots=True)
class _Shared:
    """A cell that shows a shared string."""

    value: Any = field(repr=False)
    index: int
    strings: Strings = field(repr=False)
    segment: Segment = field(repr=False)

    def put(self, edits: Sequence[Edit]) -> None:
        """Point the cell at a string of its own."""
        self.value.text = str(self.strings.change(self.index, edits))


@dataclass(frozen=True, slots=True)
class _Typed:
    """A cell that shows a date or a padded number: edited, it is a text."""

    cell: Any = field(repr=False)
    value: Any = field(repr=False)
    segment: Segment = field(repr=False)
    drop: Callable[[Any], None]

    def put(self, edits: Sequence[Edit]) -> None:
        """Make it a text cell with the edited text."""
        space = self.cell.tag.rpartition("}")[0] + "}"
        text = spliced(self.segment.text, edits)
        for formula in list(self.cell.iterchildren(f"{space}f")):
            self.drop(formula)
        self.cell.remove(self.value)
        self.cell.set("t", "inlineStr")
        held = etree.SubElement(etree.SubElement(self.cell, f"{space}is"), f"{space}t")
        Leaf(held, TEXT, "").put(text)


class _Cell(NamedTuple):
    """A cell while its row is read."""

    node: Any
    value: Any
    column: int
    text: str
    kind: str


_CUT = etree.XPath(
    "boolean(descendant::*[local-name()='v' or local-name()='f' or local-name()='t'][node()[2]]"
    " | descendant::*[local-name()='v' or local-name()='is']"
    "[preceding-sibling::*[local-name()='v' or local-name()='is']])"
)
_BESIDE = etree.XPath(
    "descendant::text()[not(parent::*[local-name()='v' or local-name()='f' or local-name()='t'])]"
    "[normalize-space()]"
)
_REMARKS = etree.XPath("descendant::comment() | descendant::processing-instruction()")
_READINGS = etree.XPath("descendant::*[local-name()='rPh'][ancestor::*[local-name()='is']]")


def beside(root: Any, where: Locator) -> Iterator[Spot]:
    """What stands in cells or strings where no program looks for it. Raises `Unreadable` for values
    that are cut in two: nobody can say what they read.
    """
    if _CUT(root):
        raise Unreadable(ReasonCode.NOT_COVERED, "a cell of two values")
    found = [
        Leaf(text.getparent(), TAIL if text.is_tail else TEXT, str(text)) for text in _BESIDE(root)
    ]
    found += [Leaf(node, TEXT, node.text) for node in _REMARKS(root) if node.text]
    for reading in _READINGS(root):
        found += [Leaf(node, TEXT, node.text) for node in reading.iter("{*}t") if node.text]
    for number, leaf in enumerate(found, 1):
        place = (*where, Step("text", number))
        yield Run((leaf,), Segment(leaf.text, place, Kind.PROSE))


@dataclass(slots=True)
class Sheet:
    """The cells of one sheet. `data` is its `sheetData` element."""

    data: Any
    strings: Strings
    formats: NumberFormats
    roles: Roles
    where: Locator
    number: int

    def spots(self) -> Iterator[Spot]:
        """The cells, row by row, each followed by its formula."""
        heads = heads_of(
            (ordinal, {cell.column: cell.text for cell in self._cells(row)})
            for ordinal, row in enumerate(self.data.iterchildren("{*}row"), 1)
        )
        for ordinal, row in enumerate(self.data.iterchildren("{*}row"), 1):
            told = row.get("r", "")
            number = int(told) if told.isdigit() and len(told) < 9 else ordinal
            before = ""
            for cell in self._cells(row, count=True):
                where = (*self.where, Step("row", number), Step("column", cell.column))
                label = heads.label(cell.column, ordinal, before)
                record = (self.number,) if heads.is_form else (self.number, number)
                yield from self._spots_of(cell, where, heads.kind(ordinal), label, record)
                before = cell.text
        yield from beside(self.data, self.where)

    def _spots_of(
        self, cell: _Cell, where: Locator, kind: Kind, label: str, record: tuple[int, ...]
    ) -> Iterator[Spot]:
        def segment(text: str, *, number: bool = False) -> Segment:
            return Segment(text, where, kind, label, record, number)

        node, value = cell.node, cell.value
        if cell.text and not cell.text.isspace():
            if cell.kind == "s":
                yield _Shared(value, int(value.text), self.strings, segment(cell.text))
            elif cell.kind == "inlineStr":
                yield Run(_leaves(value, self.roles), segment(cell.text))
            elif cell.kind in ("n", ""):
                shown, is_text = self.formats.shown(value.text, node.get("s", "0"))
                if is_text:
                    yield _Typed(node, value, segment(shown), self._drop)
                else:
                    yield Run((Leaf(value, TEXT, shown),), segment(shown, number=True))
            elif cell.kind == "d":
                yield _Typed(node, value, segment(cell.text), self._drop)
            elif not _QUIET.fullmatch(cell.text):
                yield Run((Leaf(value, TEXT, cell.text),), segment(cell.text))
        for formula in node.iterchildren("{*}f"):
            if formula.text and not formula.text.isspace():
                code = Segment(formula.text, (*where, Step("formula", 1)), Kind.CODE)
                yield Formula(formula, code, self._drop)

    def _cells(self, row: Any, *, count: bool = False) -> Iterator[_Cell]:
        column = 0
        for node in row.iterchildren("{*}c"):
            letters = _COLUMN.match(node.get("r", ""))
            column = _ordinal(letters[0]) if letters else column + 1
            kind, value, text = node.get("t", ""), None, ""
            value = node.find("{*}is" if kind == "inlineStr" else "{*}v")
            if value is None:
                value = node.find("{*}v" if kind == "inlineStr" else "{*}is")
                kind = "str" if kind == "inlineStr" else "inlineStr"
            if value is not None:
                if kind == "inlineStr":
                    text = "".join(leaf.text for leaf in _leaves(value, self.roles))
                else:
                    text = value.text or ""
                if kind == "s" and self.strings.has(text):
                    text = self.strings.use(int(text)) if count else self.strings.text(int(text))
                elif kind == "s":
                    kind = "str"
                elif kind in ("", "n") and text and not count:
                    text = self.formats.shown(text, node.get("s", "0"))[0]
            yield _Cell(node, value, column, text, kind)

    def _drop(self, formula: Any) -> None:
        """Take a formula out, with those that share it; the cells keep what they show."""
        shared = formula.get("si")
        for one in list(self.data.iter(formula.tag)) if shared is not None else [formula]:
            if one is formula or one.get("si") == shared:
                one.getparent().remove(one)


def _ordinal(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
