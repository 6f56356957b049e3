"""Labelled text as training sequences: word pieces, case shapes and one class a word."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.generate import Example
from models.generate.document import join
from pii_guard.detect.pipeline import LABELS
from pii_guard.detect.windows import WINDOW
from pii_guard.detect.words import WORD, WordPieces, shape

IGNORED = -100
UNSURE = -1
"""Class of words that a gold set with few labels leaves open: nothing, or a label it does not know."""
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
GOLD_LABELS = {
    "PERSON": "PERSON",
    "LOC": "LOCATION",
    "LOCATION": "LOCATION",
    "ORG": "ORG",
    "CORPORATION": "ORG",
    "GROUP": "ORG",
}


@dataclass(frozen=True)
class Row:
    """One training sequence: piece numbers, case shapes and classes (first piece of each word)."""

    pieces: list[int]
    shapes: list[int]
    classes: list[int]


@dataclass(frozen=True)
class Gold:
    """A labelled text of others: words without a label may still be of a kind they do not know."""

    example: Example
    handles: tuple[tuple[int, int], ...] = ()


def read_gold(files: Sequence[Path]) -> list[Gold]:
    """Labelled text of `files`; handles are no names: they are left out of the loss."""
    found = []
    for file in files:
        for line in file.read_text("utf-8").splitlines():
            record = json.loads(line)
            text = record["text"]
            spans, handles = [], []
            for span in sorted(record["spans"], key=lambda s: s["start"]):
                start, end = span["start"], span["end"]
                if "@" in text[max(0, start - 1) : start + 1]:
                    handles.append((start, end))
                elif span["label"] in GOLD_LABELS:
                    spans.append((start, end, GOLD_LABELS[span["label"]]))
            found.append(Gold(Example(text, tuple(spans)), tuple(handles)))
    return found


def packed(gold: list[Gold], rng: random.Random) -> Iterator[Gold]:
    """Short labelled texts joined to the lengths that are met in use."""
    rng.shuffle(gold)
    held: list[Gold] = []
    for one in gold:
        held.append(one)
        if sum(len(g.example.text) for g in held) > rng.choice((0, 60, 200, 500)):
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(gold: Sequence[Gold]) -> Gold:
    handles, position = [], 0
    for one in gold:
        handles += [(start + position, end + position) for start, end in one.handles]
        position += len(one.example.text) + 1
    return Gold(join([one.example for one in gold], "\n"), tuple(handles))


def recased(example: Example, rng: random.Random, share: float) -> Example:
    """The example; a `share` of them in lower case, half as many in capitals (same offsets only)."""
    draw = rng.random()
    text = example.text
    changed = text.lower() if draw < share else text.upper() if draw < 1.5 * share else text
    return Example(changed, example.spans) if len(changed) == len(text) else example


def rows(
    example: Example, words: WordPieces, gold: Gold | None = None, *, window: int = WINDOW
) -> Iterator[Row]:
    """The example as sequences of at most `window` pieces.

    With `gold`, unlabelled words are `UNSURE` and its handles are ignored.
    """
    handles = gold.handles if gold else ()
    pieces: list[int] = []
    shapes: list[int] = []
    classes: list[int] = []
    spans, at, begun = sorted(example.spans), 0, False
    for match in WORD.finditer(example.text):
        numbers = words.numbers(match.group())
        while at < len(spans) and spans[at][1] <= match.start():
            at, begun = at + 1, False
        label = UNSURE if gold else 0
        if at < len(spans) and spans[at][0] < match.end():
            label = 1 + 2 * LABELS.index(spans[at][2]) + (1 if begun else 0)
            begun = True
        elif any(start <= match.start() < end for start, end in handles):
            label = IGNORED
        if len(pieces) + len(numbers) > window:
            yield Row(pieces, shapes, classes)
            pieces, shapes, classes = [], [], []
        pieces += numbers
        shapes += [shape(match.group())] * len(numbers)
        classes += [label] + [IGNORED] * (len(numbers) - 1)
    if pieces:
        yield Row(pieces, shapes, classes)


def trimmed(texts: Sequence[str], pieces: list[str], most: int) -> list[str]:
    """The `most` pieces that the texts use most, and every single character."""
    whole = WordPieces(pieces)
    used: Counter[int] = Counter()
    for text in texts:
        for match in WORD.finditer(text):
            used.update(whole.numbers(match.group()))
    keep = {i for i, p in enumerate(pieces) if p in SPECIAL or len(p.removeprefix("##")) == 1}
    # Lower numbers are more frequent in general text: half of the room is theirs.
    common = [i for i, p in enumerate(pieces) if not p.startswith("[unused")]
    for ranked, room in ((common, most // 2), ([i for i, _ in used.most_common()], most)):
        for number in ranked:
            if len(keep) >= room:
                break
            keep.add(number)
    for number in common:
        if len(keep) >= most:
            break
        keep.add(number)
    return [pieces[i] for i in sorted(keep)]


def batches(data: list[Row], budget: int, rng: random.Random) -> Iterator[list[Row]]:
    """Endless batches of alike lengths, each of at most `budget` pieces with padding."""
    while True:
        rng.shuffle(data)
        for first in range(0, len(data), 512):
            chunk = sorted(data[first : first + 512], key=lambda row: len(row.pieces))
            found: list[list[Row]] = [[]]
            for row in chunk:
                if found[-1] and (len(found[-1]) + 1) * (len(row.pieces) + 2) > budget:
                    found.append([])
                found[-1].append(row)
            rng.shuffle(found)
            yield from found
