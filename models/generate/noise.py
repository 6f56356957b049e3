"""What copying, scanning and haste do to a text; spans are carried along."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from html.entities import codepoint2name

from models.generate.example import Example, Span

_CONFUSED = {
    "l": "1I|",
    "I": "l1",
    "O": "0",
    "o": "0",
    "e": "c",
    "S": "5",
    "B": "8",
    "m": ("rn",),
    "h": "b",
    "a": "o",
    "i": "1í",
    "u": "v",
    "t": "f",
    "g": "q",
    "c": "e",
}


def rewritten(example: Example, change: Callable[[str], str]) -> Example:
    """`change` applied to each labelled text and to what lies between them."""
    text, spans, position = "", list[Span](), 0
    for start, end, label in example.spans:
        text += change(example.text[position:start])
        inside = change(example.text[start:end])
        spans.append((len(text), len(text) + len(inside), label))
        text += inside
        position = end
    return Example(text + change(example.text[position:]), tuple(spans))


def by_line(example: Example) -> Example:
    """The same text; what spans several lines is labelled line by line."""
    spans = list[Span]()
    for start, end, label in example.spans:
        for line in re.finditer(r"\S[^\n]*", example.text[start:end]):
            spans.append((start + line.start(), start + line.end(), label))
    return Example(example.text, tuple(spans))


def quoted(example: Example, mark: str) -> Example:
    """Every line behind `mark`, as answers to mail quote it."""
    inner = rewritten(by_line(example), lambda part: part.replace("\n", "\n" + mark))
    shift = len(mark)
    return Example(mark + inner.text, tuple((s + shift, e + shift, x) for s, e, x in inner.spans))


def scanned(rng: random.Random, example: Example) -> Example:
    """Letters taken for others, spaces lost, as optical recognition does."""
    rate = rng.choice((0.01, 0.03, 0.06))

    def worn(part: str) -> str:
        found = ""
        for letter in part:
            if rng.random() < rate and letter in _CONFUSED:
                letter = rng.choice(_CONFUSED[letter])
            found += letter
        return found

    return rewritten(example, worn)


def hasty(rng: random.Random, example: Example) -> Example:
    """Spaces around punctuation and letters doubled, as in quick messages."""

    def changed(part: str) -> str:
        part = re.sub(r"(?<=\w)([!?.,]+)(?=\s|$)", r" \1", part)
        return re.sub(r"!", lambda _: "!" * rng.randint(1, 4), part)

    return rewritten(example, changed)


def wrapped(rng: random.Random, example: Example) -> Example:
    """Lines broken between words."""
    return rewritten(
        example, lambda part: re.sub(" ", lambda _: "\n" if rng.random() < 0.08 else " ", part)
    )


def escaped(rng: random.Random, example: Example) -> Example:
    """Letters beyond ASCII as JSON or HTML escapes write them."""
    json_form = rng.random() < 0.5

    def letter(match: re.Match[str]) -> str:
        number = ord(match[0])
        if json_form:
            return f"\\u{number:04x}" if number < 0x10000 else match[0]
        return f"&{codepoint2name[number]};" if number in codepoint2name else f"&#{number};"

    return rewritten(example, lambda part: re.sub(r"[^\x00-\x7f]", letter, part))


def noisy(rng: random.Random, example: Example) -> Example:
    """The example as it is, mostly, or with one kind of noise."""
    draw = rng.random()
    if draw < 0.07:
        return rewritten(example, str.lower)
    if draw < 0.10:
        return rewritten(example, str.upper)
    if draw < 0.15:
        return quoted(example, rng.choice(("> ", "> ", ">", ">> ", "| ", "  ", "\t", "# ", "// ")))
    if draw < 0.19:
        return scanned(rng, example)
    if draw < 0.22:
        return hasty(rng, example)
    if draw < 0.25:
        return wrapped(rng, example)
    if draw < 0.27:
        return escaped(rng, example)
    return example
