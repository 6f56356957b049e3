"""What can be read in the pixels of a picture, and where each of it stands.

Places are remembered without text, so that writing after reading need not look again; the second
reader's text of written pixels is remembered until it is asked for.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from PIL import Image

from pii_guard.document import UNSCANNED, Kind, Segment, Span, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import ocr
from pii_guard.formats.base import Bounds
from pii_guard.formats.images.frames import frames, is_flat, looks, orientation_of, turned
from pii_guard.formats.ocr import Layout, Pixels, Quad
from pii_guard.formats.pdf.search import folded

_RIM = 3.0
_REMEMBERED = 8
_LITTLE = 600
"""Characters of a picture whose other reading costs little."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a segment of the pixels stands: in `layout`, or a `quad` that goes whole; on `frames`."""

    frames: tuple[int, ...]
    layout: Layout | None = None
    quad: Quad | None = None

    def quads(self, span: Span) -> Iterator[Quad]:
        """What to fill for a span of the segment."""
        if self.layout is not None:
            yield from self.layout.quads(span)
        elif self.quad is not None:
            yield rimmed(self.quad)


@dataclass(frozen=True, slots=True)
class Seen:
    """Segments of the pixels, each with its place."""

    segments: tuple[Segment, ...] = ()
    places: tuple[Place, ...] = ()


@dataclass(slots=True)
class Remembered(Generic[_T]):
    """The last few values by a digest of what they were made from. Safe to share between threads."""

    _held: OrderedDict[bytes, _T] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, key: bytes, value: _T) -> None:
        """Remember."""
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            while len(self._held) > _REMEMBERED:
                self._held.popitem(last=False)

    def take(self, key: bytes) -> _T | None:
        """What is remembered, which is then forgotten."""
        with self._lock:
            return self._held.pop(key, None)


_places: Remembered[tuple[Place, ...]] = Remembered()
_second: Remembered[Layout] = Remembered()


def places_of(blob: bytes, image: Callable[[], Seen]) -> tuple[Place, ...]:
    """The places of the segments that `seen` finds, remembered or found again."""
    known = _places.take(_digest(blob))
    return image().places if known is None else known


def seen(blob: bytes, image: Image.Image, bounds: Bounds) -> Seen:
    """What the first reader and the decoder of codes see. Raises `Unreadable`."""
    segments: list[Segment] = []
    places: list[Place] = []
    counts: Counter[tuple[int, str]] = Counter()

    def add(text: str, kind: Kind, axis: str, place: Place) -> None:
        frame = place.frames[0] + 1
        counts[frame, axis] += 1
        where = (Step("frame", frame), Step(axis, counts[frame, axis]))
        segments.append(Segment(text, where, kind))
        places.append(place)

    for numbers, pixels in _distinct(image, bounds):
        if not ocr.available():
            raise Unreadable(ReasonCode.NO_READER, f"frame {numbers[0] + 1}")
        codes = ocr.codes(pixels)
        reading = _beside(ocr.first(pixels), codes)
        layout = ocr.laid_out(reading.lines)
        for one in (layout, _otherwise(layout, pixels)):
            if one.text:
                add(one.text, Kind.OCR, "reading", Place(numbers, layout=_without_text(one)))
        for code in codes:
            text = UNSCANNED if code.text is None else code.text
            add(text, Kind.FIELD, "code", Place(numbers, quad=code.quad))
        for quad in reading.unread:
            add(UNSCANNED, Kind.OCR, "region", Place(numbers, quad=quad))
    _places.put(_digest(blob), tuple(places))
    return Seen(tuple(segments), tuple(places))


def seen_again(
    image: Image.Image, bounds: Bounds, *, keep: bool = False
) -> Iterator[tuple[tuple[int, ...], Layout]]:
    """What the second reader sees, by the numbers of the frames that look alike.

    `keep`: remember it for the next call without. Raises `Unreadable`.
    """
    for numbers, pixels in _distinct(image, bounds):
        yield numbers, _read_again(pixels, keep=keep)


def _read_again(pixels: Pixels, *, keep: bool) -> Layout:
    key = _digest(pixels.tobytes() + repr(pixels.shape).encode())
    layout = _second.take(key)
    if layout is None:
        layout = ocr.laid_out(ocr.second(pixels).lines)
    if keep:
        _second.put(key, layout)
    return layout


def _otherwise(layout: Layout, pixels: Pixels) -> Layout:
    """Lines that the second reader reads otherwise, where the first one read little.

    Only in pictures with little text: reading them twice costs little.
    """
    if len(layout.text) > _LITTLE:
        return Layout("", (), ())
    known = folded(layout.text)[0]
    again = _read_again(pixels, keep=False)
    return ocr.laid_out([one for one in again.lines if folded(one.text)[0] not in known])


def codes_again(image: Image.Image, bounds: Bounds) -> Iterator[str]:
    """The texts of the codes in all frames."""
    for _, pixels in _distinct(image, bounds):
        yield from (code.text for code in ocr.codes(pixels) if code.text is not None)


def _distinct(image: Image.Image, bounds: Bounds) -> Iterator[tuple[tuple[int, ...], Pixels]]:
    """What is to be looked at: frames that look alike once, flat ones not at all."""
    alike: dict[bytes, list[int]] = {}
    orientation = 1
    for number, frame in enumerate(frames(image, bounds)):
        orientation = orientation_of(image)
        alike.setdefault(_digest(_raw(frame, orientation)), []).append(number)
    for numbers in alike.values():
        image.seek(numbers[0])
        image.load()
        for pixels in looks(turned(image.copy(), orientation_of(image))):
            if not is_flat(pixels):
                yield tuple(numbers), pixels


def _raw(frame: Image.Image, orientation: int) -> bytes:
    palette = bytes(frame.getpalette() or ()) if frame.mode == "P" else b""
    head = f"{frame.mode} {frame.size} {orientation} {frame.info.get('transparency')}".encode()
    return head + palette + frame.tobytes()


def _beside(reading: ocr.Reading, codes: Sequence[ocr.Code]) -> ocr.Reading:
    """The reading without what the modules of codes look like."""
    boxes = [rimmed(code.quad) for code in codes]

    def within(quad: Quad) -> bool:
        x, y = (sum(corner[n] for corner in quad) / 4 for n in (0, 1))
        return any(a[0] <= x <= c[0] and a[1] <= y <= c[1] for a, _, c, _ in boxes)

    return ocr.Reading(
        tuple(line for line in reading.lines if not within(line.quad)),
        tuple(quad for quad in reading.unread if not within(quad)),
    )


def _without_text(layout: Layout) -> Layout:
    lines = tuple(replace(line, text=" " * len(line.text)) for line in layout.lines)
    return Layout("", lines, layout.starts)


def rimmed(quad: Sequence[tuple[float, float]]) -> Quad:
    """The upright box around a quadrangle, with a rim."""
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    left, right, top, bottom = min(xs) - _RIM, max(xs) + _RIM, min(ys) - _RIM, max(ys) + _RIM
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _digest(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()
