"""The frames or pages of a picture as Pillow decodes them, within bounds, the right way up."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.ocr import Pixels

_BACKGROUNDS = (0, 255)
_BLOCK = 32

# What Pillow raises for broken input; its messages may hold some of it.
BROKEN = (
    OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, EOFError,
    SyntaxError, MemoryError, ZeroDivisionError, NotImplementedError, RuntimeError, UserWarning,
)  # fmt: skip
# Pillow's own limit (178 million pixels) is above the default of ours, and holds for any policy.
TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@contextmanager
def opened(blob: bytes, kind: str, bounds: Bounds) -> Iterator[Image.Image]:
    """The picture, decoded by no other decoder than that of `kind`. Raises `Unreadable`."""
    try:
        with Image.open(io.BytesIO(blob), formats=[kind]) as image:
            width, height = image.size
            count = getattr(image, "n_frames", 1)
            if count > bounds.max_pages:
                raise Unreadable(ReasonCode.LIMIT_PAGES, f"{count} frames")
            check_pixels(width * height, width * height * count, bounds)
            yield image
    except TOO_LARGE:
        raise Unreadable(ReasonCode.LIMIT_PIXELS) from None
    except BROKEN as error:
        raise refused(error, "a picture") from None


def check_pixels(one: int, total: int, bounds: Bounds) -> None:
    """Raises `Unreadable(LIMIT_PIXELS)` for a picture of too many, or frames of too many in all."""
    if one > bounds.max_pixels:
        raise Unreadable(ReasonCode.LIMIT_PIXELS, f"more than {bounds.max_pixels}")
    if total > bounds.max_pixels_in_file:
        raise Unreadable(ReasonCode.LIMIT_PIXELS, f"more than {bounds.max_pixels_in_file} in all")


def frames(image: Image.Image, bounds: Bounds) -> Iterator[Image.Image]:
    """Each frame, complete, as it is stored. Raises `Unreadable`."""
    total = 0
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        total += image.width * image.height
        check_pixels(image.width * image.height, total, bounds)
        image.load()
        yield image.copy()


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """The picture as it is looked at (Exif 3.0, 4.6.4)."""
    how = _TURNS.get(orientation)
    return image if how is None else image.transpose(how)


def turned_back(image: Image.Image, orientation: int) -> Image.Image:
    """The picture as it is stored."""
    how = _TURNS.get(orientation)
    return image if how is None else image.transpose(_BACK.get(how, how))


_TURN = Image.Transpose
_TURNS = {
    2: _TURN.FLIP_LEFT_RIGHT, 3: _TURN.ROTATE_180, 4: _TURN.FLIP_TOP_BOTTOM, 5: _TURN.TRANSPOSE,
    6: _TURN.ROTATE_270, 7: _TURN.TRANSVERSE, 8: _TURN.ROTATE_90,
}  # fmt: skip
_BACK = {_TURN.ROTATE_270: _TURN.ROTATE_90, _TURN.ROTATE_90: _TURN.ROTATE_270}


def orientation_of(image: Image.Image) -> int:
    """How the picture is to be turned; 1 when it does not say, or when Pillow has turned it (TIFF)."""
    if image.format == "TIFF":
        return 1
    try:
        found = image.getexif().get(0x0112, 1)
    except BROKEN:
        return 1
    return found if isinstance(found, int) else 1


def looks(image: Image.Image) -> Iterator[Pixels]:
    """The picture in red, green and blue, in each way that it may be looked at.

    Where it is transparent it is looked at on white, on black, and without transparency: what is
    there can be shown by any of them.
    """
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        image = _stretched(image)
    if "A" not in image.mode and "a" not in image.mode and "transparency" not in image.info:
        yield np.ascontiguousarray(np.asarray(image.convert("RGB")))
        return
    values = np.asarray(image.convert("RGBA"))
    colours, alpha = np.ascontiguousarray(values[:, :, :3]), values[:, :, 3:].astype(np.uint16)
    seen = [colours]
    if (alpha < 255).any():
        for level in _BACKGROUNDS:  # white last: it is looked at first
            mixed = (colours * alpha + level * (255 - alpha)) // 255
            seen.append(mixed.astype(np.uint8))
    yield seen[-1]
    for one in seen[:-1]:
        yield _where_it_differs(one, seen[-1])


def _where_it_differs(pixels: Pixels, from_other: Pixels) -> Pixels:
    """The blocks of a picture that differ from another one; the others flat, not to be read twice."""
    differs = (pixels != from_other).any(axis=2)
    height, width = differs.shape
    rows, columns = -(-height // _BLOCK), -(-width // _BLOCK)
    padded = np.pad(differs, ((0, rows * _BLOCK - height), (0, columns * _BLOCK - width)))
    blocks = padded.reshape(rows, _BLOCK, columns, _BLOCK).any(axis=(1, 3))
    spread = np.pad(blocks, 1)
    near = sum(
        spread[y : y + rows, x : x + columns].astype(np.uint8) for y in range(3) for x in range(3)
    )
    mask = np.kron(near > 0, np.ones((_BLOCK, _BLOCK), bool))[:height, :width]
    ground = pixels[differs][0] if differs.any() else pixels[0, 0]
    return np.where(mask[:, :, np.newaxis], pixels, ground).astype(np.uint8)


def is_flat(pixels: Pixels) -> bool:
    """Whether nothing is drawn at all."""
    return pixels.size == 0 or bool((pixels == pixels[0, 0]).all())


def _stretched(image: Image.Image) -> Image.Image:
    values: NDArray[np.float64] = np.nan_to_num(np.asarray(image).astype(np.float64))
    low, high = values.min(), values.max()
    scaled = (values - low) * (255 / (high - low) if high > low else 0)
    return Image.fromarray(scaled.astype(np.uint8))
