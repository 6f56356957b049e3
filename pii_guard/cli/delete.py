"""`pii-guard delete`: files deleted, and what may be claimed of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pii_guard.certificate.claims import Claim, Note
from pii_guard.cli.leaving import say
from pii_guard.cli.printing import print_rows, print_table
from pii_guard.deletion import delete_files
from pii_guard.document import printable
from pii_guard.errors import ExitCode

SCHEMA = "pii-guard/delete/1"
_REMEDIES = {
    Note.NOT_FOUND: "it is not there",
    Note.NOT_A_FILE: "only regular files are deleted",
    Note.LINK: "name the file it leads to",
    Note.OTHER_NAMES: "name its other hard links too (find -samefile)",
    Note.OPEN_ELSEWHERE: "a process still has it open and can read it until it closes it",
    Note.REMOVED_BY_ANOTHER: "somebody else removed it first",
    Note.CHANGED: "another file is there now; look at it first",
    Note.NAME_TAKEN: "there is a file of this name again",
    Note.NOT_SYNCED: "the file system does not make it last; check again after a restart",
    Note.OVERWRITE_FAILED: "it could not be overwritten first",
    Note.DENIED: "check the permissions of its directory",
    Note.READ_ONLY: "the file system is read-only",
    Note.BUSY: "something uses it",
    Note.FAILED: "the system refused it",
}


def run(paths: Sequence[Path], overwrite: bool, output_format: str) -> int:
    """Delete and print; 0 only if no path is left with its file."""
    claims = delete_files(paths, overwrite=overwrite)
    named = [(printable(str(path)), one) for path, one in zip(paths, claims, strict=True)]
    if output_format == "table":
        print_table(
            "",
            ("file", "claim", "assurance", "note"),
            [(path, one.kind, one.assurance, _remark(one)) for path, one in named],
        )
    else:
        rows = [{"path": path, **one.to_entry()} for path, one in named]
        print_rows(SCHEMA, rows, output_format)
    left = sum(not one.gone for one in claims)
    if left:
        say(f"{left} of {len(claims)} not deleted")
    return ExitCode.UNPROCESSED if left else ExitCode.OK


def _remark(claim: Claim) -> str:
    if claim.note is None:
        return ""
    remedy = _REMEDIES.get(claim.note, "")
    return f"{claim.note.value}: {remedy}" if remedy else claim.note.value
