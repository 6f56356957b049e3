"""The pieces of markup as they gather in columns, and what pieces of one kind and label share."""

from __future__ import annotations

import html
from collections.abc import Callable

from pii_guard.document import Kind
from pii_guard.formats.line_numbers import LineNumbers
from pii_guard.formats.pieces import Batch
from pii_guard.segment_table import Sort


def spell_text(text: str) -> str:
    """A replacement as it is written in text and in attributes."""
    return html.escape(text)


class Labelled(dict[str, Sort]):
    """What pieces of a kind have in common, by label."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, label: str) -> Sort:
        sort = self[label] = Sort(self._kind, label, False, "line")
        return sort


class Columns:
    """The pieces of one source that were read and not yielded yet.

    Until they are, the ordinals of the `batch` are places, whose lines are told then. `counted`: the last
    of them; a later piece is never put into an earlier line.
    """

    __slots__ = ("_lines", "_source", "batch", "cells", "counted", "fields", "plain")

    def __init__(self, source: str) -> None:
        self.batch = Batch(spell_text)
        self.counted = 0
        self.fields, self.cells = Labelled(Kind.FIELD), Labelled(Kind.CELL)
        self.plain = {kind: Sort(kind, "", False, "line") for kind in Kind}
        self._source, self._lines = source, LineNumbers(source)

    def rest(self) -> Batch:
        """The pieces since the last."""
        batch, self.batch = self.batch, Batch(spell_text)
        batch.ordinals = self._lines.of(batch.ordinals)
        return batch

    def line(self) -> int:
        """The 1-based line of the last piece."""
        return 1 + self._source.count("\n", 0, self.counted)

    def put(
        self,
        start: int,
        end: int,
        where: int,
        sort: Sort,
        record: tuple[int, ...] = (),
        spell: Callable[[str], str] = spell_text,
    ) -> None:
        """A piece that reads as it stands at `start`..`end`, in the line of the place `where`."""
        if spell is not spell_text:
            self.batch.odd[len(self.batch.texts)] = None, spell
        self.add(self._source[start:end], start, where, sort, record)

    def add(self, text: str, start: int, where: int, sort: Sort, record: tuple[int, ...]) -> None:
        """A piece that reads as `text` and begins at `start`."""
        batch = self.batch
        if where > self.counted:
            self.counted = where
        batch.texts.append(text)
        batch.starts.append(start)
        batch.sorts.append(sort)
        batch.ordinals.append(self.counted)
        batch.records.append(record)
