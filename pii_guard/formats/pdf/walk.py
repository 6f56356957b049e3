"""Walks content streams glyph by glyph: each knows the bytes that show it and where it is drawn.

The text that detectors read and the bytes that are edited come from one walk (ISO 32000-1, 8 and 9).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pikepdf

from pii_guard.formats.pdf.fonts import Font

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
StreamKey = tuple[str, int, int]
_DEEPEST = 12
_SHOW = frozenset({"Tj", "TJ", "'", '"'})
_PAINT = frozenset({"f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh"})


def product(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that applies `first`, then `then`."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j,
            e * g + f * i + k, e * h + f * j + m)  # fmt: skip


def point(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """The point moved by the matrix."""
    return matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5]


@dataclass(frozen=True, slots=True)
class Glyph:
    """A drawn code. `stream`, `operator`, `element`, `offset`, `length`: its bytes.

    Box and origin are in default user space; (`dx`, `dy`) leads to where the next glyph is due;
    `shift` is the TJ number that stands for its advance.
    """

    stream: StreamKey
    operator: int
    element: int
    offset: int
    length: int
    text: str = field(repr=False)
    box: tuple[float, float, float, float]
    x: float
    y: float
    dx: float
    dy: float
    size: float
    shift: float


@dataclass(frozen=True, slots=True)
class _State:
    ctm: Matrix = IDENTITY
    font: Font | None = None
    size: float = 1.0
    char_space: float = 0.0
    word_space: float = 0.0
    scale: float = 1.0
    leading: float = 0.0
    rise: float = 0.0


@dataclass(slots=True)
class PageWalk:
    """All that a page draws: glyphs in order, the share of it under images, painted paths."""

    glyphs: list[Glyph] = field(default_factory=list)
    image_area: float = 0.0
    paints: int = 0
    unreadable: int = 0
    broken: bool = False


@dataclass(slots=True)
class Walker:
    """Walks pages of one file; `streams` keeps each parsed stream for editing."""

    pdf: pikepdf.Pdf
    streams: dict[StreamKey, tuple[Any, list[Any]]] = field(default_factory=dict)
    _fonts: dict[tuple[int, int], Font | None] = field(default_factory=dict)

    def page(self, number: int) -> PageWalk:
        """Walk the page with that 0-based number, its annotations' appearances included."""
        page = self.pdf.pages[number]
        walk = PageWalk()
        resources = _inherited(page.obj, "/Resources")
        self._run(walk, page, ("page", number, 0), resources, _State(), 0)
        for annotation in page.obj.get("/Annots", ()):
            for appearance, matrix in _appearances(annotation):
                inner = appearance.get("/Resources", resources)
                state = _State(ctm=matrix)
                self._run(walk, appearance, _key(appearance), inner, state, 1)
        return walk

    def _parse(self, holder: Any, key: StreamKey) -> list[Any]:
        if key not in self.streams:
            self.streams[key] = holder, list(pikepdf.parse_content_stream(holder))
        return self.streams[key][1]

    def _run(
        self, walk: PageWalk, holder: Any, key: StreamKey, resources: Any, state: _State, depth: int
    ) -> None:
        if depth > _DEEPEST:
            walk.broken = True
            return
        try:
            instructions = self._parse(holder, key)
            _Stream(self, walk, key, resources, state, depth).run(instructions)
        except (pikepdf.PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError):
            walk.broken = True

    def font(self, spec: Any) -> Font | None:
        """The font of a resource; None when it is broken."""
        key = spec.objgen if spec.is_indirect else None
        if key is None or key not in self._fonts:
            try:
                made: Font | None = Font(spec)
            except Exception:  # noqa: BLE001 - pdfminer raises anything on broken fonts
                made = None
            if key is None:
                return made
            self._fonts[key] = made
        return self._fonts[key]


@dataclass(slots=True)
class _Stream:
    """The interpreter of one content stream."""

    walker: Walker
    walk: PageWalk
    key: StreamKey
    resources: Any
    state: _State
    depth: int
    stack: list[_State] = field(default_factory=list)
    matrix: Matrix = IDENTITY
    line: Matrix = IDENTITY

    def run(self, instructions: list[Any]) -> None:
        for position, one in enumerate(instructions):
            if isinstance(one, pikepdf.ContentStreamInlineImage):
                self._image()
                continue
            self._operate(position, str(one.operator), list(one.operands))

    def _operate(self, position: int, name: str, operands: list[Any]) -> None:
        if name in _SHOW:
            self._show(position, name, operands)
        elif name in _PAINT:
            self.walk.paints += 1
        elif name in _STATE:
            number = float(operands[0])
            what, factor = _STATE[name]
            changed: Any = {what: number * factor}
            self.state = replace(self.state, **changed)
        elif name == "q":
            self.stack.append(self.state)
        elif name == "Q":
            self.state = self.stack.pop() if self.stack else self.state
        elif name == "cm":
            self.state = replace(self.state, ctm=product(_matrix(operands), self.state.ctm))
        elif name in ("BT", "Tm", "Td", "TD", "T*"):
            self._move(name, operands)
        elif name == "Tf":
            spec = self._resource("/Font", operands[0])
            font = self.walker.font(spec) if spec is not None else None
            self.state = replace(self.state, font=font, size=float(operands[1]))
        elif name == "gs":
            self._graphics_state(self._resource("/ExtGState", operands[0]))
        elif name in ("scn", "SCN") and operands and isinstance(operands[-1], pikepdf.Name):
            pattern = self._resource("/Pattern", operands[-1])
            if isinstance(pattern, pikepdf.Stream):
                self._inner(pattern, IDENTITY)
        elif name == "Do":
            self._draw(self._resource("/XObject", operands[0]))

    def _resource(self, category: str, name: Any) -> Any:
        found = self.resources.get(category) if self.resources is not None else None
        return found.get(str(name)) if found is not None else None

    def _move(self, name: str, operands: list[Any]) -> None:
        if name == "BT":
            self.line = IDENTITY
        elif name == "Tm":
            self.line = _matrix(operands)
        else:
            x, y = (0.0, -self.state.leading) if name == "T*" else map(float, operands)
            if name == "TD":
                self.state = replace(self.state, leading=-y)
            self.line = product((1, 0, 0, 1, x, y), self.line)
        self.matrix = self.line

    def _graphics_state(self, settings: Any) -> None:
        if settings is None:
            return
        if "/Font" in settings:
            font = self.walker.font(settings.Font[0])
            self.state = replace(self.state, font=font, size=float(settings.Font[1]))
        mask = settings.get("/SMask")
        if isinstance(mask, pikepdf.Dictionary) and isinstance(mask.get("/G"), pikepdf.Stream):
            self._inner(mask.G, self.state.ctm)

    def _draw(self, item: Any) -> None:
        if not isinstance(item, pikepdf.Stream):
            return
        if item.get("/Subtype") == pikepdf.Name.Image:
            self._image()
        elif item.get("/Subtype") == pikepdf.Name.Form:
            matrix = _matrix(item.get("/Matrix", IDENTITY))
            self._inner(item, product(matrix, self.state.ctm))

    def _inner(self, item: Any, ctm: Matrix) -> None:
        inner = item.get("/Resources", self.resources)
        state = replace(self.state, ctm=ctm)
        self.walker._run(self.walk, item, _key(item), inner, state, self.depth + 1)  # noqa: SLF001

    def _image(self) -> None:
        a, b, c, d, _, _ = self.state.ctm
        self.walk.image_area += abs(a * d - b * c)

    def _show(self, position: int, name: str, operands: list[Any]) -> None:
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
            self.walk.broken = self.walk.broken or bool(raw.strip())
            return
        for offset, length, text, width in font.glyphs(raw):
            space = state.word_space if length == 1 and raw[offset] == 32 else 0.0
            advance = width * state.size + state.char_space + space
            shape: Matrix = (state.size * state.scale, 0, 0, state.size, 0, state.rise)
            whole = product(product(shape, self.matrix), state.ctm)
            wide = width or 0.3
            low, high = (font.descent, font.ascent)
            corners = (
                [point(whole, x, y) for x in (-0.5, 0.5) for y in (0, wide)]
                if font.vertical
                else [point(whole, x, y) for x in (0, wide) for y in (low, high)]
            )
            xs, ys = [x for x, _ in corners], [y for _, y in corners]
            x, y = point(whole, 0, 0)
            end = point(whole, *((0, width) if font.vertical else (width, 0)))
            self.walk.unreadable += not text and bool(raw[offset : offset + length].strip(b"\0 "))
            self.walk.glyphs.append(
                Glyph(
                    self.key, position, element, offset, length, text,
                    (min(xs), min(ys), max(xs), max(ys)), x, y, end[0] - x, end[1] - y,
                    math.hypot(whole[2], whole[3]) or 1.0,
                    -advance / state.size * 1000 if state.size else 0.0,
                )
            )  # fmt: skip
            self._advance(advance)


_STATE = {
    "Tc": ("char_space", 1.0),
    "Tw": ("word_space", 1.0),
    "Tz": ("scale", 0.01),
    "TL": ("leading", 1.0),
    "Ts": ("rise", 1.0),
}


def _matrix(numbers: Any) -> Matrix:
    a, b, c, d, e, f = (float(n) for n in numbers)
    return a, b, c, d, e, f


def _key(stream: Any) -> StreamKey:
    number, generation = stream.objgen
    return "stream", number, generation


def _inherited(node: Any, name: str) -> Any:
    for _ in range(64):
        if name in node:
            return node[name]
        if "/Parent" not in node:
            break
        node = node.Parent
    return pikepdf.Dictionary()


def _appearances(annotation: Any) -> Iterator[tuple[Any, Matrix]]:
    """The appearance streams of an annotation, each with the matrix that draws it (12.5.5)."""
    states = annotation.get("/AP")
    if not isinstance(states, pikepdf.Dictionary):
        return
    for name in ("/N", "/R", "/D"):
        entry = states.get(name)
        streams = [entry] if isinstance(entry, pikepdf.Stream) else []
        if isinstance(entry, pikepdf.Dictionary) and not streams:
            streams = [one for _, one in entry.items() if isinstance(one, pikepdf.Stream)]
        for stream in streams:
            yield stream, _placed(annotation, stream)


def _placed(annotation: Any, stream: Any) -> Matrix:
    try:
        matrix = _matrix(stream.get("/Matrix", IDENTITY))
        left, bottom, right, top = (float(n) for n in stream.get("/BBox", (0, 0, 1, 1)))
        x0, y0, x1, y1 = (float(n) for n in annotation.get("/Rect", (0, 0, 1, 1)))
    except (ValueError, TypeError):
        return IDENTITY
    corners = [point(matrix, x, y) for x in (left, right) for y in (bottom, top)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    wide, tall = max(xs) - min(xs), max(ys) - min(ys)
    sx = abs(x1 - x0) / wide if wide else 1.0
    sy = abs(y1 - y0) / tall if tall else 1.0
    onto = (sx, 0.0, 0.0, sy, min(x0, x1) - min(xs) * sx, min(y0, y1) - min(ys) * sy)
    return product(matrix, onto)
