"""What a Parquet file holds: every value, its schema, its footer, and what no row has.

pyarrow reads: values as they are, nested ones included; the bytes of the footer, the entries of
dictionaries that no row uses, and bytes between the columns besides.
"""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pii_guard.document import Child, Kind, Locator, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import is_text
from pii_guard.formats.media.mpeg_audio import begins_a_file
from pii_guard.formats.unpacking import Unpacking, number_text, remnant, strings

OWN = b"ARROW:schema"
_RUN = re.compile(rb"[\x20-\x7e\x80-\xf4]{4,}")
_PROGRAM = re.compile(r"[\w.-]{1,60} version [\d.]{1,20}(?: \(build [\w. -]{1,60}\))?")
_WORDS = frozenset(
    {"schema", "root", "spark_schema", "list", "element", "array", "key_value", OWN.decode()}
)
_ROWS = 1_024
_SHORTEST_TEXT = 16

Path = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a segment or child is: a value (row, column, the way within it), or a word of the schema.

    `column` is -1 for metadata (`path` is its key), `row` is -1 for the name of a column.
    """

    row: int
    column: int
    path: Path = ()


@dataclass(slots=True)
class Reading:
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
    schema: dict[int, Place] = field(default_factory=dict)

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

    def place_of(self, number: int) -> Place | None:
        """Where a segment stands; None for what is not written again."""
        if number in self.schema:
            return self.schema[number]
        return self._at(self.stands.get(number, ()), self.within.get(number, ()))

    def place_of_child(self, number: int) -> Place | None:
        """Where a child stands."""
        return self._at(self.children[number].locator, self.within.get(-1 - number, ()))

    @staticmethod
    def _at(locator: Locator, path: Path) -> Place | None:
        if len(locator) != 2:
            return None
        return Place(locator[0].ordinal - 1, locator[1].ordinal - 1, path)

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
            self.add(text, where, Kind.CELL, label, record, is_number(value))

    def _bytes(
        self, value: bytes, label: str, where: Locator, record: tuple[int, ...], path: Path
    ) -> None:
        if begins_a_file(value) or (len(value) >= _SHORTEST_TEXT and is_text(value)):
            if len(self.children) >= self.bounds.max_members:
                raise Unreadable(ReasonCode.LIMIT_MEMBERS, "files in values")
            self.within[-1 - len(self.children)] = path
            self.children.append(Child(value, where, "", "", record))
        elif (segment := remnant(value, where, label)) is not None:
            self.within[self.count] = path
            self.add(segment.text, where, Kind.CELL, label, record)


def is_number(value: Any) -> bool:
    """Whether a value is a number that there is."""
    return isinstance(value, (int, float, Decimal)) and math.isfinite(value)


def read_parquet(blob: bytes, bounds: Bounds, wanted: frozenset[int] | None = None) -> Reading:
    """All there is to read; with `wanted`, only where these segments stand, and the children."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(blob))
    reading, about = Reading(bounds, wanted), file.metadata
    if about.num_rows * max(1, about.num_columns) > bounds.max_cells:
        raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {bounds.max_cells} values")
    unpacking = Unpacking(len(blob), bounds)
    for key, text in (about.metadata or {}).items():
        if key != OWN:
            shown = f"{key.decode('utf-8', 'replace')}"
            where = (Step("field", 1),)
            reading.schema[reading.count] = Place(0, -1, (shown,))
            told = text.decode("utf-8", "replace") or " "
            reading.add(told, where, Kind.METADATA, shown)
    columns = [(Step("column", n), name) for n, name in enumerate(file.schema_arrow.names, 1)]
    for number, (step, name) in enumerate(columns):
        reading.schema[reading.count] = Place(-1, number)
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
    own = (about.metadata or {}).get(OWN) or b""
    footer = blob[max(0, end) : -8].replace(own or OWN, b" ")
    for run in _RUN.findall(footer + b"\0" + _decoded(own)):
        text = run.decode("utf-8", "replace").strip()
        if not _PROGRAM.search(text) and text not in _WORDS:
            yield text
    position = 0
    for start, stop in sorted(claimed):
        if start > position:
            yield strings(blob[position:start])
        position = max(position, stop)
    yield from _unused(file, blob)


def _decoded(own: bytes) -> bytes:
    """What Arrow's own copy of the schema says; where it is none, what stands there."""
    try:
        return base64.b64decode(own, validate=True)
    except ValueError:
        return own


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
