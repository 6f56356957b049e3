"""MB/s to strip sound and video and to read them again, and memory a MB.

    python tests/benchmarks/media_speed.py [MEGABYTES]

Each file has about MEGABYTES (default 32) of frames that hold noise, and one text beside them. "memory" is
the peak of what Python allocates while writing, in MB for each MB of the file. Detection and the search for
what is left are not in it. Medians of three runs, in one process, in seconds of processor time.
"""

from __future__ import annotations

import random
import statistics
import struct
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from pii_guard.document import UNSCANNED, Changes, Edit, Span  # noqa: E402
from pii_guard.formats import Formats  # noqa: E402
from pii_guard.formats.base import Bounds  # noqa: E402
from pii_guard.identify import identify  # noqa: E402
from tests.fixtures import media  # noqa: E402
from tests.fixtures.media import VALUE, box, chunk, element, full, track, video_entry  # noqa: E402

ROUNDS = 3
FRAME = 4_000
FORMATS, BOUNDS = Formats(), Bounds()


def frames(size: int) -> list[bytes]:
    """Noise in so many bytes."""
    chance = random.Random(1)
    some = [chance.randbytes(FRAME) for _ in range(64)]
    return [some[n % 64] for n in range(size // FRAME)]


def mp4(size: int) -> bytes:
    """A movie whose header follows its frames, with a text in it."""
    held = frames(size)
    head = box(b"ftyp", b"isom", bytes(4), b"isom")
    places = tuple(len(head) + 8 + FRAME * n for n in range(len(held)))
    one = track(1, b"vide", video_entry(), (FRAME,) * len(held), places)
    whole = box(b"moov", full(b"mvhd", bytes(96)), one, box(b"udta", VALUE))
    return head + box(b"mdat", *held) + whole


def webm(size: int) -> bytes:
    """A film of clusters of a hundred blocks, with tags behind them."""
    held, clusters = frames(size), []
    for at in range(0, len(held), 100):
        blocks = [element(0xA3, b"\x81\0\0\x80", frame) for frame in held[at : at + 100]]
        clusters.append(element(0x1F43B675, element(0xE7, struct.pack(">I", at)), *blocks))
    return media.film(top=b"".join(clusters) + element(0x1254C367, VALUE))


def mp3(size: int) -> bytes:
    """Frames of 417 bytes, and a tag."""
    chance = random.Random(1)
    some = [b"\xff\xfb\x90\x64" + chance.randbytes(413) for _ in range(64)]
    return media.id3(VALUE) + b"".join(some[n % 64] for n in range(size // 417))


def wav(size: int) -> bytes:
    """A file with a list of names."""
    named = chunk(b"LIST", b"INFO" + chunk(b"INAM", VALUE))
    return media.wave(named, chunk(b"data", b"".join(frames(size))))


def ogg(size: int) -> bytes:
    """Opus, a frame a page."""
    heads = media.page(7, 0, media.OPUS_HEAD, flags=2) + media.page(
        7, 1, media.comments(b"OpusTags", VALUE)
    )
    one = media.page(7, 2, random.Random(1).randbytes(FRAME))
    return heads + one * (size // FRAME)


MAKERS: dict[str, Callable[[int], bytes]] = {
    "mp4": mp4, "webm": webm, "mp3": mp3, "wav": wav, "ogg": ogg,
}  # fmt: skip


def measured(blob: bytes) -> tuple[float, float, float]:
    """MB/s to strip, MB/s to read again, memory a MB."""
    form, size = FORMATS.of(identify(blob)), len(blob) / 1e6
    stripping, again = [], []
    for _ in range(ROUNDS):
        begun = time.process_time()
        count = len(form.read(blob, BOUNDS).segments)
        edits = tuple(Edit(n, Span(0, len(UNSCANNED)), "") for n in range(count))
        out = form.write(blob, Changes(edits), BOUNDS)
        written = time.process_time()
        form.reread(out, BOUNDS)
        stripping.append(written - begun)
        again.append(time.process_time() - written)
        assert VALUE not in out
    tracemalloc.start()
    form.write(blob, Changes(edits), BOUNDS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (
        size / statistics.median(stripping),
        size / statistics.median(again),
        peak / 1e6 / size,
    )


def main() -> None:
    """Print a line for each container."""
    size = int(sys.argv[1] if len(sys.argv) > 1 else 32) * 1_000_000
    print(f"{'format':8}{'strip MB/s':>12}{'again MB/s':>12}{'memory':>8}")
    for name, make in MAKERS.items():
        strip, again, memory = measured(make(size))
        print(f"{name:8}{strip:12.0f}{again:12.0f}{memory:8.1f}")


if __name__ == "__main__":
    main()
