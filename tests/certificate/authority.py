"""A time-stamp authority of the tests' own, by the `openssl` command."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OPENSSL = shutil.which("openssl")
CONFIG = """
[tsa]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:{seconds}
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Authority:
    folder: Path
    root: x509.Certificate
    root_key: rsa.RSAPrivateKey

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        subprocess.run(
            [
                OPENSSL, "ts", "-reply", "-config", "config", "-section", "tsa",
                "-queryfile", "query", "-signer", "signer.pem", "-inkey", "signer.key",
                "-out", "answer",
            ],
            cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip
        return (self.folder / "answer").read_bytes()

    def resigned(self, token: bytes, usage) -> bytes:
        """What the token says, signed by another certificate under the same root."""
        self._store("other", "Example other", self.root_key, (usage,))
        (self.folder / "token").write_bytes(token)
        for command in (
            "ts -reply -in token -token_out -out inner.der",
            "cms -verify -noverify -inform DER -in inner.der -out info.der",
            "cms -sign -binary -nodetach -in info.der -signer other.pem -inkey other.key "
            "-econtent_type id-smime-ct-TSTInfo -outform DER -out forged.der -md sha256",
        ):
            subprocess.run(
                [OPENSSL, *command.split()], cwd=self.folder, check=True, capture_output=True
            )
        forged = b"\x30\x03\x02\x01\x00" + (self.folder / "forged.der").read_bytes()
        assert 256 <= len(forged) < 65_536
        return b"\x30\x82" + len(forged).to_bytes(2, "big") + forged

    def _store(self, file: str, name: str, signed_by, usage) -> None:
        key, pem = rsa.generate_private_key(65537, 2048), serialization.Encoding.PEM
        made = certificate(name, key.public_key(), signed_by, "Example root", usage)
        (self.folder / f"{file}.pem").write_bytes(made.public_bytes(pem))
        (self.folder / f"{file}.key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )


def certificate(name, public, signed_by, issuer, usage=None, years=10):
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=usage is None, path_length=None), critical=True)
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=True)
    return builder.sign(signed_by, hashes.SHA256())


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def authority(folder: Path, seconds=1) -> Authority:
    root_key = rsa.generate_private_key(65537, 2048)
    root = certificate("Example root", root_key.public_key(), root_key, "Example root")
    folder.mkdir()
    (folder / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    (folder / "serial").write_text("01\n")
    (folder / "config").write_text(CONFIG.format(folder=folder, seconds=seconds))
    made = Authority(folder, root, root_key)
    made._store("signer", "Example TSA", root_key, (ExtendedKeyUsageOID.TIME_STAMPING,))
    return made
