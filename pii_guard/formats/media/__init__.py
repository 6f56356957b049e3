"""Sound and video: all that is beside the frames goes unread, and what they show and say stays unread.

Formats of this kind are in use where the policy says `media = "keep"`. What was put beside the frames
(titles, places, makers, pictures of covers, subtitles, comments) is named by `UNSCANNED` segments and goes as a
whole; the bytes of the frames stay. There is no permissively licensed library that takes tags out of
these containers, so they are read here, each by a list of what may stay.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pii_guard.document import (
    UNSCANNED,
    Changes,
    Document,
    Kind,
    Segment,
    Step,
    Unread,
    together,
)
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.media import flac, mp4, mpeg_audio, ogg, riff, webm
from pii_guard.formats.media.cuts import Stripped
from pii_guard.formats.media.reread import reread_media

Strip = Callable[[bytes], Stripped]


@dataclass(frozen=True, slots=True)
class Media:
    """A container by what takes it apart."""

    media_types: frozenset[str]
    strip: Strip
    exact: bool = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """What goes, a segment each; the tracks that stay are unread. Raises `Unreadable`."""
        return _document(self._stripped(blob), bounds)

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:  # noqa: ARG002
        """The blob without any of what goes, or as it is without an edit. Raises `Unreadable`."""
        return self._stripped(blob).applied(blob) if changes.edits else blob

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """What is still beside the frames, by a search for text and by tinytag. Raises `Unreadable`."""
        stripped = self._stripped(blob)
        return reread_media(blob, stripped, _document(stripped, bounds))

    def _stripped(self, blob: bytes) -> Stripped:
        try:
            return self.strip(blob)
        except (struct.error, IndexError, ValueError, OverflowError):
            raise Unreadable(ReasonCode.CORRUPT, "the file ends within") from None


def _document(stripped: Stripped, bounds: Bounds) -> Document:
    count = sum(cut.told for cut in stripped.cuts)
    if count > bounds.max_cells:
        raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {bounds.max_cells} values")
    segments = tuple(
        Segment(UNSCANNED, (Step("metadata", number),), Kind.METADATA)
        for number in range(1, count + 1)
    )
    unread = together(Unread(matter, 1) for matter in stripped.tracks)
    return Document(segments, unread=unread)


_STRIPS: Mapping[Strip, tuple[str, ...]] = {
    mp4.strip: ("video/mp4", "video/quicktime", "audio/mp4"),
    webm.strip: ("video/webm", "video/x-matroska"),
    mpeg_audio.strip: ("audio/mpeg",),
    riff.strip: ("audio/x-wav",),
    flac.strip: ("audio/flac",),
    ogg.strip: ("audio/ogg",),
}
FORMATS = tuple(Media(frozenset(kinds), strip) for strip, kinds in _STRIPS.items())
