"""Lines in reading order, and the places of their characters."""

from __future__ import annotations

import math

from pii_guard.document import Span
from pii_guard.formats.ocr import Line, laid_out


def line(text: str, left: float, top: float, *, turn: float = 0.0, size: float = 20.0) -> Line:
    """A line whose characters are half as wide as high, turned about the origin."""
    width = size / 2 * len(text)
    corners = [(left, top), (left + width, top), (left + width, top + size), (left, top + size)]
    a, b, c, d = (
        (x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn))
        for x, y in corners
    )
    edges = tuple(n / len(text) for n in range(len(text) + 1))
    return Line((a, b, c, d), text, edges, 1.0)


def test_labels_stand_before_and_above_their_values():
    lines = [
        line("Roe", 300, 2), line("Name:", 10, 0), line("Jane", 90, 1), line("E-mail", 10, 60),
        line("jane@roe.net", 10, 84),
    ]  # fmt: skip
    assert laid_out(lines).text == "Name: Jane\tRoe\n\nE-mail\njane@roe.net"


def test_rows_of_a_picture_that_is_turned_stay_rows():
    turn = math.radians(3)
    lines = [
        line(f"{word} {row}", 20 + 600 * place, 30 * row, turn=turn)
        for row in range(4)
        for place, word in enumerate(("left side", "right side"))
    ]
    rows = laid_out(lines[::-1]).text.splitlines()
    assert rows == [f"left side {n}\tright side {n}" for n in range(4)]


def test_a_span_is_the_place_of_its_characters_with_a_rim():
    layout = laid_out([line("abcdefghij", 100, 50), line("klm", 100, 90)])
    (quad,) = layout.quads(Span(2, 4))
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    assert 110 <= min(xs) < 120
    assert 140 < max(xs) <= 150
    assert min(ys) < 50
    assert max(ys) > 70
    assert len(list(layout.quads(Span(8, 12)))) == 2
    assert not list(layout.quads(Span(10, 11)))  # the line end is nowhere
