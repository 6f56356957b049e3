"""A picture as other readers see it: Pillow's metadata, the second reader's text, codes."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import ExifTags, Image

from pii_guard.document import Document, Kind, Segment, Step
from pii_guard.formats.base import Bounds
from pii_guard.formats.images.frames import BROKEN, TOO_LARGE, opened
from pii_guard.formats.images.held import readable
from pii_guard.formats.images.seen import codes_again, seen_again


def document(blob: bytes, kind: str, bounds: Bounds) -> Document:
    """All texts. Raises `Unreadable`."""
    with opened(blob, kind, bounds) as image:
        image.load()
        texts = list(_texts(image))
        segments = [
            Segment(text, (Step("metadata", n),), Kind.METADATA, label)
            for n, (label, text) in enumerate(texts, 1)
        ]
        for numbers, layout in seen_again(image, bounds):
            if layout.text:
                where = (Step("frame", numbers[0] + 1),)
                segments.append(Segment(layout.text, where, Kind.OCR))
        codes = enumerate(codes_again(image, bounds), 1)
        segments += [Segment(text, (Step("code", n),), Kind.FIELD) for n, text in codes]
    return Document(tuple(segments))


def _texts(image: Image.Image) -> Iterator[tuple[str, str]]:
    """What Pillow makes of everything beside the pixels, with its name."""
    named = getattr(image, "text", {})
    for name, value in [*image.info.items(), *named.items()]:
        if name in named:
            yield "", str(name)
        text = _text(value)
        if text and name not in ("exif", "icc_profile", "version"):
            yield str(name), text
    for _, content in getattr(image, "applist", ()):
        text = _text(content)
        if text:
            yield "", text
    try:
        exif = image.getexif()
        below = [exif.get_ifd(where) for where in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)]
        for tags in (exif, *below):
            for tag, value in tags.items():
                text = _text(value)
                if text:
                    yield str(ExifTags.TAGS.get(tag, "")), text
    except (*TOO_LARGE, *BROKEN):
        return


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return readable(value.strip(b"\0")) or ""
    if isinstance(value, (list, tuple)) and value and not isinstance(value[0], (int, float)):
        return " ".join(map(str, value))
    return str(value) if isinstance(value, str) else ""
