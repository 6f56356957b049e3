"""Which code this is: one digest over the files of the installed package.

It tells two installations apart, and a changed file from the one that was released. It proves nothing by
itself: code that was changed can state another's digest.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

_APART = {"__pycache__", "models"}
"""Folders that are not counted: what Python makes again, and the model, which has a digest of its own."""


def code_digest(package: Path = Path(__file__).parent) -> str:
    """`sha256:…` of a list of the package's files as `sha256sum` (GNU coreutils) prints it: digest, two
    blanks, `./` and the path, a line each, in the order of the paths' bytes. The same for a wheel and for
    a source tree. Raises `OSError` for a file that cannot be read.
    """
    lines = sorted((f"./{path.relative_to(package).as_posix()}", path) for path in _files(package))
    listed = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in lines)
    return f"sha256:{hashlib.sha256(''.join(listed).encode()).hexdigest()}"


def _files(package: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(package):
        folders[:] = [name for name in folders if name not in _APART]
        yield from (Path(folder) / name for name in names if not name.startswith("."))
