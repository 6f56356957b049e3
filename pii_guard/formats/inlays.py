"""Files written as base64 within texts (RFC 2397 `data:` URIs, values that are nothing else): children.

What is encoded text elsewhere is undone by the detectors' views, where it stands. A `data:` URI is a
file by its own word; any other value must be base64 from end to end and begin as a known type does.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_to_bytes

from pii_guard.document import Child, Document, Locator, Segment, Step
from pii_guard.formats.media.mpeg_audio import by_chance
from pii_guard.segment_table import SegmentTable, table_of
from pii_guard.signatures import AMBIGUOUS, signatures

_URI = re.compile(
    r"data:(?P<type>[\w.+-]{1,64}/[\w.+-]{1,128})?(?P<rest>(?:;[\w.+-]{1,64}=[^;,\s\"']{0,128}){0,8})"
    r";base64,\s{0,80}(?P<data>[A-Za-z0-9+/_%-]+={0,2}"
    # Further lines are of base64 as well: long ones, and a last one with its padding.
    r"(?:\r?\n[ \t]*[A-Za-z0-9+/]{40,}={0,2}+)*(?:\r?\n[ \t]*[A-Za-z0-9+/]+={1,2})?)",
    re.I,
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}+[A-Za-z0-9+/_\s-]*+={0,2}")
_SHORTEST = 64
_HEAD = 96
_SHORT_MARKS = frozenset({"application/x-dosexec", "application/x-bzip2", "image/bmp"})


@dataclass(frozen=True, slots=True)
class Inlay:
    """A file that stands at `start`..`end` (half-open) of a text; `spell` writes one in its place."""

    start: int
    end: int
    blob: bytes = field(repr=False)
    spell: Callable[[bytes], str]
    media_type: str = ""
    locator: Locator = ()
    record: tuple[int, ...] = ()

    def child(self, ordinal: int) -> Child:
        """The file as the child with that 1-based ordinal."""
        return Child(
            self.blob, (*self.locator, Step("data", ordinal)), "", self.media_type, self.record
        )


def may_hold_inlays(text: str) -> bool:
    """Whether it is worth while to look for `inlays` in a text; of most values it is not."""
    return len(text) >= _SHORTEST or (
        len(text) > len("data:;base64,") and ("ase64," in text or "ASE64," in text)
    )


def which_may(texts: Sequence[str]) -> list[int]:
    """The numbers of the texts that `may_hold_inlays`, found fast where there are few."""
    joined = "\n".join(texts)
    if "ase64," in joined or "ASE64," in joined:
        return [number for number, text in enumerate(texts) if may_hold_inlays(text)]
    return [number for number, text in enumerate(texts) if len(text) >= _SHORTEST]


def inlays(text: str) -> Iterator[Inlay]:
    """The files in a text, in order."""
    if "ase64," in text or "ASE64," in text:
        for match in _URI.finditer(text):
            blob = decoded(match["data"])
            if blob:
                kind = (match["type"] or "").lower()
                yield Inlay(*match.span("data"), blob, encoded, kind)
    elif len(text) >= _SHORTEST:
        bare = text.strip()
        if _BASE64.fullmatch(bare) is None:
            return
        head = decoded(bare[:_HEAD])
        if head and _begins_a_file(head):
            blob = decoded(bare)
            start = len(text) - len(text.lstrip())
            if blob and not by_chance(signatures(blob), blob):
                yield Inlay(start, start + len(bare), blob, encoded)


def decoded(text: str) -> bytes:
    """The bytes that base64 of either alphabet stands for; none where it is no base64."""
    try:
        raw = unquote_to_bytes(text) if "%" in text else text.encode("ascii")
        raw = b"".join(raw.split()).translate(_STANDARD).rstrip(b"=")
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def encoded(blob: bytes) -> str:
    """Bytes as base64 in one line."""
    return base64.b64encode(blob).decode()


_STANDARD = bytes.maketrans(b"-_", b"+/")


def _begins_a_file(head: bytes) -> bool:
    """Whether bytes begin as a binary type does, by more than a chance of two bytes."""
    found = signatures(head)
    if not found or found[0] in _SHORT_MARKS:
        return False
    if found[0] == "application/gzip":
        try:
            zlib.decompressobj(31).decompress(head)
        except zlib.error:
            return False
    return found[0] not in AMBIGUOUS or not head.isascii()


def without_inlays(document: Document) -> Document:
    """The document with the files in its segments as children: the segments are what is around."""
    found: dict[int, list[Inlay]] = {}
    for number in _worth_while(document.segments):
        segment = document.segments[number]
        if may_hold_inlays(segment.text) and not segment.number:
            here = list(inlays(segment.text))
            found |= {number: here} if here else {}
    if not found:
        return document
    segments, children = [], list(document.children)
    for number, segment in enumerate(document.segments):
        if number not in found:
            segments.append(segment)
            continue
        position = 0
        for one in found[number]:
            if one.start > position:
                segments.append(segment._replace(text=segment.text[position : one.start]))
            placed = replace(one, locator=segment.locator, record=segment.record)
            children.append(placed.child(len(children) + 1))
            position = one.end
        if position < len(segment.text):
            segments.append(segment._replace(text=segment.text[position:]))
    return Document(table_of(segments), tuple(children), document.gaps, document.unseen)


def _worth_while(segments: Sequence[Segment]) -> Iterable[int]:
    """The numbers of those that may hold files, and of some others."""
    if isinstance(segments, SegmentTable) and not any(map(segments.holds, ("ase64,", "ASE64,"))):
        return segments.at_least(_SHORTEST)
    return range(len(segments))
