"""The manifest of an audit: every file that is to have a row, in order, cut into batches.

A Parquet file with one row group for each batch, so that a batch is read by its number, and no more than
a batch is in memory. It holds raw paths: for its owner only (0600), and not to be passed on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pii_guard.audit.entries import Entry
from pii_guard.audit.rows import arrow, parquet
from pii_guard.certificate.writing import sync_folder, written_whole
from pii_guard.errors import PolicyError, Reason, ReasonCode

if TYPE_CHECKING:
    import pyarrow as pa

SMALLEST, LARGEST = 16, 1024
"""Files in a batch, as far as there are so many."""
BYTES = 256 * 1024 * 1024
"""A batch ends once its files have so many, as listed."""
_GROWING = 64


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries in batches; always the same ones for the same entries.

    They grow with the number of files before them: a small audit has enough of them for all processors,
    and a large one not so many that the parts are a burden.
    """
    held: list[Entry] = []
    before = size = 0
    for entry in entries:
        held.append(entry)
        size += entry.size or 0
        if len(held) >= min(LARGEST, max(SMALLEST, before // _GROWING)) or size >= BYTES:
            yield held
            before += len(held)
            held, size = [], 0
    if held:
        yield held


def write(path: Path, entries: Iterable[Entry]) -> str:
    """Write the manifest, whole or not at all; the SHA-256 of its bytes. Raises `OSError`."""
    with (
        written_whole(path, mode=0o600) as file,
        parquet().ParquetWriter(file, _schema(), compression="zstd") as writer,
    ):
        for batch in batches(entries):
            writer.write_table(_table(batch), row_group_size=len(batch))
    sync_folder(path.parent)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Manifest:
    """A manifest that was written. Each thread opens its own. Raises `PolicyError`."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = parquet().ParquetFile(path)
        except (OSError, arrow().ArrowException):
            raise PolicyError(
                "the manifest of the audit cannot be read", remedy="begin in another directory"
            ) from None

    def __len__(self) -> int:
        """How many batches there are."""
        count: int = self._file.metadata.num_row_groups
        return count

    @property
    def files(self) -> int:
        """How many files there are."""
        count: int = self._file.metadata.num_rows
        return count

    def size(self, number: int) -> int:
        """How many files a batch has."""
        count: int = self._file.metadata.row_group(number).num_rows
        return count

    def batch(self, number: int) -> list[Entry]:
        """The files of a batch, from 0."""
        return [_entry(row) for row in self._file.read_row_group(number).to_pylist()]

    def bytes_of(self, number: int) -> int:
        """Bytes of a batch's files, as they were listed."""
        column = self._file.read_row_group(number, columns=["size"]).column("size")
        return sum(size or 0 for size in column.to_pylist())


def _schema() -> pa.Schema:
    lib = arrow()
    return lib.schema(
        [
            ("source", lib.int32()), ("path", lib.binary()), ("name", lib.string()),
            ("size", lib.int64()), ("version", lib.string()), ("modified", lib.float64()),
            ("start", lib.int64()), ("refused", lib.string()), ("where", lib.string()),
            ("missed", lib.bool_()),
        ]
    )  # fmt: skip


def _table(entries: list[Entry]) -> pa.Table:
    rows = [
        {
            "source": one.source, "path": one.path, "name": one.name, "size": one.size,
            "version": one.version, "modified": one.modified, "start": one.start,
            "refused": one.refused.code.value if one.refused else None,
            "where": one.refused.where if one.refused else "", "missed": one.missed,
        }
        for one in entries
    ]  # fmt: skip
    return arrow().Table.from_pylist(rows, schema=_schema())


def _entry(row: dict[str, Any]) -> Entry:
    refused, where = row.pop("refused"), row.pop("where")
    reason = Reason(ReasonCode(refused), where) if refused else None
    return Entry(**row, refused=reason)
