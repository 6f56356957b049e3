"""Shows text anew: without glyphs that are gone, the others where their line puts them.

Moves are written into the operators that set positions (`Td`, `Tm`), not behind them: what stood
there before would tell the width of what is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pikepdf import Array, ContentStreamInlineImage, ContentStreamInstruction, Operator, String

from pii_guard.formats.pdf.content import SHOW
from pii_guard.formats.pdf.glyphs import Glyph
from pii_guard.formats.pdf.settle import MOVES

STARTS = MOVES | {"BT", "'", '"'}
_LEAST = 0.0005


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the glyphs of one operator go: by element and offset, each with its way to the right.

    `even`: its spaces are written as moves, since the width they were given tells the line's.
    """

    glyphs: Mapping[int, Mapping[int, tuple[Glyph, float]]]
    even: bool = False


@dataclass(slots=True)
class TextState:
    """The parameters of text that an instruction finds (9.3), as far as moves depend on them."""

    size: float | None = None
    scale: float = 1.0
    word_space: float = 0.0
    leading: float = 0.0
    stack: list[TextState] = field(default_factory=list)

    def take(self, name: str, operands: Any) -> None:
        """Run one instruction."""
        if name == "Tf":
            self.size = float(operands[1])
        elif name == "gs":
            self.size = None  # it may set a font
        elif name == "Tz":
            self.scale = float(operands[0]) / 100
        elif name == "Tw" or name == '"':
            self.word_space = float(operands[0])
        elif name == "TL":
            self.leading = float(operands[0])
        elif name == "TD":
            self.leading = -float(operands[1])
        elif name == "q":
            self.stack.append(replace(self, stack=[]))
        elif name == "Q" and self.stack:
            before = self.stack.pop()
            self.size, self.scale = before.size, before.scale
            self.word_space, self.leading = before.word_space, before.leading


@dataclass(slots=True)
class Spaces:
    """Writes the width of spaces only where text needs it, when some is not to be told (`lazy`)."""

    lazy: bool
    written: float = 0.0
    stack: list[float] = field(default_factory=list)

    def holds_back(self, name: str, state: TextState, out: list[Any], *, even: bool) -> bool:
        """Whether an instruction is not to be written; writes what has to stand before it."""
        if not self.lazy:
            return False
        if name == "Tw":
            return True
        if name == "q":
            self.stack.append(self.written)
        elif name == "Q" and self.stack:
            self.written = self.stack.pop()
        elif name == '"' and not even:
            self.written = state.word_space
        elif name in SHOW or name == "Do":
            wanted = 0.0 if even else state.word_space
            if wanted != self.written:
                out.append(ContentStreamInstruction([wanted], Operator("Tw")))
                self.written = wanted
        return False


class Showing:
    """One operator written as one TJ. `carry`: how far the pen is off to the right."""

    def __init__(
        self,
        hit: Mapping[int, Mapping[int, Glyph]],
        layout: Layout | None,
        carry: float,
        state: TextState,
    ) -> None:
        self._hit, self._layout, self.carry = hit, layout, carry
        self._unit: float | None = None
        self._space = 0.0
        if layout is not None and layout.even and state.size:
            self._space = -state.word_space / state.size * 1000
        self._items: list[Any] = []
        self._pending = 0.0

    def instructions(self, one: Any) -> list[Any]:
        """The operator without the glyphs that are gone."""
        name, operands = str(one.operator), list(one.operands)
        before = []
        if name == '"':
            if not self._space:
                before.append(ContentStreamInstruction([operands[0]], Operator("Tw")))
            before.append(ContentStreamInstruction([operands[1]], Operator("Tc")))
        if name in ("'", '"'):
            before.append(ContentStreamInstruction([], Operator("T*")))
        for element, item in enumerate(operands[0] if name == "TJ" else [operands[-1]]):
            if not isinstance(item, String):
                self._pending += float(item)
            elif self._layout is None:
                self._cut(bytes(item), self._hit.get(element, {}))
            else:
                self._laid_out(
                    bytes(item), self._hit.get(element, {}), self._layout.glyphs.get(element, {})
                )
        self._flush()
        return [*before, ContentStreamInstruction([Array(self._items)], Operator("TJ"))]

    def _flush(self) -> None:
        if abs(self._pending) > _LEAST:
            self._items.append(round(self._pending, 3))
        self._pending = 0.0

    def _put(self, raw: bytes) -> None:
        if abs(self._pending) <= _LEAST and self._items and isinstance(self._items[-1], bytes):
            self._items[-1] += raw
        else:
            self._flush()
            self._items.append(raw)

    def _cut(self, raw: bytes, hit: Mapping[int, Glyph]) -> None:
        position = 0
        for offset, glyph in sorted(hit.items()):
            if offset > position:
                self._put(raw[position:offset])
            self._pending += glyph.shift
            position = offset + glyph.length
        if position < len(raw):
            self._put(raw[position:])

    def _laid_out(
        self, raw: bytes, hit: Mapping[int, Glyph], glyphs: Mapping[int, tuple[Glyph, float]]
    ) -> None:
        for offset, (glyph, shift) in sorted(glyphs.items()):
            if glyph.dx and glyph.shift:
                self._unit = glyph.shift / glyph.dx
            code = raw[offset : offset + glyph.length]
            if offset in hit:
                self._pending += glyph.shift
                continue
            if shift != self.carry and self._unit is not None:
                self._pending += (shift - self.carry) * self._unit
                self.carry = shift
            self._put(code)
            if self._space and code == b" ":
                self._pending += self._space


def folded(instructions: list[Any], those: set[int]) -> list[Any]:
    """Numbers that `those` begin with written into the move before them.

    What follows relative to that move is moved back by as much.
    """
    out: list[Any] = []
    state = TextState()
    fresh: int | None = None  # where in `out` the last move stands, when nothing was shown since
    back = 0.0
    for number, one in enumerate(instructions):
        if isinstance(one, ContentStreamInlineImage):
            out.append(one)
            continue
        name = str(one.operator)
        state.take(name, one.operands)
        if name in MOVES or name == "BT":
            one = _moved_back(one, name, back, state)
            back = 0.0
            if name == "TD" and str(one.operator) == "Td":
                out.append(ContentStreamInstruction([state.leading], Operator("TL")))
            fresh = len(out)
        elif name in ("'", '"'):
            if back:
                if name == '"':
                    out.append(ContentStreamInstruction([one.operands[0]], Operator("Tw")))
                    out.append(ContentStreamInstruction([one.operands[1]], Operator("Tc")))
                out.append(_td(-back, -state.leading))
                one = ContentStreamInstruction([one.operands[-1]], Operator("Tj"))
            back, fresh = 0.0, None
        elif name in SHOW:
            if number in those and fresh is not None and state.size:
                items = list(one.operands[0])
                if items and not isinstance(items[0], (String, bytes)):
                    way = -float(items.pop(0)) / 1000 * state.size * state.scale
                    _fold(out, fresh, way)
                    back += way
                    one = ContentStreamInstruction([Array(items)], one.operator)
            fresh = None
        out.append(one)
    return out


def _td(x: float, y: float) -> Any:
    return ContentStreamInstruction([round(x, 4), round(y, 4)], Operator("Td"))


def _moved_back(one: Any, name: str, back: float, state: TextState) -> Any:
    if not back or name in ("Tm", "BT"):
        return one
    x, y = (0.0, -state.leading) if name == "T*" else (float(n) for n in one.operands)
    return _td(x - back, y)


def _fold(out: list[Any], at: int, way: float) -> None:
    """Let the move at a place in `out` lead further to the right."""
    one = out[at]
    name, numbers = str(one.operator), [float(n) for n in one.operands]
    if name == "Tm":
        a, b, c, d, e, f = numbers
        moved = [a, b, c, d, round(e + way * a, 4), round(f + way * b, 4)]
        out[at] = ContentStreamInstruction(moved, one.operator)
    elif name in ("Td", "TD"):
        out[at] = ContentStreamInstruction([round(numbers[0] + way, 4), numbers[1]], one.operator)
    else:  # BT and T*
        out.insert(at + 1, _td(way, 0.0))
