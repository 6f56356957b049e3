"""Walks content streams glyph by glyph: each knows the bytes that show it and where it is drawn.

The text that detectors read and the bytes that are edited come from one walk (ISO 32000-1, 8 and 9).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from pii_guard.errors import Reason, ReasonCode
from pii_guard.formats.pdf.content import SHOW, parsed
from pii_guard.formats.pdf.fonts import Font
from pii_guard.formats.pdf.glyphs import (
    IDENTITY,
    Matrix,
    PageWalk,
    StreamKey,
    as_matrix,
    point,
    product,
)
from pii_guard.formats.pdf.interpret import Interpreter, State

_DEEPEST = 16
# Instructions run again, of one page and of the file: more is a bomb of forms in forms, whatever the policy.
_MOST_REPEATED = 200_000
_MOST_REPEATED_IN_ALL = 20_000_000
_BROKEN = (
    pikepdf.PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, UserWarning,
)  # fmt: skip


@dataclass(slots=True)
class Walker:
    """Walks pages of one file; `holders` knows every stream that was walked.

    `shown`: the fonts in which the operators of each stream show text.
    """

    pdf: pikepdf.Pdf
    holders: dict[StreamKey, Any] = field(default_factory=dict)
    repeated: int = 0
    shown: dict[StreamKey, dict[int, set[Font]]] = field(default_factory=dict)
    _thrifty: bool = False
    _parsed: dict[StreamKey, list[Any]] = field(default_factory=dict)
    _fonts: dict[tuple[int, int], Font | None] = field(default_factory=dict)
    _showing: dict[tuple[int, int], bool] = field(default_factory=dict)
    _within: set[StreamKey] = field(default_factory=set)
    """What is walked at this moment, each drawn by another."""

    def page(self, number: int) -> PageWalk:
        """Walk the page with that 0-based number, its annotations' appearances included."""
        return self._page(self.pdf.pages[number], ("page", number, 0))

    def annotations(self, number: int) -> PageWalk:
        """Walk only the appearances of the page's annotations."""
        walk = PageWalk(lambda: self.annotations(number))
        page = self.pdf.pages[number].obj
        self._annotations(walk, page, _inherited(page, "/Resources"))
        return walk

    def leftovers(self) -> Iterator[PageWalk]:
        """Walk what no page draws: pages outside the tree, forms, patterns, glyph descriptions.

        To be called when all pages are walked.
        """
        inside = {page.obj.objgen for page in self.pdf.pages}
        for item in list(self.pdf.objects):
            if isinstance(item, pikepdf.Stream):
                if _draws(item) and _key(item) not in self.holders:
                    yield self._alone(item, item.get("/Resources"))
            elif isinstance(item, pikepdf.Dictionary):
                if item.get("/Type") == pikepdf.Name.Page and item.objgen not in inside:
                    key = ("orphan", *item.objgen)
                    yield self._page(pikepdf.Page(item), key)
                elif isinstance(item.get("/CharProcs"), pikepdf.Dictionary):
                    for _, proc in item.CharProcs.items():
                        unknown = (
                            isinstance(proc, pikepdf.Stream) and _key(proc) not in self.holders
                        )
                        if unknown and self.shows(proc):
                            yield self._alone(proc, item.get("/Resources"))

    def instructions(self, key: StreamKey) -> list[Any]:
        """The parsed content of a stream that was walked."""
        if key not in self._parsed:
            self._parsed[key] = parsed(self.holders[key])
        return self._parsed[key]

    def forget(self, key: StreamKey | None = None) -> None:
        """Let go of the parsed content of one stream or all; it is parsed again when needed."""
        if key is None:
            self._parsed.clear()
            self._thrifty = True
        else:
            self._parsed.pop(key, None)

    def spare(self, key: StreamKey) -> None:
        """Let go of a stream's parsed content if that of all is not held."""
        if self._thrifty:
            self.forget(key)

    def known_fonts(self) -> list[Font]:
        """The fonts met so far."""
        return [font for font in self._fonts.values() if font is not None]

    def _page(self, page: pikepdf.Page, key: StreamKey) -> PageWalk:
        walk = PageWalk(lambda: self._page(page, key))
        resources = _inherited(page.obj, "/Resources")
        if "/Contents" in page.obj:
            self._run(walk, page, key, resources, State(), 0, placed=True)
        self._annotations(walk, page.obj, resources)
        return walk

    def _annotations(self, walk: PageWalk, page: Any, resources: Any) -> None:
        try:
            for annotation in page.get("/Annots", ()):
                for appearance, matrix in _appearances(annotation):
                    inner = appearance.get("/Resources", resources)
                    self.inner(walk, appearance, inner, State(ctm=matrix), 1, placed=True)
        except _BROKEN:
            walk.fault = walk.fault or Reason(ReasonCode.CORRUPT, "its annotations")

    def _alone(self, stream: Any, resources: Any) -> PageWalk:
        walk = PageWalk(lambda: self._alone(stream, resources))
        self.inner(walk, stream, resources, State(), 1, placed=False)
        return walk

    def inner(
        self, walk: PageWalk, stream: Any, resources: Any, state: State, depth: int, *, placed: bool
    ) -> None:
        """Walk a stream that another one draws."""
        self._run(walk, stream, _key(stream), resources, state, depth, placed=placed)

    def _run(
        self,
        walk: PageWalk,
        holder: Any,
        key: StreamKey,
        resources: Any,
        state: State,
        depth: int,
        *,
        placed: bool,
    ) -> None:
        if (
            depth > _DEEPEST
            or key in self._within  # of itself, in more ways than are ever tried
            or walk.repeated > _MOST_REPEATED
            or self.repeated > _MOST_REPEATED_IN_ALL
        ):
            walk.fault = Reason(ReasonCode.LIMIT_NESTING, "forms within forms")
            return
        self._within.add(key)
        try:
            known = key in self.holders
            self.holders[key] = holder
            instructions = self.instructions(key)
            self._count(walk, key, len(instructions) + 10, known=known and depth > 0)
            reader = Interpreter(self, walk, key, resources, state, depth, placed)
            reader.run(instructions)
            if depth == 0:
                walk.restores = reader.restores
        except _BROKEN:
            walk.fault = walk.fault or Reason(ReasonCode.CORRUPT, "its content")
        finally:
            self._within.discard(key)

    def _count(self, walk: PageWalk, key: StreamKey, cost: int, *, known: bool) -> None:
        walk.repeated += cost * (key in walk.seen)
        self.repeated += cost * known
        walk.seen.add(key)

    def shows(self, stream: Any) -> bool:
        """Whether a glyph description shows text itself, so that it has to be walked."""
        key = stream.objgen
        if key not in self._showing:
            self._showing[key] = False
            try:
                found = {
                    str(one.operator)
                    for one in pikepdf.parse_content_stream(stream)
                    if not isinstance(one, pikepdf.ContentStreamInlineImage)
                }
                self._showing[key] = bool(found & (SHOW | {"Do", "scn", "gs"}))
            except _BROKEN:
                self._showing[key] = True
        return self._showing[key]

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


def _key(stream: Any) -> StreamKey:
    number, generation = stream.objgen
    return "stream", number, generation


def _draws(item: Any) -> bool:
    return bool(item.get("/Subtype") == pikepdf.Name.Form or item.get("/PatternType") == 1)


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
        matrix = as_matrix(stream.get("/Matrix", IDENTITY))
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
