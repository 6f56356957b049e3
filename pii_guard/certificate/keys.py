"""Signing keys: in PKCS#8 files (RFC 8410, RFC 5915), encrypted by a passphrase, or in a service."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pii_guard.certificate.key_service import ServiceKey, is_uri
from pii_guard.certificate.public_keys import (
    CURVES,
    Algorithm,
    PublicKey,
    algorithm,
    digest_of,
    key_id,
    pem,
    read_public,
)
from pii_guard.certificate.writing import write_whole
from pii_guard.errors import CertificateError

PASSPHRASE = "PII_GUARD_KEY_PASSPHRASE"  # noqa: S105 - the variable's name
KEY_PATH = "PII_GUARD_KEY"
KEY_PUBLIC = "PII_GUARD_KEY_PUBLIC"
Passphrase = Callable[[], bytes] | bytes | None
"""A passphrase, what asks for one when it is needed, or None: `$PII_GUARD_KEY_PASSPHRASE`."""
_ENCRYPTED = b"ENCRYPTED"  # in the first line of such a PEM file
FileKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs.

    `origin`: `file` (loaded), `created` (made just now, on first use), `ephemeral` (in memory only:
    nobody can verify with it later unless `public_pem` is kept), `service` (in a KMS, an HSM or
    Vault, from which it never comes out).
    """

    private: FileKey | ServiceKey = field(repr=False)
    origin: Literal["file", "created", "ephemeral", "service"] = "file"
    path: Path | None = None

    @property
    def public(self) -> PublicKey:
        """The public key."""
        return self.private.public_key()

    @property
    def key_id(self) -> str:
        """SHA-256 of the public key's SPKI, in hex."""
        return key_id(self.public)

    @property
    def public_pem(self) -> bytes:
        """The public key as SPKI PEM: what verifiers are given."""
        return pem(self.public)

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`: Ed25519 of 64 bytes, ECDSA in DER.

        Raises `CertificateError` when the key is in a service and that does not sign.
        """
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(data, digest_of(self.private.curve))
        return self.private.sign(data)


def generate(
    path: Path, passphrase: bytes | None = None, algorithm: Algorithm = "ed25519"
) -> Signer:
    """Write a new key pair: `path` (private, mode 0600) and `path` with suffix `.pub`.

    Never overwrites. Raises `CertificateError`.
    """
    private = _new(algorithm)
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
        write_whole(path, pem, replace=False, mode=0o600)
        write_whole(path.with_suffix(".pub"), signer.public_pem, replace=False, mode=0o644)
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


def load(path: Path, passphrase: Passphrase = None) -> Signer:
    """The key in a PKCS#8 PEM file. Raises `CertificateError`; never shows key material."""
    content = _read(path)
    secret = _secret(passphrase) if _ENCRYPTED in content else None
    try:
        private = serialization.load_pem_private_key(content, secret)
    except (ValueError, TypeError):
        raise CertificateError(
            f"{path.name} is no PKCS#8 key, or the passphrase is wrong",
            remedy=f"set {PASSPHRASE}, or make a key with `pii-guard keys generate`",
        ) from None
    algorithm(private)
    assert isinstance(private, (Ed25519PrivateKey, ec.EllipticCurvePrivateKey))
    return Signer(private, "file", path)


def secret_of(path: Path, passphrase: Passphrase = None) -> bytes | None:
    """The passphrase of a key file, asked for once; None where it needs none."""
    return _secret(passphrase) if _ENCRYPTED in _read(path) else None


def open_key(where: str, public: Path | None = None, passphrase: Passphrase = None) -> Signer:
    """The key at `where`: a PKCS#8 file, or in a service (`awskms:`, `gcpkms:`, `azurekms:`,
    `hsm:`, `hv:`), whose public key `public` holds; beside a file it has to be that file's.

    The passphrase is the file's, or the HSM's PIN. Raises `CertificateError`.
    """
    given = read_public(_read(public)) if public else None
    if not is_uri(where):
        signer = load(Path(where), passphrase)
        if given is not None and key_id(given) != signer.key_id:
            raise CertificateError("the public key is another key's", remedy="pass its own .pub")
        return signer
    if given is None:
        raise CertificateError(
            "a key in a service is used together with its public key",
            remedy="pass the .pub file: it was made when the key was",
        )
    return Signer(ServiceKey(where, given, lambda: _pin(passphrase)), "service")


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
    """The issuer key, made on first use; in memory only where no file can be written.

    `$PII_GUARD_KEY` may name a key in a service; `$PII_GUARD_KEY_PUBLIC` is its public key's file.
    """
    passphrase = environment.get(PASSPHRASE, "").encode() or None
    if is_uri(environment.get(KEY_PATH, "")):
        public = environment.get(KEY_PUBLIC)
        return open_key(environment[KEY_PATH], Path(public) if public else None, passphrase)
    path = default_key_path(environment)
    if not path.exists():
        try:
            return generate(path, passphrase)
        except CertificateError:
            if not path.exists():
                return Signer(Ed25519PrivateKey.generate(), "ephemeral")
            # Another process made it at the same moment: use that one.
    return load(path, passphrase)


def _new(name: Algorithm) -> FileKey:
    if name == "ed25519":
        return Ed25519PrivateKey.generate()
    for known, curve, _ in CURVES.values():
        if known == name:
            return ec.generate_private_key(curve())
    raise CertificateError("there is no such algorithm", remedy="see `pii-guard keys generate -h`")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise CertificateError(
            f"cannot read the key file {path.name}", remedy="check the path and its permissions"
        ) from None


def _secret(passphrase: Passphrase) -> bytes | None:
    if passphrase is None:
        return os.environ.get(PASSPHRASE, "").encode() or None
    return passphrase() if callable(passphrase) else passphrase


def _pin(passphrase: Passphrase) -> bytes:
    pin = _secret(passphrase)
    if not pin:
        # An empty one would be counted as a wrong one, and a token locks after a few.
        raise CertificateError("the key's PIN is not known", remedy=f"set {PASSPHRASE}")
    return pin
