"""Parquet files, by pyarrow (the extra `parquet`: it is larger than all else together).

Every value, nested ones included, with the name of its column; names and metadata, pandas' too; what
statistics, unused entries of dictionaries and bytes between the columns say. An edited file is
written anew, row group by row group, so that statistics, dictionaries and indexes are of the new
values. Values that cannot hold a text (a date) become null.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from pii_guard.document import Changes, Child, Document, Edit, Kind, Locator, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import is_text
from pii_guard.formats.naming import replaced
from pii_guard.formats.unpacking import Unpacking, number_text, remnant, strings
from pii_guard.signatures import signatures

_OWN = b"ARROW:schema"
_RUN = re.compile(rb"[\x20-\x7e\x80-\xf4]{4,}")
_PROGRAM = re.compile(r"[\w.-]{1,60} version [\d.]{1,20}(?: \(build [\w. -]{1,60}\))?")
_WORDS = frozenset(
    {"schema", "root", "spark_schema", "list", "element", "array", "key_value", _OWN.decode()}
)
_ROWS = 1_024
_SHORTEST_TEXT = 16

T = TypeVar("T")
Path = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a segment or child is: a value (row, column, the way within it), or a word of the schema.

    `column` is -1 for metadata (`path` is its key), `row` is -1 for the name of a column.
    """

    row: int
    column: int
    path: Path = ()


@dataclass(slots=True)
class _Reading:
    """What was read. `within`: the way within its value, by number of the segment, or of the child
    less one and negative; `schema`: the places of words of the schema.

    `wanted`: the numbers of the segments that will be edited; only where these stand is kept then.
    """

    bounds: Bounds
    wanted: frozenset[int] | None = None
    segments: list[Segment] = field(default_factory=list)
    count: int = 0
    """How many segments there were."""
    stands: dict[int, Locator] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    within: dict[int, Path] = field(default_factory=dict)
    schema: dict[int, _Place] = field(default_factory=dict)

    def add(
        self, text: str, where: Locator, kind: Kind, label: str = "",
        record: tuple[int, ...] = (), number: bool = False,
    ) -> None:  # fmt: skip
        """One segment; empty ones are left out. Raises `Unreadable` where there are too many."""
        if not text or text.isspace():
            return
        if self.count >= self.bounds.max_cells:
            most = self.bounds.max_cells
            raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {most} values")
        if self.wanted is None:
            self.segments.append(Segment(text, where, kind, label, record, number))
        elif self.count in self.wanted:
            self.stands[self.count] = where
        self.count += 1

    def place_of(self, number: int) -> _Place | None:
        """Where a segment stands; None for what is not written again."""
        if number in self.schema:
            return self.schema[number]
        return self._at(self.stands.get(number, ()), self.within.get(number, ()))

    def place_of_child(self, number: int) -> _Place | None:
        """Where a child stands."""
        return self._at(self.children[number].locator, self.within.get(-1 - number, ()))

    @staticmethod
    def _at(locator: Locator, path: Path) -> _Place | None:
        if len(locator) != 2:
            return None
        return _Place(locator[0].ordinal - 1, locator[1].ordinal - 1, path)

    def value(
        self, value: Any, label: str, where: Locator, record: tuple[int, ...], path: Path = ()
    ) -> None:
        """One value and all within it."""
        if value is None or isinstance(value, bool):
            return
        if isinstance(value, dict):
            for key, inner in value.items():
                self.value(inner, f"{label}.{key}", where, record, (*path, key))
        elif isinstance(value, (list, tuple)):
            for number, inner in enumerate(value):
                self.value(inner, label, where, record, (*path, number))
        elif isinstance(value, bytes):
            self._bytes(value, label, where, record, path)
        else:
            if path:
                self.within[self.count] = path
            text = number_text(value) if isinstance(value, float) else str(value)
            self.add(text, where, Kind.CELL, label, record, _is_number(value))

    def _bytes(
        self, value: bytes, label: str, where: Locator, record: tuple[int, ...], path: Path
    ) -> None:
        if signatures(value) or (len(value) >= _SHORTEST_TEXT and is_text(value)):
            if len(self.children) >= self.bounds.max_members:
                raise Unreadable(ReasonCode.LIMIT_MEMBERS, "files in values")
            self.within[-1 - len(self.children)] = path
            self.children.append(Child(value, where, "", "", record))
        elif (segment := remnant(value, where, label)) is not None:
            self.within[self.count] = path
            self.add(segment.text, where, Kind.CELL, label, record)


class Parquet:
    """The format."""

    media_types = frozenset({"application/vnd.apache.parquet"})
    exact = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Values, names and metadata as segments; files in values as children."""
        return _document(_guarded(lambda: _read(blob, bounds)))

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The file written anew with values replaced; files not handed back become empty."""
        wanted = frozenset(edit.segment for edit in changes.edits)
        reading = _guarded(lambda: _read(blob, bounds, wanted))
        if changes.keep_all(reading.children):
            return blob
        return _guarded(lambda: _written(blob, reading, changes))

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """As `read`: there is one library for it. The bytes are searched as well."""
        return self.read(blob, bounds)


def _guarded(call: Callable[[], T]) -> T:
    try:
        import pyarrow as pa
    except ImportError:
        raise Unreadable(ReasonCode.UNSUPPORTED, "the extra `parquet` is not installed") from None
    try:
        return call()
    except (
        pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError,
        RecursionError,
    ) as error:  # fmt: skip
        raise refused(error, "pyarrow refuses it") from None


def _document(reading: _Reading) -> Document:
    return Document(tuple(reading.segments), tuple(reading.children))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and math.isfinite(value)


def _read(blob: bytes, bounds: Bounds, wanted: frozenset[int] | None = None) -> _Reading:
    """All there is to read; with `wanted`, only where these segments stand, and the children."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(blob))
    reading, about = _Reading(bounds, wanted), file.metadata
    if about.num_rows * max(1, about.num_columns) > bounds.max_cells:
        raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {bounds.max_cells} values")
    unpacking = Unpacking(len(blob), bounds)
    for key, text in (about.metadata or {}).items():
        if key != _OWN:
            shown = f"{key.decode('utf-8', 'replace')}"
            where = (Step("field", 1),)
            reading.schema[reading.count] = _Place(0, -1, (shown,))
            told = text.decode("utf-8", "replace") or " "
            reading.add(told, where, Kind.METADATA, shown)
    columns = [(Step("column", n), name) for n, name in enumerate(file.schema_arrow.names, 1)]
    for number, (step, name) in enumerate(columns):
        reading.schema[reading.count] = _Place(-1, number)
        reading.add(name, (step,), Kind.NAME)
    row, values_of = 0, Unpacking(len(blob), bounds)
    for batch in file.iter_batches(_ROWS, use_threads=False):
        # A value that many rows share is stored once; what the rows are together counts as well.
        values_of.take(batch.nbytes, "its values")
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            row += 1
            below, record = Step("row", row), (row,)
            for (step, name), value in zip(columns, values, strict=True):
                if isinstance(value, str):
                    reading.add(value, (below, step), Kind.CELL, name, record)
                else:
                    reading.value(value, name, (below, step), record)
    if wanted is not None:
        return reading  # what the footer says besides is not edited: it is written anew
    known = {segment.text for segment in reading.segments}
    for text in _aside(file, blob, unpacking):
        # In the footer a length or a type beside a text may look like a letter of it.
        if not any(text[a : len(text) - b] in known for a in range(3) for b in range(2)):
            reading.add(text, (Step("unused", 1),), Kind.METADATA)
            known.add(text)
    return reading


def _aside(file: Any, blob: bytes, unpacking: Unpacking) -> Iterator[str]:
    """What the footer (statistics are in it), fields' metadata and bytes of no column say.

    To be asked once all values were read: where the footer contradicts itself, looking at its parts
    would end the process (pyarrow does not catch what its own library throws there).
    """
    about, claimed = file.metadata, [(0, 4)]
    for group in range(about.num_row_groups):
        for number in range(about.num_columns):
            chunk = about.row_group(group).column(number)
            unpacking.take(chunk.total_uncompressed_size, "its values")
            start = chunk.data_page_offset
            if chunk.has_dictionary_page and chunk.dictionary_page_offset:
                start = min(start, chunk.dictionary_page_offset)
            claimed.append((start, start + chunk.total_compressed_size))
    for one in file.schema_arrow:
        for value in (one.metadata or {}).values():
            yield value.decode("utf-8", "replace")
    end = len(blob) - 8 - int.from_bytes(blob[-8:-4], "little")
    claimed.append((end, len(blob)))
    footer = blob[max(0, end) : -8].replace((about.metadata or {}).get(_OWN) or _OWN, b" ")
    for run in _RUN.findall(footer):
        text = run.decode("utf-8", "replace").strip()
        if not _PROGRAM.search(text) and text not in _WORDS:
            yield text
    position = 0
    for start, stop in sorted(claimed):
        if start > position:
            yield strings(blob[position:start])
        position = max(position, stop)
    yield from _unused(file, blob)


def _unused(file: Any, blob: bytes) -> Iterator[str]:
    """Entries of dictionaries that no row has: what was filtered out may still be there."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    texts = [n for n, one in enumerate(file.schema_arrow) if _is_text(one.type)]
    names = [file.schema_arrow.names[n] for n in texts]
    if not names:
        return
    again = pq.ParquetFile(io.BytesIO(blob), read_dictionary=names)
    for group in range(file.metadata.num_row_groups):
        # All at once: batches of a group share one dictionary that grows.
        table = again.read_row_group(group, columns=names, use_threads=False).unify_dictionaries()
        for column in table.columns:
            if pa.types.is_dictionary(column.type) and column.num_chunks:
                indices = pa.chunked_array([chunk.indices for chunk in column.chunks])
                held = column.chunk(0).dictionary
                unused = pc.invert(pc.is_in(pa.array(range(len(held))), pc.unique(indices)))
                yield from (text for text in held.filter(unused).to_pylist() if text)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain))


def _written(blob: bytes, reading: _Reading, changes: Changes) -> bytes:
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
    own = told.pop(_OWN, None)
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


Wanted = dict[int, list[tuple[int, Path, "list[Edit] | bytes"]]]


def _wanted(reading: _Reading, changes: Changes) -> Wanted:
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


def _in_schema(reading: _Reading, changes: Changes) -> Iterator[tuple[list[Edit], _Place]]:
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
    if _is_number(value):
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


FORMAT = Parquet()
