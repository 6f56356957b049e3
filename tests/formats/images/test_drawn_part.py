"""Readers look only at the part of a picture in which something is drawn: nothing readable is outside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from pii_guard.formats import ocr
from pii_guard.formats.ocr.boxes import drawn

SIZE = (1_400, 900)


def blank(height, width, colour=(13, 17, 23)):
    return np.full((height, width, 3), colour, np.uint8)


def test_nothing_is_drawn_in_a_picture_of_one_colour():
    assert drawn(blank(40, 60)) is None


def test_stripes_across_the_whole_width_say_nothing():
    pixels = blank(300, 400)
    pixels[100:140] = 255
    assert drawn(pixels) is None


@given(
    st.lists(
        st.tuples(st.integers(0, 299), st.integers(0, 399)), min_size=1, max_size=9, unique=True
    ),
    st.integers(0, 2),
)
def test_every_pixel_that_differs_is_within(places, channel):
    pixels = blank(300, 400)
    for y, x in places:
        pixels[y, x, channel] ^= 1
    rows, columns = drawn(pixels)
    pixels[rows, columns] = blank(1, 1)
    assert (pixels == blank(1, 1)).all()


def test_the_margin_ends_with_the_picture():
    pixels = blank(300, 400)
    pixels[299, 399] = 255
    rows, columns = drawn(pixels)
    assert pixels[rows, columns].shape == (49, 50, 3)


@pytest.mark.skipif(not ocr.available(), reason="no reader of pictures")
@pytest.mark.parametrize("read", [ocr.first, ocr.second])
@pytest.mark.parametrize("corner", [(8, 8), (1_080, 8), (8, 870), (1_080, 870)])
def test_lines_stand_where_they_are_drawn_whatever_is_blank_around(read, corner):
    image = Image.new("RGB", SIZE, "#0d1117")
    font = ImageFont.load_default(18)
    ImageDraw.Draw(image).text(corner, "customers closed accounts", fill="#e6edf3", font=font)
    (line,) = read(np.asarray(image)).lines
    assert line.text == "customers closed accounts"
    assert line.quad[0] == pytest.approx(corner, abs=10)
