"""Redacted copies and their certificate onto disk: all of them, or none.

Everything is first written and synced below a directory of a temporary name in the output
directory; then each file is renamed to its place, the certificate last, and no signal comes between.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath

from pii_guard.certificate.bundle import open_bundle
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.writing import sync_folder
from pii_guard.cli.leaving import uninterrupted
from pii_guard.errors import PolicyError

CERTIFICATE = "certificate.json"


@dataclass(frozen=True, slots=True)
class Copy:
    """One output: its name below the output directory, and its pieces (None: there is none)."""

    name: str
    pieces: Iterable[bytes] | None = field(repr=False)


class Names:
    """Gives out names below the output directory; a second file of a name gets a number."""

    def __init__(self) -> None:
        self._files = {PurePosixPath(CERTIFICATE)}
        self._folders: set[PurePosixPath] = set()

    def free(self, name: str) -> str:
        """`name`, kept within the directory and made unique: `a.txt`, `a-2.txt`, …"""
        parts = [part for part in PurePosixPath(name).parts if part.strip("/") and part != ".."]
        wanted = path = PurePosixPath(*parts) if parts else PurePosixPath("unnamed")
        for number in count(2):
            if not self._taken(path):
                break
            if any(folder in self._files for folder in wanted.parents):
                path = PurePosixPath(f"{wanted.parts[0]}-{number}", *wanted.parts[1:])
            else:
                path = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
        self._files.add(path)
        self._folders.update(path.parents)
        return path.as_posix()

    def _taken(self, path: PurePosixPath) -> bool:
        here = path in self._files or path in self._folders
        return here or any(folder in self._files for folder in path.parents)


def refuse_unwritable(output: Path) -> None:
    """Say before the work starts what would end it. Raises `PolicyError`."""
    place = output.absolute()
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise PolicyError(
            "the output directory cannot be written",
            remedy="check that it is a directory and its permissions, or give another one",
        )


def store(
    output: Path, copies: Sequence[Copy], certificate: bytes, originals: Collection[Path]
) -> bool:
    """Put copies and certificate into `output`, whole or not at all; whether a power cut cannot undo it.

    An earlier run's files (its certificate is there) are replaced, and what it left of a file that
    has no copy any more is removed. Files that are no earlier run's are never overwritten. Raises
    `PolicyError` (nothing is changed then) when that would happen or the disk does not take it.
    """
    try:
        new = [place.parent for place in (output, *output.parents) if not place.exists()]
        with _made(output), _staging(output) as staging:
            _refuse_overwriting(output, copies, originals)
            staged = [
                (_written(staging / str(number), one.pieces), output / one.name)
                for number, one in enumerate(copies)
                if one.pieces is not None
            ]
            staged.append((_written(staging / CERTIFICATE, (certificate,)), output / CERTIFICATE))
            with uninterrupted():
                (output / CERTIFICATE).unlink(missing_ok=True)
                _rename(staged)
                for one in copies:
                    if one.pieces is None and (output / one.name).is_file():
                        (output / one.name).unlink()
                return _synced({target.parent for _, target in staged} | set(new))
    except OSError as error:
        detail = os.strerror(error.errno) if error.errno else type(error).__name__
        raise PolicyError(
            f"cannot write to the output directory: {detail}",
            remedy="check its permissions and free space, then run again",
        ) from None


@contextmanager
def _made(output: Path) -> Iterator[None]:
    """The directory is there; if it was not, a failure leaves it not there."""
    new = [place for place in (output, *output.parents) if not place.exists()]
    output.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for place in new:
            with suppress(OSError):
                place.rmdir()
        raise


@contextmanager
def _staging(output: Path) -> Iterator[Path]:
    staging = output / f".{os.urandom(8).hex()}.part"
    staging.mkdir()
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _refuse_overwriting(output: Path, copies: Sequence[Copy], originals: Collection[Path]) -> None:
    kept = {os.path.realpath(original) for original in originals}
    ours = _left_by_a_run(output)
    inside = os.path.realpath(output)
    for one in (*copies, Copy(CERTIFICATE, ())):
        target = output / one.name
        if not Path(os.path.realpath(target.parent)).is_relative_to(inside):
            raise PolicyError("a link leads out of the output directory", remedy="use an empty one")
        if os.path.realpath(target) in kept:
            raise PolicyError("a copy would replace its original", remedy="give another --output")
        if os.path.lexists(target) and (target.is_dir() or _digest(target) not in ours):
            raise PolicyError(
                "the output directory holds files that no earlier run left",
                remedy="give an empty one",
            )


def _left_by_a_run(output: Path) -> frozenset[str]:
    """The digests of the files that an earlier run left, its certificate's included; none without one.

    Raises `PolicyError` where their originals were deleted: they are all there is.
    """
    path = output / CERTIFICATE
    try:
        content = path.read_bytes()
        statement = json.loads(open_bundle(content).opened().payload)
        kept = {subject["digest"]["sha256"] for subject in statement["subject"]}
        claims = statement["predicate"]["deletions"]
        gone = any(
            one["store"] == "source_file" and one["claim"] != "not_deleted" for one in claims
        )
    except (OSError, Malformed, ValueError, LookupError, TypeError):
        return frozenset()
    if gone:
        raise PolicyError(
            "the copies in the output directory are all there is of their originals",
            remedy="give an empty one",
        )
    return frozenset({*kept, hashlib.sha256(content).hexdigest()})


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _written(path: Path, pieces: Iterable[bytes]) -> Path:
    with path.open("xb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return path


def _synced(folders: Collection[Path]) -> bool:
    """Whether the renames will last: before, nobody may delete what the copies are of."""
    try:
        for folder in sorted(folders):
            sync_folder(folder)
    except OSError:
        return False
    return True


def _rename(staged: Sequence[tuple[Path, Path]]) -> None:
    new: list[Path] = []
    try:
        for temporary, target in staged:
            with _made(target.parent):
                fresh = not target.exists()
                temporary.replace(target)
            if fresh:
                new.append(target)
    except OSError:
        for target in new:
            target.unlink(missing_ok=True)
        raise
