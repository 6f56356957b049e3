"""What an earlier run left in an output directory, by the certificate it left there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pii_guard.certificate.bundle import open_bundle
from pii_guard.certificate.claims import Kind, Note, Store
from pii_guard.certificate.strict import Malformed
from pii_guard.errors import PolicyError

CERTIFICATE = "certificate.json"


@dataclass(frozen=True, slots=True)
class Earlier:
    """`copies`, and `files`: these and the certificate, by their SHA-256 in hexadecimal. `begun`: originals
    were to be deleted, and are not known to be there.
    """

    copies: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    begun: bool = False


def earlier(certificate: Path) -> Earlier:
    """By a certificate's file; nothing where there is none, or it is none of ours.

    Raises `PolicyError` where originals were deleted: the copies are all there is of them.
    """
    try:
        content = certificate.read_bytes()
        statement = json.loads(open_bundle(content).opened().payload)
        copies = frozenset(subject["digest"]["sha256"] for subject in statement["subject"])
        claims = statement["predicate"]["deletions"]
        of_files = [one for one in claims if one["store"] == Store.SOURCE_FILE]
        gone = any(one["claim"] != Kind.NOT_DELETED for one in of_files)
        begun = any(one["note"] != Note.LEFT for one in of_files)
    except (OSError, Malformed, ValueError, LookupError, TypeError, AttributeError):
        return Earlier()
    if gone:
        raise only_copies()
    return Earlier(copies, copies | {hashlib.sha256(content).hexdigest()}, begun)


def only_copies() -> PolicyError:
    """The error for who would replace what is nowhere else."""
    return PolicyError(
        "the copies in the output directory are all there is of their originals",
        remedy="give an empty one",
    )


def digest(path: Path) -> str:
    """Of a file, in hexadecimal; "" where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def is_there(path: Path) -> bool:
    """Whether the name leads to anything, a link to nowhere included. Raises `OSError` where that cannot
    be seen: nothing is then taken to be free.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
