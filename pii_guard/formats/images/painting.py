"""Fills places of frames, opaque, and writes the frames in the format they came in.

Outside of what is filled the pixels stay exactly as they were, in all formats but JPEG, which has to
be compressed again: with the tables and the sampling of the original, from its own colour values.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, JpegImagePlugin

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.images import bmp, gif, jpeg, png, tiff, webp
from pii_guard.formats.images.frames import frames, opened, orientation_of, turned, turned_back
from pii_guard.formats.ocr import Quad

Fills = Mapping[int, Sequence[Quad]]
"""Places to fill, in pixels of the frame as it is looked at, by the number of the frame (from 0)."""

_STRAIGHT = 2.0
_BLACK: dict[str, Any] = {
    "1": 0, "L": 0, "LA": (0, 255), "RGB": (0, 0, 0), "RGBA": (0, 0, 0, 255), "RGBX": (0, 0, 0, 255),
    "CMYK": (0, 0, 0, 255), "YCbCr": (0, 128, 128), "LAB": (0, 128, 128), "I": 0, "F": 0.0, "I;16": 0,
}  # fmt: skip
_SPLICED = {"PNG": png, "JPEG": jpeg, "GIF": gif, "WEBP": webp, "BMP": bmp}
_DEEP = 16
_LOSSLESS = {
    "raw": "raw", "tiff_lzw": "tiff_lzw", "tiff_adobe_deflate": "tiff_adobe_deflate",
    "tiff_deflate": "tiff_adobe_deflate", "packbits": "packbits", "group3": "group3", "group4": "group4",
}  # fmt: skip


def painted(blob: bytes, kind: str, fills: Fills, bounds: Bounds) -> bytes:
    """The file with the places filled. Raises `Unreadable`."""
    with opened(blob, kind, bounds) as image:
        if kind == "TIFF":
            return _tiff(blob, image, fills, bounds)
        if kind == "JPEG":
            return jpeg.repainted(blob, _jpeg(image, fills))
        if kind == "PNG" and blob[24] == _DEEP and image.mode != "I;16":
            return png.repainted(blob, _deep_png(blob, orientation_of(image), fills))
        durations, done = [], []
        orientation = orientation_of(image)
        for number, frame in enumerate(frames(image, bounds)):
            durations.append(frame.info.get("duration", 0))
            done.append(_filled(frame, orientation, fills.get(number, ())))
        repainted: bytes = _SPLICED[kind].repainted(blob, _encoded(kind, image, done, durations))
        return repainted


def _filled(frame: Image.Image, orientation: int, quads: Sequence[Quad]) -> Image.Image:
    if not quads:
        return frame
    mask = turned_back(_mask(turned(frame, orientation).size, quads), orientation)
    if frame.mode == "P":
        frame.paste(_darkest(frame), mask=mask)
    elif frame.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        values = np.asarray(frame).copy()
        values[np.asarray(mask) > 0] = 0
        frame.frombytes(values.tobytes())
    elif frame.mode in _BLACK:
        frame.paste(_BLACK[frame.mode], mask=mask)
    else:
        raise Unreadable(ReasonCode.UNSUPPORTED, "a picture of unusual colours")
    return frame


def _mask(size: tuple[int, int], quads: Iterable[Quad]) -> Image.Image:
    mask = Image.new("L", size, 0)
    draw = ImageDraw.Draw(mask)
    for quad in quads:
        xs, ys = [x for x, _ in quad], [y for _, y in quad]
        box = (math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys)))
        if _is_straight(quad):
            draw.rectangle(box, fill=255)
        else:
            draw.polygon([(round(x), round(y)) for x, y in quad], fill=255, outline=255)
    return mask


def _is_straight(quad: Quad) -> bool:
    (ax, ay), (bx, by), _, (dx, dy) = quad
    lying = abs(ay - by) <= _STRAIGHT and abs(ax - dx) <= _STRAIGHT
    return lying or (abs(ax - bx) <= _STRAIGHT and abs(ay - dy) <= _STRAIGHT)


def _darkest(frame: Image.Image) -> int:
    """The entry of a frame's palette that is opaque and nearest to black."""
    palette = np.array(frame.getpalette("RGB") or [0, 0, 0], np.int64).reshape(-1, 3)
    levels = palette.sum(axis=1)
    clear = frame.info.get("transparency")
    for number, level in enumerate(clear if isinstance(clear, bytes) else ()):
        if level < 255 and number < len(levels):
            levels[number] += 10_000
    if isinstance(clear, int) and clear < len(levels):
        levels[clear] += 10_000
    return int(levels.argmin())


def _encoded(kind: str, image: Image.Image, done: list[Image.Image], durations: list[int]) -> bytes:
    options: dict[str, Any] = {}
    moving = len(done) > 1
    if moving:
        loop = image.info.get("loop")
        options = {"save_all": True, "append_images": done[1:], "duration": durations}
        if loop is not None:
            options["loop"] = loop
    if kind == "GIF":
        done = [_paletted(frame) for frame in done]
        clear = any("transparency" in frame.info for frame in done)
        options |= {"append_images": done[1:]} if moving else {}
        options |= {"optimize": False, "disposal": 2 if clear else 1} if moving else {}
    elif kind == "WEBP":
        options |= {"lossless": True, "exact": True, "quality": 70, "method": 4}
    elif kind == "PNG" and moving:
        options |= {
            "default_image": bool(image.info.get("default_image")),
            "disposal": 0,
            "blend": 0,
        }
    held = io.BytesIO()
    first = done[0]
    for name in ("comment", "exif", "xmp", "icc_profile"):
        first.info.pop(name, None)
    first.save(held, kind, **options)
    return held.getvalue()


def _paletted(frame: Image.Image) -> Image.Image:
    """The frame with a palette, exactly where it has no more colours than one holds."""
    if frame.mode in ("P", "L", "1"):
        return frame
    values = np.asarray(frame.convert("RGBA")).copy()
    values[values[:, :, 3] == 0] = 0
    colours, places = np.unique(values.reshape(-1, 4), axis=0, return_inverse=True)
    if len(colours) > 256:
        return frame.convert("RGB").quantize(
            256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
    found = Image.fromarray(places.reshape(values.shape[:2]).astype(np.uint8), "P")
    found.putpalette(colours[:, :3].astype(np.uint8).tobytes())
    if (colours[:, 3] == 0).any():
        found.info["transparency"] = int(np.argmax(colours[:, 3] == 0))
    return found


def _jpeg(image: Image.Image, fills: Fills) -> bytes:
    assert isinstance(image, JpegImagePlugin.JpegImageFile)
    sampling = JpegImagePlugin.get_sampling(image)
    options: dict[str, Any] = {"qtables": image.quantization, "subsampling": max(0, sampling)}
    if image.mode == "L":
        del options["subsampling"]
    if image.info.get("progressive"):
        options["progressive"] = True
    orientation = orientation_of(image)
    if image.mode == "RGB" and sampling >= 0 and image.info.get("adobe_transform", 1) == 1:
        image.draft("YCbCr", image.size)  # as it is stored: no rounding to red, green and blue
    image.load()
    frame = _filled(image.copy(), orientation, fills.get(0, ()))
    held = io.BytesIO()
    frame.info.clear()
    frame.save(held, "JPEG", **options)
    return held.getvalue()


def _deep_png(blob: bytes, orientation: int, fills: Fills) -> bytes:
    """A PNG with sixteen bits a channel, which Pillow would cut to eight."""
    import cv2

    values: NDArray[Any] | None = cv2.imdecode(
        np.frombuffer(blob, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    )
    if values is None or values.dtype != np.uint16:
        raise Unreadable(ReasonCode.UNSUPPORTED, "a picture of unusual depth")
    seen = turned(Image.new("L", (values.shape[1], values.shape[0])), orientation)
    mask = np.asarray(turned_back(_mask(seen.size, fills.get(0, ())), orientation)) > 0
    values[mask] = (0, 0, 0, 65_535)[: values.shape[2]] if values.ndim == 3 else 0
    return bytes(cv2.imencode(".png", values)[1].tobytes())


def _tiff(blob: bytes, image: Image.Image, fills: Fills, bounds: Bounds) -> bytes:
    pages: dict[int, bytes] = {}
    turns = tiff.orientations(blob)
    for number, frame in enumerate(frames(image, bounds)):
        quads = fills.get(number, ())
        if quads:
            packing = _LOSSLESS.get(str(frame.info.get("compression")), "tiff_adobe_deflate")
            page = turned_back(_filled(frame, 1, quads), turns[number])
            page.info.clear()
            held = io.BytesIO()
            page.save(held, "TIFF", compression=packing)
            pages[number] = held.getvalue()
    return tiff.with_pages(blob, pages)
