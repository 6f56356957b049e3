"""The second reader: Tesseract, where it is installed. It shares nothing with the first one."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from PIL import Image

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.ocr.lines import Line, Quad, Reading
from pii_guard.programs import elsewhere
from pii_guard.spills import child

_ENLARGED = 2
_MOST_PIXELS = 40_000_000
"""Of a picture that is enlarged: a larger one is read as it is."""
_SECONDS = 120
"""How long it is waited for: within what a step may take by the default policy."""
_SPARSE_TEXT = "11"
_WORD = "5"
_NOISE = 30
"""Below it is what lines and photographs look like; of 343 words of values none was (screenshots)."""


def tesseract() -> str | None:
    """The path of the program, or None."""
    return shutil.which("tesseract")


def read(image: Image.Image) -> Reading:
    """The lines of a picture of any size. Raises `Unreadable(VERIFICATION_FAILED)`."""
    grey = image.convert("L")
    scale = _ENLARGED if image.width * image.height * _ENLARGED**2 <= _MOST_PIXELS else 1
    if scale != 1:
        size = (grey.width * scale, grey.height * scale)
        grey = grey.resize(size, Image.Resampling.BICUBIC)
    held = io.BytesIO()
    grey.save(held, "PNG", compress_level=1)
    run = elsewhere()
    made = table(held.getvalue()) if run is None else run("tesseract", {}, held.getvalue())
    return Reading(tuple(_lines(made.decode("utf-8", "replace"), scale)))


def table(picture: bytes) -> bytes:
    """What the program prints of a PNG picture: a line for each word it reads.

    Raises `Unreadable(VERIFICATION_FAILED)`.
    """
    program = tesseract()
    if program is None:
        raise Unreadable(ReasonCode.VERIFICATION_FAILED, "the second reader of pictures is gone")
    child("tesseract")
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments; the picture is written anew by us
            [
                *_dying_with_us(),
                program,
                "stdin",
                "stdout",
                "--psm",
                _SPARSE_TEXT,
                "--dpi",
                "150",
                "tsv",
            ],
            input=picture,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(ReasonCode.TIMEOUT, "the second reader of pictures") from None
    except (OSError, subprocess.SubprocessError):
        raise Unreadable(ReasonCode.VERIFICATION_FAILED, "the second reader of pictures") from None
    return done.stdout


def _lines(words_read: str, scale: int) -> Iterator[Line]:
    rows = csv.DictReader(io.StringIO(words_read), delimiter="\t", quoting=csv.QUOTE_NONE)
    words = [
        row
        for row in rows
        if row["level"] == _WORD and (row["text"] or "").strip() and float(row["conf"]) >= _NOISE
    ]
    for _, group in groupby(words, key=lambda w: (w["block_num"], w["par_num"], w["line_num"])):
        yield _line(list(group), scale)


def _line(words: list[dict[str, str]], scale: int) -> Line:
    boxes = [
        (int(w["left"]), int(w["top"]), int(w["width"]) or 1, int(w["height"]) or 1) for w in words
    ]
    left, top = min(x for x, *_ in boxes), min(y for _, y, *_ in boxes)
    right = max(x + width for x, _, width, _ in boxes)
    bottom = max(y + height for _, y, _, height in boxes)
    length = right - left
    edges: list[float] = []
    for (x, _, width, _), word in zip(boxes, words, strict=True):
        # The blank before a word begins where the word before ends.
        count = len(word["text"])
        edges += [(x - left + width * n / count) / length for n in range(count)]
        edges.append((x - left + width) / length)
    text = " ".join(word["text"] for word in words)
    score = sum(float(word["conf"]) for word in words) / len(words) / 100
    a, b, c, d = (
        (x / scale, y / scale)
        for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))
    )
    quad: Quad = (a, b, c, d)
    return Line(quad, text, tuple(edges), score)


@lru_cache(maxsize=1)
def _dying_with_us() -> tuple[str, ...]:
    """What to put before a command, which then ends with the thread that waits for it; nothing where the
    system has no program for that (Linux has: util-linux).
    """
    program = shutil.which("setpriv")
    before = () if program is None else (program, "--pdeathsig", "KILL", "--")
    works = before and subprocess.run([*before, "true"], capture_output=True, check=False)  # noqa: S603
    return before if works and works.returncode == 0 else ()
