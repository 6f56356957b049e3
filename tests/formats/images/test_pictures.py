"""What a picture keeps and what it loses."""

from __future__ import annotations

import io
import socket
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps, ImageSequence

from pii_guard.document import UNSCANNED, Changes, Edit, Span
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import Formats, ocr
from pii_guard.formats.base import Bounds
from pii_guard.formats.images import jpeg, png, png_pixels
from pii_guard.formats.images.held import UNKNOWN
from pii_guard.formats.images.profile import profile_texts
from tests.fixtures import CANARY, KEPT
from tests.fixtures.image import (
    MIME,
    exif_with,
    flat,
    jpeg_with,
    png_chunk,
    png_with,
    profile,
    qr_code,
    saved,
    shot,
)

BOUNDS = Bounds()
FORMATS = Formats()
reads = pytest.mark.skipif(not ocr.available(), reason="the ocr extra is not installed")


def pixels(blob: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(blob)).convert("RGBA")).astype(int)


def outside(before: bytes, after: bytes) -> np.ndarray:
    """Pixels that differ and are not black afterwards."""
    one, other = pixels(before), pixels(after)
    return (one != other).any(axis=2) & (other[:, :, :3] != 0).any(axis=2)


def page(mode: str = "RGB") -> Image.Image:
    image = shot([f"Write to {CANARY}", KEPT])
    rng = np.random.default_rng(7)
    noise = Image.fromarray(rng.integers(0, 255, (40, 760, 3), np.uint8))
    image.paste(noise, (0, 110))
    return image.convert(mode)


@reads
@pytest.mark.parametrize("kind", [kind for kind in MIME if kind != "JPEG"])
def test_outside_of_what_is_filled_pixels_are_exact(guard, kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    mode = "P" if kind == "GIF" else "RGB"
    blob = saved(page(mode), kind, **options)
    out = guard.redact(blob, name="a").output
    assert out != blob
    assert not outside(blob, out).any()


@reads
@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_every_kind_of_png_keeps_its_kind_and_its_pixels(guard, mode):
    if mode == "I;16":
        grey = np.asarray(page("L")).astype(np.uint16) * 257
        image = Image.fromarray(grey)
    else:
        image = page(mode)
    blob = saved(image, "PNG")
    out = guard.redact(blob, name="a.png").output
    assert Image.open(io.BytesIO(out)).mode == Image.open(io.BytesIO(blob)).mode
    one = np.asarray(Image.open(io.BytesIO(blob))).astype(int)
    other = np.asarray(Image.open(io.BytesIO(out))).astype(int)
    if mode not in ("P", "LA", "RGBA"):
        assert not ((one != other) & (other != 0)).any()
    else:
        assert not outside(blob, out).any()
    assert (one != other).any()


@reads
def test_sixteen_bits_a_channel_stay(guard):
    import cv2

    values = np.asarray(page()).astype(np.uint16) * 256 + 5
    blob = cv2.imencode(".png", values)[1].tobytes()
    out = guard.redact(blob, name="a.png").output
    again = cv2.imdecode(np.frombuffer(out, np.uint8), cv2.IMREAD_UNCHANGED)
    assert again.dtype == np.uint16
    changed = (again != values).any(axis=2)
    assert changed.any()
    assert (again[changed] == 0).all()


@reads
def test_a_jpeg_is_compressed_again_as_it_was(guard):
    blob = saved(page(), "JPEG", quality=83, subsampling="4:2:2", progressive=True, dpi=(72, 72))
    out = guard.redact(blob, name="a.jpg").output
    one, other = Image.open(io.BytesIO(blob)), Image.open(io.BytesIO(out))
    assert one.quantization == other.quantization
    assert one.info["progressive"] == other.info["progressive"]
    assert one.info["dpi"] == other.info["dpi"]
    assert one.layer == other.layer
    grey = [np.asarray(image.convert("L")).astype(int)[60:] for image in (one, other)]
    assert np.abs(grey[0] - grey[1]).max() <= 12
    assert np.abs(grey[0] - grey[1]).mean() < 0.5


@reads
def test_what_is_found_is_filled_and_not_what_stands_beside(guard):
    blob = saved(page(), "PNG")
    out = guard.redact(blob, name="a.png").output
    text = ocr.laid_out(
        ocr.first(np.ascontiguousarray(pixels(out)[:, :, :3].astype(np.uint8))).lines
    )
    assert "Write to" in text.text
    assert KEPT in text.text
    assert "quartermain" not in text.text


@reads
def test_nothing_to_redact_leaves_every_byte(guard):
    for kind in MIME:
        blob = saved(shot([KEPT, "GET /health HTTP/1.1"]), kind)
        result = guard.redact(blob, name="a")
        assert (result.verdict, result.output) == ("clean", blob), kind


def test_where_a_picture_was_taken_goes(guard):
    exif = Image.Exif()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (48.0, 8.0, 13.75), "E", (11.0, 34.0, 31.8)
    blob = saved(flat(), "JPEG", exif=exif)
    result = guard.redact(blob, name="a.jpg")
    assert [f.entity_type for f in result.findings] == ["COORDINATES"]
    assert not Image.open(io.BytesIO(result.output)).getexif().get_ifd(0x8825)


@pytest.mark.parametrize("tag", ["BodySerialNumber", "LensSerialNumber", "ImageUniqueID"])
def test_numbers_of_one_device_go(guard, tag):
    blob = saved(flat(), "JPEG", exif=exif_with(**{tag: "0412233", "Model": "X100"}))
    out = guard.redact(blob, name="a.jpg").output
    assert b"0412233" in blob
    assert b"0412233" not in out
    assert b"X100" in out


def test_technical_values_stay_when_a_text_is_edited(guard):
    exif = exif_with(Orientation=1, XResolution=72.5, Artist="Zebedee Quartermain")
    exif.get_ifd(0x8769)[0x829A] = 0.004
    out = guard.redact(saved(flat(), "WEBP", exif=exif), name="a.webp").output
    again = Image.open(io.BytesIO(out)).getexif()
    assert again[0x011A] == 72.5
    assert again.get_ifd(0x8769)[0x829A] == pytest.approx(0.004)
    assert "Quartermain" not in str(dict(again))


def test_a_text_is_edited_and_its_neighbours_stay(guard):
    note = b"written by zebedee.quartermain@quartermain-post.net on staging"
    for blob in (saved(flat(), "JPEG", comment=note), saved(flat("P"), "GIF", comment=note)):
        out = guard.redact(blob, name="a").output
        comment = Image.open(io.BytesIO(out)).info["comment"]
        assert comment == b"written by <EMAIL_ADDRESS_1> on staging"


def test_what_cannot_be_scanned_goes_and_is_counted(guard):
    blob = png_with(png_chunk(b"prVt", bytes(range(200))))
    result = guard.redact(blob, name="a.png")
    assert (result.verdict, [f.entity_type for f in result.findings]) == ("redacted", ["UNSCANNED"])
    assert b"prVt" not in result.output
    assert png.split(result.output)


def test_a_picture_appended_to_a_jpeg_goes(guard):
    other = saved(flat(size=(20, 20)), "JPEG")
    blob = jpeg_with(after=other)
    result = guard.redact(blob, name="a.jpg")
    assert len(result.output) == len(blob) - len(other)
    assert list(jpeg.segments(result.output))[-1] == (0xD9, b"")


@reads
def test_moving_pictures_keep_frames_and_times(guard):
    still, other = shot([KEPT]), shot(["second", f"mail {CANARY}"])
    third = shot([KEPT, "third"])
    for kind, options in (("GIF", {}), ("PNG", {}), ("WEBP", {"lossless": True})):
        blob = saved(
            still, kind, save_all=True, append_images=[other, third], duration=[100, 250, 300], loop=3,
            **options,
        )  # fmt: skip
        out = guard.redact(blob, name="a").output
        one, two = Image.open(io.BytesIO(blob)), Image.open(io.BytesIO(out))
        assert [f.info.get("duration") for f in ImageSequence.Iterator(two)] == [
            f.info.get("duration") for f in ImageSequence.Iterator(one)
        ]
        assert two.info.get("loop") == one.info.get("loop")
        for number in (0, 2):
            one.seek(number)
            two.seek(number)
            assert (np.asarray(one.convert("RGB")) == np.asarray(two.convert("RGB"))).all(), kind


@reads
@pytest.mark.parametrize("kind", ["TIFF", "PNG", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_picture_stored_on_its_side_stays_so(guard, kind, orientation):
    turn = Image.Transpose
    stored = {3: turn.ROTATE_180, 6: turn.ROTATE_90, 8: turn.ROTATE_270}[orientation]
    options = {"lossless": True} if kind == "WEBP" else {}
    upright = shot([f"Write to {CANARY}", KEPT])
    exif = exif_with(Orientation=orientation)
    out = guard.redact(
        saved(upright.transpose(stored), kind, exif=exif, **options), name="a"
    ).output
    seen = ImageOps.exif_transpose(Image.open(io.BytesIO(out))).convert("RGB")
    assert seen.size == upright.size
    text = ocr.laid_out(ocr.first(np.ascontiguousarray(np.asarray(seen))).lines).text
    assert KEPT in text
    assert "quartermain" not in text


@reads
def test_only_the_page_with_a_finding_is_written_anew(guard):
    pages = [shot([KEPT]), shot([f"mail {CANARY}"]), shot(["third"])]
    blob = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    out = guard.redact(blob, name="a.tif").output
    again = Image.open(io.BytesIO(out))
    assert again.n_frames == 3
    assert [f.info["compression"] for f in ImageSequence.Iterator(again)] == ["tiff_lzw"] * 3
    again.seek(2)
    assert (np.asarray(again.convert("RGB")) == np.asarray(pages[2])).all()


@reads
def test_a_tiff_of_the_other_byte_order(guard):
    from PIL import TiffImagePlugin

    held = io.BytesIO()
    info = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"MM")
    image = page()
    image.save(held, "TIFF")
    blob = _big_endian(held.getvalue())
    assert info.prefix == b"MM"
    out = guard.redact(blob, name="a.tif").output
    assert out[:4] == b"MM\0*"
    assert not outside(blob, out).any()


def _big_endian(blob: bytes) -> bytes:
    from dataclasses import replace

    from pii_guard.formats.images.tags import Tags, build, parse, swapped

    tags = parse(blob, pixels=True)
    chain = tuple(replace(d, entries=tuple(map(swapped, d.entries))) for d in tags.chain)
    return build(Tags(">", chain))


@reads
def test_a_code_with_nothing_personal_stays(guard):
    whole = Image.new("RGB", (400, 400), "white")
    whole.paste(qr_code("https://vendor.example/help"), (60, 60))
    blob = saved(whole, "PNG")
    assert guard.redact(blob, name="a.png").output == blob


@reads
def test_text_that_cannot_be_read_is_filled(unconfined, monkeypatch):
    from pii_guard.formats.ocr import Line, Reading

    quad = ((20.0, 20.0), (300.0, 20.0), (300.0, 50.0), (20.0, 50.0))
    monkeypatch.setattr(ocr, "first", lambda _: Reading((), (quad,)))
    blob = saved(shot(["smudge"]), "PNG")
    result = unconfined.redact(blob, name="a.png")
    assert [f.entity_type for f in result.findings] == ["UNSCANNED"]
    assert not pixels(result.output)[22:48, 22:298, :3].any()
    assert Line is not None


@reads
def test_what_only_the_second_reader_reads_is_filled_as_well(unconfined, monkeypatch):
    real = ocr.first

    def half_blind(seen):
        reading = real(seen)
        return ocr.Reading(reading.lines[:-1])

    monkeypatch.setattr(ocr, "first", half_blind)
    blob = saved(shot([f"Write to {CANARY}", "nothing", f"again {CANARY}"]), "PNG")
    out = unconfined.redact(blob, name="a.png").output
    monkeypatch.undo()
    text = ocr.laid_out(
        ocr.first(np.ascontiguousarray(pixels(out)[:, :, :3].astype(np.uint8))).lines
    )
    assert "quartermain" not in text.text


@reads
def test_a_value_that_stays_readable_is_held(unconfined, monkeypatch):
    from pii_guard.formats.images import picture

    monkeypatch.setattr(picture, "painted", lambda written, *_: written)
    result = unconfined.redact(saved(shot([f"Write to {CANARY}"]), "PNG"), name="a.png")
    assert (result.verdict, result.reason.code) == ("quarantined", ReasonCode.VERIFICATION_FAILED)


def test_without_a_reader_a_picture_is_held_and_the_remedy_names_the_extra(unconfined, monkeypatch):
    monkeypatch.setattr(ocr, "available", lambda: False)
    result = unconfined.redact(saved(shot(["text"]), "PNG"), name="a.png")
    assert (result.verdict, result.reason.code) == ("quarantined", ReasonCode.NO_READER)
    assert "pii-guard-vdp[ocr]" in result.reason.remedy


@reads
def test_reading_asks_for_no_network(monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a network connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert FORMATS.of("image/png").read(saved(shot([KEPT]), "PNG"), BOUNDS).segments


@reads
def test_writing_twice_gives_the_same_bytes():
    blob = saved(page(), "PNG")
    form = FORMATS.of("image/png")
    text = form.read(blob, BOUNDS).segments[0].text
    at = text.index("Write")
    changes = Changes((Edit(0, Span(at, at + 5), "<X_1>"),))
    once = form.write(blob, changes, BOUNDS)
    assert form.write(blob, changes, BOUNDS) == once  # the places are found again
    assert once != blob


def test_the_mark_of_what_cannot_be_scanned_is_never_searched_for(guard):
    result = guard.case()
    result.add(png_with(png_chunk(b"prVt", bytes(range(200)))), name="a.png")
    result.add(b"what is unscanned stays unscanned", name="b.txt")
    first, second = result.redact()
    assert second.output == b"what is unscanned stays unscanned"
    assert UNSCANNED not in repr(first)


@pytest.mark.parametrize("size", [(60_000, 60_000), (30_000, 3_000)])
def test_bombs_are_refused(size):
    header = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    blob = (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", b"x")
        + png_chunk(b"IEND", b"")
    )
    with pytest.raises(Unreadable) as refused:
        FORMATS.of("image/png").read(blob, BOUNDS)
    assert refused.value.reason.code in (ReasonCode.LIMIT_PIXELS, ReasonCode.CORRUPT)


def test_too_many_frames_are_refused():
    frames = [ImageDraw.Draw(i := flat("P")) and i for _ in range(4)]
    for number, frame in enumerate(frames):
        frame.putpixel((number, 0), 7)
    blob = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(Unreadable) as refused:
        FORMATS.of("image/gif").read(blob, Bounds(max_pages=3))
    assert refused.value.reason.code == ReasonCode.LIMIT_PAGES


HIDDEN = CANARY.encode()
PIXELS = Image.effect_mandelbrot((40, 30), (-2, -1, 1, 1), 20)


def chunked(change, **save) -> bytes:
    """A PNG whose chunks went through `change`."""
    held = io.BytesIO()
    PIXELS.save(held, "PNG", **save)
    parts = [part for kind, data in png.chunks(held.getvalue()) for part in change(kind, data)]
    return png.SIGNATURE + b"".join(png.chunk(*part) for part in parts)


def behind(kind: bytes, *others: tuple[bytes, bytes], tail: bytes = b""):
    return lambda k, d: [(k, d + tail), *others] if k == kind else [(k, d)]


@pytest.mark.parametrize(
    "change",
    {
        "behind the packed pixels": behind(b"IDAT", tail=HIDDEN),
        "pixels behind the last row": lambda k, d: [
            (k, zlib.compress(zlib.decompress(d) + HIDDEN, 0) if k == b"IDAT" else d)
        ],
        "in the end": behind(b"IEND", tail=HIDDEN),
        "numbers longer than they are": behind(b"IHDR", (b"gAMA", HIDDEN)),
        "pixels behind the pixels": behind(b"IDAT", (b"tIME", bytes(7)), (b"IDAT", HIDDEN)),
        "how often colours are used": behind(b"IHDR", (b"hIST", HIDDEN)),
    }.items(),
    ids=lambda item: item[0],
)
def test_what_no_decoder_of_a_png_shows_goes(guard, change):
    blob = chunked(change[1])
    assert HIDDEN in blob
    result = guard.redact(blob, name="a.png")
    assert result.verdict == "redacted"
    assert HIDDEN not in result.output
    with Image.open(io.BytesIO(result.output)) as picture:
        assert picture.tobytes() == PIXELS.tobytes()


def test_a_frame_with_more_than_its_pixels_is_held(guard):
    blob = chunked(behind(b"fdAT", tail=HIDDEN), save_all=True, append_images=[PIXELS.rotate(90)])
    assert HIDDEN in blob
    assert guard.redact(blob, name="a.png").verdict == "quarantined"


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (5, 5), (40, 30), (33, 17)])
@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "LA", "P", "I;16"])
def test_rows_of_a_png_are_counted_as_decoders_count_them(mode, size):
    """With the seven passes of an interlaced one, which Pillow reads and does not write."""
    held = io.BytesIO()
    Image.new(mode, size).save(held, "PNG")
    parts = dict(png.chunks(held.getvalue()))
    head, packed = parts[b"IHDR"], parts[b"IDAT"]
    whole = png_pixels.size_of(head, *png_pixels.measures(head))
    assert len(zlib.decompress(packed)) == whole
    assert png_pixels.ends_at(packed, whole) == len(packed)
    assert png_pixels.ends_at(packed, whole - 1) is None
    woven = head[:12] + b"\1"
    count = png_pixels.size_of(woven, *size)
    for rows, opens in ((count, True), (count - 1, False)):
        blob = png.SIGNATURE + b"".join(
            png.chunk(kind, woven if kind == b"IHDR" else zlib.compress(bytes(rows)) if kind == b"IDAT" else data)
            for kind, data in parts.items()
        )  # fmt: skip
        with Image.open(io.BytesIO(blob)) as picture:
            if opens:
                picture.load()
            else:
                with pytest.raises(OSError, match="truncated"):
                    picture.load()


@pytest.mark.parametrize(("size", "at"), [(80, 0), (8, 28), (0, 28), (60, 40)])
def test_text_of_a_colour_profile_that_no_record_leads_to_goes(size, at):
    whole = profile("by zebedee@quartermain.example, at home")
    place = whole.rindex(b"enUS") + 4
    led = whole[:place] + struct.pack(">II", size, at) + whole[place + 8 :]
    assert UNKNOWN in profile_texts(led)
    assert UNKNOWN not in profile_texts(whole)
