"""MP4, QuickTime and M4A: what of their boxes stays. All others become empty ones of the same size.

Sound and video tracks stay, with what a player needs of them; text, subtitle and data tracks go, and
of the media data every byte that is in no frame of a track that stays. Source: ISO/IEC 14496-12, 14496-14
and 14496-15; QuickTime File Format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from pii_guard.document import Matter
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.media.boxes import Box, boxes
from pii_guard.formats.media.cuts import (
    Cut,
    Stripped,
    any_set,
    corrupt,
    merged,
    not_covered,
    u32,
)
from pii_guard.formats.media.flac import blank_blocks
from pii_guard.formats.media.samples import Defaults, Fragment, Packing, Range, Table


def _kinds(names: str) -> frozenset[bytes]:
    return frozenset(name.encode().ljust(4) for name in names.split())


_INSIDE: Mapping[bytes, frozenset[bytes]] = {
    b"": _kinds("ftyp styp moov moof mdat sidx ssix mfra pdin wide"),
    b"moov": _kinds("mvhd trak mvex"),
    b"mvex": _kinds("mehd trex leva"),
    b"trak": _kinds("tkhd edts mdia tapt"),
    b"edts": _kinds("elst"),
    b"tapt": _kinds("clef prof enof"),
    b"mdia": _kinds("mdhd hdlr minf"),
    b"minf": _kinds("vmhd smhd hdlr dinf stbl"),
    b"dinf": _kinds("dref"),
    b"stbl": _kinds("stsd stts ctts cslg stss stps sdtp stsz stz2 stsc stco co64 sgpd sbgp subs"),
    b"moof": _kinds("mfhd traf"),
    b"traf": _kinds("tfhd tfdt trun sdtp sgpd sbgp subs"),
    b"mfra": _kinds("tfra mfro"),
    b"wave": _kinds("frma esds enda mp4a alac") | {bytes(4)},
}
"""What may stand in what; the outermost is called b""."""
_TABLES = (_INSIDE[b"stbl"] - {b"stsd"}) | _kinds("elst trun sidx ssix tfra")
_EMPTY = _kinds("free skip wide")
_SEALED = _kinds("pssh sinf senc tenc encv enca enct encs encm drms drmi p608")
_VIDEO = _kinds(
    "avc1 avc2 avc3 avc4 hvc1 hev1 dvh1 dvhe dva1 dvav av01 vp08 vp09 mp4v s263 h263 H263 "
    "apcn apch apcs apco ap4h ap4x"
)
_AUDIO = _kinds(
    "mp4a .mp3 ac-3 ec-3 Opus fLaC alac samr sawb lpcm sowt twos in24 in32 fl32 fl64 raw ulaw alaw "
    "ima4 ipcm fpcm"
)
_PCM = _kinds("sowt twos raw lpcm in24 in32 fl32 fl64")
_OF_ENTRIES = _kinds(
    "avcC hvcC av1C vpcC esds d263 damr dvcC dvvC colr pasp clap btrt fiel gama mdcv clli SmDm CoLL "
    "dac3 dec3 dOps dfLa alac chan chnl wave srat pcmC"
)
_HANDLERS = {b"vide": (Matter.VIDEO, _VIDEO), b"soun": (Matter.AUDIO, _AUDIO)}
_DATED = _kinds("mvhd tkhd mdhd")


@dataclass(slots=True)
class _Movie:
    blob: bytes = field(repr=False)
    stripped: Stripped = field(default_factory=Stripped)
    media: list[Box] = field(default_factory=list)
    ranges: list[Range] = field(default_factory=list)
    defaults: dict[int, Defaults] = field(default_factory=dict)
    """By the number of a track that stays."""
    known: set[int] = field(default_factory=set)
    fragments: list[Box] = field(default_factory=list)


@dataclass(slots=True)
class _Track:
    matter: Matter
    codecs: frozenset[bytes]
    table: Table = field(default_factory=Table)


_Special = Callable[[_Movie, Box, "_Track | None"], None]


def strip(blob: bytes) -> Stripped:
    """What goes and what stays. Raises `Unreadable`, and `struct.error` beyond the end."""
    movie = _Movie(blob)
    _walk(movie, b"", 0, len(blob), None)
    for box in movie.fragments:
        _fragment(movie, box)
    if not movie.stripped.tracks:
        raise corrupt("neither sound nor video")
    _media_data(movie)
    return movie.stripped


def _walk(movie: _Movie, inside: bytes, start: int, end: int, track: _Track | None) -> None:
    allowed = _INSIDE[inside]
    for box in boxes(movie.blob, start, end):
        if box.kind in _SEALED:
            raise Unreadable(ReasonCode.ENCRYPTED, "media that is under rights management")
        if box.kind in _EMPTY:
            movie.stripped.blank(movie.blob, box.body, box.end)
        elif box.kind not in allowed:
            if box.kind == b"cmov":
                raise not_covered("a compressed movie header")
            movie.stripped.cuts.append(box.voided(movie.blob))
        elif box.kind in _SPECIAL:
            _SPECIAL[box.kind](movie, box, track)
        elif box.kind in _INSIDE:
            _walk(movie, box.kind, box.body, box.end, track)
        elif box.kind in _TABLES:
            movie.stripped.frames.append((box.body, box.end))
            if track is not None:
                track.table.boxes[box.kind] = box


def _dates(movie: _Movie, box: Box, track: _Track | None) -> None:  # noqa: ARG001
    size = 16 if movie.blob[box.body] == 1 else 8
    movie.stripped.blank(movie.blob, box.body + 4, box.body + 4 + size)


def _handler(movie: _Movie, box: Box, track: _Track | None) -> None:  # noqa: ARG001
    movie.stripped.blank(movie.blob, box.body + 12, box.end)


def _track(movie: _Movie, box: Box, track: _Track | None) -> None:  # noqa: ARG001
    """A track stays if it is sound or video; all of any other goes."""
    number, handler = _facts(movie.blob, box)
    if handler not in _HANDLERS:
        movie.stripped.cuts.append(box.voided(movie.blob))
        return
    if number in movie.known:
        raise corrupt("two tracks of one number")
    movie.known.add(number)
    one = _Track(*_HANDLERS[handler])
    movie.stripped.tracks.append(one.matter)
    movie.defaults.setdefault(number, Defaults())
    _walk(movie, b"trak", box.body, box.end, one)
    movie.ranges += one.table.ranges(movie.blob)


def _facts(blob: bytes, trak: Box) -> tuple[int, bytes]:
    """The number of a track and what handles it."""
    number, handler = -1, b""
    for box in boxes(blob, trak.body, trak.end):
        if box.kind == b"tkhd":
            number = u32(blob, box.body + (20 if blob[box.body] == 1 else 12))
        elif box.kind == b"mdia":
            for inner in boxes(blob, box.body, box.end):
                if inner.kind == b"hdlr" and inner.end >= inner.body + 12:
                    handler = blob[inner.body + 8 : inner.body + 12]
    if number < 0 or not handler:
        raise corrupt("a track without its heads")
    return number, handler


def _references(movie: _Movie, box: Box, track: _Track | None) -> None:  # noqa: ARG001
    """Where the media data is: in this file, or it is somebody's path."""
    for entry in boxes(movie.blob, box.body + 8, box.end):
        if entry.end < entry.body + 4 or not movie.blob[entry.body + 3] & 1:
            raise not_covered("media data in another file")
        movie.stripped.blank(movie.blob, entry.body + 4, entry.end)


def _descriptions(movie: _Movie, box: Box, track: _Track | None) -> None:
    """How the frames are coded: known codecs, without their makers' names."""
    if track is None:
        raise corrupt("a description of no track")
    blob = movie.blob
    for entry in boxes(blob, box.body + 8, box.end):
        if entry.kind in _SEALED:
            raise Unreadable(ReasonCode.ENCRYPTED, "media that is under rights management")
        if entry.kind not in track.codecs:
            raise not_covered("a track of unknown make")
        fixed = 78
        if track.matter is Matter.VIDEO:
            movie.stripped.blank(blob, entry.body + 42, entry.body + 74)
        else:
            fixed = _sound(blob, entry, box, track)
        if entry.body + fixed > entry.end:
            raise corrupt("a description that is too short")
        _details(movie, entry.body + fixed, entry.end, _OF_ENTRIES)


def _sound(blob: bytes, entry: Box, box: Box, track: _Track) -> int:
    """The size of the fixed part of a sound description, and how its samples are packed."""
    version = int.from_bytes(blob[entry.body + 8 : entry.body + 10], "big")
    channels, bits = blob[entry.body + 17], blob[entry.body + 19]
    if entry.kind in _PCM:
        track.table.packing = Packing(1, channels * max(bits, 8) // 8)
    if version == 1 and blob[box.body] == 0:
        packed, size = u32(blob, entry.body + 28), u32(blob, entry.body + 36)
        if packed and size:
            track.table.packing = Packing(packed, size)
        return 44
    if version == 2:
        size, packed = u32(blob, entry.body + 56), u32(blob, entry.body + 60)
        if packed and size:
            track.table.packing = Packing(packed, size)
        return 64
    return 28


def _details(movie: _Movie, start: int, end: int, allowed: frozenset[bytes]) -> None:
    for box in boxes(movie.blob, start, end):
        if box.kind in _SEALED:
            raise Unreadable(ReasonCode.ENCRYPTED, "media that is under rights management")
        if box.kind in _EMPTY:
            movie.stripped.blank(movie.blob, box.body, box.end)
        elif box.kind == b"wave" and box.kind in allowed:
            _details(movie, box.body, box.end, _INSIDE[b"wave"])
        elif box.kind == b"dfLa":
            blank_blocks(movie.blob, box.body + 4, box.end, movie.stripped)
        elif box.kind not in allowed:
            movie.stripped.cuts.append(box.voided(movie.blob))


def _extends(movie: _Movie, box: Box, track: _Track | None) -> None:  # noqa: ARG001
    movie.defaults.setdefault(u32(movie.blob, box.body + 4), Defaults()).size = u32(
        movie.blob, box.body + 16
    )


def _later(movie: _Movie, box: Box, track: _Track | None) -> None:  # noqa: ARG001
    movie.fragments.append(box)


def _fragment(movie: _Movie, moof: Box) -> None:
    """A movie fragment: the runs of tracks that stay."""
    fragment = Fragment(moof.start)
    _walk(movie, b"moof", moof.body, moof.end, None)
    for box in boxes(movie.blob, moof.body, moof.end):
        if box.kind == b"traf":
            _track_fragment(movie, box, fragment)


def _track_fragment(movie: _Movie, traf: Box, fragment: Fragment) -> None:
    inner = list(boxes(movie.blob, traf.body, traf.end))
    head = next((box for box in inner if box.kind == b"tfhd"), None)
    if head is None:
        raise corrupt("a fragment of no track")
    number, size = fragment.begin(movie.blob, head, movie.defaults)
    found = [fragment.run(movie.blob, box, size) for box in inner if box.kind == b"trun"]
    if number in movie.known:
        movie.ranges += found
        _walk(movie, b"traf", traf.body, traf.end, None)
    else:
        movie.stripped.cuts.append(traf.voided(movie.blob))


def _nothing(movie: _Movie, box: Box, track: _Track | None) -> None:
    """What is looked at elsewhere."""


def _media(movie: _Movie, box: Box, track: _Track | None) -> None:  # noqa: ARG001
    movie.media.append(box)


def _media_data(movie: _Movie) -> None:
    """All of the media data that is in no frame becomes zeros. Raises `Unreadable`."""
    kept = merged(movie.ranges)
    movie.stripped.frames += kept
    at, said = 0, False
    for box in sorted(movie.media, key=attrgetter("start")):
        position = box.body
        while at < len(kept) and box.body <= kept[at][0] and kept[at][1] <= box.end:
            said = _unused(movie, position, kept[at][0], said)
            position = kept[at][1]
            at += 1
        said = _unused(movie, position, box.end, said)
    if at < len(kept):
        raise corrupt("frames that are not there")


def _unused(movie: _Movie, start: int, end: int, said: bool) -> bool:
    """Blank what is in no frame; it is told once. Whether it has been."""
    if not any_set(movie.blob, start, end):
        return said
    movie.stripped.cuts.append(Cut(start, end, bytes(end - start), not said))
    return True


_SPECIAL: Mapping[bytes, _Special] = {
    **dict.fromkeys(_DATED, _dates),
    b"hdlr": _handler,
    b"trak": _track,
    b"dref": _references,
    b"stsd": _descriptions,
    b"trex": _extends,
    b"moof": _later,
    b"traf": _nothing,
    b"mdat": _media,
}
