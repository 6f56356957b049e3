"""A report that is redacted while something goes wrong: its files, the command, and what must hold after."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from pii_guard.certificate import load
from pii_guard.certificate.bundle import open_bundle
from pii_guard.certificate.leaf import leaf_of
from pii_guard.cli.ledger import log_signer
from pii_guard.ledger import open_ledger
from tests.faults.looking import (
    EMAIL,
    OURS,
    SSN,
    bundle_at,
    holds_raw,
    must,
    outputs_at,
    read,
    shared,
    subjects,
    unheld,
)
from tests.fixtures.archives import zipped
from tests.fixtures.office import docx

ORIGIN = "pii-guard.example/ledger"
TEXT = f"I am Jane Umberlode <{EMAIL}>. Record 7 shows SSN {SSN}.\n"
HELD = "photo.xyz"
"""What is quarantined: it has no copy, and its original stays whatever is asked."""


def contents() -> dict[str, bytes]:
    """The files of the report, by their names."""
    row = {"user": {"name": "Jane Umberlode", "email": EMAIL, "ssn": SSN}}
    return {
        "report.md": f"# IDOR\n\n{TEXT}".encode(),
        "data.json": json.dumps(row).encode(),
        "below/export.csv": f"name,email,ssn\nJane Umberlode,{EMAIL},{SSN}\n".encode(),
        "files.zip": zipped({"notes.txt": TEXT.encode()}),
        "letter.docx": docx(f"<w:p><w:r><w:t>{TEXT.strip().replace('<', '(').replace('>', ')')}</w:t></w:r></w:p>"),
        HELD: b"\x00\x01\x02 no known type \xff" * 9,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of the command beside copies and a certificate."""

    ledger: bool = False
    delete: bool = False
    overwrite: bool = False
    again: bool = False
    """An earlier run has been there."""


@dataclass(slots=True)
class Scene:
    """One directory in which all of it takes place."""

    root: Path
    options: Options
    originals: dict[str, bytes] = field(default_factory=contents)
    entered: frozenset[int] = frozenset()
    """Places of the ledger that an earlier run filled."""

    @property
    def given(self) -> Path:
        return self.root / "in"

    @property
    def output(self) -> Path:
        return self.root / "out"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    def prepare(self, keys: Path, isolation: str = "off") -> None:
        """Write everything that is there before the command begins."""
        self.temporary.mkdir(parents=True)
        for name, content in self.originals.items():
            (self.given / name).parent.mkdir(parents=True, exist_ok=True)
            (self.given / name).write_bytes(content)
        (self.root / "policy.toml").write_text(f'isolation = "{isolation}"\n')
        for name in ("issuer", "log"):
            for end in ("pem", "pub"):
                (self.root / f"{name}.{end}").write_bytes((keys / f"{name}.{end}").read_bytes())
        if self.options.ledger:
            open_ledger(self.root / "ledger.db", signer=self._log(), create=True).close()

    def arguments(self, output: Path | None = None) -> list[str]:
        """The command."""
        where = str(output or self.output)
        told = ["redact", str(self.given), "-o", where, "--policy", str(self.root / "policy.toml")]
        told += ["--key", str(self.root / "issuer.pem")]
        if self.options.ledger:
            told += ["--ledger", str(self.root / "ledger.db"), "--origin", ORIGIN]
            told += ["--log-key", str(self.root / "log.pem")]
        told += ["--delete-originals"] * self.options.delete
        return told + ["--overwrite"] * self.options.overwrite

    def environment(self) -> dict[str, str]:
        """Of the command."""
        home = str(self.root)
        return {
            **os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home,
            "TMPDIR": str(self.temporary), "COLUMNS": "200",
        }  # fmt: skip

    def _log(self):
        return log_signer(ORIGIN, load(self.root / "log.pem"))

    # -- what must hold ----------------------------------------------------------------------

    def check(self, since: frozenset[Path] | None = None, *, entries: bool = True) -> None:
        """Right after it went wrong. `since`: what was in shared places before, where these are looked
        through too. `entries`: each of the ledger is of a certificate that is there.
        """
        self._nothing_lost()
        self._nothing_raw(since)
        self._certificate_and_copies()
        if self.options.ledger:
            self._ledger(entries)

    def check_finished(self) -> None:
        """After a run that went well: all is there, and nothing else."""
        must(
            (self.output / "certificate.json").is_file(),
            "no certificate after a run that went well",
        )
        self.check()
        # Python tries whether it may write there with four letters; onnxruntime numbers its sessions.
        made = [
            one
            for one in self.temporary.rglob("*")
            if one.name != ".ses" and (one.is_dir() or read(one) not in (b"blat", b""))
        ]
        places = [*made, *self.output.rglob(".*"), *self.root.glob(".*.part")]
        places += unheld()
        must(not places, f"something is left: {[one.name for one in places]}")
        copies = {name for name in self.originals if name != HELD}
        must(copies == self.copies(), f"copies are {sorted(self.copies())}")

    def remaining(self) -> set[str]:
        """The originals that are there as they were."""
        kept = ((name, self.given / name) for name in self.originals)
        return {
            name
            for name, path in kept
            if path.exists() and path.read_bytes() == self.originals[name]
        }

    def copies(self) -> set[str]:
        """The names of what is stored."""
        if not self.output.is_dir():
            return set()
        files = (one.relative_to(self.output) for one in self.output.rglob("*") if one.is_file())
        shown = {one.as_posix() for one in files if not any(p.startswith(".") for p in one.parts)}
        return shown - {"certificate.json"}

    def _nothing_lost(self) -> None:
        outputs, said = outputs_at(self.output / "certificate.json")
        for name, content in self.originals.items():
            original = self.given / name
            if original.exists() and original.read_bytes() == content:
                continue
            must(self.options.delete, f"{name} is gone, and nobody asked for that")
            must(name != HELD, "what has no copy is gone")
            must(said is not None, f"{name} is gone without a certificate")
            must((self.output / name).is_file(), f"{name} is gone without a copy")
            digest = hashlib.sha256((self.output / name).read_bytes()).hexdigest()
            artifact = outputs.get(digest)
            must(artifact, f"{name} is gone, and its copy is in no certificate")
            (claim,) = (
                one for one in said["deletions"]
                if (one["artifact"], one["store"]) == (artifact, "source_file")
            )  # fmt: skip
            left = claim["note"] if claim["claim"] == "not_deleted" else ""
            must(
                left != "left_where_the_caller_keeps_it", f"{name} is gone, and is said to be left"
            )

    def _nothing_raw(self, since: frozenset[Path] | None) -> None:
        for path in (one for one in self.root.rglob("*") if one.is_file()):
            if not path.is_relative_to(self.given):
                must(
                    not holds_raw(path.read_bytes()), f"raw bytes in {path.relative_to(self.root)}"
                )
        for new in frozenset() if since is None else shared() - since:
            for path in (new, *new.rglob("*")) if new.is_dir() else (new,):
                if not path.is_relative_to(self.root) and path.is_file():
                    must(not holds_raw(read(path), OURS), f"raw bytes in {path}")

    def _certificate_and_copies(self) -> None:
        copies = {
            hashlib.sha256((self.output / name).read_bytes()).hexdigest() for name in self.copies()
        }
        bundle = bundle_at(self.output / "certificate.json")
        if bundle is not None:
            must(copies == subjects(bundle), "the certificate and the copies are not of one run")
            return
        must(not (self.output / "certificate.json").exists(), "the certificate is not whole")
        certified: set[str] = set()
        for staging in self.output.glob(".*.part") if copies else ():
            if (staging / "plan.json").is_file():
                found = (
                    bundle_at(staging / "certificate.json"),
                    bundle_at(staging / "before" / "0"),
                )
                certified |= {digest for one in found if one for digest in subjects(one)}
        must(copies <= certified, "a copy is there that no certificate speaks of")

    def _ledger(self, entries: bool) -> None:
        ledger = open_ledger(self.root / "ledger.db", keys=[self._log().key])
        try:
            size = ledger.audit()
            bundles = [
                found
                for path in self.output.rglob("*")
                if path.is_file() and (found := bundle_at(path))
            ]
            stored = {ledger.find(leaf_of(one.opened())) for one in bundles}
            for one in bundles:
                proved = one.inclusion is not None
                must(
                    not proved or ledger.find(leaf_of(one.opened())) is not None,
                    "a proof of no entry",
                )
            said = [json.loads(one.opened().payload)["predicate"] for one in bundles]
            superseded = {one["supersedes"]["certificateId"] for one in said if "supersedes" in one}
            for place in set(range(size)) - self.entered - stored if entries else ():
                entry = json.loads(open_bundle(ledger.payload(place)).opened().payload)["predicate"]
                must(
                    entry["certificateId"] in superseded,
                    "an entry of the ledger is of a certificate that is nowhere",
                )
        finally:
            ledger.close()

    def note_entries(self) -> None:
        """What is in the ledger now is of earlier runs."""
        if self.options.ledger:
            ledger = open_ledger(self.root / "ledger.db", keys=[self._log().key])
            self.entered = frozenset(range(ledger.audit()))
            ledger.close()
