"""The first reader: the PP-OCR models that the `rapidocr` package carries, run by onnxruntime.

The models are opened where they lie: nothing of that package runs, and nothing is downloaded. Text
is found by differentiable binarization (Liao et al., 2020, arXiv:1911.08947), a line is read by a
network with connectionist temporal classification (Graves et al., 2006): the column in which a
character is most likely is its place. One line at a time: padding lines to a common width costs more
than a batch saves.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pii_guard.formats.ocr.boxes import Pixels, boxes, drawn, scaled, sides, tiles
from pii_guard.formats.ocr.lines import Line, Quad, Reading
from pii_guard.silent_onnx import onnxruntime

SURE = 0.75
"""Below this mean likelihood of its characters a line is looked at again, then filled."""
_GRID = 32
_ENLARGED_BELOW = 700
_HEIGHT = 48
_LONGEST = 28
"""How many times as long as high a line may be before it is cut at a blank."""

_lock = threading.Lock()


def carried() -> tuple[Path, Path] | None:
    """The models for finding and for reading text, where they are installed with what runs them."""
    if importlib.util.find_spec("cv2") is None:
        return None
    package = importlib.util.find_spec("rapidocr")
    if package is None or package.origin is None:
        return None
    models = Path(package.origin).parent / "models"
    finding, reading = sorted(models.glob("*_det_*.onnx")), sorted(models.glob("*_rec_*.onnx"))
    return (finding[-1], reading[-1]) if finding and reading else None


def rapid() -> Rapid | None:
    """The reader, one for the process, made on first use; None when it is not installed."""
    with _lock:
        return _made()


@lru_cache(maxsize=1)
def _made() -> Rapid | None:
    models = carried()
    return None if models is None else Rapid(*models)


class Rapid:
    """Finds and reads lines. Safe to share between threads; works on one core."""

    def __init__(self, finding: Path, reading: Path) -> None:
        library = onnxruntime()
        options = library.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it would keep the memory of the largest picture
        options.log_severity_level = 4
        cpu = ["CPUExecutionProvider"]
        self._finding = library.InferenceSession(str(finding), options, providers=cpu)
        self._reading = library.InferenceSession(str(reading), options, providers=cpu)
        letters = self._reading.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._letters = ("", *letters, " ")

    def read(self, pixels: Pixels, scale: float = 0.0) -> Reading:
        """All lines of a picture. `scale`: what it is enlarged by first; 0: what its size asks for."""
        lines: list[Line] = []
        unread: list[Quad] = []
        for quad in self._quads(pixels, scale):
            found = self._line(pixels, quad)
            if found.score < SURE:
                again = self._again(pixels, quad)
                if again and min(one.score for one in again) > found.score:
                    lines += [one for one in again if one.score >= SURE]
                    unread += [one.quad for one in again if one.score < SURE and _telling(one)]
                    continue
            if found.score >= SURE:
                lines.append(found)
            elif _telling(found):
                unread.append(quad)
        return Reading(tuple(lines), tuple(unread))

    def _again(self, pixels: Pixels, quad: Quad) -> list[Line]:
        """A place at twice its size, with some room around."""
        import cv2

        rim = int(max(4, min(64, sides(quad)[1] / 2)))
        xs, ys = [x for x, _ in quad], [y for _, y in quad]
        left, top = max(0, int(min(xs)) - rim), max(0, int(min(ys)) - rim)
        part = pixels[top : int(max(ys)) + rim, left : int(max(xs)) + rim]
        if part.size == 0 or max(part.shape) > 4_000:
            return []
        large = cv2.resize(part, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        lines = [self._line(large, one) for one in self._quads(large, 1)]
        return [
            Line(scaled(one.quad, 0.5, (left, top)), one.text, one.edges, one.score)
            for one in lines
        ]

    # -- finding -----------------------------------------------------------------------------

    def _quads(self, pixels: Pixels, scale: float) -> list[Quad]:
        import cv2

        scale = scale or (2.0 if max(pixels.shape[:2]) <= _ENLARGED_BELOW else 1.0)
        if scale != 1:
            how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
            pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how)
        return [scaled(quad, 1 / scale) for quad in boxes(self._likely(pixels))]

    def _likely(self, pixels: Pixels) -> Pixels:
        """How likely each pixel belongs to a line, in 0..255."""
        likely = np.zeros(pixels.shape[:2], np.uint8)
        part = drawn(pixels)
        if part is None:
            return likely
        pixels, places = pixels[part], likely[part]
        for top, bottom in tiles(pixels.shape[0]):
            for left, right in tiles(pixels.shape[1]):
                tile, place = pixels[top:bottom, left:right], places[top:bottom, left:right]
                if (tile != tile[0, 0]).any():
                    np.maximum(place, self._likely_in(tile), out=place)
        return likely

    def _likely_in(self, tile: Pixels) -> Pixels:
        height, width = tile.shape[:2]
        rest = [(0, -height % _GRID), (0, -width % _GRID), (0, 0)]
        padded = np.pad(tile, rest, mode="edge")[:, :, ::-1]
        values = self._run(self._finding, _normal(padded))[0, 0, :height, :width]
        likely: Pixels = (values * 255).astype(np.uint8)
        return likely

    # -- reading -----------------------------------------------------------------------------

    def _line(self, pixels: Pixels, quad: Quad) -> Line:
        """The line at a place, the right way up; it may be unsure."""
        import cv2

        strip = _strip(pixels, quad)
        best = self._text(strip, quad)
        if best.score < SURE:
            turned = (quad[2], quad[3], quad[0], quad[1])
            other = self._text(cv2.rotate(strip, cv2.ROTATE_180), turned)
            best = max(best, other, key=lambda one: one.score)
        return best

    def _text(self, strip: Pixels, quad: Quad) -> Line:
        import cv2

        length = max(8, round(strip.shape[1] * _HEIGHT / strip.shape[0]))
        strip = cv2.resize(strip, (length, _HEIGHT))
        characters: list[tuple[str, float, float]] = []
        for left, right in _pieces(strip):
            part = self._run(self._reading, _normal(strip[:, left:right, ::-1]))[0]
            for letter, likely, place in self._decoded(part):
                characters.append((letter, likely, (left + place * (right - left)) / length))
        while characters and characters[-1][0] == " ":
            characters.pop()
        text = "".join(letter for letter, _, _ in characters)
        if not text:
            return Line(quad, "", (0.0,), 0.0)
        edges = _edges([(len(letter), place) for letter, _, place in characters])
        score = sum(likely for _, likely, _ in characters) / len(characters)
        return Line(quad, text, edges, score)

    def _decoded(self, columns: NDArray[np.float32]) -> Iterator[tuple[str, float, float]]:
        """Characters with their likelihood and their place in 0..1 along the strip."""
        best = columns.argmax(axis=1)
        count, start = len(best), 0
        for end in range(1, count + 1):
            if end == count or best[end] != best[start]:
                letter = self._letters[best[start]] if best[start] < len(self._letters) else " "
                if letter:
                    likely = float(columns[start:end, best[start]].max())
                    yield letter, likely, (start + end) / 2 / count
                start = end

    @staticmethod
    def _run(session: Any, values: NDArray[np.float32]) -> Any:
        return session.run(None, {session.get_inputs()[0].name: values})[0]


def _normal(pixels: Pixels) -> NDArray[np.float32]:
    """As the networks were trained: blue first, in -1..1, channels before rows."""
    values = pixels.astype(np.float32)
    values *= 2 / 255
    values -= 1
    return np.ascontiguousarray(values.transpose(2, 0, 1)[np.newaxis])


def _strip(pixels: Pixels, quad: Quad) -> Pixels:
    """The picture of a line, set straight."""
    import cv2

    along, across = (max(1, round(side)) for side in sides(quad))
    target = np.array([[0, 0], [along, 0], [along, across], [0, across]], np.float32)
    warp = cv2.getPerspectiveTransform(np.array(quad, np.float32), target)
    strip: Pixels = cv2.warpPerspective(
        pixels, warp, (along, across), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return strip


def _pieces(strip: Pixels) -> Iterator[tuple[int, int]]:
    """Ranges of columns, each of a length that the network knows, cut where nothing is drawn."""
    width, most = strip.shape[1], _LONGEST * _HEIGHT
    start = 0
    while width - start > most:
        window = slice(start + most * 2 // 3, start + most)
        ink = np.ptp(strip[:, window].astype(np.int16), axis=0).max(axis=1)
        cut = window.start + _widest_blank(ink)
        yield start, cut
        start = cut
    yield start, width


def _widest_blank(ink: NDArray[np.int16]) -> int:
    """The middle of the longest run with as good as no ink."""
    blank = ink <= ink.min() + 24
    best, at, run = 0, int(ink.argmin()), 0
    for number, empty in enumerate(blank):
        run = run + 1 if empty else 0
        if run > best:
            best, at = run, number - run // 2
    return at


def _edges(characters: list[tuple[int, float]]) -> tuple[float, ...]:
    """Boundaries half-way between neighbours; `characters` are (code points, centre in 0..1)."""
    edges = [0.0]
    for number, (count, centre) in enumerate(characters):
        following = characters[number + 1][1] if number + 1 < len(characters) else None
        end = (centre + following) / 2 if following is not None else 1.0
        begin = edges[-1]
        edges += [begin + (end - begin) * part / count for part in range(1, count + 1)]
    return tuple(edges)


def _telling(line: Line) -> bool:
    """Whether it may hold a value: an icon, or a letter alone, holds none."""
    along, across = sides(line.quad)
    return along > 1.8 * across and len(line.text) != 1
