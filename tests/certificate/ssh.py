"""SSH signatures made here, right and wrong, and by the real `ssh-keygen`."""

from __future__ import annotations

import base64
import hashlib
import shutil
import struct
import subprocess

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

needs_ssh_keygen = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed (openssh-client)"
)
KINDS = {"ed25519": (), "ecdsa": ("-b", "256"), "ecdsa-384": ("-b", "384"), "rsa": ("-b", "2048")}


def new_key(folder, kind):
    """A key made by `ssh-keygen`; its .pub is beside it."""
    path = folder / kind
    command = ["ssh-keygen", "-q", "-t", kind.partition("-")[0], *KINDS[kind]]
    subprocess.run([*command, "-N", "", "-C", "", "-f", path], check=True)
    return path


def keygen_sign(path, message, namespace):
    command = ["ssh-keygen", "-Y", "sign", "-f", path, "-n", namespace]
    return subprocess.run(command, input=message, capture_output=True, check=True).stdout


def keygen_verifies(folder, public, message, namespace, text):
    (folder / "allowed").write_bytes(b"researcher " + public)
    (folder / "signature").write_bytes(text)
    command = ["ssh-keygen", "-Y", "verify", "-f", folder / "allowed", "-I", "researcher"]
    command += ["-n", namespace, "-s", folder / "signature"]
    return subprocess.run(command, input=message, capture_output=True).returncode == 0


def string(value):
    return struct.pack(">I", len(value)) + value


def mpint(number):
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def ssh_public(private):
    line = private.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return base64.b64decode(line.split()[1])


def made(private, message, namespace, **parts):
    """A signature's bytes; `parts` replaces any part by a wrong one."""
    name = parts.get("digest_name", b"sha512")
    digest = hashlib.new(name.decode(), message).digest()
    reserved = parts.get("reserved", b"")
    signed = b"SSHSIG" + string(namespace.encode()) + string(reserved) + string(name)
    signed += string(digest)
    if isinstance(private, Ed25519PrivateKey):
        algorithm, blob = b"ssh-ed25519", private.sign(signed)
    elif isinstance(private, rsa.RSAPrivateKey):
        algorithm = parts.get("algorithm", b"rsa-sha2-512")
        kind = {b"rsa-sha2-512": hashes.SHA512, b"rsa-sha2-256": hashes.SHA256}.get(
            algorithm, hashes.SHA1
        )
        blob = private.sign(signed, padding.PKCS1v15(), kind())
    else:
        size = private.curve.key_size
        algorithm = f"ecdsa-sha2-nistp{size}".encode()
        kind = hashes.SHA256 if size <= 256 else hashes.SHA384 if size <= 384 else hashes.SHA512
        blob = b"".join(map(mpint, decode_dss_signature(private.sign(signed, ec.ECDSA(kind())))))
    blob = parts.get("blob", lambda one: one)(blob)
    version = parts.get("version", 1)
    return (
        b"SSHSIG" + struct.pack(">I", version) + string(parts.get("public", ssh_public(private)))
        + string(namespace.encode()) + string(reserved) + string(name)
        + string(string(algorithm) + string(blob))
    )  # fmt: skip
