"""The second look at sound and video: text beside the frames by a plain search, and tags by tinytag."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from pii_guard.document import UNSCANNED, Document, Kind, Segment
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.media.cuts import Stripped, merged

_TEXT = re.compile(
    rb"(?:[\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}){6,}"
    rb"|(?:[\x20-\x7e]\0){6,}|(?:\0[\x20-\x7e]){6,}"
)
_AT_MOST = 4096
_OF_ITS_OWN = frozenset({"filename", "mime_type"})
_BY_TINYTAG = (b"ID3", b"\xff", b"RIFF", b"fLaC", b"OggS")


def reread_media(blob: bytes, stripped: Stripped, again: Document) -> Document:
    """What is still there: of `again` (our own second reading), of a search, of tinytag's reading."""
    texts = [*_beside(blob, stripped), *_tags(blob)]
    found = tuple(Segment(text, (), Kind.METADATA) for text in texts if text)
    return Document((*again.segments, *found))


def _beside(blob: bytes, stripped: Stripped) -> Iterator[str]:
    """Texts outside the frames."""
    position = 0
    for start, end in [*merged(stripped.frames), (len(blob), len(blob))]:
        for match in _TEXT.finditer(blob, position, start):
            raw = match[0]
            wide = raw[0] == 0 or raw[1] == 0
            yield raw.replace(b"\0", b"").decode() if wide else raw.decode("utf-8", "replace")
        position = end


def _tags(blob: bytes) -> Iterator[str]:
    """Texts that tinytag finds, and a mark for a picture."""
    from tinytag import TinyTag, TinyTagException

    try:
        tag = TinyTag.get(file_obj=io.BytesIO(blob), image=True, duration=False)
    except TinyTagException:
        if blob.startswith(_BY_TINYTAG):
            raise Unreadable(ReasonCode.CORRUPT, "tinytag cannot read it") from None
        return  # Matroska it does not know
    except Exception as error:  # noqa: BLE001 - a parser of hostile input may raise anything
        raise refused(error, "tinytag cannot read it") from None
    for name, value in tag.as_dict().items():
        if name in _OF_ITS_OWN:
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield one.strip("\0")[:_AT_MOST]
    if tag.images.any is not None:
        yield UNSCANNED
