"""Keys of commitments, one file a certificate, so that each can be destroyed by itself.

A directory of mode 0700. A key is stored as it is, or wrapped (AES-GCM, NIST SP 800-38D) under a key
of the operator's (`PII_GUARD_KEYSTORE_KEY`): without that one no copy of the file is worth anything.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pii_guard.certificate.writing import sync_folder, write_whole
from pii_guard.errors import CertificateError

WRAPPING_KEY = "PII_GUARD_KEYSTORE_KEY"
_SCHEMA = "pii-guard/commitment-key/1"
_REF = re.compile(r"k-[0-9a-f]{16}", re.ASCII)
_NONCE = 12


@dataclass(frozen=True, slots=True)
class KeyStore:
    """A directory of keys. `wrapping`: 32 bytes under which they are stored; none: stored as they are."""

    folder: Path
    wrapping: bytes = field(default=b"", repr=False)

    @classmethod
    def at(cls, folder: Path, environment: Mapping[str, str] = os.environ) -> KeyStore:
        """The store in a directory, with the wrapping key of the environment. Raises `CertificateError`."""
        text = environment.get(WRAPPING_KEY, "")
        if text and not re.fullmatch("[0-9A-Fa-f]{64}", text):
            raise CertificateError(
                f"{WRAPPING_KEY} is not 64 hexadecimal digits", remedy="set 32 random bytes in hex"
            )
        return cls(folder, bytes.fromhex(text))

    def new(self, shred_by: date, *, hold: bool = False) -> tuple[str, bytes]:
        """Make and store a key: its reference, which says nothing of anybody, and its 32 bytes.

        `hold`: it is not to be destroyed by its date.

        Raises `CertificateError` where it cannot be stored.
        """
        ref, key = f"k-{secrets.token_hex(8)}", secrets.token_bytes(32)
        nonce = secrets.token_bytes(_NONCE) if self.wrapping else b""
        kept = nonce + AESGCM(self.wrapping).encrypt(nonce, key, ref.encode()) if nonce else key
        table = {"schema": _SCHEMA, "key": kept.hex(), "wrapped": bool(nonce), "shredBy": shred_by.isoformat(), "hold": hold}  # fmt: skip
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            content = json.dumps(table).encode()
            write_whole(self._path(ref), content, replace=False, mode=0o600)
            with suppress(OSError):  # a key that a power cut takes is one that answers nothing
                sync_folder(self.folder)
        except OSError as error:
            raise CertificateError(
                f"the key cannot be stored: {type(error).__name__}",
                remedy="choose a directory that you may write to",
            ) from None
        return ref, key

    def load(self, ref: str) -> bytes:
        """The key of a reference. Raises `CertificateError`: destroyed, unreadable, or another wrapping."""
        table = self._table(ref)
        kept = bytes.fromhex(table["key"])
        if not table["wrapped"]:
            return kept
        try:
            return AESGCM(self.wrapping).decrypt(kept[:_NONCE], kept[_NONCE:], ref.encode())
        except (InvalidTag, ValueError):
            raise CertificateError(
                "the key is wrapped under another key", remedy=f"set {WRAPPING_KEY}"
            ) from None

    def due(self, today: date) -> Iterator[str]:
        """The references of keys that were to be destroyed by this day."""
        for path in sorted(self.folder.glob("k-*.json")):
            if _REF.fullmatch(path.stem) and self._is_due(path.stem, today):
                yield path.stem

    def _is_due(self, ref: str, today: date) -> bool:
        try:
            table = self._table(ref)
        except CertificateError:
            return True  # half written or half destroyed: it answers nothing any more
        return not table.get("hold") and table["shredBy"] <= today.isoformat()

    def shred(self, ref: str) -> None:
        """Destroy a key: overwrite, sync, unlink, sync. Raises `CertificateError` where that fails.

        On flash, and on file systems that copy on write, the old blocks may outlast that: what is
        wrapped is then as safe as its wrapping key.
        """
        path = self._path(ref)
        try:
            with path.open("r+b") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(0)
                file.write(secrets.token_bytes(size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
            with suppress(OSError):  # what comes back after a power cut is the noise just synced
                sync_folder(self.folder)
        except FileNotFoundError:
            raise CertificateError(
                "there is no such key", remedy="it was destroyed, or is in another directory"
            ) from None
        except OSError as error:
            raise CertificateError(
                f"the key cannot be destroyed: {type(error).__name__}",
                remedy="check the permissions of the key store",
            ) from None
        if path.exists():
            raise CertificateError("the key is still there", remedy="remove its file by hand")

    def _table(self, ref: str) -> dict[str, Any]:
        try:
            table = json.loads(self._path(ref).read_bytes())
            fits = table["schema"] == _SCHEMA and isinstance(table["wrapped"], bool)
            bytes.fromhex(table["key"])
            date.fromisoformat(table["shredBy"])
        except FileNotFoundError:
            raise CertificateError(
                "there is no such key", remedy="it was destroyed, or is in another directory"
            ) from None
        except (OSError, ValueError, TypeError, KeyError):
            fits = False
        if not fits:
            raise CertificateError("a key file is malformed", remedy="restore or remove it")
        return dict(table)

    def _path(self, ref: str) -> Path:
        if not _REF.fullmatch(ref):
            raise CertificateError(
                "that is no key reference", remedy="take `keyRef` of the certificate"
            )
        return self.folder / f"{ref}.json"
