"""Cells of tables that are drawn with signs, in Markdown and by database clients, under a name that tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pii_guard.detect.drawing import cells_of, is_rule
from pii_guard.detect.fields import is_bare_name, is_part_of_name, meaning, name_a_person
from pii_guard.detect.named_values import NamedValues
from pii_guard.detect.recognizers.labelled import labelled_value


class DrawnCell(NamedValues):
    """The cells below a name that says what they hold (`detect/fields.py`)."""

    def values(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(entity type, start, end) of cells under a telling name."""
        if "|" not in text or "--" not in text:
            return
        lines: list[tuple[int, str]] = []
        position = 0
        for line in text.split("\n"):
            lines.append((position, line))
            position += len(line) + 1
        types: Sequence[str] = ()
        for (start, line), (_, below) in pairwise([*lines, (position, "")]):
            if "|" not in line and not is_rule(line):
                types = ()
            elif is_rule(line):
                continue
            elif not types and is_rule(below):
                types = column_types([line[a:b] for a, b in cells_of(line)])
            elif types:
                cells = cells_of(line)
                for entity, (low, high) in zip(types, cells, strict=False):
                    if entity and len(cells) == len(types):
                        yield from labelled_value(text, entity, start + low, start + high)


def column_types(heads: Sequence[str]) -> tuple[str, ...]:
    """What each column holds, "" for what tells nothing of people; nothing for a line of no names."""
    found = []
    people = name_a_person(heads)
    for head in heads:
        entity = meaning(head)
        bare = people and is_bare_name(head)
        if not entity and (bare or is_part_of_name(head, heads)):
            entity = "PERSON"
        found.append(entity)
    return tuple(found)
