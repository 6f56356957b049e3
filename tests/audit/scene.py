"""Files to audit, and runs over them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pii_guard.audit.codes import Codes
from pii_guard.audit.engine_local import work
from pii_guard.audit.rows import Row, read_rows
from pii_guard.audit.run import Asked, run
from pii_guard.audit.scope import Scope

CODES = Codes(b"k" * 32)
PERSON = b"Please ask Jane Roe (jane.roe@mail.example), SSN 536-22-8417.\n"
NOTHING = b"the build is green\n"
SECRETS = (b"jane.roe@mail", b"Jane Roe", b"jane-roe", b"536-22-8417")


def fill(folder: Path, count: int = 40) -> Path:
    """Files in a few directories, some with a person in them."""
    for number in range(count):
        place = folder / f"{number % 3}" / ("Jane Roe" if number % 5 == 0 else "plain")
        place.mkdir(parents=True, exist_ok=True)
        who = f"user{number} is jane.roe{number}@mail.example\n".encode()
        (place / f"{number}.txt").write_bytes(who if number % 2 else NOTHING)
    return folder


def asked(source, output: Path, **scope) -> Asked:
    """What a run is asked for."""
    sources = source if isinstance(source, tuple) else (str(source),)
    return Asked(sources, output, Scope(**scope), CODES)


def audit(guard, source, output: Path, threads: int = 2, **scope):
    """A run on this machine, and what it says."""
    return run(guard, asked(source, output, **scope), lambda w, n: work(w, n, threads))


def rows(output: Path) -> dict[str, Row]:
    """The rows of an audit by their redacted locations."""
    return {row.location: row for row in read_rows(output)}


def parts(output: Path) -> dict[str, str]:
    """The parts of an audit, by their names: digests of their bytes."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (output / "parts").iterdir()
    }
