"""Takes glyphs and marked text out of content streams.

A removed glyph leaves its advance as a TJ number, or what its line leaves of it (`reflow`). Where
nothing is shown after it before the text position is set anew, not even that is left: a number tells
a width, and widths tell words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import (
    ContentStreamInlineImage,
    ContentStreamInstruction,
    Name,
    Operator,
    String,
)

from pii_guard.formats.pdf.glyphs import Glyph, Mark, Rule, StreamKey
from pii_guard.formats.pdf.interpret import PAINT
from pii_guard.formats.pdf.settle import settled
from pii_guard.formats.pdf.showing import STARTS, Layout, Showing, Spaces, TextState, folded
from pii_guard.formats.pdf.subsets import reduce
from pii_guard.formats.pdf.walk import Walker


@dataclass(slots=True)
class StreamEdits:
    """What to take out of one stream: glyphs, marked text, whole drawn sequences.

    `marks` maps the position of an operator to its new properties; `blanked` are half-open ranges of
    operators that may paint nothing any more; `renamed`: what operands are called now; `layout`: where the glyphs
    of an operator go; `moved`: what is added to x, and to the width, of a path operator.
    """

    glyphs: dict[int, dict[int, dict[int, Glyph]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    marks: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    blanked: list[tuple[int, int]] = field(default_factory=list)
    renamed: dict[int, Mapping[str, str]] = field(default_factory=dict)
    layout: dict[int, Layout] = field(default_factory=dict)
    moved: dict[int, Sequence[float]] = field(default_factory=dict)


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

    def layout(self, stream: StreamKey, operator: int, layout: Layout) -> None:
        """Move the glyphs of an operator. The first word counts: a form may be drawn twice."""
        self._streams[stream].layout.setdefault(operator, layout)

    def path(self, rule: Rule, left: float, right: float) -> None:
        """Move the ends of a rule by so much of user space."""
        moved = self._streams[rule.stream].moved
        one = self._walker.instructions(rule.stream)[rule.operator]
        if rule.operator in moved or rule.first in moved:
            return
        if rule.first == rule.operator:
            backwards = float(one.operands[2]) * rule.scale < 0
            near, far = (right, left) if backwards else (left, right)
            moved[rule.operator] = (near / rule.scale, (far - near) / rule.scale)
            return
        begun = self._walker.instructions(rule.stream)[rule.first]
        backwards = (float(one.operands[0]) - float(begun.operands[0])) * rule.scale < 0
        near, far = (right, left) if backwards else (left, right)
        moved[rule.first], moved[rule.operator] = (near / rule.scale,), (far / rule.scale,)

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
        """Write the edited streams back, and the fonts without what only they needed."""
        gone = {key: one.glyphs for key, one in self._streams.items() if one.glyphs}
        if gone:
            reduce(self._walker, gone)
        for key, edits in self._streams.items():
            holder, instructions = self._walker.holders[key], self._walker.instructions(key)
            content = pikepdf.unparse_content_stream(settled(_rewritten(instructions, edits)))
            if key[0] == "stream":
                holder.write(content)
            else:
                holder.obj.Contents = self._walker.pdf.make_stream(content)
            self._walker.forget(key)


def _rewritten(instructions: list[Any], edits: StreamEdits) -> list[Any]:
    written: list[Any] = []
    folding: set[int] = set()
    state, carry = TextState(), 0.0
    spaces = Spaces(lazy=any(one.even for one in edits.layout.values()))
    for position, one in enumerate(instructions):
        if any(start <= position < end for start, end in edits.blanked):
            one = _unpainted(one)
        if one is None:
            continue
        if isinstance(one, ContentStreamInlineImage):
            written.append(one)
            continue
        name = str(one.operator)
        if position in edits.renamed:
            one = _renamed(one, edits.renamed[position])
        if position in edits.moved:
            one = _placed(one, edits.moved[position])
        state.take(name, one.operands)
        if name in STARTS:
            carry = 0.0
        layout = edits.layout.get(position)
        even = layout is not None and layout.even
        if spaces.holds_back(name, state, written, even=even):
            continue
        if position in edits.glyphs or layout is not None:
            shown = Showing(edits.glyphs.get(position, {}), layout, carry, state)
            written += shown.instructions(one)
            carry = shown.carry
            if layout is not None:
                folding.add(len(written) - 1)
        elif position in edits.marks:
            entries = pikepdf.Dictionary(edits.marks[position])
            written.append(ContentStreamInstruction([one.operands[0], entries], one.operator))
        else:
            written.append(one)
    return folded(written, folding) if folding else written


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


def _placed(one: Any, moved: Sequence[float]) -> Any:
    """A path operator with its first operand, and the width of a rectangle, changed."""
    operands = [float(n) for n in one.operands]
    operands[0] += moved[0]
    if len(moved) > 1:
        operands[2] += moved[1]
    return ContentStreamInstruction([round(n, 4) for n in operands], one.operator)
