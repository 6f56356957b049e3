"""SQLite files: every value of every row, the texts of the schema, and what deleted rows left.

Read and written by SQLite itself, on a database in memory; no trigger fires, no view is asked. A file
that is written is rebuilt (VACUUM) and has zero bytes wherever nothing lives. Deleted rows are read
as loose text; they go with any edit, and even without one. The pages are walked by a reader of our
own, which also proves that a written file has no leftovers.
"""

from __future__ import annotations

from contextlib import closing

from pii_guard.document import Changes, Document
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.sqlite_reading import Reading, guarded, opened
from pii_guard.formats.sqlite_writing import written


class SqliteFile:
    """The format."""

    media_types = frozenset({"application/vnd.sqlite3"})
    exact = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Cells, schema and leftovers as segments; files and texts in blobs as children."""
        with closing(opened(blob)) as base:
            return guarded(Reading(base, blob, bounds).document)

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The file rebuilt with values and texts replaced; blobs not handed back become empty."""
        with closing(opened(blob)) as base:
            reading = Reading(base, blob, bounds)
            document = guarded(reading.document)
        if changes.keep_all(document.children) and not document.unseen:
            return blob
        return guarded(lambda: written(blob, reading, changes))

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """As `read`, once SQLite found the file sound and our own walk found no leftovers."""
        with closing(opened(blob)) as base:
            check = guarded(lambda: base.execute("PRAGMA integrity_check(1)").fetchone())
            if check != ("ok",):
                raise Unreadable(ReasonCode.CORRUPT, "SQLite's integrity check")
            document = guarded(Reading(base, blob, bounds).document)
        if document.unseen:
            raise Unreadable(ReasonCode.VERIFICATION_FAILED, "deleted rows are left")
        return document


FORMAT = SqliteFile()
