"""Parquet files with values replaced: written anew, row group by row group, of the new values only."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from pii_guard.document import Changes, Edit
from pii_guard.formats.naming import replaced
from pii_guard.formats.parquet_reading import OWN, Path, Place, Reading, is_number

Wanted = dict[int, list[tuple[int, Path, "list[Edit] | bytes"]]]


def written(blob: bytes, reading: Reading, changes: Changes) -> bytes:
    """The file with what is edited, statistics, dictionaries and indexes of what it then holds."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(blob))
    about, table = file.metadata, file.read(use_threads=False)
    wanted = _wanted(reading, changes)
    columns, names = [], list(table.schema.names)
    for number, one in enumerate(table.schema):
        kind = one.type.value_type if pa.types.is_dictionary(one.type) else one.type
        column = table.column(number).cast(kind)
        if number in wanted:
            values = column.to_pylist()
            for row, path, edit in wanted[number]:
                values[row] = _placed(values[row], path, edit)
            column = _array(values, kind)
        if pa.types.is_dictionary(one.type):
            column = column.dictionary_encode()  # of the values that are there, no others
        columns.append(column)
    told = dict(about.metadata or {})
    for edits, place in _in_schema(reading, changes):
        if place.column < 0:
            key = str(place.path[0]).encode()
            told[key] = replaced(told[key].decode("utf-8", "replace"), edits).encode()
        else:
            names[place.column] = replaced(names[place.column], edits)
    own = told.pop(OWN, None)
    fields = [
        pa.field(n, c.type, one.nullable)
        for n, c, one in zip(names, columns, table.schema, strict=True)
    ]
    made = pa.Table.from_arrays(columns, schema=pa.schema(fields, told or None))
    held = io.BytesIO()
    packing = {made.schema.names[0]: "NONE"} if not about.num_row_groups else "snappy"
    if about.num_row_groups and about.num_columns:
        packing = about.row_group(0).column(0).compression
        packing = "NONE" if packing == "UNCOMPRESSED" else packing
    with pq.ParquetWriter(
        held,
        made.schema,
        compression=packing,
        version=about.format_version,
        store_schema=own is not None,
    ) as writer:
        row = 0
        for group in range(about.num_row_groups):
            count = about.row_group(group).num_rows
            writer.write_table(made.slice(row, count), row_group_size=max(1, count))
            row += count
    return held.getvalue()


def _wanted(reading: Reading, changes: Changes) -> Wanted:
    """What is to become of values, by column: edits of a text, or the bytes of a file."""
    found: Wanted = {}
    edits: dict[int, list[Edit]] = {}
    for edit in changes.edits:
        edits.setdefault(edit.segment, []).append(edit)
    for number, several in edits.items():
        place = reading.place_of(number)
        if place is not None and place.row >= 0 and place.column >= 0:
            found.setdefault(place.column, []).append((place.row, place.path, several))
    for number, child in enumerate(reading.children):
        content, place = changes.children.get(number, b""), reading.place_of_child(number)
        if content != child.blob and place is not None:
            found.setdefault(place.column, []).append((place.row, place.path, content))
    return found


def _in_schema(reading: Reading, changes: Changes) -> Iterator[tuple[list[Edit], Place]]:
    edits: dict[int, list[Edit]] = {}
    for edit in changes.edits:
        place = reading.place_of(edit.segment)
        if place is not None and (place.row < 0 or place.column < 0):
            edits.setdefault(edit.segment, []).append(edit)
    for number, several in edits.items():
        place = reading.place_of(number)
        assert place is not None
        yield several, place


def _placed(value: Any, path: Path, edit: list[Edit] | bytes) -> Any:
    """The value with what stands at `path` within it replaced."""
    if path:
        if isinstance(value, dict):
            return {**value, path[0]: _placed(value[path[0]], path[1:], edit)}
        index = int(path[0])
        inner = _placed(value[index], path[1:], edit)
        made = [*value[:index], inner, *value[index + 1 :]]
        return tuple(made) if isinstance(value, tuple) else made
    if isinstance(edit, bytes):
        return edit
    if isinstance(value, str):
        return replaced(value, edit)
    if isinstance(value, bytes):
        return b""
    if is_number(value):
        return type(value)(edit[0].replacement)
    return None


def _array(values: list[Any], kind: Any) -> Any:
    """The column of edited values; where a number does not fit its type, that value becomes null."""
    import pyarrow as pa

    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, OverflowError):
        return pa.array([value if _fits(value, kind) else None for value in values], kind)


def _fits(value: Any, kind: Any) -> bool:
    import pyarrow as pa

    try:
        pa.array([value], kind)
    except (pa.ArrowInvalid, OverflowError):
        return False
    return True
