"""Text as its reader will see it: escapes undone, encoded runs decoded, look-alikes plain.

A view is a derived text with the way back, character by character, to the text it was made of. In a
line all escapes are undone together (`escapes.py`), nested ones up to four deep; what is encoded as a
whole (`runs.py`) gets a view of its own, written back in the same encoding.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator

from pii_guard.document import Layer
from pii_guard.views import runs
from pii_guard.views.escapes import once, spelled_like
from pii_guard.views.runs import HIDING, encoded
from pii_guard.views.view import View, inline

__all__ = ["View", "changed_lines", "revealed", "undone", "views", "written"]

DEPTH = 4
_LINE = re.compile(r"[^\n]++\n?|\n")


def views(text: str) -> Iterator[View]:
    """The views of a text that show something else than it does."""
    if not HIDING.search(text):
        return
    whole = undone(text)
    if whole is not None:
        yield whole
    for view in encoded(text):
        yield view
        yield from _within(view)


def _within(view: View) -> Iterator[View]:
    """What an encoded text hides further: escapes exactly, an encoded run within it as a whole."""
    inner = undone(view.text)
    if inner is not None:
        firsts, lasts = inner.starts, inner.ends

        def layer(start: int, end: int) -> Layer:
            return view.layer(firsts[start], lasts[end - 1])

        starts = array("q", (view.starts[i] for i in firsts))
        ends = array("q", (view.ends[i - 1] for i in lasts))
        yield View(inner.text, starts, ends, layer)
    for run in encoded(view.text):
        low, high = run.starts[0], run.ends[-1]
        run_layer = view.layer(low, high)
        for text in _revealing(run.text, DEPTH - 2):
            starts = array("q", [view.starts[low]]) * len(text)
            ends = array("q", [view.ends[high - 1]]) * len(text)
            yield View(text, starts, ends, _always(run_layer))


def _always(layer: Layer) -> Callable[[int, int], Layer]:
    return lambda _start, _end: layer


def _revealing(text: str, depth: int) -> Iterator[str]:
    """A text, the same with its escapes undone, and what is encoded in it."""
    yield text
    inner = undone(text)
    if inner is not None:
        yield inner.text
    if depth:
        for run in encoded(text):
            yield from _revealing(run.text, depth - 1)


def changed_lines(view: View, text: str) -> View:
    """The lines of an inline view that show something else than `text`, its origin, or begin elsewhere."""
    parts: list[str] = []
    starts, ends = array("q"), array("q")
    for line in _LINE.finditer(view.text):
        low, high = line.span()
        # A line end that was an escape stands between lines that one would read as one.
        begins = low == 0 or text[view.starts[low - 1]] == "\n"
        start = view.ends[low - 1] if low else 0  # what was left out at an end counts as well
        end = view.ends[high - 1] if high < len(view.text) else len(text)
        if not begins or text[start:end] != line[0]:
            parts.append(line[0])
            starts += view.starts[low:high]
            ends += view.ends[low:high]
    return View("".join(parts), starts, ends, view.layer)


def undone(text: str) -> View | None:
    """The text with its escapes undone; None where it has none."""
    whole: View | None = None
    for _ in range(DEPTH):
        view = once(whole.text if whole else text)
        if view is None:
            break
        whole = view if whole is None else _composed(whole, view)
    return whole


def revealed(raw: str, layer: Layer) -> str:
    """What a slice of an origin says, by the layer of its view."""
    shown = raw if layer.scheme == "inline" else runs.decoded(raw, layer)
    inner = undone(shown)
    return inner.text if inner else shown


def written(text: str, raw: str, layer: Layer) -> str:
    """`text` in place of what the slice `raw` of an origin says, as the layer has it written."""
    return spelled_like(raw, text) if layer.scheme == "inline" else runs.written(text, raw, layer)


def _composed(outer: View, inner: View) -> View:
    """A view of a view as a view of the first origin."""
    starts = array("q", (outer.starts[i] for i in inner.starts))
    ends = array("q", (outer.ends[i - 1] for i in inner.ends))
    return View(inner.text, starts, ends, inline)
