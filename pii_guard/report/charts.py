"""Charts as inline SVG: geometry in attributes, colours by class, since no style attribute may stand
in a page of this policy. Beside or below each stand its figures; what stands beside its figures is
hidden from assistive technology.
"""

from __future__ import annotations

from collections.abc import Sequence

from pii_guard.certificate.render.markup import E, Node, put

_LEAST = 0.6
"""Per cent: something is never drawn as nothing."""
_WIDE, _HIGH, _LEFT, _TOP, _BOTTOM = 720.0, 236.0, 52.0, 12.0, 40.0
_STEPS = (1, 2, 5)
_TICKS = 4


def bar(value: int, most: int, kind: str = "fill") -> Node:
    """A bar as long as its share of `most`."""
    drawn = _hidden("bar", E.rect({"class": "track", "width": "100%", "height": "100%"}))
    if value:
        drawn.append(E.rect({"class": kind, "width": _percent(value, most), "height": "100%"}))
    return drawn


def pair(before: int, now: int, most: int) -> Node:
    """Two bars, one above the other: an outline for what was, and a full one for what is."""
    drawn = _hidden("pair")
    for value, kind, top in ((before, "was", "1"), (now, "fill", "10")):
        if value:
            place = {"y": top, "width": _percent(value, most), "height": "6"}
            drawn.append(E.rect({"class": kind, **place}))
    return drawn


def stack(parts: Sequence[tuple[str, int]]) -> Node:
    """Parts of a whole in one bar, by class."""
    drawn = _hidden("stack")
    whole = sum(value for _, value in parts) or 1
    widths = [max(_LEAST, 100 * value / whole) if value else 0.0 for _, value in parts]
    scale = 100 / (sum(widths) or 1)
    left = 0.0
    for (kind, _), width in zip(parts, widths, strict=True):
        if width:
            place = {"x": f"{left:.2f}%", "width": f"{width * scale:.2f}%", "height": "100%"}
            drawn.append(E.rect({"class": kind, **place}))
        left += width * scale
    return drawn


def columns(
    bars: Sequence[tuple[str, int, int]], label: str, ticks: Sequence[tuple[int, str]]
) -> Node:
    """A column for each of `bars`: its name, how much it is in all, and how much of that is marked.

    `ticks` are the values of the scale's lines with their words, from 0 to the highest.
    """
    top_value = ticks[-1][0]
    drawn = E.svg(
        {
            "class": "columns",
            "viewBox": f"0 0 {_WIDE:g} {_HIGH:g}",
            "role": "img",
            "aria-label": label,
        }
    )
    for value, words in ticks:
        at = f"{_y(value, top_value):.1f}"
        drawn.append(
            E.line({"class": "grid", "x1": f"{_LEFT}", "x2": f"{_WIDE}", "y1": at, "y2": at})
        )
        place = {"x": f"{_LEFT - 8}", "y": at, "dy": ".32em", "text-anchor": "end"}
        drawn.append(E.text(place, words))
    room = (_WIDE - _LEFT) / max(len(bars), 12)
    every = max(1, -(-len(bars) // 12))
    for number, (name, value, marked) in enumerate(bars):
        x = _LEFT + room * number + room * 0.14
        group = E.g(E.title(name))
        for height, kind in ((value, "plain"), (marked, "fill")):
            if height:
                y = min(_y(height, top_value), _y(0, top_value) - 1.5)
                group.append(_rect(kind, x, y, room * 0.72, _y(0, top_value) - y))
        drawn.append(group)
        if number % every == 0:
            middle = f"{x + room * 0.36:.1f}"
            low = _HIGH - _BOTTOM + 18
            first, _, second = name.partition(" ")
            words = E.text({"x": middle, "y": f"{low:g}", "text-anchor": "middle"})
            put(words, E.tspan(first), E.tspan({"x": middle, "dy": "1.15em"}, second))
            drawn.append(words)
    return drawn


def scale(most: int) -> list[int]:
    """Round values from 0 to one that is not below `most`, in three to six steps."""
    step, power = 1, 1
    while True:
        for factor in _STEPS:
            step = factor * power
            if step * _TICKS >= most:
                steps = max(1, -(-most // step))
                return [step * number for number in range(steps + 1)]
        power *= 10


def _y(value: float, most: int) -> float:
    return _HIGH - _BOTTOM - (_HIGH - _BOTTOM - _TOP) * value / (most or 1)


def _rect(kind: str, x: float, y: float, width: float, height: float) -> Node:
    place = {"x": x, "y": y, "width": width, "height": height}
    return E.rect({"class": kind, **{name: f"{number:.1f}" for name, number in place.items()}})


def _percent(value: int, most: int) -> str:
    return f"{max(_LEAST, 100 * value / (most or 1)):.2f}%"


def _hidden(name: str, *children: Node) -> Node:
    return E.svg({"class": name, "aria-hidden": "true", "focusable": "false"}, *children)
