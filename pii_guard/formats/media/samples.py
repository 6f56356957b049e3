"""Where the frames of a track stand in an MP4 file: chunks of a whole one, runs of a fragmented one.

Source: ISO/IEC 14496-12, sections 8.6 to 8.8; QuickTime File Format, "Sound sample descriptions".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pii_guard.formats.media.boxes import Box
from pii_guard.formats.media.cuts import corrupt, u32, u64

Range = tuple[int, int]
_Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Packing:
    """How QuickTime packs sound: so many samples in so many bytes (0: as the table of sizes says)."""

    samples: int = 1
    size: int = 0


@dataclass(slots=True)
class Defaults:
    """What a fragment of a track leaves unsaid: the size of a sample."""

    size: int = 0


@dataclass(slots=True)
class Table:
    """The tables of a track that place its samples, as boxes by kind."""

    boxes: dict[bytes, Box] = field(default_factory=dict)
    packing: Packing = Packing()

    def ranges(self, blob: bytes) -> Iterator[Range]:
        """Where the track's chunks are. Raises `Unreadable`."""
        offsets = self._offsets(blob)
        if not len(offsets):
            return
        per_chunk = self._per_chunk(blob, len(offsets))
        ends = np.cumsum(per_chunk)
        sizes = self._sizes(blob, int(ends[-1]))
        for chunk, offset in enumerate(offsets.tolist()):
            first, last = int(ends[chunk] - per_chunk[chunk]), int(ends[chunk])
            size = (
                (last - first) * sizes
                if isinstance(sizes, int)
                else int(sizes[last] - sizes[first])
            )
            if self.packing.size and isinstance(sizes, int) and sizes <= 1:
                size = -(-(last - first) // self.packing.samples) * self.packing.size
            yield offset, offset + size

    def _offsets(self, blob: bytes) -> _Numbers:
        for kind, width in ((b"stco", 4), (b"co64", 8)):
            if kind in self.boxes:
                box = self.boxes[kind]
                return _numbers(blob, box.body + 8, u32(blob, box.body + 4), width, box.end)
        return np.zeros(0, np.int64)

    def _per_chunk(self, blob: bytes, chunks: int) -> _Numbers:
        """The number of samples of each chunk."""
        box = self._box(b"stsc")
        runs = _numbers(blob, box.body + 8, 3 * u32(blob, box.body + 4), 4, box.end).reshape(-1, 3)
        firsts = np.append(runs[:, 0] - 1, chunks)
        if not len(runs) or firsts[0] != 0 or (np.diff(firsts) < 0).any():
            raise corrupt("the table of chunks")
        return np.repeat(runs[:, 1], np.diff(firsts))

    def _sizes(self, blob: bytes, count: int) -> int | _Numbers:
        """The size of every sample, or where each begins when they stood behind each other."""
        if b"stsz" in self.boxes:
            box = self.boxes[b"stsz"]
            uniform = u32(blob, box.body + 4)
            if uniform:
                return uniform
            sizes = _numbers(blob, box.body + 12, u32(blob, box.body + 8), 4, box.end)
        else:
            box = self._box(b"stz2")
            width, told = blob[box.body + 7], u32(blob, box.body + 8)
            if width not in (8, 16):
                raise corrupt("the table of sizes")
            sizes = _numbers(blob, box.body + 12, told, width // 8, box.end)
        if len(sizes) < count:
            raise corrupt("fewer sizes than samples")
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])

    def _box(self, kind: bytes) -> Box:
        if kind not in self.boxes:
            raise corrupt("a track without its tables")
        return self.boxes[kind]


def _numbers(blob: bytes, at: int, count: int, width: int, end: int) -> _Numbers:
    if at + count * width > end:
        raise corrupt("a table longer than its box")
    numbers = np.frombuffer(blob, f">u{width}", count, at).astype(np.int64)
    if (numbers < 0).any():
        raise corrupt("a number beyond all files")
    return numbers


@dataclass(slots=True)
class Fragment:
    """The runs of a movie fragment, in order; `base` is where the fragment begins."""

    base: int
    position: int = -1

    def begin(self, blob: bytes, head: Box, defaults: Mapping[int, Defaults]) -> tuple[int, int]:
        """The track and the size of a sample where a run does not say one, by a `tfhd`."""
        flags, track = u32(blob, head.body) & 0xFFFFFF, u32(blob, head.body + 4)
        at = head.body + 8
        if flags & 1:
            self.position = u64(blob, at)
            at += 8
        elif flags & 0x20000 or self.position < 0:
            self.position = self.base
        self.base_of_track = self.position
        at += 4 * bool(flags & 2) + 4 * bool(flags & 8)
        size = u32(blob, at) if flags & 0x10 else defaults.get(track, Defaults()).size
        return track, size

    base_of_track: int = 0

    def run(self, blob: bytes, box: Box, size: int) -> Range:
        """Where the samples of a `trun` are."""
        flags, count = u32(blob, box.body) & 0xFFFFFF, u32(blob, box.body + 4)
        at = box.body + 8
        if flags & 1:
            self.position = self.base_of_track + struct.unpack_from(">i", blob, at)[0]
            at += 4
        at += 4 * bool(flags & 4)
        fields = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
        total = count * size
        if 0x200 in fields:
            table = _numbers(blob, at, count * len(fields), 4, box.end).reshape(-1, len(fields))
            total = int(table[:, fields.index(0x200)].sum())
        start = self.position
        self.position += total
        return start, self.position
