"""A new key in the place of an old one, which is kept beside it under its id."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pii_guard.certificate.keys import Passphrase, Signer, generate, load, secret_of
from pii_guard.certificate.public_keys import algorithm
from pii_guard.certificate.writing import write_whole
from pii_guard.errors import CertificateError


@dataclass(frozen=True, slots=True)
class Rotation:
    """The new key, the id of the old one, and where that is now."""

    new: Signer
    old_id: str
    kept: Path


def rotate(path: Path, passphrase: Passphrase = None) -> Rotation:
    """Replace the key in `path` by a new one of its algorithm, under the same passphrase.

    The old pair is kept as `NAME-ID.pem` and `.pub` (the first 16 digits of its id). At any moment
    `path` holds a whole key. Raises `CertificateError`, and then `path` holds the old one.
    """
    secret = secret_of(path, passphrase)
    old = load(path, secret)
    kept = path.with_name(f"{path.stem}-{old.key_id[:16]}{path.suffix}")
    coming = path.with_name(f"{path.stem}-next-{os.getpid()}{path.suffix}")
    public = path.with_suffix(".pub")
    try:
        new = generate(coming, secret, algorithm(old.public))
        if not (kept.exists() and kept.read_bytes() == path.read_bytes()):
            # Linked, not moved: whoever signs meanwhile finds a key.
            os.link(path, kept)
        write_whole(kept.with_suffix(".pub"), old.public_pem)
        write_whole(public, new.public_pem)
        try:
            coming.replace(path)
        except OSError:
            write_whole(public, old.public_pem)
            raise
    except OSError as error:
        raise CertificateError(
            f"the key cannot be replaced: {type(error).__name__}",
            remedy=f"check the directory, and that no other key is named {kept.name}",
        ) from None
    finally:
        for left in (coming, coming.with_suffix(".pub")):
            left.unlink(missing_ok=True)
    return Rotation(Signer(new.private, "created", path), old.key_id, kept)
