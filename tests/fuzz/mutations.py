"""Ways to damage bytes, each drawn from a random generator that the caller seeds: pure functions."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_WORD = re.compile(rb"[!-~]{2,24}")
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9:_.-]{1,24}")
_DIGITS = re.compile(rb"\d+")
_DECIMALS = (b"0", b"-1", b"1", b"255", b"65536", b"2147483647", b"4294967295", b"4294967296",
             b"9223372036854775808", b"1" + b"0" * 40, b"0.5", b"1e400", b"007")  # fmt: skip
_MOST_WORDS = 4_000
_LARGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Pantry:
    """What mutations take from: other files, and words that files of the format hold."""

    others: Sequence[bytes] = field(repr=False)
    words: Sequence[bytes] = field(repr=False)


def words_in(blobs: Sequence[bytes]) -> tuple[bytes, ...]:
    """Runs of printable characters in files, each once, in order: a dictionary of their format."""
    found: dict[bytes, None] = {}
    for blob in blobs:
        for pattern in (_WORD, _NAME):
            found |= dict.fromkeys(pattern.findall(blob[:100_000]))
    return tuple(sorted(found)[:: len(found) // _MOST_WORDS + 1])


def mutated(rng: random.Random, blob: bytes, pantry: Pantry) -> bytes:
    """The bytes after one to four mutations, 2 MB at most."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4))):
        (change,) = rng.choices(tuple(_WAYS), tuple(_WAYS.values()))
        blob = change(rng, blob, pantry)[:_LARGEST]
    return blob


def _place(rng: random.Random, blob: bytes) -> int:
    """Anywhere, or near an end, where formats have their headers and tables."""
    size = len(blob)
    near = min(size, 400)
    return rng.choice((rng.randrange(size + 1), rng.randrange(near + 1), size - rng.randrange(near + 1)))  # fmt: skip


def _flip(rng: random.Random, blob: bytes, pantry: Pantry) -> bytes:
    out = bytearray(blob)
    for _ in range(rng.choice((1, 1, 3, 8)) if blob else 0):
        out[min(_place(rng, blob), len(out) - 1)] ^= 1 << rng.randrange(8)
    return bytes(out)


def _truncate(rng: random.Random, blob: bytes, pantry: Pantry) -> bytes:
    at = _place(rng, blob)
    return blob[at:] if rng.random() < 0.15 else blob[:at]


def _cut(rng: random.Random, blob: bytes, pantry: Pantry) -> bytes:
    at = _place(rng, blob)
    return blob[:at] + blob[at + rng.choice((1, 2, 7, 64, 900)) :]


def _repeat(rng: random.Random, blob: bytes, pantry: Pantry) -> bytes:
    at = _place(rng, blob)
    part = blob[at : at + rng.choice((1, 4, 16, 128, 2_000))]
    return blob[:at] + part * rng.choice((2, 2, 3, 50)) + blob[at + len(part) :]


def _splice(rng: random.Random, blob: bytes, pantry: Pantry) -> bytes:
    """A part of another file in place of a part of this one, or between its parts."""
    other = rng.choice(pantry.others) if pantry.others else blob
    start, at = _place(rng, other), _place(rng, blob)
    part = other[start : start + rng.choice((8, 64, 512, len(other)))]
    skipped = rng.choice((0, len(part), len(blob)))
    return blob[:at] + part + blob[at + skipped :]


def _binary_number(rng: random.Random, blob: bytes, pantry: Pantry) -> bytes:
    """What may be a length or a count, by another number of the same width."""
    wide = rng.choice((1, 2, 4, 4, 8))
    at = _place(rng, blob)
    most = (1 << 8 * wide) - 1
    number = rng.choice((0, 1, most, most >> 1, most - 3, len(blob) & most, rng.randrange(256), 1 << rng.randrange(8 * wide)))  # fmt: skip
    return blob[:at] + number.to_bytes(wide, rng.choice(("little", "big"))) + blob[at + wide :]


def _decimal_number(rng: random.Random, blob: bytes, pantry: Pantry) -> bytes:
    return _replaced(rng, blob, _DIGITS, rng.choice(_DECIMALS))


def _word(rng: random.Random, blob: bytes, pantry: Pantry) -> bytes:
    """A word of the format in place of a word, or between."""
    word = rng.choice(pantry.words) if pantry.words else b""
    kind = rng.random()
    if kind < 0.4:
        return _replaced(rng, blob, _WORD, word)
    if kind < 0.8:
        return _replaced(rng, blob, _NAME, word)
    at = _place(rng, blob)
    return blob[:at] + word + blob[at:]


def _replaced(rng: random.Random, blob: bytes, pattern: re.Pattern[bytes], by: bytes) -> bytes:
    spans = [one.span() for one in pattern.finditer(blob[:200_000])]
    if not spans:
        return blob
    start, end = rng.choice(spans)
    return blob[:start] + by + blob[end:]


_Way = Callable[[random.Random, bytes, Pantry], bytes]
_WAYS: dict[_Way, int] = {
    _flip: 3, _truncate: 1, _cut: 2, _repeat: 2, _splice: 3, _binary_number: 4, _decimal_number: 3, _word: 5,
}  # fmt: skip
