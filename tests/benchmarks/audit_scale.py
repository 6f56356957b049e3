"""What an audit spends beside reading files: listing, manifest, parts, resuming, reconciling; processor time.

    python -m tests.benchmarks.audit_scale [--files 200000]

Files are listed from a real tree of a tenth as many, and made up for the rest; rows are of files of which two
in three are clean and the others have six findings each.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pii_guard.audit import manifest
from pii_guard.audit.codes import Codes
from pii_guard.audit.directory import PRIVATE, Audit, prepare
from pii_guard.audit.entries import Entry
from pii_guard.audit.manifest import Manifest
from pii_guard.audit.parts import commit
from pii_guard.audit.reconciling import missing, reconcile
from pii_guard.audit.rows import Counted, Found, Row
from pii_guard.audit.terms import Terms
from pii_guard.audit.tree import Tree

T = TypeVar("T")
CODES = Codes(b"k" * 32)
TERMS = Terms(("/srv",), {}, "", "0", "sha256:" + "0" * 64, "sha256:" + "1" * 64, "sha256:" + "2" * 64, "3" * 64, "{}")  # fmt: skip


def timed(what: str, files: int, work: Callable[[], T]) -> T:
    """Do it and say what it took."""
    began, wall = time.process_time(), time.perf_counter()
    done = work()
    spent = time.process_time() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what}: {spent / files * 1e6:.1f} µs a file ({spent:.1f} s, {time.perf_counter() - wall:.1f} s by the clock), process at most {most:.0f} MB", flush=True)  # fmt: skip
    return done


def entries(count: int):
    """Made-up files."""
    for n in range(count):
        name = f"reports/2026/{n // 1000:06}/attachment-{n:09}.json"
        yield Entry(name.encode(), name, 2_000 + n % 977, f"{n}-{n % 977}-1764000000{n:09}", 1.76e9)


def row(entry: Entry, number: int) -> Row:
    """A made-up row."""
    key = CODES.place(entry.name, entry.path)
    base = Row(entry.name, key, 1, entry.size, CODES.version(entry.version), "2026-11", "application/json", "clean", **TERMS.stated)  # fmt: skip
    if number % 3:
        return base
    found = tuple(
        Found("EMAIL_ADDRESS", "name_plus_identifier", "high", f"value {n}", n, n + 20, 1.0, "j***", "EmailAddress", "strong_identifier", ("PERSON",), "field", "", CODES.code("x", key, str(n)))
        for n in range(6)
    )  # fmt: skip
    counts = (Counted("EMAIL_ADDRESS", "name_plus_identifier", "high", 6),)
    return replace(base, verdict="found", severity="high", counts=counts, findings=found)


def main() -> None:
    """Print a line for each step."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=200_000)
    args = parser.parse_args()
    root = Path(tempfile.mkdtemp())
    real = args.files // 10
    for n in range(real):
        place = root / "tree" / f"{n // 500:04}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{n:06}.txt").touch()
    timed("listing a tree", real, lambda: sum(1 for _ in Tree(root / "tree", "tree").entries()))
    prepare(root / "audit")
    path = root / "audit" / PRIVATE / "manifest.parquet"
    digest = timed("manifest", args.files, lambda: manifest.write(path, entries(args.files)))
    print(f"manifest: {path.stat().st_size / args.files:.0f} bytes a file, {len(Manifest(path))} batches")  # fmt: skip
    audit = Audit(root / "audit", CODES, replace(TERMS, listed=args.files, files=args.files, manifest=digest))  # fmt: skip

    def write() -> None:
        listed = audit.manifest
        for number in range(len(listed)):
            batch = listed.batch(number)
            rows = [row(entry, n) for n, entry in enumerate(batch)]
            commit(audit.root, number, audit.batch_id(number, batch), rows)

    timed("making and writing rows", args.files, write)
    size = sum(p.stat().st_size for p in (audit.root / "parts").iterdir())
    print(f"parts: {size / args.files:.0f} bytes a file")
    timed("what is missing", args.files, lambda: missing(audit))
    told = timed("reconciling", args.files, lambda: reconcile(audit))
    assert told.complete
    shutil.rmtree(root)


if __name__ == "__main__":
    main()
