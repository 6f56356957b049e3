"""Files from the folder they were written to into their places; a run that is killed amid it is finished.

A folder with a plan in it is complete: every copy, and the certificate, is there or in its place. It is
therefore safe to go on, whoever began, and wherever that ended. A folder without one is thrown away.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pii_guard.certificate.writing import sync_folder
from pii_guard.cli.earlier import CERTIFICATE, Earlier, digest, earlier, is_there
from pii_guard.cli.leaving import say, uninterrupted
from pii_guard.errors import PolicyError
from pii_guard.leftovers import left

BEGIN = "."
"""How names of such folders begin."""
_PLAN, _BEFORE = "plan.json", "before"


class Torn(OSError):
    """What was moved could not be moved back: the folder has to stay, for the next run to finish."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`copies`: from names in the folder to those below the output directory. `gone`: copies of an
    earlier run that have no successor.
    """

    copies: Mapping[str, str]
    gone: Sequence[str] = ()

    def moves(self) -> Iterator[tuple[str, str]]:
        """Every file and its name below the output directory, the certificate last: it says that all is
        there.
        """
        yield from self.copies.items()
        yield CERTIFICATE, CERTIFICATE


def write_plan(staging: Path, plan: Plan) -> None:
    """From here on whoever finds the folder may finish. Raises `OSError`."""
    (staging / _BEFORE).mkdir()
    new = staging / f"{_PLAN}.new"
    with new.open("xb") as file:
        file.write(json.dumps({"copies": dict(plan.copies), "gone": list(plan.gone)}).encode())
        file.flush()
        os.fsync(file.fileno())
    new.replace(staging / _PLAN)


def drop_plan(staging: Path) -> bool:
    """From here on nobody may; whether that succeeded."""
    try:
        (staging / _PLAN).unlink(missing_ok=True)
    except OSError:
        return False
    return True


def place(output: Path, staging: Path, plan: Plan) -> None:
    """Put all in place. What is replaced is set aside before, and is back where it was if that fails.

    Raises `OSError`; `Torn` where it is not.
    """
    moved: list[tuple[Path, Path]] = []
    made: list[Path] = []
    staged = {name: staging / file for file, name in plan.moves()}
    try:
        # The certificate goes first and comes last: what it is not beside, it does not speak for.
        for number, name in enumerate((CERTIFICATE, *plan.gone, *plan.copies.values())):
            target = output / name
            if (name not in staged or staged[name].exists()) and is_there(target):
                _move(target, staging / _BEFORE / str(number), moved)
        for name, file in staged.items():
            if file.exists():
                target = output / name
                made += [one for one in target.parents if not one.exists()]
                target.parent.mkdir(parents=True, exist_ok=True)
                _move(file, target, moved)
    except OSError as error:
        try:
            for old, new in reversed(moved):
                new.replace(old)
        except OSError:
            raise Torn(*error.args) from None
        for folder in sorted(made, reverse=True):
            with suppress(OSError):
                folder.rmdir()
        raise


def finish_left(output: Path) -> None:
    """What runs that were killed left in an output directory is finished, or where they had not come so
    far, removed. Raises `PolicyError` where neither can be.
    """
    for staging in left(output, BEGIN):
        if (staging / _PLAN).exists():
            with uninterrupted():
                _finish(output, staging)
            say("a run that was killed is finished: its copies and certificate are in place")
        shutil.rmtree(staging, ignore_errors=True)


def _finish(output: Path, staging: Path) -> None:
    try:
        plan = _read(staging)
        _refuse_changed(output, staging, plan)
        place(output, staging, plan)
        for folder in {(output / name).parent for _, name in plan.moves()}:
            sync_folder(folder)
        drop_plan(staging)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise PolicyError(
            "the output directory holds what a killed run left, and it cannot be finished",
            remedy="give an empty one; what is there is in its hidden .part folder",
        ) from None


def _read(staging: Path) -> Plan:
    table = json.loads((staging / _PLAN).read_bytes())
    return Plan(dict(table["copies"]), list(table["gone"]))


def _refuse_changed(output: Path, staging: Path, plan: Plan) -> None:
    """Raises `ValueError` where the files are no longer those that the certificates speak of."""
    inside = os.path.realpath(output)
    ours = earlier(_there(staging / CERTIFICATE, output / CERTIFICATE))
    before = _before(output, staging)
    for file, name in plan.moves():
        target = output / name
        if not Path(os.path.realpath(target.parent)).is_relative_to(inside):
            raise ValueError
        if not (file.isdigit() or file == CERTIFICATE):
            raise ValueError
        if digest(_there(staging / file, target)) not in ours.files:
            raise ValueError
        waits = (staging / file).exists() and is_there(target)
        if waits and digest(target) not in before.files:
            raise ValueError
    for name in plan.gone:
        inner = Path(os.path.realpath((output / name).parent)).is_relative_to(inside)
        if not inner or (is_there(output / name) and digest(output / name) not in before.files):
            raise ValueError


def _before(output: Path, staging: Path) -> Earlier:
    """What was there when the run that was killed began."""
    aside = staging / _BEFORE / "0"
    if not aside.exists() and (staging / CERTIFICATE).exists():
        return earlier(output / CERTIFICATE)
    return earlier(aside)


def _there(first: Path, otherwise: Path) -> Path:
    return first if first.exists() else otherwise


def _move(old: Path, new: Path, moved: list[tuple[Path, Path]]) -> None:
    old.replace(new)
    moved.append((old, new))
