"""Where readable text stands in the parts of an office file, and how an edit reaches it.

A text is a run of leaves (`<w:t>`, an attribute, a text after a child element), since words are cut
over runs: an edit changes, character by character, the leaves that own them. What an edit covers
goes, a line break within it too; the replacement stands in the first leaf.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from pii_guard.document import Edit, Locator, Segment
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.office.vocabulary import escaped

TEXT, TAIL, BREAK, VIRTUAL = "#text", "#tail", "#break", "#virtual"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


class Leaf(NamedTuple):
    """A text of an element: its text, its tail, an attribute by name; or an element that is a break.

    `VIRTUAL` is a break that no element stands for (between two paragraphs).
    """

    node: Any
    place: str
    text: str

    def put(self, text: str) -> None:
        """Write another text there; of a break, the empty one only."""
        try:
            if self.place == TEXT:
                self.node.text = text
                if text != text.strip() and str(self.node.tag).endswith(("}t", "}delText")):
                    self.node.set(_SPACE, "preserve")
            elif self.place == TAIL:
                self.node.tail = text
            elif self.place == BREAK:
                _removed(self.node)
            elif self.place != VIRTUAL:
                self.node.set(self.place, text)
        except ValueError:
            raise Unreadable(
                ReasonCode.NOT_COVERED, "a replacement that XML has no room for"
            ) from None


def _removed(node: Any) -> None:
    """Take an element out, leaving the text after it where it is."""
    parent = node.getparent()
    if parent is None:
        return
    before = node.getprevious()
    if node.tail and before is not None:
        before.tail = (before.tail or "") + node.tail
    elif node.tail:
        parent.text = (parent.text or "") + node.tail
    parent.remove(node)


class Spot(Protocol):
    """A text of a part: the segment it is, and how edits of that segment are written."""

    @property
    def segment(self) -> Segment:
        """The segment, its locator within the part."""
        ...

    def put(self, edits: Sequence[Edit]) -> None:
        """Write the edits. Raises `Unreadable` where that place cannot take any."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """A spot made of leaves."""

    leaves: Sequence[Leaf] = field(repr=False)
    segment: Segment = field(repr=False)

    def put(self, edits: Sequence[Edit]) -> None:
        """Change the leaves that own the edited characters."""
        for leaf, text in edited(self.leaves, edits):
            leaf.put(text)


def edited(leaves: Sequence[Leaf], edits: Sequence[Edit]) -> Iterator[tuple[Leaf, str]]:
    """The leaves that edits change, each with its new text."""
    starts, at = [], 0
    for leaf in leaves:
        starts.append(at)
        at += len(leaf.text)
    parts: dict[int, list[tuple[int, int, str]]] = {}
    for edit in edits:
        first = max(0, bisect_right(starts, edit.span.start) - 1)
        touched, replacement = [], edit.replacement
        for number in range(first, len(leaves)):
            low, size = starts[number], len(leaves[number].text)
            start, end = max(0, edit.span.start - low), min(size, edit.span.end - low)
            if low >= edit.span.end:
                break
            if start < end:
                touched.append((number, start, end))
        holders = [n for n, _, _ in touched if leaves[n].place not in (BREAK, VIRTUAL)]
        if not holders:
            raise Unreadable(ReasonCode.NOT_COVERED, "an edit of nothing but breaks")
        for number, start, end in touched:
            text, replacement = (replacement, "") if number == holders[0] else ("", replacement)
            parts.setdefault(number, []).append((start, end, text))
    breaks = [leaves[n] for n in sorted(parts, reverse=True) if leaves[n].place in (BREAK, VIRTUAL)]
    for number in sorted(parts):
        leaf, cuts, made, position = leaves[number], sorted(parts[number]), [], 0
        if leaf.place not in (BREAK, VIRTUAL):
            for start, end, text in cuts:
                made += [leaf.text[position:start], text]
                position = max(position, end)
            yield leaf, "".join(made) + leaf.text[position:]
    # Last, since the text behind an element that goes moves to the element before.
    yield from ((leaf, "") for leaf in breaks)


def spliced(text: str, edits: Sequence[Edit]) -> str:
    """A text with edits applied."""
    made, position = [], 0
    for edit in edits:
        made += [text[position : edit.span.start], edit.replacement]
        position = edit.span.end
    return "".join(made) + text[position:]


@dataclass(frozen=True, slots=True)
class Address:
    """An address of another file, in an attribute: angle brackets and blanks are escaped in it."""

    node: Any = field(repr=False)
    name: str
    segment: Segment = field(repr=False)

    def put(self, edits: Sequence[Edit]) -> None:
        """Write the address with what URIs have no room for escaped (RFC 3986, 2.1)."""
        text = spliced(self.segment.text, edits)
        for sign, escape in _ESCAPES.items():
            text = text.replace(sign, escape)
        Leaf(self.node, self.name, "").put(text)


_ESCAPES = {"<": "%3C", ">": "%3E", " ": "%20", '"': "%22"}


def shown_address(raw: str) -> str:
    """An address as its segment has it: with the signs that `Address.put` escapes."""
    for sign, escape in _ESCAPES.items():
        raw = raw.replace(escape, sign) if sign in "<>" else raw
    return raw


@dataclass(frozen=True, slots=True)
class Coined:
    """The name of a style of OpenDocument, wherever it stands in a part, with its escapes undone."""

    places: Sequence[tuple[Any, str]] = field(repr=False)
    segment: Segment = field(repr=False)

    def put(self, edits: Sequence[Edit]) -> None:
        """Write the name with its escapes, everywhere: a style is called as its texts call it."""
        name = escaped(spliced(self.segment.text, edits))
        for node, attribute in self.places:
            Leaf(node, attribute, "").put(name)


@dataclass(frozen=True, slots=True)
class Coded:
    """The text of an element of which the segment shows all but the codes, character by character."""

    node: Any = field(repr=False)
    raw: str = field(repr=False)
    segment: Segment = field(repr=False)

    def put(self, edits: Sequence[Edit]) -> None:
        """Write the text with its codes."""
        Leaf(self.node, TEXT, "").put(spliced(self.raw, edits))


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in the cache of a pivot table: edited, it is a text there."""

    leaf: Leaf = field(repr=False)
    segment: Segment = field(repr=False)

    def put(self, edits: Sequence[Edit]) -> None:
        """Write the text as one of a text item."""
        node = self.leaf.node
        node.tag = node.tag.rpartition("}")[0] + "}s"
        self.leaf.put(spliced(self.segment.text, edits))


@dataclass(frozen=True, slots=True)
class Fixed:
    """Text that can be read and not be changed without breaking the file."""

    segment: Segment = field(repr=False)

    def put(self, edits: Sequence[Edit]) -> None:  # noqa: ARG002
        """Raises `Unreadable`: the file is refused."""
        raise Unreadable(ReasonCode.NOT_COVERED, "a name that other parts depend on")


def placed(segment: Segment, outer: Locator) -> Segment:
    """The segment with its part's locator before its own."""
    return Segment(
        segment.text,
        outer + segment.locator,
        segment.kind,
        segment.label,
        segment.record,
        segment.number,
    )
