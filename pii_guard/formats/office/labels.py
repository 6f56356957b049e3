"""What a cell of a table is called: by the head of its column, or by the cell before it.

Both readers of office files say what stands in which row and column, each in its own way; what follows
from that is said here once, so that a value has the same label where it is found and where it is proved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice, pairwise
from typing import NamedTuple

from pii_guard.document import Kind
from pii_guard.formats.delimited import has_header

_NAMING = re.compile(r"[^\W\d_][\w .,/()&'#-]{0,39}:?")
_LONGEST = 60
_FIRST = 11
"""Rows with text in them that may be, or stand below, the row of heads."""


class Heads(NamedTuple):
    """The heads of a table by column, and the row of it that they stand in (0 without any).

    `is_pair`: the table has two columns. Without heads it is names and values, all of one record; with
    them it may be that, too: "Reporter, Jane Roe" over "E-mail, jane@mail-post.net" reads as a head.
    """

    names: Mapping[int, str]
    row: int
    is_pair: bool

    @property
    def is_form(self) -> bool:
        """Whether all of the table is one record."""
        return self.is_pair and not self.names

    def kind(self, row: int) -> Kind:
        """What the cells of a row are: heads are names of fields."""
        return Kind.NAME if self.names and row == self.row and not self.is_pair else Kind.CELL

    def label(self, column: int, row: int, before: str) -> str:
        """The label of a cell of that column and row; `before`: the text of the cell left of it."""
        if not self.names or (self.is_pair and row == self.row):
            return label_beside(before)
        return self.names.get(column, "") if row > self.row else ""


def heads_of(rows: Iterable[tuple[int, Mapping[int, str]]]) -> Heads:
    """The heads of a table, from its rows in order: each its number and its cells' texts by column.

    Rows and cells without text count as if they were not there.
    """
    texts = ((row, {c: text for c, text in cells.items() if text.strip()}) for row, cells in rows)
    first = list(islice(((row, cells) for row, cells in texts if cells), _FIRST))
    is_pair = max((max(cells) for _, cells in first), default=0) == 2
    for (row, cells), (_, below) in pairwise(first):
        if len(cells) < 2:
            continue
        named = list(cells.values())
        if has_header(named, [below.get(column, "") for column in cells]):
            names = {column: text.strip()[:_LONGEST] for column, text in cells.items()}
            return Heads(names, row, is_pair)
        if is_pair:
            # Further down it is a name and a value over others of them.
            break
    return Heads({}, 0, is_pair)


def names(text: str) -> bool:
    """Whether a text may be the name of what stands beside it: a few words, no figures."""
    bare = text.strip()
    return (
        _NAMING.fullmatch(bare) is not None
        and not any(map(str.isdigit, bare))
        and len(bare.split()) <= 4
    )


def label_beside(before: str) -> str:
    """The label that the text before a cell gives it; "" when that names nothing."""
    return before.strip().rstrip(":") if names(before) else ""
