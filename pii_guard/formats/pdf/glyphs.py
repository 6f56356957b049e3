"""What a page draws, as values: glyphs that know their bytes, marked content, and plane geometry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pii_guard.errors import Reason

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]
StreamKey = tuple[str, int, int]
IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)


def product(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that applies `first`, then `then` (ISO 32000-1, 8.3.4)."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j,
            e * g + f * i + k, e * h + f * j + m)  # fmt: skip


def point(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """The point moved by the matrix."""
    return matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5]


def as_matrix(numbers: Any) -> Matrix:
    """Six numbers of a file as a matrix. Raises `ValueError` or `TypeError`."""
    a, b, c, d, e, f = (float(n) for n in numbers)
    return a, b, c, d, e, f


class Glyph(NamedTuple):
    """A drawn code. `stream`, `operator`, `element`, `offset`, `length`: its bytes.

    Box and origin (`x`, `y`) are in default user space; (`dx`, `dy`) leads to where the next glyph
    is due, `size` is the height of a line of it; `shift` is the TJ number that stands for its
    advance. `placed`: it is drawn once and where it says, so a token may take its place there (not
    so in patterns, masks and glyph descriptions). `unseen`: drawn in no colour (text mode 3). `clip`:
    the rectangle outside of which nothing of it is painted, if there is one.
    """

    stream: StreamKey
    operator: int
    element: int
    offset: int
    length: int
    text: str
    box: Box
    x: float
    y: float
    dx: float
    dy: float
    size: float
    shift: float
    placed: bool
    unseen: bool
    clip: Box | None = None

    def __repr__(self) -> str:
        """Without the text: it is the input's."""
        return f"Glyph({self.stream}, {self.operator}, {self.element}, {self.offset})"


@dataclass(slots=True)
class Mark:
    """A marked-content sequence (14.6): the operators and glyphs (half-open) within it.

    `properties` are its own dictionary (`inline`) or a resource that other sequences may share.
    """

    stream: StreamKey
    operator: int
    properties: Any
    inline: bool
    first: int
    after: int = 0
    last_operator: int = 0


class Rule(NamedTuple):
    """A rectangle (`re`) or level stroke (`m` and `l`, in two operators) of a path.

    `scale`: units of user space to one of its own; `operator` of `l`, `first` of what begins it.
    """

    stream: StreamKey
    first: int
    operator: int
    box: Box
    scale: float


@dataclass(slots=True)
class PageWalk:
    """All that a page draws: glyphs in order (`drawn` of them), images and their area, painted paths.

    `rules`: what may be drawn below or behind words, in paths.
    `names`: those that its content uses, of resources and of marks.
    `pictures`: the image objects drawn; `inline_area`: of images that are none.

    `unreadable`: glyphs without meaning; `blindest`: how many of them at most stand in a row.
    `repeated` counts instructions of streams that were run before, `restores` the graphics states
    that its content restores more than it saved. `fault`: why it could not be read to its end.
    `redo` walks again: glyphs are many, and those of large files are not all held at once.
    """

    redo: Callable[[], PageWalk] = field(repr=False)

    glyphs: list[Glyph] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    images: list[Box] = field(default_factory=list)
    image_area: float = 0.0
    pictures: set[tuple[int, int]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    inline_area: float = 0.0
    paints: int = 0
    rules: list[Rule] = field(default_factory=list)
    drawn: int = 0
    unreadable: int = 0
    blind: int = 0
    blindest: int = 0
    seen: set[StreamKey] = field(default_factory=set)
    repeated: int = 0
    restores: int = 0
    fault: Reason | None = None
    thin: bool = False

    def full(self) -> PageWalk:
        """The walk with its glyphs."""
        return self.redo() if self.thin else self

    def thinned(self) -> None:
        """Let go of the glyphs."""
        self.glyphs, self.thin = [], True
