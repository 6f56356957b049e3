"""Fields whose names stand beside them as data: `{"key": "phone", "value": …}`, and tables on their side.

What a format reads from these has `value` or `Rec 2` for a label. Here the name that stands in the same
object or row becomes the label, and what belongs to one person becomes one record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from pii_guard.detect.fields import is_part_of_name, meaning, words
from pii_guard.document import Kind, Locator, Segment

_VALUES = frozenset("value val values answer".split())
_KEYS = (
    "key", "name", "code", "attribute", "field", "property", "label", "question", "param", "parameter", "header",
    "system", "type", "title", "slug",
)  # fmt: skip
"""Last words of what names a value beside it, the more telling first."""
_DIRECTORY = MappingProxyType(
    {"sn": "surname", "cn": "full name", "gn": "given name", "uid": "username"}
)
"""What attributes of directories are called in short (RFC 4519)."""
_LONGEST = 60
_MOST_ROWS = 300
"""Rows of a table that may stand on its side: one has a row for each field."""
_HELD = frozenset({Kind.FIELD, Kind.CELL})
_CELLS = frozenset({Kind.CELL, Kind.NAME})


class _Told(NamedTuple):
    label: str
    record: tuple[int, ...]
    kind: Kind


def laid_out(segments: Sequence[Segment]) -> Sequence[Segment]:
    """The segments, in order, with labels and records by what stands beside or before them.

    The same object where nothing is to be told so.
    """
    told = dict(_pairs(segments))
    told.update(_on_their_side(segments))
    if not told:
        return segments
    return [s._replace(**told[n]._asdict()) if n in told else s for n, s in enumerate(segments)]


def _pairs(segments: Sequence[Segment]) -> Iterator[tuple[int, _Told]]:
    """Values that a key in their own record names, and how; neighbours of one owner are one record."""
    roles: dict[str, str] = {}
    records: dict[tuple[int, ...], dict[str, int]] = {}
    further: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for number, segment in enumerate(segments):
        if segment.kind not in _HELD or not segment.label or not segment.record:
            continue
        role = roles.get(segment.label)
        if role is None:
            role = roles[segment.label] = _role(segment.label)
        if not role:
            continue
        first_one = records.setdefault(segment.record, {}).setdefault(role, number) == number
        if not first_one and role in _KEYS:
            further[segment.record].append(segment.text)  # `FriendlyName` beside `Name`
    last: tuple[str, str] | None = None
    first: tuple[int, ...] = ()
    for record, parts in records.items():
        if "value" not in parts or len(parts) < 2:
            continue
        value = segments[parts["value"]]
        owner = segments[parts["id"]].text if "id" in parts else ""
        this = value.label, owner
        first, last = (first if this == last else record), this
        names = [segments[parts[key]].text for key in _KEYS if key in parts]
        names += further.get(record, ())
        name = next((n for n in (_DIRECTORY.get(n, n) for n in names) if _says(n)), "")
        if name:
            yield parts["value"], _Told(name, first, value.kind)


def _role(label: str) -> str:
    end = words(label)[-1:]
    if not end:
        return ""
    if end[0] in _VALUES:
        return "value"
    return end[0] if end[0] in _KEYS or end[0] == "id" else ""


def _says(name: str) -> bool:
    return len(name) <= _LONGEST and bool(meaning(name))


def _on_their_side(segments: Sequence[Segment]) -> Iterator[tuple[int, _Told]]:
    """Cells of tables whose first column names the fields, and whose other columns are people."""
    tables: dict[Locator, dict[int, dict[int, int]]] = defaultdict(dict)
    for number, segment in enumerate(segments):
        place = _place(segment.locator) if segment.kind in _CELLS else None
        if place is not None:
            above, row, column = place
            tables[above].setdefault(row, {}).setdefault(column, number)
    for rows in tables.values():
        if 2 < len(rows) <= _MOST_ROWS:
            yield from _turned(segments, rows)


def _place(locator: Locator) -> tuple[Locator, int, int] | None:
    """The table of a cell, its row and its column; in documents a paragraph of it comes behind."""
    for at in range(len(locator) - 2, max(-1, len(locator) - 4), -1):
        if locator[at].axis == "row" and locator[at + 1].axis == "column":
            return locator[:at], locator[at].ordinal, locator[at + 1].ordinal
    return None


def _turned(
    segments: Sequence[Segment], rows: Mapping[int, Mapping[int, int]]
) -> Iterator[tuple[int, _Told]]:
    names = {row: segments[cells[1]].text.strip() for row, cells in rows.items() if 1 in cells}
    telling = [n for n in names.values() if _says(n) or is_part_of_name(n, names.values())]
    if len(set(telling)) < 3 or len(telling) * 3 < len(rows):
        return
    heads = {
        segments[number].label
        for row, cells in rows.items()
        for column, number in cells.items()
        if column > 1 and segments[number].label != _beside(segments, cells, column)
    }
    # No other labels than those beside: a form of two columns, which is read as one.
    if not heads or any(map(meaning, heads)):
        return
    for row, cells in rows.items():
        name = names.get(row, "")[:_LONGEST]
        if name and not meaning(name) and is_part_of_name(name, names.values()):
            name = f"{name} name"
        for column, number in cells.items():
            if column > 1 and name:
                # Rows count upwards: nothing else has a record of this number.
                yield number, _Told(name, (*segments[number].record[:-1], -column), Kind.CELL)


def _beside(segments: Sequence[Segment], cells: Mapping[int, int], column: int) -> str:
    """The text left of a cell, which some formats take for its label."""
    left = cells.get(column - 1)
    return "" if left is None else segments[left].text.strip()[:_LONGEST]
