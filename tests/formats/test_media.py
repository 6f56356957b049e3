"""Sound and video: what stays, what is refused, and that nothing of broken files gets by."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib

import pytest

from pii_guard import Guard, Policy, PolicyError
from pii_guard.document import UNSCANNED, Changes, Document, Edit, Matter, Span, Unread
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.identify import identify
from tests.fixtures import CANARY, media
from tests.fixtures.archives import zipped
from tests.fixtures.media import FRAMES, VALUE, box, element, film, full, movie, track

BOUNDS, FORMATS = Bounds(), Formats()
ALL = [one for one in media.planted() if one.keeps_media]


@pytest.fixture(scope="module")
def keeping(signer) -> Guard:
    return Guard(Policy(media="keep"), signer=signer)


def stripped(blob: bytes, kind: str = "") -> bytes:
    """The file without all that goes."""
    form = FORMATS.of(kind or identify(blob))
    count = len(form.read(blob, BOUNDS).segments)
    edits = tuple(Edit(n, Span(0, len(UNSCANNED)), "") for n in range(count))
    return form.write(blob, Changes(edits), BOUNDS)


def refusal(blob: bytes) -> ReasonCode:
    with pytest.raises(Unreadable) as refused:
        FORMATS.of(identify(blob)).read(blob, BOUNDS)
    return refused.value.reason.code


# -- what it is ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(media.SAMPLES))
def test_what_it_is_tells_its_content(kind):
    assert identify(media.SAMPLES[kind]) == kind


def test_other_beginnings():
    whole = movie()
    assert identify(whole[20:]) == "video/quicktime"  # media data first
    assert identify(b"\0\0\0\x08wide" + whole[20:]) == "video/quicktime"
    assert identify(media.flac(before=media.id3(VALUE))) == "audio/flac"
    assert identify(media.id3(VALUE) + media.SAMPLES["audio/mpeg"]) == "audio/mpeg"
    assert identify(b"the mdat is a box") == "text/plain"
    assert identify("\ufeffin UTF-16".encode("utf-16-le")) == "text/plain"


# -- the policy ------------------------------------------------------------------------------


def test_by_default_it_is_held_and_the_reason_says_what_to_do(guard):
    result = guard.redact(movie())
    assert result.reason.code is ReasonCode.AUDIO_VIDEO
    assert 'media = "keep"' in result.reason.remedy


def test_the_policy_knows_two_words_and_its_digest_tells_them_apart():
    keep = Policy.from_table({"media": "keep"})
    assert (keep.media, Policy().media) == ("keep", "quarantine")
    assert keep.table()["media"] == "keep"
    assert keep.digest() != Policy().digest()
    for word in ("drop", ["keep"], True):
        with pytest.raises(PolicyError):
            Policy.from_table({"media": word})


def test_a_reader_of_the_callers_own_is_used_whatever_the_policy_says():
    class Transcribing:
        media_types = frozenset({"audio/mpeg"})
        exact = True

    mine = Transcribing()
    assert Formats([mine], media=False).of("audio/mpeg") is mine  # type: ignore[list-item]
    with pytest.raises(Unreadable) as refused:
        Formats(media=False).of("video/mp4")
    assert refused.value.reason.code is ReasonCode.AUDIO_VIDEO


def test_containers_that_cannot_be_taken_apart_are_held_whatever_the_policy_says(guard, keeping):
    film = b"RIFF\x40\0\0\0AVI LIST" + bytes(60)
    assert guard.redact(film).reason.code is ReasonCode.AUDIO_VIDEO
    assert keeping.redact(film).reason.code is ReasonCode.UNSUPPORTED


def test_results_and_certificate_say_what_goes_along_unread(keeping):
    case = keeping.case("VDP-7")
    case.add(movie(header=box(b"udta", VALUE)), name="screen.mp4")
    case.add(movie(), name="clean.mp4")
    case.add(zipped({"a.mp3": media.SAMPLES["audio/mpeg"], "b.txt": b"status 403"}), name="a.zip")
    redacted, clean, archive = case.redact()
    video = (Unread(Matter.VIDEO, 1),)
    assert (redacted.verdict, redacted.unread) == ("redacted", video)
    assert [finding.entity_type for finding in redacted.findings] == ["UNSCANNED"]
    assert (clean.verdict, clean.output, clean.unread) == ("clean", movie(), video)
    assert archive.unread == (Unread(Matter.AUDIO, 1),)
    assert zipfile.ZipFile(io.BytesIO(archive.output)).read("a.mp3") == media.SAMPLES["audio/mpeg"]
    predicate = case.close().statement["predicate"]
    assert predicate["artifacts"][0]["output"] == "artifact-001.mp4"
    assert predicate["artifacts"][1]["unread"] == [{"what": "video", "occurrences": 1}]
    assert predicate["coverage"]["partial"] == 3


def test_a_value_of_the_case_that_stands_in_a_frame_holds_the_file(keeping):
    case = keeping.case()
    case.add(f"Please ask {CANARY}".encode(), name="a.txt")
    case.add(movie().replace(FRAMES[2], (VALUE + b"-" * 44)[: len(FRAMES[2])]), name="a.mp4")
    _, held = case.redact()
    assert held.reason.code is ReasonCode.VERIFICATION_FAILED


# -- what stays ------------------------------------------------------------------------------


@pytest.mark.parametrize("one", ALL, ids=str)
def test_nothing_is_left_to_strip_and_nothing_moves(one):
    out = stripped(one.blob)
    assert stripped(out) == out
    assert FORMATS.of(identify(out)).read(out, BOUNDS).segments == ()
    if one.format in ("mp4", "mov", "m4a", "webm", "mkv", "ogg"):
        assert len(out) == len(one.blob)


def test_times_become_zero():
    blob = movie()
    for kind, size in ((b"mvhd", 8), (b"tkhd", 8), (b"mdhd", 8)):
        at = blob.index(kind) + 8
        dated = blob[:at] + b"\xe1\x02\x03\x04" * (size // 4) + blob[at + size :]
        assert stripped(dated) == blob
        later = blob[: at - 4] + b"\1" + blob[at - 3 : at] + b"\xe1" * 16 + blob[at + 16 :]
        if kind != b"tkhd":  # there the number of the track stands further behind
            assert b"\xe1\xe1" not in stripped(later)


def test_large_boxes_and_boxes_up_to_the_end():
    head, data, rest = movie()[:20], movie()[20:], b""
    size = struct.unpack(">I", data[:4])[0]
    data, rest = data[:size], data[size:]
    moved = rest.replace(
        full(b"stco", struct.pack(">4I", 3, *offsets(0))),
        full(b"co64", struct.pack(">I3Q", 3, *offsets(8))),
    )
    large = head + b"\0\0\0\1mdat" + struct.pack(">Q", size + 8) + data[8:]
    grown = b"".join(_grown(moved))
    blob = large + grown + box(b"uuid", VALUE)
    out = stripped(blob)
    assert all(frame in out for frame in FRAMES)
    assert VALUE not in out
    ending = head + rest_first(rest, len(rest)) + b"\0\0\0\0mdat" + data[8:]
    assert stripped(ending) == ending


def offsets(more: int) -> list[int]:
    at = movie().index(FRAMES[0]) + more
    return [at, at + len(FRAMES[0]), at + len(FRAMES[0] + FRAMES[1])]


def _grown(moov: bytes) -> list[bytes]:
    """The header with the boxes around a table that grew by 12 bytes said to be that much longer."""
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        at = moov.index(kind) - 4
        size = struct.unpack_from(">I", moov, at)[0] + 12
        moov = moov[:at] + struct.pack(">I", size) + moov[at + 4 :]
    return [moov]


def rest_first(moov: bytes, more: int) -> bytes:
    """The header before the media data, which then stands further behind."""
    table = full(b"stco", struct.pack(">4I", 3, *offsets(0)))
    return moov.replace(table, full(b"stco", struct.pack(">4I", 3, *offsets(more))))


def test_frames_of_one_size_and_small_sizes():
    whole, size = movie(), len(FRAMES[1])
    table = full(b"stsz", struct.pack(">2I3I", 0, 3, *map(len, FRAMES)))
    out = stripped(whole.replace(table, full(b"stsz", struct.pack(">2I3I", size, 3, 0, 0, 0))))
    assert FRAMES[0][:size] + bytes(len(FRAMES[0]) - size) + FRAMES[1] in out
    small = full(b"stz2", struct.pack(">2I3H", 16, 3, *map(len, FRAMES)) + bytes(6))
    assert stripped(whole.replace(table, small)) == whole.replace(table, small)


def test_sound_that_quicktime_packs_stays_whole():
    """A sample of one byte in the table is one of many in a packet (version 1 of a description)."""
    data = b"".join(FRAMES)
    fixed = bytes(6) + b"\0\1\0\1" + bytes(6) + b"\0\1\0\x10" + bytes(4) + b"\xac\x44\0\0"
    packed = len(FRAMES[0]) // 3
    entry = box(b"ima4", fixed, struct.pack(">4I", 64, packed, packed, 2))
    count = 64 * len(data) // packed
    one = track(1, b"soun", entry, (1,), (28,))
    one = one.replace(
        full(b"stsz", struct.pack(">3I", 0, 1, 1)), full(b"stsz", struct.pack(">3I", 1, count, 0))
    ).replace(
        full(b"stsc", struct.pack(">4I", 1, 1, 1, 1)),
        full(b"stsc", struct.pack(">4I", 1, 1, count, 1)),
    )
    blob = box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + box(b"mdat", data, VALUE)
    out = stripped(blob + box(b"moov", full(b"mvhd", bytes(96)), one))
    assert data in out
    assert VALUE not in out


def test_sums_of_elements_follow():
    def summed(title: bytes) -> bytes:
        content = element(0x2AD7B1, b"\x0f\x42\x40") + title
        return element(0x1549A966, element(0xBF, struct.pack("<I", zlib.crc32(content))), content)

    blob = film(top=summed(element(0x7BA9, VALUE)))
    out = stripped(blob)
    at = out.rindex(struct.pack(">I", 0x1549A966)) + 12
    assert out[at] == 0xBF
    held = struct.unpack_from("<I", out, at + 9)[0]
    assert held == zlib.crc32(out[at + 13 : len(blob)])
    assert held != struct.unpack_from("<I", blob, at + 9)[0]
    untouched = film(top=summed(b""))
    assert stripped(untouched) == untouched


def test_clusters_without_a_size_end_where_the_next_begins():
    block = element(0xA3, b"\x81\0\0\x80", b"<FRAME IV>")
    more = element(0x1F43B675, element(0xE7, b"\5"), block, size=media.UNKNOWN)
    tags = element(0x1254C367, VALUE)
    blob = film(open_sizes=True, top=more + tags)
    out = stripped(blob)
    assert out.startswith(blob[: -len(tags)] + b"\xec")
    assert block in out
    assert VALUE not in out


def test_the_byte_that_fills_up_a_chunk_is_zero():
    blob = media.wave()
    assert len(b"".join(FRAMES)) % 2
    assert stripped(blob[:-1] + b"A") == blob


def test_the_second_reader_sees_what_is_left():
    """By tinytag and by a search beside the frames."""
    for blob in (
        media.wave(media.chunk(b"LIST", b"INFO" + media.chunk(b"INAM", VALUE))),
        media.id3(VALUE) + media.SAMPLES["audio/mpeg"],
        media.flac(media.block(4, media.comments(b"", b"TITLE=" + VALUE))),
        movie(beside=box(b"GPS ", VALUE)),
        film(info=element(0x7BA9, VALUE)),
    ):
        texts = [one.text for one in FORMATS.of(identify(blob)).reread(blob, BOUNDS).segments]
        assert any(CANARY in text for text in texts)
        assert UNSCANNED in texts
    # Too short for the search: only tinytag knows that it is a title.
    form = FORMATS.of("audio/mpeg")
    texts = [
        s.text for s in form.reread(media.id3(b"Jo") + media.SAMPLES["audio/mpeg"], BOUNDS).segments
    ]
    assert "Jo" in texts


# -- what is refused -------------------------------------------------------------------------


LATE_PICTURE = media.ogg(
    b"\x7fFLAC\1\0\0\1fLaC" + media.block(0, media.STREAMINFO),
    media.block(4, bytes(8), last=True),
    media.block(6, VALUE),
    lead=b"\xff\xf8",
)
LATE_COMMENTS = media.ogg(
    b"\x01vorbis" + bytes(23),
    media.comments(b"\x03vorbis", b"", b"\1"),
    b"\x05vorbis",
    media.comments(b"\x03vorbis", VALUE, b"\1"),
)


def _without_mark(kind: bytes, other: bytes) -> bytes:
    return movie().replace(kind, other)


@pytest.mark.parametrize(
    ("blob", "code"),
    [
        (_without_mark(b"avc1", b"encv"), ReasonCode.ENCRYPTED),
        (movie(header=box(b"pssh", bytes(20))), ReasonCode.ENCRYPTED),
        (movie(details=(box(b"sinf", bytes(8)),)), ReasonCode.ENCRYPTED),
        (film(entry=element(0x6D80, element(0x6240, element(0x5035, b"")))), ReasonCode.ENCRYPTED),
        (_without_mark(b"avc1", b"jpeg"), ReasonCode.NOT_COVERED),
        (film(codec=b"V_MJPEG"), ReasonCode.NOT_COVERED),
        (movie(source=full(b"url ", b"file:///home/x")), ReasonCode.NOT_COVERED),
        (box(b"ftyp", b"isom") + box(b"moov", box(b"cmov", bytes(9))), ReasonCode.NOT_COVERED),
        (media.ogg(b"fishead\0" + bytes(56), b""), ReasonCode.NOT_COVERED),
        (media.wave().replace(b"\x10\0\0\0\1\0", b"\x10\0\0\0\x55\0"), ReasonCode.NOT_COVERED),
        (movie().replace(b"vide", b"meta"), ReasonCode.CORRUPT),
        (
            film().replace(b"\x83\1\0\0\0\0\0\0\1\1", b"\x83\1\0\0\0\0\0\0\1\x11"),
            ReasonCode.CORRUPT,
        ),
        (media.flac(behind=VALUE), ReasonCode.CORRUPT),
        (media.id3(VALUE) + bytes(2000), ReasonCode.CORRUPT),
        (media.SAMPLES["audio/ogg"] + VALUE, ReasonCode.CORRUPT),
        (LATE_PICTURE, ReasonCode.CORRUPT),
        (LATE_COMMENTS, ReasonCode.CORRUPT),
        (movie()[:-1], ReasonCode.CORRUPT),
    ],
)
def test_what_is_sealed_unknown_or_broken_is_refused(blob, code):
    assert refusal(blob) is code


def test_frames_that_are_not_there_are_refused():
    far = movie().replace(struct.pack(">I", offsets(0)[2]), struct.pack(">I", 1 << 30))
    assert refusal(far) is ReasonCode.CORRUPT
    # A table cannot point into the header to have it kept.
    early = movie().replace(struct.pack(">I", offsets(0)[0]), struct.pack(">I", 4))
    assert refusal(early) is ReasonCode.CORRUPT


def test_two_tracks_of_one_number_are_refused():
    twice = movie()
    trak = twice[twice.index(b"trak") - 4 :]
    at = twice.index(b"moov") - 4
    size = struct.unpack_from(">I", twice, at)[0] + len(trak)
    assert (
        refusal(twice[:at] + struct.pack(">I", size) + twice[at + 4 :] + trak) is ReasonCode.CORRUPT
    )


def test_mutations_are_read_or_refused_and_what_is_written_is_done():
    chance = random.Random(4)
    for _ in range(1500):
        blob = bytearray(chance.choice(ALL).blob)
        for _ in range(chance.choice((1, 1, 3, 8))):
            at = chance.randrange(len(blob))
            if chance.random() < 0.6:
                blob[at] = chance.randrange(256)
            else:
                blob[at : at + 4] = chance.choice(
                    (b"\0" * 4, b"\xff" * 4, b"\0\0\0\1", b"", b"\x7f")
                )
        kind = identify(bytes(blob))
        if not kind.startswith(("audio/", "video/")):
            continue
        form = FORMATS.of(kind)
        try:
            before: Document = form.read(bytes(blob), BOUNDS)
            out = stripped(bytes(blob), kind)
            assert form.read(out, BOUNDS).segments == ()
            form.reread(out, BOUNDS)
        except Unreadable:
            continue
        assert before.unread
