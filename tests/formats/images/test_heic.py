"""HEIC becomes JPEG: what is written shows the picture, and nothing of what was found."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pii_guard import Guard, Policy
from pii_guard.errors import Unreadable
from pii_guard.formats import heic
from pii_guard.formats.base import Bounds
from pii_guard.limits import Limits
from tests.fixtures import CANARY, KEPT
from tests.fixtures.image import shot

BLOB = (Path(__file__).parents[2] / "fixtures" / "photo.heic").read_bytes()
pytestmark = pytest.mark.skipif(not heic.available(), reason="the extra heic is not installed")


def test_the_picture_is_what_it_was():
    made = heic.FORMAT.converted(BLOB, Bounds())
    shown = np.asarray(Image.open(io.BytesIO(made)).convert("L"), float)
    meant = np.asarray(shot([f"Write to {CANARY}", KEPT]).convert("L"), float)
    assert np.abs(shown - meant).mean() < 3
    assert heic.FORMAT.converted(BLOB, Bounds()) == made


def test_what_is_found_goes_from_the_picture_and_from_what_stands_beside_it():
    result = Guard().redact(BLOB, name="photo.heic")
    assert (result.verdict, result.media_type, result.name) == (
        "redacted",
        "image/jpeg",
        "photo.jpg",
    )
    assert CANARY.encode() not in result.output
    exif = Image.open(io.BytesIO(result.output)).getexif()
    assert (exif[0x010E], exif[0x013B]) == ("a camera's picture", "<EMAIL_ADDRESS_1>")


def test_too_many_pixels_are_refused_before_they_are_decoded():
    small = Guard(Policy(limits=Limits(max_pixels=760 * 150 - 1)))
    assert small.redact(BLOB, name="photo.heic").reason.code == "limit:pixels"


@pytest.mark.parametrize("cut", [24, 400, 4_000, len(BLOB) - 1])
def test_one_that_is_cut_is_held(guard, cut):
    assert guard.redact(BLOB[:cut], name="photo.heic").verdict == "quarantined"


def test_other_pictures_of_the_same_container_are_held(guard):
    avif = struct.pack(">I", 28) + b"ftypmif1\0\0\0\0mif1avifmiaf" + BLOB[28:]
    burst = BLOB.replace(b"pitm", b"free", 1)
    for blob in (avif[:600], burst):
        assert guard.redact(blob, name="photo.heic").verdict == "quarantined"


def test_without_the_extra_it_is_held_and_the_reason_says_what_to_send(guard, monkeypatch):
    monkeypatch.setattr(heic, "available", lambda: False)
    with pytest.raises(Unreadable) as refused:
        heic.FORMAT.converted(BLOB, Bounds())
    assert "send it as PNG or JPEG" in str(refused.value.reason)
