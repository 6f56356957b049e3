"""The value that every view is."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import NamedTuple

from pii_guard.document import Layer


class View(NamedTuple):
    """`text`, of which character `i` stands for `starts[i]`..`ends[i]` (half-open) of its origin.

    `layer(start, end)` says how that range of the view is written there.
    """

    text: str
    starts: array[int]
    ends: array[int]
    layer: Callable[[int, int], Layer]


def inline(_start: int, _end: int) -> Layer:
    """The layer of escapes within a text."""
    return Layer("inline")
