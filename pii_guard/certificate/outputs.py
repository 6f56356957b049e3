"""Whether stored outputs are those of a certificate, all of them and nothing else, and still clean."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from pii_guard.certificate.grammar import MANIFEST
from pii_guard.certificate.report import Rule

Rescan = Callable[[bytes, str], int]
"""Scans an output again: (bytes, media type) to the number of findings."""


def output_rules(
    statement: dict[str, Any], folder: Path, records: Collection[bytes], rescan: Rescan | None
) -> Iterator[Rule]:
    """The rules `outputs`, `other files` and `rescan`.

    `folder` holds the outputs, under any names, and nothing else but `records` (the bytes of the
    certificate, and of what else it comes with). The last rule is left out where it cannot be judged.
    """
    wanted = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
    wanted.pop(MANIFEST, None)
    try:
        found, others = _digests(folder)
    except OSError as error:
        yield Rule("outputs", "fail", f"a file cannot be read: {type(error).__name__}")
        return
    missing = [name for name, digest in wanted.items() if digest not in found]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        yield Rule("outputs", "fail", f"{missing[0]}{more}: missing or altered")
    else:
        yield Rule("outputs", "pass", f"{len(wanted)} outputs are as certified")
    ours = {hashlib.sha256(one).hexdigest() for one in records}
    others += len(found.keys() - set(wanted.values()) - ours)
    if others:
        yield Rule("other files", "fail", f"{others} not covered by this certificate")
    else:
        yield Rule("other files", "pass", "nothing else is there")
    if rescan is None:
        yield Rule("rescan", "not_checked", "no --rescan asked")
    elif not missing:
        yield _rescan(statement, {name: found[digest] for name, digest in wanted.items()}, rescan)


def _digests(folder: Path) -> tuple[dict[str, Path], int]:
    """The files below a directory by SHA-256, in hex, and how many other things there are.

    Raises `OSError`.
    """
    found: dict[str, Path] = {}
    others = 0
    for path, is_file in _inside(folder):
        if is_file:
            with path.open("rb") as file:
                found[hashlib.file_digest(file, "sha256").hexdigest()] = path
        others += not is_file
    return found, others


def _inside(folder: Path) -> Iterator[tuple[Path, bool]]:
    """All that is below a directory, and whether it is a file; a link, a device, an empty directory is none.

    Links are not followed. Raises `OSError` for a directory that cannot be read.
    """
    entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            below = list(_inside(Path(entry.path)))
            yield from below or [(Path(entry.path), False)]
        else:
            yield Path(entry.path), entry.is_file(follow_symlinks=False)


def _rescan(statement: dict[str, Any], outputs: dict[str, Path], rescan: Rescan) -> Rule:
    kinds = {
        a["output"]: a["mediaType"] for a in statement["predicate"]["artifacts"] if "output" in a
    }
    left = sum(rescan(path.read_bytes(), kinds.get(name, "")) for name, path in outputs.items())
    if left:
        return Rule("rescan", "fail", f"{left} findings")
    return Rule("rescan", "pass", "nothing found")
