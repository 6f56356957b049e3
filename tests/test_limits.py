"""Every limit: crossed by a small file of each family it is for, and kept by ordinary files.

Beyond a limit nothing is read on, nothing is cut short, and the code says which limit it was.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import random
import sqlite3
import struct
import zlib
from dataclasses import fields
from functools import partial

import brotli
import pikepdf
import pytest
import zstandard
from PIL import Image

from pii_guard import Guard, Policy, PolicyError, stages
from pii_guard.document import Child
from pii_guard.errors import SPENT, ReasonCode, Unreadable
from pii_guard.formats import Formats, ocr, unpacking
from pii_guard.formats.base import Bounds
from pii_guard.formats.pdf.swollen import check_streams
from pii_guard.limits import JUDGED, Limits
from pii_guard.stages import Workshop, survey
from tests.fixtures.archives import gzipped, sevened, tarred, zipped
from tests.fixtures.captures import request
from tests.fixtures.columns import parquet
from tests.fixtures.image import saved
from tests.fixtures.mail import message, part, parts
from tests.fixtures.office import docx
from tests.fixtures.rtf import rtf
from tests.formats.samples import SAMPLES
from tests.formats.test_archives import PACKERS

FORMATS = Formats(media=True)
ZEROS = bytes(3 << 20)
_AS_THEY_ARE = pikepdf.StreamDecodeLevel.none
LINES = b"2026-01-02T10:11:12Z INFO request served status=200\n"


def verdict(blob: bytes, name: str = "", media_type: str = "", depth: int = 4, **limits: int):
    """The code that reading ends with, or None; the limits not named are the default ones."""
    shop = Workshop(FORMATS, Bounds(**limits), depth)
    try:
        survey(shop, blob, name, media_type=media_type)
    except Unreadable as refused:
        return refused.reason.code
    return None


def drawn(size: tuple[int, int], kind: str, frames: int = 1) -> bytes:
    """A picture of flat frames, of a colour each."""
    made = [Image.new("RGB", size, (n * 9 % 256, n * 70 % 256, 0)) for n in range(1, frames + 1)]
    more = {"save_all": True, "append_images": made[1:]} if frames > 1 else {}
    return saved(made[0], kind, **more)


def pdf(pages: int = 1, content: bytes = b"", picture: tuple[int, int] = (0, 0), **save: object):
    made = pikepdf.new()
    for _ in range(pages):
        made.add_blank_page()
    made.pages[0].obj.Contents = made.make_stream(b"BT ET\n" + content)
    if picture[0]:
        stream = made.make_stream(b"\xff" * picture[0] * picture[1])
        stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        stream.Width, stream.Height = picture
        stream.ColorSpace, stream.BitsPerComponent = pikepdf.Name.DeviceGray, 8
        made.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=stream))
        made.pages[0].obj.Contents = made.make_stream(b"600 0 0 700 0 0 cm /I Do")
    held = io.BytesIO()
    made.save(held, static_id=True, compress_streams=True, **save)
    return held.getvalue()


def blobs(count: int) -> bytes:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB)")
    base.executemany("INSERT INTO t (b) VALUES (?)", [(gzipped(b"note"),)] * count)
    base.commit()
    return bytes(base.serialize())


# -- counts ------------------------------------------------------------------------------------


def cells_of(media_type: str) -> int:
    return len(FORMATS.of(media_type).read(SAMPLES[media_type], Bounds()).segments)


@pytest.mark.parametrize("media_type", [one for one in sorted(SAMPLES) if cells_of(one) > 1])
def test_a_file_of_more_cells_is_held(media_type):
    few = cells_of(media_type) - 1
    blob = SAMPLES[media_type]
    assert verdict(blob, media_type=media_type, max_cells=few) is ReasonCode.LIMIT_CELLS
    assert verdict(blob, media_type=media_type) not in SPENT


MEMBERS = {
    "zip": zipped({"a.txt": b"x", "b.txt": b"y"}),
    "tar": tarred({"a.txt": b"x", "b.txt": b"y"}),
    "7z": sevened({"a.txt": b"x", "b.txt": b"y"}),
    "streams of gzip": gzip.compress(b"x") + gzip.compress(b"y"),
    "parts of a Word file": docx(),
    "parts of a message": message(body=parts(part(), part())),
    "blobs of a database": blobs(2),
    "values of Parquet": parquet({"a": [gzipped(b"x"), gzipped(b"y")]}),
}


@pytest.mark.parametrize("family", MEMBERS)
def test_a_file_of_more_members_is_held(family):
    assert verdict(MEMBERS[family], max_members=1) is ReasonCode.LIMIT_MEMBERS
    assert verdict(MEMBERS[family]) is None


@pytest.mark.parametrize(
    ("family", "blob"),
    [
        ("PDF", pdf(pages=3)),
        ("TIFF", drawn((9, 9), "TIFF", 3)),
        ("GIF", drawn((9, 9), "GIF", 3)),
        ("WebP", drawn((9, 9), "WEBP", 3)),
        ("PNG", drawn((9, 9), "PNG", 3)),
    ],
)
def test_a_file_of_more_pages_is_held(family, blob):
    assert verdict(blob, max_pages=2) is ReasonCode.LIMIT_PAGES
    assert verdict(blob, max_pages=3) is None


# -- depths ------------------------------------------------------------------------------------

DEEP = 9
NESTED = {
    "JSON": (b"[" * DEEP + b"1" + b"]" * DEEP, "application/json"),
    "YAML": (b"[" * DEEP + b"1" + b"]" * DEEP, "application/yaml"),
    "TOML": (b"a = " + b"[" * DEEP + b"1" + b"]" * DEEP, "application/toml"),
    "XML": (b"<a>" * DEEP + b"x" + b"</a>" * DEEP, "application/xml"),
    "HTML": (b"<div>" * DEEP + b"x" + b"</div>" * DEEP, "text/html"),
    "RTF": (rtf("{" * DEEP + "x" + "}" * DEEP), "text/rtf"),
    "message": (
        message(
            body=b"".join(
                b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
                for n in range(DEEP)
            )
        ),
        "message/rfc822",
    ),
    "Word": (docx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}  # fmt: skip


@pytest.mark.parametrize("family", NESTED)
def test_structures_nested_deeper_are_held(family):
    blob, media_type = NESTED[family]
    assert verdict(blob, media_type=media_type, max_nesting=1) is ReasonCode.LIMIT_NESTING
    assert verdict(blob, media_type=media_type) not in SPENT


@pytest.mark.parametrize(
    "wrap",
    [lambda b: zipped({"a": b}), lambda b: tarred({"a": b}), lambda b: sevened({"a": b}), gzipped],
    ids=["zip", "tar", "7z", "gzip"],
)
def test_files_in_files_too_deep_are_held(wrap):
    blob = wrap(wrap(wrap(b"a note\n")))
    assert verdict(blob, depth=2) is ReasonCode.LIMIT_NESTING
    assert verdict(blob, depth=3) is None


# -- what unpacks ------------------------------------------------------------------------------


def body(coding: str) -> bytes:
    coder = {
        "gzip": gzip.compress,
        "br": brotli.compress,
        "zstd": zstandard.ZstdCompressor().compress,
    }
    return request(headers=f"Content-Encoding: {coding}\r\n", body=coder[coding](ZEROS))


def packed_twice() -> bytes:
    """A PDF of a stream of which both codings shrink what it holds."""
    made = pikepdf.new()
    made.add_blank_page()
    made.pages[0].obj.Contents = made.make_stream(zlib.compress(zlib.compress(ZEROS)))
    made.pages[0].obj.Contents.Filter = pikepdf.Array([pikepdf.Name.FlateDecode] * 2)
    held = io.BytesIO()
    made.save(held, static_id=True, compress_streams=False, stream_decode_level=_AS_THEY_ARE)
    return held.getvalue()


PACKED = {
    "zip": lambda: zipped({"a.txt": ZEROS}),
    "7z": lambda: sevened({"a.txt": ZEROS}),
    **{one: partial(PACKERS[one], ZEROS) for one in PACKERS},
    "Word": lambda: docx("<w:p><w:r><w:t>" + "a" * len(ZEROS) + "</w:t></w:r></w:p>"),
    "gzip body": lambda: body("gzip"),
    "Brotli body": lambda: body("br"),
    "Zstandard body": lambda: body("zstd"),
    "Parquet": lambda: parquet({"a": ["x" * 30_000] * 100}),
    "PDF stream": lambda: pdf(content=b" " * len(ZEROS)),
    "PDF stream packed twice": packed_twice,
}


def test_a_part_of_a_document_that_its_parser_finds_too_long_is_not_called_broken():
    blob = docx("<w:p><w:r><w:t>" + "a " * (6 << 20) + "</w:t></w:r></w:p>")
    assert verdict(blob) is ReasonCode.LIMIT_SIZE


@pytest.fixture
def judged_early(monkeypatch):
    """Ratios are judged from 1 MiB on, so that the bombs of these tests can be small."""
    for module in (unpacking, stages):
        monkeypatch.setattr(module, "JUDGED", 1 << 20)


@pytest.mark.parametrize("family", PACKED)
def test_a_file_of_which_more_comes_out_is_held(family):
    assert verdict(PACKED[family](), max_unpacked_bytes=2 << 20) is ReasonCode.LIMIT_UNPACKED


@pytest.mark.parametrize("family", PACKED)
@pytest.mark.usefixtures("judged_early")
def test_a_bomb_is_told_by_its_ratio(family):
    assert verdict(PACKED[family](), max_ratio=20) is ReasonCode.LIMIT_RATIO


@pytest.mark.usefixtures("judged_early")
def test_one_member_is_a_bomb_whatever_lies_beside_it():
    beside = random.Random(1).randbytes(1 << 20)
    assert verdict(zipped({"a.txt": ZEROS, "b.txt": beside})) is ReasonCode.LIMIT_RATIO


@pytest.mark.usefixtures("judged_early")
def test_a_bomb_in_layers_is_told_by_what_its_last_one_is():
    """Each layer stays below the ratio of its own."""
    within = gzip.compress(LINES * 40_000, 1)
    blob = gzip.compress(within + gzip.compress(LINES * 40_000, 1), 9)
    assert len(LINES * 80_000) > 200 * len(blob)
    assert verdict(blob) is ReasonCode.LIMIT_RATIO


def test_an_archive_packed_in_a_file_is_counted_once_for_its_ratio():
    """What a packed archive holds is there twice, as the archive and as its members."""
    spent = stages._Spent(1, Bounds(max_ratio=1))
    for depth in (1, 2):
        spent.on(Child(bytes(JUDGED)), depth)
    with pytest.raises(Unreadable):
        spent.on(Child(b"x"), 2)


@pytest.mark.usefixtures("judged_early")
def test_an_object_stream_is_unpacked_by_nobody_before_it_is_counted():
    packed = zlib.compress(ZEROS)
    blob = b"%%PDF-1.5\n1 0 obj<</Type/ObjStm/N 1/First 4/Length %d>>stream\n%s\nendstream endobj"
    with pytest.raises(Unreadable) as refused:
        check_streams(blob % (len(packed), packed), Bounds())
    assert refused.value.reason.code is ReasonCode.LIMIT_RATIO


def test_streams_within_streams_are_not_unpacked_without_end():
    """Each begins where another one goes on; all end at the end of the file."""
    # A block of nine bytes that are stored as they are (RFC 1951, 3.2.4): what begins the next one.
    begun, stored = b"stream\n\x78\x01", b"\0" + struct.pack("<HH", 9, 0xFFFF - 9)
    blob = (begun + stored) * 20_000 + begun
    assert len(zlib.decompressobj().decompress(blob[7:])) == 9 * 20_000
    with pytest.raises(Unreadable) as refused:
        check_streams(blob, Bounds())
    assert refused.value.reason.code is ReasonCode.CORRUPT


@pytest.mark.usefixtures("judged_early")
def test_a_white_page_of_a_scanner_is_no_bomb():
    assert verdict(pdf(picture=(3_000, 3_000)), max_ratio=20) not in SPENT


def test_a_log_of_one_line_repeated_is_no_bomb():
    """1,500 to one by xz, and told by what comes out of it."""
    blob = lzma.compress(LINES * (JUDGED // len(LINES)))
    assert 1_500 * len(blob) < JUDGED
    assert len(FORMATS.of("application/x-xz").read(blob, Bounds()).children) == 1


@pytest.mark.parametrize(
    "blob",
    [
        lzma.compress(b"note", preset=9),
        zstandard.ZstdCompressor(
            compression_params=zstandard.ZstdCompressionParameters(window_log=27)
        )
        .stream_reader(io.BytesIO(b"note" * 9))
        .read(),
    ],
    ids=["xz", "Zstandard"],
)
def test_a_packed_file_that_asks_for_more_memory_is_held(blob):
    assert verdict(blob, max_memory_bytes=64 << 20) is ReasonCode.MEMORY
    assert verdict(blob) is None


# -- pixels ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"])
def test_a_picture_of_more_pixels_is_held(kind):
    blob = drawn((30, 20), kind)
    assert verdict(blob, max_pixels=599) is ReasonCode.LIMIT_PIXELS
    assert verdict(blob, max_pixels=600) is None


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "TIFF"])
def test_frames_of_more_pixels_in_all_are_held(kind):
    blob = drawn((30, 20), kind, 3)
    assert verdict(blob, max_pixels_in_file=1_799) is ReasonCode.LIMIT_PIXELS
    assert verdict(blob, max_pixels_in_file=1_800) is None


def test_pages_of_a_tiff_that_differ_in_size_are_each_counted():
    large = Image.new("RGB", (90, 90))
    blob = saved(Image.new("RGB", (9, 9)), "TIFF", save_all=True, append_images=[large])
    assert verdict(blob, max_pixels=8_099) is ReasonCode.LIMIT_PIXELS


@pytest.mark.skipif(not ocr.available(), reason="nothing reads pictures")
def test_a_picture_of_a_pdf_of_more_pixels_is_held():
    blob = pdf(picture=(300, 200))
    with pytest.raises(Unreadable) as refused:  # before it is decoded
        FORMATS.of("application/pdf").read(blob, Bounds(max_pixels=59_999))
    assert refused.value.reason.code is ReasonCode.LIMIT_PIXELS
    assert verdict(blob, max_pixels=60_000) is None


# -- what the policy says ----------------------------------------------------------------------


def test_readers_keep_the_limits_of_the_policy():
    odd = {one.name: number for number, one in enumerate(fields(Limits), 7)}
    bounds = Bounds.of(Limits(**odd))
    assert {one.name: getattr(bounds, one.name) for one in fields(bounds)}.items() <= odd.items()
    assert Bounds() == Bounds.of(Limits())


@pytest.mark.parametrize("name", [one.name for one in fields(Limits)])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "many", 2**53])
def test_a_limit_is_a_positive_integer(name, value):
    with pytest.raises(PolicyError, match=f"limits.{name} must be a positive integer"):
        Policy.from_table({"limits": {name: value}})
    assert Policy.from_table({"limits": {name: 1}}).table()["limits"][name] == 1


def test_what_breaks_a_limit_is_quarantined_whole_even_where_members_may_be_left_out(guard):
    policy = Policy(limits=Limits(max_cells=3), unreadable_members="leave_out")
    tight = Guard(policy, nlp_engine=guard.detector.nlp_engine)
    held = tight.redact(zipped({"a.csv": b"a,b\nc,d\n", "b.txt": b"note"}))
    assert (held.verdict, held.reason.code) == ("quarantined", ReasonCode.LIMIT_CELLS)
    assert held.output is None


def test_the_certificate_states_the_limits_in_force(guard, signer):
    policy = Policy(limits=Limits(max_pages=11, max_ratio=12))
    case = Guard(policy, nlp_engine=guard.detector.nlp_engine, signer=signer).case("VDP-1")
    case.add(b"a note", name="a.txt")
    statement = json.loads(case.close().payload)
    stated = statement["predicate"]["coverage"]["limits"]
    assert stated == policy.limits.stated()
    assert (stated["maxPages"], stated["maxRatio"], stated["maxPixelsInFile"]) == (
        11,
        12,
        150_000_000,
    )
