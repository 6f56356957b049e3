"""Replacement texts of marked content, inline, in property lists and in the structure tree.

/ActualText stands for what a sequence draws (ISO 32000-1, 14.9.4), /Alt describes it, /E expands it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from pii_guard.formats.pdf.glyphs import Mark, PageWalk
from pii_guard.formats.pdf.search import folded

MARKED = ("/ActualText", "/Alt", "/E")


@dataclass(frozen=True, slots=True)
class MarkText:
    """A string of an inline marked-content operator: its walk, mark, key and text."""

    walk: PageWalk
    mark: Mark
    key: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """A sequence whose /ActualText stands elsewhere: in a property list or structure element."""

    walk: PageWalk
    mark: Mark
    holder: Any
    text: str = field(repr=False)

    @property
    def changed(self) -> bool:
        """Whether the text was edited since it was read."""
        return str(self.holder.get("/ActualText", "")) != self.text


class Elements:
    """Structure elements with replacement text, by the sequences they hold (14.7.4)."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._holders: dict[tuple[tuple[int, int] | None, int], list[Any]] = defaultdict(list)
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and any(key in item for key in MARKED):
                for place in set(_contents(item.get("/K"), _page(item, None), 0)):
                    self._holders[place].append(item)

    def holding(self, page: tuple[int, int], number: int) -> list[Any]:
        """The elements to which the sequence of that number on that page belongs."""
        if not self._holders:
            return []
        return [*self._holders.get((page, number), ()), *self._holders.get((None, number), ())]


def mark_texts(walks: list[PageWalk]) -> Iterator[MarkText]:
    """Strings of inline properties, each operator once."""
    seen = set()
    for walk in walks:
        for mark in walk.marks:
            if not mark.inline or (mark.stream, mark.operator) in seen:
                continue
            seen.add((mark.stream, mark.operator))
            for key, value in sorted(mark.properties.items()):
                if isinstance(value, pikepdf.String) and any(map(str.isalnum, str(value))):
                    yield MarkText(walk, mark, key, str(value))


def _page(item: Any, default: tuple[int, int] | None) -> tuple[int, int] | None:
    page = item.get("/Pg")
    return page.objgen if isinstance(page, pikepdf.Dictionary) else default


def _contents(
    kids: Any, page: tuple[int, int] | None, depth: int
) -> Iterator[tuple[tuple[int, int] | None, int]]:
    if isinstance(kids, int):
        yield page, kids
    elif isinstance(kids, pikepdf.Dictionary):
        if "/MCID" in kids:
            yield _page(kids, page), int(kids.MCID)
        elif depth < 4 and "/K" in kids:
            yield from _contents(kids.K, _page(kids, page), depth + 1)
    elif isinstance(kids, pikepdf.Array) and depth < 8:
        for kid in kids:
            yield from _contents(kid, page, depth + 1)


def standing(
    walks: list[PageWalk], pages: list[tuple[int, int]], tagged: Elements
) -> list[Standing]:
    """Sequences with an /ActualText that is not inline; `walks` begin with those of `pages`."""
    found = []
    for number, walk in enumerate(walks):
        page = pages[number] if number < len(pages) else None
        for mark in walk.marks:
            holders = [] if mark.inline else [mark.properties]
            if page is not None and "/MCID" in mark.properties:
                holders += tagged.holding(page, int(mark.properties.MCID))
            found += [
                Standing(walk, mark, holder, str(holder.ActualText))
                for holder in holders
                if isinstance(holder.get("/ActualText"), pikepdf.String)
            ]
    return found


def says_the_same(walk: PageWalk, mark: Mark, text: str) -> bool:
    """Whether the glyphs of a sequence read as its replacement text does."""
    drawn = "".join(glyph.text for glyph in walk.full().glyphs[mark.first : mark.after])
    return folded(drawn)[0] == folded(text)[0]
