"""Signing keys: Ed25519 in PKCS#8 files (RFC 8410), encrypted where a passphrase is given."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from securesystemslib.signer import CryptoSigner, SSlibKey

from pii_guard.errors import CertificateError

PASSPHRASE = "PII_GUARD_KEY_PASSPHRASE"  # noqa: S105 - the variable's name
KEY_PATH = "PII_GUARD_KEY"


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs certificates.

    `origin`: `file` (loaded), `created` (made just now, on first use), `ephemeral` (in memory only:
    nobody can verify with it later unless `public_pem` is kept).
    """

    private: Ed25519PrivateKey = field(repr=False)
    origin: Literal["file", "created", "ephemeral"] = "file"
    path: Path | None = None

    @property
    def key_id(self) -> str:
        """SHA-256 of the public key's SPKI, in hex."""
        return key_id(self.private.public_key())

    @property
    def public_pem(self) -> bytes:
        """The public key as SPKI PEM: what verifiers are given."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def crypto_signer(self) -> CryptoSigner:
        """The key as securesystemslib's signer."""
        return CryptoSigner(self.private, ssl_key(self.private.public_key()))


def key_id(public: Ed25519PublicKey) -> str:
    """SHA-256 of the SPKI (RFC 5280 4.1.2.7) in DER, in hex."""
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()


def ssl_key(public: Ed25519PublicKey) -> SSlibKey:
    """A public key in securesystemslib's terms, under our key id."""
    return SSlibKey.from_crypto(public, keyid=key_id(public))


def generate(path: Path, passphrase: bytes | None = None) -> Signer:
    """Write a new key pair: `path` (private, mode 0600) and `path` with suffix `.pub`.

    Never overwrites. Raises `CertificateError`.
    """
    private = Ed25519PrivateKey.generate()
    protection: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
    )
    signer = Signer(private, "created", path)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written under a name of its own, then linked: a reader never sees half a key.
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        _write_new(temporary, pem, 0o600)
        try:
            os.link(temporary, path)
        finally:
            temporary.unlink()
        _write_new(path.with_suffix(".pub"), signer.public_pem, 0o644)
    except FileExistsError:
        raise CertificateError(
            f"there is a key file named {path.name} or its .pub already",
            remedy="choose another name, or use the key that is there",
        ) from None
    except OSError as error:
        raise CertificateError(
            f"the key cannot be written: {type(error).__name__}",
            remedy="choose a directory that you may write to",
        ) from None
    return signer


def load(path: Path, passphrase: Callable[[], bytes] | bytes | None = None) -> Signer:
    """The key in a PKCS#8 PEM file. Raises `CertificateError`; never shows key material."""
    try:
        pem = path.read_bytes()
    except OSError:
        raise CertificateError(
            f"cannot read the key file {path.name}", remedy="check the path and its permissions"
        ) from None
    secret = _secret(pem, passphrase)
    try:
        private = serialization.load_pem_private_key(pem, secret)
    except (ValueError, TypeError):
        raise CertificateError(
            f"{path.name} is no PKCS#8 key, or the passphrase is wrong",
            remedy=f"set {PASSPHRASE}, or make a key with `pii-guard keys generate`",
        ) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise CertificateError(f"{path.name} is not an Ed25519 key", remedy="generate one")
    return Signer(private, "file", path)


def default_key_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the issuer key is: `$PII_GUARD_KEY`, else the user's configuration directory."""
    if environment.get(KEY_PATH):
        return Path(environment[KEY_PATH])
    if sys.platform == "win32":
        base = Path(environment.get("APPDATA", str(Path.home() / "AppData" / "Roaming")))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "pii-guard" / "issuer.pem"


def default_signer(environment: Mapping[str, str] = os.environ) -> Signer:
    """The issuer key, made on first use; in memory only where no file can be written."""
    path = default_key_path(environment)
    passphrase = environment.get(PASSPHRASE, "").encode() or None
    if not path.exists():
        try:
            return generate(path, passphrase)
        except CertificateError:
            if not path.exists():
                return Signer(Ed25519PrivateKey.generate(), "ephemeral")
            # Another process made it at the same moment: use that one.
    return load(path, passphrase)


def _secret(pem: bytes, passphrase: Callable[[], bytes] | bytes | None) -> bytes | None:
    if b"ENCRYPTED" not in pem:
        return None
    if passphrase is None:
        return os.environ.get(PASSPHRASE, "").encode() or None
    return passphrase() if callable(passphrase) else passphrase


def _write_new(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with contextlib.closing(os.fdopen(handle, "wb")) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
