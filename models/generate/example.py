"""A labelled text, and how texts are joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[int, int, str]
"""Start, end (half-open, in characters) and label."""


@dataclass(frozen=True)
class Example:
    """A text with its labelled half-open character spans, sorted and disjoint."""

    text: str
    spans: tuple[Span, ...]


def join(parts: Sequence[Example], gap: str) -> Example:
    """The parts one after the other."""
    text, spans = "", list[Span]()
    for part in parts:
        if text:
            text += gap
        spans += [(s + len(text), e + len(text), label) for s, e, label in part.spans]
        text += part.text
    return Example(text, tuple(spans))
