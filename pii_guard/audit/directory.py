"""The directory of an audit: what may be passed on, and what may not.

DIR/parts/…parquet     rows (`rows.py`)
DIR/summary.json       whether it is complete, and counts
DIR/log.jsonl          how long each batch took
DIR/private/           the manifest with raw paths, the key, the policy: for the owner only
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pii_guard.audit import manifest
from pii_guard.audit.codes import Codes
from pii_guard.audit.entries import Entry, Source
from pii_guard.audit.manifest import Manifest
from pii_guard.audit.rows import PARTS
from pii_guard.audit.scope import Scope
from pii_guard.audit.terms import Terms, policy_content
from pii_guard.certificate.writing import write_whole
from pii_guard.errors import PolicyError
from pii_guard.leftovers import remove_left
from pii_guard.policy import Policy

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Audit:
    """An audit that was begun: its files are listed, its terms are settled."""

    root: Path
    codes: Codes
    terms: Terms

    @classmethod
    def at(cls, root: Path) -> Audit:
        """The audit in a directory. Raises `PolicyError` where none was begun, or it was changed."""
        private = root / PRIVATE
        if not (private / "terms.json").is_file():
            raise PolicyError("there is no audit in this directory", remedy="check the path")
        terms = Terms.at(private / "terms.json")
        try:
            with (private / "manifest.parquet").open("rb") as file:
                same = hashlib.file_digest(file, "sha256").hexdigest() == terms.manifest
        except OSError:
            same = False
        if not same:
            raise PolicyError(
                "the manifest of the audit is not the one that was written",
                remedy="begin in another directory",
            )
        return cls(root, Codes.at(private / "key"), terms)

    @classmethod
    def begun(
        cls, root: Path, terms: Terms, codes: Codes, sources: list[Source], policy: Policy
    ) -> Audit:
        """The audit of these terms in a directory: the one that is there, or a new one, listed.

        Raises `PolicyError` where one of other terms is there, and `StoreFails`.
        """
        private = root / PRIVATE
        if (private / "terms.json").exists():
            there = cls.at(root)
            there.terms.refuse_other(terms)
            return there
        count = 0

        def counted() -> Iterator[Entry]:
            nonlocal count
            for number, source in enumerate(sources, 1):
                for entry in source.entries():
                    count += 1
                    yield replace(entry, source=number)

        write_whole(private / "policy.json", policy_content(policy), mode=0o600)
        listing = private / "manifest.parquet"
        digest = manifest.write(listing, Scope(**terms.scope).of(counted()))
        files = Manifest(listing).files
        settled = replace(terms, listed=count, files=files, manifest=digest)
        write_whole(private / "terms.json", settled.content(), mode=0o600)
        return cls(root, codes, settled)

    @property
    def manifest(self) -> Manifest:
        """Its manifest, opened anew."""
        return Manifest(self.root / PRIVATE / "manifest.parquet")

    def batch_id(self, number: int, entries: list[Entry]) -> str:
        """What a batch is of, and on which terms: 16 hexadecimal digits."""
        said = [
            f"{one.name}\0{one.size}\0{one.version}\0{one.start}\0{one.refused}\0{one.missed}"
            for one in entries
        ]
        paths = [one.path for one in entries]
        terms = self.terms
        told = (
            terms.rules,
            terms.ruleset,
            terms.model,
            terms.tool,
            terms.target,
            str(terms.deletes),
        )
        return self.codes.code("batch", str(number), *told, *paths, *said)[:16]


def prepare(root: Path) -> None:
    """Make the directory and what is in it. Raises `PolicyError`."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        (root / PARTS).mkdir(exist_ok=True)
        (root / PRIVATE).mkdir(mode=0o700, exist_ok=True)
        (root / PRIVATE).chmod(0o700)
        for folder in (root, root / PARTS, root / PRIVATE):
            remove_left(folder, ".")
    except OSError as error:
        raise PolicyError(
            f"the output directory cannot be written: {type(error).__name__}",
            remedy="check its permissions, or give another one",
        ) from None


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """No other run is at work in the directory. Raises `PolicyError` where one is."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(root / PRIVATE / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PolicyError(
                "another run is at work in this directory", remedy="wait for it, or end it"
            ) from None
        except OSError:
            pass  # a file system without locks: parts are written whole all the same
        yield
    finally:
        os.close(descriptor)
