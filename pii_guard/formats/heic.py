"""HEIC pictures (ISO/IEC 23008-12), as telephones take them: read with libheif, and written as JPEG.

Nothing that may be used here writes HEVC, so that a picture with nothing in it is a JPEG, too: what a HEIC
holds beside its picture (thumbnails, maps of depth, films) is left behind. Exif goes with it, to be read
like that of any JPEG.
"""

from __future__ import annotations

import io
from functools import cache
from importlib.util import find_spec

from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.images.frames import BROKEN, check_pixels
from pii_guard.formats.legacy import Refused

_QUALITY = 95
"""Of 100, colours as sharp as greys: letters on a screen stay what they were."""
_EXIF = b"Exif\0\0"


@cache
def available() -> bool:
    """Whether HEIC is read: with the extra `heic`."""
    return find_spec("pi_heif") is not None


class Heic(Refused):
    """The format. One file holds one picture: others of a burst would be lost."""

    becomes = "image/jpeg"
    suffix = "jpg"

    def __init__(self) -> None:
        super().__init__("image/heic", ReasonCode.UNSUPPORTED, "send it as PNG or JPEG")

    def converted(self, blob: bytes, bounds: Bounds) -> bytes:
        """The picture as a JPEG, the right way up. Raises `Unreadable`."""
        if not available():
            self._refuse()
        import pi_heif

        try:
            held = pi_heif.open_heif(io.BytesIO(blob))
            if len(held) != 1:
                raise Unreadable(
                    ReasonCode.UNSUPPORTED, f"{len(held)} pictures in one: send each as PNG or JPEG"
                )
            pixels = held.size[0] * held.size[1]
            check_pixels(pixels, pixels, bounds)
            image = held.to_pillow()
            beside = {"icc_profile": image.info.get("icc_profile")}
            if exif := image.info.get("exif"):
                beside["exif"] = _EXIF + exif.removeprefix(_EXIF)
            out = io.BytesIO()
            image.convert("RGB").save(out, "JPEG", quality=_QUALITY, subsampling=0, **beside)
        except BROKEN as error:
            raise refused(error, "a picture") from None
        return out.getvalue()


FORMAT = Heic()
