"""The two halves of a quarantine's key: what closes entries, and what alone opens them.

In the text forms of age (age-encryption.org/v1, "The X25519 recipient type"), so that `age-keygen`
makes them as well.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from pii_guard.certificate.writing import sync_folder
from pii_guard.errors import QuarantineError
from pii_guard.quarantine import bech32

_PUBLIC, _PRIVATE = "age", "age-secret-key-"
_MOST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Recipient:
    """The public key that entries are encrypted to. It opens nothing."""

    key: X25519PublicKey

    @classmethod
    def parse(cls, text: str) -> Recipient:
        """The key of `age1…`. Raises `QuarantineError` for anything else."""
        try:
            prefix, raw = bech32.decode(text.strip())
            if prefix != _PUBLIC:
                raise ValueError
            return cls(X25519PublicKey.from_public_bytes(raw))
        except ValueError:
            raise QuarantineError(
                "that is no public key of a quarantine",
                remedy="give the age1… that `quarantine keygen` or `age-keygen` printed",
            ) from None

    @classmethod
    def given(cls, text: str) -> Recipient:
        """The key itself (`age1…`), or that of a file which holds it. Raises `QuarantineError`."""
        if re.fullmatch(r"age1[0-9a-z]+", text, re.ASCII):
            return cls.parse(text)
        return cls.parse(_line(Path(text), "age1"))

    def __str__(self) -> str:
        return bech32.encode(_PUBLIC, self.key.public_bytes_raw())


@dataclass(frozen=True, slots=True)
class Identity:
    """The private key. It belongs on no machine that takes reports in."""

    key: X25519PrivateKey = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> Identity:
        """The key of a file in the form of `age-keygen`. Raises `QuarantineError`."""
        try:
            prefix, raw = bech32.decode(_line(path, "AGE-SECRET-KEY-1"))
            if prefix != _PRIVATE:
                raise ValueError
            return cls(X25519PrivateKey.from_private_bytes(raw))
        except ValueError:
            raise QuarantineError(
                "the file holds no private key of a quarantine",
                remedy="give the file that `quarantine keygen` or `age-keygen` wrote, decrypted",
            ) from None

    @property
    def recipient(self) -> Recipient:
        """The other half."""
        return Recipient(self.key.public_key())


def generate(path: Path) -> Recipient:
    """Make a pair: the private key into a new file (0600), the public one beside it as `.pub`.

    Neither replaces a file. Raises `QuarantineError`.
    """
    identity = Identity(X25519PrivateKey.generate())
    public = str(identity.recipient)
    private = bech32.encode(_PRIVATE, identity.key.private_bytes_raw()).upper()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"# created: {now}\n# public key: {public}\n{private}\n"
    try:
        _new(path, text, 0o600)
        _new(path.with_suffix(".pub"), f"{public}\n", 0o644)
        sync_folder(path.parent)
    except OSError as error:
        there = isinstance(error, FileExistsError)
        raise QuarantineError(
            "there is such a key already" if there else f"cannot write: {type(error).__name__}",
            remedy="give another path" if there else "check the path and its permissions",
        ) from None
    return identity.recipient


def _new(path: Path, text: str, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _line(path: Path, start: str) -> str:
    """The first line of a file that begins so; "" where there is none."""
    try:
        with path.open("rb") as file:
            lines = file.read(_MOST).decode("ascii", "replace").splitlines()
    except (OSError, ValueError) as error:
        raise QuarantineError(
            f"the key file cannot be read: {type(error).__name__}", remedy="check the path"
        ) from None
    return next((line.strip() for line in lines if line.startswith(start)), "")
