"""Takes glyphs and marked text out of content streams.

A removed glyph leaves its advance as a TJ number, so nothing after it moves. Where nothing is shown
after it before the text position is set anew, not even that is left: a number tells a width, and
widths tell words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import (
    Array,
    ContentStreamInlineImage,
    ContentStreamInstruction,
    Name,
    Operator,
    String,
)

from pii_guard.formats.pdf.glyphs import Glyph, Mark, StreamKey
from pii_guard.formats.pdf.interpret import PAINT, SHOW
from pii_guard.formats.pdf.walk import Walker

_MOVES = frozenset({"Td", "TD", "Tm", "T*"})
# What only changes the graphics state: of no effect before the state is restored.
_IDLE = _MOVES | frozenset(
    "cm BT ET Tf Tc Tw Tz TL Ts Tr w J j M d ri i g G rg RG k K cs CS sc SC gs".split()
)


@dataclass(slots=True)
class StreamEdits:
    """What to take out of one stream: glyphs, marked text, whole drawn sequences.

    `marks` maps the position of an operator to its new properties; `blanked` are half-open ranges of
    operators that may paint nothing any more; `renamed`: what operands are called now.
    """

    glyphs: dict[int, dict[int, dict[int, Glyph]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    marks: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    blanked: list[tuple[int, int]] = field(default_factory=list)
    renamed: dict[int, Mapping[str, str]] = field(default_factory=dict)


class Edits:
    """Collects what to remove from the streams of one file, then writes them."""

    def __init__(self, walker: Walker) -> None:
        self._walker = walker
        self._streams: dict[StreamKey, StreamEdits] = defaultdict(StreamEdits)

    def glyphs(self, glyphs: Iterable[Glyph]) -> None:
        """Remove these glyphs, wherever their streams are used."""
        for glyph in glyphs:
            elements = self._streams[glyph.stream].glyphs[glyph.operator]
            elements[glyph.element][glyph.offset] = glyph

    def mark(self, mark: Mark, text: Mapping[str, str]) -> None:
        """Replace entries of a mark's properties; the empty string drops the entry."""
        if mark.inline:
            known = self._streams[mark.stream].marks.get(mark.operator, mark.properties)
            changed: dict[str, Any] = dict(known.items())
            for key, value in text.items():
                changed.pop(key, None)
                if value:
                    changed[key] = String(value)
            self._streams[mark.stream].marks[mark.operator] = changed
            return
        for key, value in text.items():
            if value:
                mark.properties[key] = String(value)
            elif key in mark.properties:
                del mark.properties[key]

    def blank(self, mark: Mark) -> None:
        """Let nothing within the mark paint."""
        self._streams[mark.stream].blanked.append((mark.operator, mark.last_operator))

    def rename(self, names: Mapping[str, str]) -> None:
        """Use new names (`/Old` to `/New`) in the streams that use one of them."""
        for key in self._walker.holders if names else ():
            for position, one in enumerate(self._walker.instructions(key)):
                if isinstance(one, ContentStreamInlineImage):
                    continue
                if any(isinstance(n, Name) and str(n) in names for n in one.operands):
                    self._streams[key].renamed[position] = names

    def write(self) -> None:
        """Write the edited streams back."""
        for key, edits in self._streams.items():
            holder, instructions = self._walker.holders[key], self._walker.instructions(key)
            content = pikepdf.unparse_content_stream(_settled(_rewritten(instructions, edits)))
            if key[0] == "stream":
                holder.write(content)
            else:
                holder.obj.Contents = self._walker.pdf.make_stream(content)
            self._walker.forget(key)


def _rewritten(instructions: list[Any], edits: StreamEdits) -> list[Any]:
    written: list[Any] = []
    for position, one in enumerate(instructions):
        if any(start <= position < end for start, end in edits.blanked):
            one = _unpainted(one)
        if one is not None and position in edits.renamed:
            one = _renamed(one, edits.renamed[position])
        if position in edits.glyphs:
            written += _shown(one, edits.glyphs[position])
        elif position in edits.marks:
            entries = pikepdf.Dictionary(edits.marks[position])
            written.append(ContentStreamInstruction([one.operands[0], entries], one.operator))
        elif one is not None:
            written.append(one)
    return written


def _unpainted(one: Any) -> Any:
    """The instruction when it paints no picture or path; else what does as much without paint."""
    if isinstance(one, ContentStreamInlineImage) or str(one.operator) in ("Do", "sh"):
        return None
    if str(one.operator) in PAINT:
        return ContentStreamInstruction([], Operator("n"))
    return one


def _renamed(one: Any, names: Mapping[str, str]) -> Any:
    operands = [
        Name(names[str(n)]) if isinstance(n, Name) and str(n) in names else n for n in one.operands
    ]
    return ContentStreamInstruction(operands, one.operator)


def _shown(one: Any, hit: Mapping[int, Mapping[int, Glyph]]) -> list[Any]:
    """A show operator as one TJ without the hit glyphs."""
    name, operands = str(one.operator), list(one.operands)
    before = []
    if name == '"':
        before = [
            ContentStreamInstruction([operands[0]], Operator("Tw")),
            ContentStreamInstruction([operands[1]], Operator("Tc")),
        ]
    if name in ("'", '"'):
        before.append(ContentStreamInstruction([], Operator("T*")))
    items: list[Any] = []
    pending = 0.0

    def flush() -> None:
        nonlocal pending
        if pending:
            items.append(round(pending, 3))
        pending = 0.0

    for element, item in enumerate(operands[0] if name == "TJ" else [operands[-1]]):
        if not isinstance(item, String):
            pending += float(item)
            continue
        raw, position = bytes(item), 0
        for offset, glyph in sorted(hit.get(element, {}).items()):
            if offset > position:
                flush()
                items.append(String(raw[position:offset]))
            pending += glyph.shift
            position = offset + glyph.length
        if position < len(raw):
            flush()
            items.append(String(raw[position:]))
    flush()
    return [*before, ContentStreamInstruction([Array(items)], Operator("TJ"))]


def _settled(instructions: list[Any]) -> list[Any]:
    """Without advances and moves that nothing depends on: they tell the widths of what was there.

    A number at the end of a TJ matters only if text follows on the same position, a move only if
    text follows in the same text object; of two moves in a row only the sum matters.
    """
    out: list[Any] = []
    # Whether text is shown later: before the position is set anew, and in the same text object.
    followed = shown = False
    for one in reversed(instructions):
        name = "" if isinstance(one, ContentStreamInlineImage) else str(one.operator)
        if name == "TJ" and not followed:
            one = _trimmed(one)
            if one is None:
                continue
        if name in ("BT", "ET"):
            followed = shown = False
        elif name in SHOW:
            followed = shown = True
        elif name in _MOVES:
            if not shown:
                if name == "TD":
                    out.append(ContentStreamInstruction([-float(one.operands[1])], Operator("TL")))
                continue
            followed = False
        out.append(one)
    return _merged(reversed(out))


def _trimmed(one: Any) -> Any:
    """A TJ that ends with the last text it shows; None when it shows none."""
    items = list(one.operands[0])
    while items and not (isinstance(items[-1], String) and bytes(items[-1])):
        items.pop()
    return ContentStreamInstruction([Array(items)], one.operator) if items else None


def _merged(instructions: Iterable[Any]) -> list[Any]:
    """Moves in a row as one, empty text objects and groups that paint nothing left out."""
    out: list[Any] = []
    groups: list[
        tuple[int, bool]
    ] = []  # where each open `q` stands, and whether all since is state
    for one in instructions:
        image = isinstance(one, ContentStreamInlineImage)
        name = "" if image else str(one.operator)
        last = str(out[-1].operator) if out and hasattr(out[-1], "operands") else ""
        if name == "Td" and last == "Td":
            x, y = (
                float(a) + float(b) for a, b in zip(out[-1].operands, one.operands, strict=True)
            )
            out[-1] = ContentStreamInstruction([round(x, 5), round(y, 5)], Operator("Td"))
        elif name == "Tm" and last in ("Tm", "Td"):
            out[-1] = one
        elif name == "ET" and last == "BT":
            out.pop()
        elif name == "q":
            groups.append((len(out), True))
            out.append(one)
        elif name == "Q" and groups:
            start, idle = groups.pop()
            if idle:
                del out[start:]
            else:
                out.append(one)
                groups[-1:] = [(at, False) for at, _ in groups[-1:]]
        else:
            out.append(one)
            if name not in _IDLE:
                groups[-1:] = [(at, False) for at, _ in groups[-1:]]
    return out
