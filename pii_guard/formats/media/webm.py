"""WebM and Matroska: what of their elements stays. All others become void ones of the same size.

Sound and video tracks stay, with what a player needs of them. Subtitles, tags, titles, chapters,
attachments and what has no name here goes. Source: RFC 9559.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pii_guard.document import Matter
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.media.cuts import Cut, Stripped, corrupt, not_covered
from pii_guard.formats.media.ebml import SUM, VOID, Element, element, elements, track_of
from pii_guard.formats.media.flac import blank_blocks
from pii_guard.formats.media.ogg import without_comments


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(number, 16) for number in text.split())


_HEAD, _SEGMENT, _SEEK_HEAD, _INFO, _TRACKS, _CUES, _CLUSTER, _ENTRY, _BLOCKS = (
    0x1A45DFA3, 0x18538067, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1F43B675, 0xAE, 0xA0,
)  # fmt: skip
_SIMPLE, _BLOCK, _MUXER, _WRITER, _CODEC, _PRIVATE, _TYPE, _NUMBER, _DOCUMENT = (
    0xA3, 0xA1, 0x4D80, 0x5741, 0x86, 0x63A2, 0x83, 0xD7, 0x4282,
)  # fmt: skip
_SEEK = 0x4DBB
_INSIDE: Mapping[int, frozenset[int]] = {
    _HEAD: _numbers("4286 42F7 42F2 42F3 4282 4287 4285"),
    _SEEK_HEAD: _numbers("4DBB"),
    _SEEK: _numbers("53AB 53AC"),
    _INFO: _numbers("2AD7B1 4489 4D80 5741"),
    _TRACKS: _numbers("AE"),
    _ENTRY: _numbers(
        "D7 73C5 83 B9 88 55AA 55AB 55AC 55AD 55AE 55AF 9C 6DE7 6DF8 23E383 234E7A 23314F 537F 55EE "
        "22B59C 86 63A2 AA 56AA 56BB E0 E1 6D80"
    ),
    0xE0: _numbers(
        "9A 9D 53B8 53C0 B0 BA 54AA 54BB 54CC 54DD 54B0 54BA 54B2 54B3 2EB524 2383E3 55B0 7670"
    ),
    0x55B0: _numbers("55B1 55B2 55B3 55B4 55B5 55B6 55B7 55B8 55B9 55BA 55BB 55BC 55BD 55D0"),
    0x55D0: _numbers("55D1 55D2 55D3 55D4 55D5 55D6 55D7 55D8 55D9 55DA"),
    0x7670: _numbers("7671 7673 7674 7675"),
    0xE1: _numbers("B5 78B5 9F 6264 52F1"),
    0x6D80: _numbers("6240"),
    0x6240: _numbers("5031 5032 5033 5034"),
    0x5034: _numbers("4254 4255"),
    _CUES: _numbers("BB"),
    0xBB: _numbers("B3 B7"),
    0xB7: _numbers("F7 F1 F0 B2 5378 EA"),
    _CLUSTER: _numbers("E7 A7 AB A3 A0"),
    _BLOCKS: _numbers("A1 9B FA FB 75A2"),
}
"""What may stand in what, by numbers of elements."""
_TOP = _numbers("114D9B74 1549A966 1654AE6B 1C53BB6B 1F43B675 1043A770 1254C367 1941A469 EC BF")
"""What a segment consists of, which ends a cluster that does not say its size."""
_OF_SEGMENTS = frozenset({_SEEK_HEAD, _INFO, _TRACKS, _CUES, _CLUSTER})
_LONG = frozenset({_SIMPLE, _BLOCK, _MUXER, _WRITER, _CODEC, _PRIVATE, _DOCUMENT, 0x4255})
"""Those that may be longer than a number."""
_SEALED = _numbers("5035 AF")
_TRACK_TYPES = {1: Matter.VIDEO, 2: Matter.AUDIO}
_CODECS = re.compile(
    rb"(?:V_VP[89]|V_AV1|V_MPEG[124](?:/ISO/(?:SP|ASP|AP|AVC))?|V_MPEGH/ISO/HEVC|V_FFV1|"
    rb"A_OPUS|A_VORBIS|A_AAC(?:/MPEG[24]/(?:MAIN|LC(?:/SBR)?|SSR|LTP))?|A_MPEG/L[123]|A_E?AC3|A_FLAC|"
    rb"A_PCM/(?:INT/(?:LIT|BIG)|FLOAT/IEEE)|A_DTS|A_ALAC|A_TRUEHD)\0*"
)


@dataclass(slots=True)
class _Film:
    blob: bytes = field(repr=False)
    stripped: Stripped = field(default_factory=Stripped)
    known: set[int] = field(default_factory=set)
    """The numbers of tracks that stay."""
    sums: list[tuple[Element, int]] = field(default_factory=list)
    """Sums of what follows them in an element, with the end of that."""


def strip(blob: bytes) -> Stripped:
    """What goes and what stays. Raises `Unreadable`."""
    film = _Film(blob)
    at, seen = 0, False
    while at < len(blob):
        one = element(blob, at, len(blob))
        if one.number == _SEGMENT:
            if not seen:
                raise corrupt("a segment without a head")
            _segment(film, one)
        elif one.number == _HEAD and not one.open:
            seen = True
            _walk(film, one)
        elif one.number == VOID and not one.open:
            _void(film, one)
        else:
            raise corrupt("an element that belongs nowhere")
        at = one.end
    if not film.stripped.tracks:
        raise corrupt("neither sound nor video")
    _sum_again(film)
    return film.stripped


def _segment(film: _Film, segment: Element) -> None:
    parts = list(_parts(film.blob, segment))
    # Tracks say which blocks stay, wherever they stand themselves.
    for one in parts:
        if one.number == _TRACKS:
            for entry in elements(film.blob, one.body, one.end):
                if entry.number == _ENTRY:
                    _entry(film, entry)
    for one in parts:
        if one.number == SUM:
            film.sums.append((one, segment.end))
        elif one.number in _OF_SEGMENTS:
            _walk(film, one)
        else:
            _void(film, one)


def _parts(blob: bytes, segment: Element) -> Iterator[Element]:
    """What a segment consists of, clusters that do not say their size cut where the next part begins."""
    at = segment.body
    while at < segment.end:
        one = element(blob, at, segment.end)
        if one.open:
            if one.number != _CLUSTER:
                raise corrupt("an element of no size")
            one = one._replace(end=_end_of(blob, one), open=False)
        yield one
        at = one.end


def _end_of(blob: bytes, cluster: Element) -> int:
    at = cluster.body
    while at < cluster.end:
        one = element(blob, at, cluster.end)
        if one.number in _TOP - {VOID, SUM}:
            return at
        if one.open:
            raise corrupt("an element of no size")
        at = one.end
    return at


def _entry(film: _Film, entry: Element) -> None:
    """Take in a track, if it is sound or video."""
    blob = film.blob
    held = {one.number: one for one in elements(blob, entry.body, entry.end)}
    if _TYPE not in held or _NUMBER not in held:
        raise corrupt("a track without its heads")
    number = _value(blob, held[_NUMBER])
    matter = _TRACK_TYPES.get(_value(blob, held[_TYPE]))
    if number in film.known:
        raise corrupt("two tracks of one number")
    if matter is None:
        return
    codec = held.get(_CODEC)
    if codec is None or not _CODECS.fullmatch(blob[codec.body : codec.end]):
        raise not_covered("a track of unknown make")
    film.known.add(number)
    film.stripped.tracks.append(matter)
    if _PRIVATE in held:
        _private(film, blob[codec.body : codec.end].rstrip(b"\0"), held[_PRIVATE])


def _private(film: _Film, codec: bytes, private: Element) -> None:
    """Empty the comments that some codecs have before their sound."""
    blob, start, end = film.blob, private.body, private.end
    if codec == b"A_FLAC":
        if blob[start : start + 4] == b"fLaC":
            blank_blocks(blob, start + 4, end, film.stripped)
    elif codec == b"A_VORBIS":
        low, high = _second_packet(blob, start, end)
        new = without_comments(blob[low:high], b"\x03vorbis")
        if new != blob[low:high]:
            film.stripped.cuts.append(Cut(low, high, new))
        film.stripped.frames.append((high, end))


def _second_packet(blob: bytes, start: int, end: int) -> tuple[int, int]:
    """The second of three packets laced as Xiph does (RFC 9559, section 10.3.2)."""
    at, sizes = start + 1, [0, 0]
    if blob[start : start + 1] != b"\2":
        raise corrupt("the head of a codec")
    for number in range(2):
        while at < end and blob[at] == 255:
            sizes[number] += 255
            at += 1
        if at >= end:
            raise corrupt("the head of a codec")
        sizes[number] += blob[at]
        at += 1
    low = at + sizes[0]
    if low + sizes[1] > end:
        raise corrupt("the head of a codec")
    return low, low + sizes[1]


def _walk(film: _Film, outer: Element) -> None:
    blob, allowed = film.blob, _INSIDE[outer.number]
    for one in elements(blob, outer.body, outer.end):
        if one.number in _SEALED:
            raise Unreadable(ReasonCode.ENCRYPTED, "media that is encrypted")
        if one.number == SUM:
            film.sums.append((one, outer.end))
        elif one.number not in allowed or not _stays(film, one):
            _void(film, one)
        elif one.number in (_MUXER, _WRITER):
            film.stripped.blank(blob, one.body, one.end)
        elif one.number in (_SIMPLE, _BLOCK):
            film.stripped.frames.append((one.body, one.end))
        elif one.number in _INSIDE:
            _walk(film, one)
        elif one.number not in _LONG and one.end - one.body > 8:
            _void(film, one)


def _stays(film: _Film, one: Element) -> bool:
    """Whether a track, its blocks and pointers stay."""
    blob = film.blob
    if one.number in (_SIMPLE, _BLOCK):
        return track_of(blob, one)[0] in film.known
    if one.number == _BLOCKS:
        held = [inner for inner in elements(blob, one.body, one.end) if inner.number == _BLOCK]
        return bool(held) and all(track_of(blob, inner)[0] in film.known for inner in held)
    if one.number == _ENTRY:
        held = [inner for inner in elements(blob, one.body, one.end) if inner.number == _NUMBER]
        return bool(held) and _value(blob, held[-1]) in film.known
    return True


def _value(blob: bytes, one: Element) -> int:
    return int.from_bytes(blob[one.body : one.end], "big")


def _void(film: _Film, one: Element) -> None:
    cut = one.voided(film.blob)
    if one.number != VOID or cut.told:
        film.stripped.cuts.append(cut)


def _sum_again(film: _Film) -> None:
    """The sums that are still right, of elements in which something is cut (RFC 8794, section 11.3.1)."""
    if any(one.end - one.body != 4 for one, _ in film.sums):
        raise corrupt("a sum of another size")
    if not film.stripped.cuts or not film.sums:
        return
    out = bytearray(film.stripped.applied(film.blob))
    # What is within comes first: it is part of the sum around it.
    for one, end in sorted(film.sums, reverse=True):
        new = struct.pack("<I", zlib.crc32(memoryview(out)[one.end : end]))
        if new != film.blob[one.body : one.end]:
            out[one.body : one.end] = new
            film.stripped.cuts.append(Cut(one.body, one.end, new, told=False))
