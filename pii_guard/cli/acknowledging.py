"""What `acknowledge` and `countersign` share: reading certificates, keys and terms, storing."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pii_guard.certificate.acknowledgement import NAMESPACE
from pii_guard.certificate.envelope import MOST_BYTES, pae
from pii_guard.certificate.researcher import ResearcherKey, load_researcher
from pii_guard.certificate.ssh_envelope import sealed_by_ssh
from pii_guard.certificate.strict import Malformed, strict_base64, strict_json
from pii_guard.certificate.terms import Terms, load_terms, shipped_terms
from pii_guard.certificate.writing import write_whole
from pii_guard.cli.earlier import CERTIFICATE
from pii_guard.errors import CertificateError, PolicyError

ACKNOWLEDGEMENT = "acknowledgement.json"
_BUNDLE = "pii-guard/bundle/1"


@dataclass(frozen=True, slots=True)
class Received:
    """A certificate as received: its envelope's bytes, and the payload nobody has checked yet."""

    envelope: bytes = field(repr=False)
    payload: bytes = field(repr=False)


def read_received(path: Path) -> Received:
    """A certificate file, or the certificate in a bundle; a directory's `certificate.json`.

    Raises `CertificateError`, and `Malformed`.
    """
    content = read_file(path / CERTIFICATE if path.is_dir() else path)
    if len(content) > MOST_BYTES:
        raise Malformed(f"larger than {MOST_BYTES} bytes")
    table = strict_json(content)
    if isinstance(table, dict) and table.get("schema") == _BUNDLE:
        table = table.get("envelope")
        content = json.dumps(table).encode()
    if not isinstance(table, dict) or "payload" not in table:
        raise Malformed("neither a certificate nor a bundle")
    return Received(content, strict_base64(table["payload"]))


def read_file(path: Path, most: int = MOST_BYTES) -> bytes:
    """A file's bytes, up to one more than its reader takes. Raises `CertificateError`."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError:
        raise CertificateError(f"cannot read {path.name}", remedy="check the path") from None


def file_digest(path: Path) -> str:
    """SHA-256 of a file of any size, in hex. Raises `CertificateError`."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise CertificateError(f"cannot read {path.name}", remedy="check the path") from None


def read_terms(files: Sequence[Path]) -> list[Terms]:
    """The programme's own templates. Raises `CertificateError`."""
    return [load_terms(read_file(file)) for file in files]


def chosen_terms(file: Path | None, language: str) -> Terms:
    """The template of `--terms`, else the shipped one. Raises `CertificateError`."""
    return shipped_terms(language) if file is None else load_terms(read_file(file))


def read_researchers(files: Sequence[Path]) -> list[ResearcherKey]:
    """Public keys of `--researcher`. Raises `CertificateError`."""
    return [load_researcher(read_file(file)) for file in files]


def signed_with_ssh(payload: bytes, key: Path) -> bytes:
    """`ssh-keygen -Y sign` over a statement; it asks for a passphrase itself, or asks the agent.

    Raises `CertificateError`.
    """
    if not key.is_file():
        raise CertificateError(f"cannot read the key file {key.name}", remedy="check --ssh-key")
    command = ("ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", os.fspath(key))
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program and no shell
            command, input=pae(payload), stdout=subprocess.PIPE, check=False
        )
    except OSError:
        raise CertificateError(
            "ssh-keygen cannot be run", remedy="install OpenSSH 8.1 or later, or sign with --key"
        ) from None
    if done.returncode:
        raise CertificateError(
            "ssh-keygen did not sign", remedy="check the key, its passphrase and its permissions"
        )
    try:
        return sealed_by_ssh(payload, done.stdout, NAMESPACE)
    except Malformed:
        raise CertificateError(
            "this SSH key cannot sign here",
            remedy="use Ed25519, ECDSA P-256 or P-384, or RSA of 2048 bits or more",
        ) from None


def store_file(path: Path, content: bytes, *, replace: bool) -> None:
    """Write a file whole or not at all; an existing one only where that is asked.

    Raises `PolicyError`.
    """
    try:
        write_whole(path, content, replace=replace)
    except FileExistsError:
        raise PolicyError(
            f"there is a file named {path.name} already", remedy="give another --output"
        ) from None
    except OSError as error:
        raise PolicyError(
            f"cannot write {path.name}: {type(error).__name__}", remedy="give another --output"
        ) from None
