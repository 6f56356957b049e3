"""What the model sees at once: windows of a text's words, cut where a line or a sentence ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spacy.attrs import SENT_START
from spacy.tokens import Doc

WINDOW = 126
"""Pieces of one model input, without the two special ones."""
BATCH_PIECES = 520
"""Pieces of one model call: more do not go faster (measured: 8 windows of 64 beat 16 of 128)."""
TEXTS = "pii_guard.texts"
"""Where a Doc's user data holds the texts of its tokens, until the model has read them."""
OVERLAP = 24
"""Words two windows share: each word is judged where it has context on both sides."""

_LINE, _SENTENCE = b"\2", b"\1"


class Words(NamedTuple):
    """The words of a text, and whether it can be cut before each: a byte of `_LINE`, `_SENTENCE`."""

    words: list[str]
    breaks: bytes
    places: list[int]
    """The number of each word among the Doc's tokens."""


def words_of(doc: Doc) -> Words:
    """The words of a Doc, its sentence boundaries read."""
    words, breaks, places, gap = [], bytearray(), [], 0
    starts = doc.to_array(SENT_START)
    for place, text in enumerate(doc.user_data.get(TEXTS) or [token.text for token in doc]):
        if text.isspace():
            gap = 2 if "\n" in text else gap
            continue
        words.append(text)
        places.append(place)
        breaks.append(max(gap, 1 if starts[place] == 1 else 0))
        gap = 0
    return Words(words, bytes(breaks), places)


class Window(NamedTuple):
    """Words `start`..`end` are shown to the model, which is asked about `low`..`high`."""

    text: int
    start: int
    end: int
    low: int
    high: int
    pieces: int


def windows(text: int, lengths: Sequence[int], breaks: bytes) -> Iterator[Window]:
    """Windows of at most `WINDOW` pieces; each word is asked about once.

    Cut at the last line or sentence end of the window's second half; a window that has neither
    shares words with the next, so that each word is judged far from an edge.
    """
    start = low = 0
    while start < len(lengths):
        end, pieces = start, 0
        while end < len(lengths) and pieces + lengths[end] <= WINDOW:
            pieces += lengths[end]
            end += 1
        if end == len(lengths):
            yield Window(text, start, end, low, end, pieces)
            return
        middle = (start + end) // 2
        cut = max(breaks.rfind(mark, middle + 1, end + 1) for mark in (_LINE, _SENTENCE))
        if cut > 0:
            yield Window(text, start, cut, low, cut, sum(lengths[start:cut]))
            start = low = cut
        else:
            shared = min(OVERLAP, (end - start) // 3)
            high = end - shared // 2
            yield Window(text, start, end, low, high, pieces)
            start, low = end - shared, high


def batches(windows: Sequence[Window]) -> Iterator[Sequence[Window]]:
    """Runs of windows in order whose pieces fit the processor's caches, padding included."""
    first = 0
    while first < len(windows):
        last = first + 1
        while (
            last < len(windows) and (windows[last].pieces + 2) * (last + 1 - first) <= BATCH_PIECES
        ):
            last += 1
        yield windows[first:last]
        first = last
