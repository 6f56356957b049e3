"""Damaged pictures are read or refused, never a crash."""

from __future__ import annotations

import random

import pytest

from pii_guard.document import Changes, Edit, Span
from pii_guard.errors import Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from tests.fixtures.image import MIME, _beside

FORMATS = Formats()
BESIDE = list(_beside())


def mutated(blob: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(blob)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(damaged))
        how = rng.randrange(4)
        if how == 0:
            damaged[at] = rng.randrange(256)
        elif how == 1:
            del damaged[at : at + rng.randrange(1, 20)]
        elif how == 2:
            damaged[at:at] = rng.randbytes(rng.randrange(1, 20))
        else:
            damaged[at : at + 4] = rng.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff")
            )
        if not damaged:
            return b"\0"
    return bytes(damaged)


@pytest.mark.parametrize(
    "number", range(len(BESIDE)), ids=lambda n: f"{BESIDE[n][0]}: {BESIDE[n][1]}"
)
def test_a_damaged_picture_is_read_or_refused(number, monkeypatch):
    from pii_guard.formats import ocr

    monkeypatch.setattr(ocr, "available", lambda: True)
    monkeypatch.setattr(ocr, "first", lambda _: ocr.Reading())
    monkeypatch.setattr(ocr, "second", lambda _: ocr.Reading())
    kind, _, blob = BESIDE[number]
    form, rng = FORMATS.of(MIME[kind]), random.Random(number)
    for _ in range(25):
        damaged = mutated(blob, rng)
        try:
            document = form.read(damaged, Bounds())
            edits = tuple(
                Edit(n, Span(0, len(segment.text)), "<X_1>")
                for n, segment in enumerate(document.segments)
                if segment.text
            )
            written = form.write(damaged, Changes(edits), Bounds())
            form.reread(written, Bounds())
        except Unreadable as refused:
            assert refused.reason.remedy
