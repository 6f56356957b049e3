"""Parts: the rows of one batch each, written whole or not at all, under a name that tells what is in them.

    00000012-3f9c…-8d21….parquet    number of the batch; code of what it is of; SHA-256 of the file

A batch that is done twice makes the same bytes, and so the same file.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pii_guard.audit.rows import PARTS, Row, parquet, to_table
from pii_guard.certificate.writing import sync_folder, write_whole

_NAME = re.compile(r"(\d{8,})-([0-9a-f]{16})-([0-9a-f]{32})\.parquet", re.ASCII)
_DIGITS = 32


class PartName(NamedTuple):
    """What the name of a part tells."""

    number: int
    batch: str
    sha256: str


def name_of(path: Path) -> PartName | None:
    """What its name tells; None for what is no part."""
    found = _NAME.fullmatch(path.name)
    return PartName(int(found[1]), found[2], found[3]) if found else None


def there(root: Path) -> dict[int, list[tuple[PartName, Path]]]:
    """The parts of an audit's directory, by the numbers of their batches."""
    found: dict[int, list[tuple[PartName, Path]]] = {}
    for path in sorted((root / PARTS).iterdir()):
        name = name_of(path)
        if name is not None:
            found.setdefault(name.number, []).append((name, path))
    return found


def strangers(root: Path) -> list[str]:
    """Names in the folder of the parts that are none. What a run is writing now is hidden."""
    names = (path for path in sorted((root / PARTS).iterdir()) if not path.name.startswith("."))
    return [path.name for path in names if name_of(path) is None]


def commit(root: Path, number: int, batch: str, rows: Sequence[Row]) -> Path:
    """Write the part of a batch. Raises `OSError`."""
    made = io.BytesIO()
    parquet().write_table(to_table(rows), made, compression="zstd", row_group_size=len(rows) or 1)
    content = made.getvalue()
    path = root / PARTS / f"{number:08d}-{batch}-{digest_of(content)}.parquet"
    write_whole(path, content)
    with suppress(OSError):  # what a power cut takes is missing, and done again
        sync_folder(path.parent)
    return path


def digest_of(content: bytes) -> str:
    """The digest as it stands in a name."""
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
