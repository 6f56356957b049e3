"""Parquet files, by pyarrow (the extra `parquet`: it is larger than all else together).

Every value, nested ones included, with the name of its column; names and metadata, pandas' too; what
statistics, unused entries of dictionaries and bytes between the columns say. An edited file is
written anew, row group by row group, so that statistics, dictionaries and indexes are of the new
values. Values that cannot hold a text (a date) become null.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pii_guard.document import Changes, Document
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.parquet_reading import read_parquet
from pii_guard.formats.parquet_writing import written

T = TypeVar("T")


class Parquet:
    """The format."""

    media_types = frozenset({"application/vnd.apache.parquet"})
    exact = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Values, names and metadata as segments; files in values as children."""
        reading = _guarded(lambda: read_parquet(blob, bounds))
        return Document(tuple(reading.segments), tuple(reading.children))

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The file written anew with values replaced; files not handed back become empty."""
        wanted = frozenset(edit.segment for edit in changes.edits)
        reading = _guarded(lambda: read_parquet(blob, bounds, wanted))
        if changes.keep_all(reading.children):
            return blob
        return _guarded(lambda: written(blob, reading, changes))

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


FORMAT = Parquet()
