"""Redacted copies and their certificate onto disk: all of them, or none.

Everything is first written and synced in a folder of a temporary name in the output directory; then
each file is renamed to its place, the certificate last, and no signal comes between (`placing.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath

from pii_guard.certificate.writing import sync_folder, writable
from pii_guard.cli.earlier import CERTIFICATE, Earlier, digest, earlier, is_there, only_copies
from pii_guard.cli.leaving import say, uninterrupted
from pii_guard.cli.placing import BEGIN, Plan, Torn, drop_plan, place, write_plan
from pii_guard.errors import PolicyError
from pii_guard.leftovers import Held, held_folder


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
    if not writable(output):
        raise PolicyError(
            "the output directory cannot be written",
            remedy="check that it is a directory and its permissions, or give another one",
        )


def store(
    output: Path,
    copies: Sequence[Copy],
    certificate: bytes,
    originals: Collection[Path],
    enter: Callable[[], bytes] | None = None,
) -> bool:
    """Put copies and certificate into `output`, whole or not at all; whether a power cut cannot undo it.

    An earlier run's files (its certificate is there) are replaced, and what it left of a file that
    has no copy any more is removed. Files that are no earlier run's are never overwritten. `enter` is
    asked, once all is written, for the certificate as it stands in a ledger: from the moment of that
    entry on, a run that is killed is finished by the next one (`placing.finish_left`). Raises
    `PolicyError` (nothing is changed then) when a file would be overwritten or the disk does not take
    it, and what `enter` does.
    """
    try:
        new = [place.parent for place in (output, *output.parents) if not place.exists()]
        with _made(output), held_folder(output, BEGIN) as held:
            before = _refuse_overwriting(output, copies, originals)
            plan = _staged(held.path, output, copies, certificate, before)
            with _planned(held, plan):
                final = certificate if enter is None else enter()
                entered = final != certificate
                with _telling(entered):
                    if entered:
                        _rewritten(held.path / CERTIFICATE, final)
                    _synced({held.path, output})
                with uninterrupted(), _telling(entered):
                    place(output, held.path, plan)
                    drop_plan(held.path)
                    return _synced({(output / name).parent for _, name in plan.moves()} | set(new))
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


def _staged(
    staging: Path, output: Path, copies: Sequence[Copy], certificate: bytes, before: Earlier
) -> Plan:
    written = {
        str(number): one for number, one in enumerate(copies) if one.pieces is not None
    }  # fmt: skip
    for number, one in written.items():
        _written(staging / number, one.pieces or ())
    made = {digest(staging / number) for number in written}
    if before.begun and not before.copies <= made:
        # Some of their originals may be gone; who makes the same copies anew has those.
        raise only_copies()
    _refuse_uncertified(output, {one.name for one in copies}, before.copies - made)
    _written(staging / CERTIFICATE, (certificate,))
    gone = [one.name for one in copies if one.pieces is None and (output / one.name).is_file()]
    return Plan({number: one.name for number, one in written.items()}, gone)


@contextmanager
def _planned(held: Held, plan: Plan) -> Iterator[None]:
    """Within, whoever finds the folder may finish. A failure ends that, or the folder stays whole."""
    try:
        write_plan(held.path, plan)
        yield
    except Torn:
        held.stays = True
        raise
    except BaseException:
        held.stays = not drop_plan(held.path)
        raise


@contextmanager
def _telling(entered: bool) -> Iterator[None]:
    """Within, what fails leaves an entry in the ledger whose certificate is stored nowhere: that is said."""
    try:
        yield
    except Torn:
        raise  # the next run stores it
    except BaseException:
        if entered:
            say("the ledger has an entry of a certificate that could not be stored")
        raise


def _refuse_overwriting(
    output: Path, copies: Sequence[Copy], originals: Collection[Path]
) -> Earlier:
    kept = {os.path.realpath(original) for original in originals}
    before = earlier(output / CERTIFICATE)
    inside = os.path.realpath(output)
    for one in (*copies, Copy(CERTIFICATE, ())):
        target = output / one.name
        if not Path(os.path.realpath(target.parent)).is_relative_to(inside):
            raise PolicyError("a link leads out of the output directory", remedy="use an empty one")
        if os.path.realpath(target) in kept:
            raise PolicyError("a copy would replace its original", remedy="give another --output")
        if is_there(target) and (target.is_dir() or digest(target) not in before.files):
            raise PolicyError(
                "the output directory holds files that no earlier run left",
                remedy="give an empty one",
            )
    return before


def _refuse_uncertified(output: Path, names: Collection[str], earlier: Collection[str]) -> None:
    """The certificate of an earlier run is about to be replaced: no copy may stay that it alone speaks of.

    `names` are replaced or removed; `earlier`: digests of copies that this run does not make again.
    """
    if not earlier:
        return
    kept = {output / name for name in names}
    for path in output.rglob("*"):
        hidden = path.relative_to(output).parts[0].startswith(".")
        if not hidden and path not in kept and path.is_file() and digest(path) in earlier:
            raise PolicyError(
                "the output directory holds copies of an earlier run that would be left without a certificate",
                remedy="give another one, redact all of it in one run, or remove those copies",
            )


def _written(path: Path, pieces: Iterable[bytes]) -> Path:
    with path.open("xb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return path


def _rewritten(path: Path, content: bytes) -> None:
    """Whole or as it was."""
    _written(path.with_suffix(".new"), (content,)).replace(path)


def _synced(folders: Collection[Path]) -> bool:
    """Whether the renames will last: before, nobody may delete what the copies are of."""
    try:
        for folder in sorted(folders):
            sync_folder(folder)
    except OSError:
        return False
    return True
