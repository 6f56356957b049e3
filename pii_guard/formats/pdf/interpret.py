"""The interpreter of one content stream (ISO 32000-1, 8 and 9), as far as text depends on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pikepdf

from pii_guard.errors import Reason, ReasonCode
from pii_guard.formats.pdf.clipping import PATHS, Clipping
from pii_guard.formats.pdf.content import SHOW, has_surplus, is_said
from pii_guard.formats.pdf.fonts import Font
from pii_guard.formats.pdf.glyphs import (
    IDENTITY,
    Box,
    Glyph,
    Mark,
    Matrix,
    PageWalk,
    Rule,
    StreamKey,
    as_matrix,
    product,
)

_PAINTING = frozenset({"Do", "gs", "scn", "SCN"})
PAINT = frozenset({"f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh"})
_MOST_RULES = 20_000
_MOVE = frozenset({"BT", "Tm", "Td", "TD", "T*"})
_STATE = {
    "Tc": ("char_space", 1.0),
    "Tw": ("word_space", 1.0),
    "Tz": ("scale", 0.01),
    "TL": ("leading", 1.0),
    "Ts": ("rise", 1.0),
    "Tr": ("mode", 1.0),
}


@dataclass(frozen=True, slots=True)
class State:
    """The part of the graphics state that says where and how text is shown."""

    ctm: Matrix = IDENTITY
    font: Font | None = None
    size: float = 1.0
    char_space: float = 0.0
    word_space: float = 0.0
    scale: float = 1.0
    leading: float = 0.0
    rise: float = 0.0
    mode: float = 0.0
    clip: Box | None = None


class Streams(Protocol):
    """What walks the streams within a stream and knows fonts: the walker of the file."""

    def font(self, spec: Any) -> Font | None:
        """The font of a resource; None when it is broken."""
        ...

    def inner(
        self, walk: PageWalk, stream: Any, resources: Any, state: State, depth: int, *, placed: bool
    ) -> None:
        """Walk a stream that another one draws."""
        ...

    shown: dict[StreamKey, dict[int, set[Font]]]

    def shows(self, stream: Any) -> bool:
        """Whether a glyph description shows text itself."""
        ...


@dataclass(slots=True)
class Interpreter:
    """Runs the instructions of one stream, appending to `walk`. `base` is the CTM it starts with."""

    streams: Streams
    walk: PageWalk
    key: StreamKey
    resources: Any
    state: State
    depth: int
    placed: bool
    base: Matrix = IDENTITY
    stack: list[State] = field(default_factory=list)
    marks: list[Mark | None] = field(default_factory=list)
    restores: int = 0
    begun: tuple[int, float, float] = (-2, 0.0, 0.0)
    matrix: Matrix = IDENTITY
    line: Matrix = IDENTITY
    clipping: Clipping = field(default_factory=Clipping)

    def run(self, instructions: list[Any]) -> None:
        """All of it. Raises what malformed operands raise."""
        self.base = self.state.ctm
        for position, one in enumerate(instructions):
            if isinstance(one, pikepdf.ContentStreamInlineImage):
                # The table of an Indexed colour space is a string (8.6.6.3).
                entries = [v for key, v in one.iimage.obj.items() if key != "/ColorSpace"]
                self._refuse_surplus("BI", entries)
                self.walk.inline_area += self._image()
            else:
                self._operate(position, str(one.operator), one.operands)
        for mark in self.marks:
            self._close(mark, len(instructions))

    def _operate(self, position: int, name: str, operands: Any) -> None:
        if operands:
            self._refuse_surplus(name, operands)
        if name in PATHS:
            clip = self.clipping.take(name, operands, self.state.ctm, self.state.clip)
            if clip is not self.state.clip:
                self.state = replace(self.state, clip=clip)
        if name in SHOW:
            self._show(position, name, operands)
        elif name in _MOVE:
            self._move(name, operands)
        elif name in PAINT:
            self.walk.paints += 1
        elif name in ("re", "m", "l"):
            self._path(position, name, operands)
        elif name in _STATE:
            what, factor = _STATE[name]
            changed: Any = {what: float(operands[0]) * factor}
            self.state = replace(self.state, **changed)
        elif name == "q":
            self.stack.append(self.state)
        elif name == "Q":
            self.restores += not self.stack
            self.state = self.stack.pop() if self.stack else self.state
        elif name == "cm":
            self.state = replace(self.state, ctm=product(as_matrix(operands), self.state.ctm))
        elif name == "Tf":
            self._set_font(self._resource("/Font", operands[0]), operands[1])
        elif name in ("BDC", "BMC", "DP", "MP", "EMC"):
            self._mark(position, name, list(operands))
        elif name in _PAINTING:
            self._paint(name, operands)
        elif is_said(name):
            self.walk.fault = self.walk.fault or Reason(ReasonCode.CORRUPT, "text for no operator")

    def _refuse_surplus(self, name: str, operands: Any) -> None:
        """Text that an operator does not take is shown by nobody and yet there."""
        if has_surplus(name, operands):
            self.walk.fault = self.walk.fault or Reason(ReasonCode.CORRUPT, "text for no operator")

    def _paint(self, name: str, operands: Any) -> None:
        if name == "Do":
            self._draw(self._resource("/XObject", operands[0]))
        elif name == "gs":
            self._graphics_state(self._resource("/ExtGState", operands[0]))
        elif name in ("scn", "SCN") and operands and isinstance(operands[-1], pikepdf.Name):
            pattern = self._resource("/Pattern", operands[-1])
            if isinstance(pattern, pikepdf.Stream):
                # A cell is drawn in the space of the stream it is used in (8.7.3.1).
                matrix = product(as_matrix(pattern.get("/Matrix", IDENTITY)), self.base)
                self._inner(pattern, State(ctm=matrix), placed=False)

    def _resource(self, category: str, name: Any) -> Any:
        self.walk.names.add(str(name))
        found = self.resources.get(category) if self.resources is not None else None
        return found.get(str(name)) if found is not None else None

    def _set_font(self, spec: Any, size: Any) -> None:
        font = self.streams.font(spec) if spec is not None else None
        self.state = replace(self.state, font=font, size=float(size))

    def _move(self, name: str, operands: Any) -> None:
        if name == "BT":
            self.line = IDENTITY
        elif name == "Tm":
            self.line = as_matrix(operands)
        else:
            x, y = (0.0, -self.state.leading) if name == "T*" else map(float, operands)
            if name == "TD":
                self.state = replace(self.state, leading=-y)
            self.line = product((1, 0, 0, 1, x, y), self.line)
        self.matrix = self.line

    def _path(self, position: int, name: str, operands: Any) -> None:
        a, b, c, d, e, f = self.state.ctm
        if b or c or not a or not d or not self.placed or len(self.walk.rules) > _MOST_RULES:
            return
        x, y = float(operands[0]), float(operands[1])
        if name == "m":
            self.begun = (position, x, y)
            return
        first, x1, y1 = self.begun
        if name == "re":
            first, x1, y1 = position, x + float(operands[2]), y + float(operands[3])
        elif y1 != y or first != position - 1:
            return
        xs, ys = (a * x + e, a * x1 + e), (d * y + f, d * y1 + f)
        box = (min(xs), min(ys), max(xs), max(ys))
        self.walk.rules.append(Rule(self.key, first, position, box, a))

    def _mark(self, position: int, name: str, operands: list[Any]) -> None:
        if name == "EMC":
            if self.marks:
                self._close(self.marks.pop(), position)
            return
        mark = None
        if operands:
            self.walk.names.add(str(operands[0]))
        if name not in ("BMC", "MP") and len(operands) > 1:
            inline = isinstance(operands[1], pikepdf.Dictionary)
            properties = operands[1] if inline else self._resource("/Properties", operands[1])
            if isinstance(properties, pikepdf.Dictionary):
                first = len(self.walk.glyphs)
                mark = Mark(self.key, position, properties, inline, first, first, position)
                self.walk.marks.append(mark)
        if name not in ("DP", "MP"):
            self.marks.append(mark)

    def _close(self, mark: Mark | None, position: int) -> None:
        if mark is not None:
            mark.after, mark.last_operator = len(self.walk.glyphs), position

    def _graphics_state(self, settings: Any) -> None:
        if settings is None:
            return
        if "/Font" in settings:
            self._set_font(settings.Font[0], settings.Font[1])
        mask = settings.get("/SMask")
        if isinstance(mask, pikepdf.Dictionary) and isinstance(mask.get("/G"), pikepdf.Stream):
            matrix = as_matrix(mask.G.get("/Matrix", IDENTITY))
            self._inner(mask.G, State(ctm=product(matrix, self.state.ctm)), placed=False)

    def _draw(self, item: Any) -> None:
        if not isinstance(item, pikepdf.Stream):
            return
        if item.get("/Subtype") == pikepdf.Name.Image:
            self._image()
            self.walk.pictures.add(item.objgen)
        elif item.get("/Subtype") == pikepdf.Name.Form:
            matrix = as_matrix(item.get("/Matrix", IDENTITY))
            state = replace(self.state, ctm=product(matrix, self.state.ctm))
            self._inner(item, state, placed=self.placed)

    def _inner(self, item: Any, state: State, *, placed: bool) -> None:
        resources = item.get("/Resources", self.resources)
        self.streams.inner(self.walk, item, resources, state, self.depth + 1, placed=placed)

    def _image(self) -> float:
        a, b, c, d, e, f = self.state.ctm
        area = abs(a * d - b * c)
        self.walk.image_area += area
        xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
        self.walk.images.append((min(xs), min(ys), max(xs), max(ys)))
        return area

    def _show(self, position: int, name: str, operands: Any) -> None:
        if name == '"':
            self.state = replace(
                self.state, word_space=float(operands[0]), char_space=float(operands[1])
            )
        if name in ("'", '"'):
            self._move("T*", [])
        for element, item in enumerate(operands[0] if name == "TJ" else [operands[-1]]):
            if isinstance(item, pikepdf.String):
                self._string(position, element, bytes(item))
            else:
                self._advance(-float(item) / 1000 * self.state.size)

    def _advance(self, distance: float) -> None:
        vertical = self.state.font is not None and self.state.font.vertical
        step = (0.0, distance) if vertical else (distance * self.state.scale, 0.0)
        self.matrix = product((1, 0, 0, 1, *step), self.matrix)

    def _string(self, position: int, element: int, raw: bytes) -> None:
        state, font = self.state, self.state.font
        if font is None:
            if raw.strip():
                raise ValueError("text in a font that is missing or broken")
            return
        self.streams.shown.setdefault(self.key, {}).setdefault(position, set()).add(font)
        if font.vertical or font.procs or not state.size:
            for offset, length, text, width in font.glyphs(raw):
                one = (offset, length, text, width)
                self._described(font, raw[offset : offset + length])
                self._run_of_glyphs(position, element, raw, [one])
        else:
            self._run_of_glyphs(position, element, raw, font.glyphs(raw))

    def _described(self, font: Font, code: bytes) -> None:
        """Walk a Type 3 glyph description that shows text (9.6.5)."""
        proc = font.procs.get(code[0]) if font.procs else None
        if proc is None or not self.streams.shows(proc):
            return
        whole = product(product(self._shape(), self.matrix), self.state.ctm)
        state = State(ctm=product(font.matrix, whole))
        resources = font.resources if font.resources is not None else self.resources
        self.streams.inner(self.walk, proc, resources, state, self.depth + 1, placed=False)

    def _shape(self) -> Matrix:
        state = self.state
        return (state.size * state.scale, 0, 0, state.size, 0, state.rise)

    def _run_of_glyphs(self, position: int, element: int, raw: bytes, glyphs: Any) -> None:
        """Append the glyphs of a string; one pass, as pages have thousands of them."""
        state, font, walk = self.state, self.state.font, self.walk
        assert font is not None
        shown = product(self.matrix, state.ctm)
        a, b, c, d, x, y = product(product(self._shape(), self.matrix), state.ctm)
        low, high, vertical = font.descent, font.ascent, font.vertical
        along = (shown[2], shown[3]) if vertical else (shown[0], shown[1])
        size, scale = state.size, 1.0 if vertical else state.scale
        line = (math.hypot(c, d) or 1.0) * font.em
        unseen, moved = state.mode == 3, 0.0
        x_low, x_high = min(c * low, c * high), max(c * low, c * high)
        y_low, y_high = min(d * low, d * high), max(d * low, d * high)
        for offset, length, text, width in glyphs:
            advance = width * size + state.char_space
            if length == 1 and raw[offset] == 32:
                advance += state.word_space
            wide = width or 0.3
            if vertical:
                ends = [
                    (x + a * p + c * q, y + b * p + d * q) for p in (-0.5, 0.5) for q in (0, wide)
                ]
                xs, ys = zip(*ends, strict=True)
                box = (min(xs), min(ys), max(xs), max(ys))
            else:
                across, up = a * wide, b * wide
                box = (
                    x + min(0.0, across) + x_low, y + min(0.0, up) + y_low,
                    x + max(0.0, across) + x_high, y + max(0.0, up) + y_high,
                )  # fmt: skip
            step_x, step_y = advance * scale * along[0], advance * scale * along[1]
            if text:
                walk.blind = 0
            elif raw[offset : offset + length].strip(b"\0 ") and not font.symbols:
                walk.unreadable += 1
                walk.blind += 1
                walk.blindest = max(walk.blindest, walk.blind)
            walk.glyphs.append(
                Glyph(
                    self.key, position, element, offset, length, text, box, x, y, step_x, step_y,
                    line, -advance / size * 1000 if size else 0.0, self.placed, unseen, state.clip,
                )
            )  # fmt: skip
            x, y, moved = x + step_x, y + step_y, moved + advance
        self._advance(moved)
