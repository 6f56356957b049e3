"""Pictures: PNG, JPEG, WebP, TIFF, GIF and BMP, redacted in place.

What is found in the pixels is filled, opaque; what stands beside them is edited, or goes where it
cannot be scanned. Text is read by the models of the `ocr` extra and proved by a second reader.
"""

from __future__ import annotations

from pii_guard.formats.images import bmp, gif, jpeg, png, tiff, webp
from pii_guard.formats.images.picture import Picture

FORMATS = (
    Picture(frozenset({"image/png"}), "PNG", png.split),
    Picture(frozenset({"image/jpeg"}), "JPEG", jpeg.split),
    Picture(frozenset({"image/gif"}), "GIF", gif.split),
    Picture(frozenset({"image/webp"}), "WEBP", webp.split, webp.assembled),
    Picture(frozenset({"image/tiff"}), "TIFF", tiff.split),
    Picture(frozenset({"image/bmp"}), "BMP", bmp.split),
)
