"""Signatures by `ssh-keygen -Y sign` (OpenSSH's PROTOCOL.sshsig), checked without OpenSSH.

The key inside a signature says only which key made it: whether that key counts is the caller's to
ask. Every form that is not the one OpenSSH writes is refused, so that a signature has one spelling.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from pii_guard.certificate.public_keys import digest_of
from pii_guard.certificate.researcher import ResearcherKey, accepted_key
from pii_guard.certificate.strict import Malformed, strict_base64
from pii_guard.errors import CertificateError

MAGIC = b"SSHSIG"
_VERSION = 1
_MOST = 16 * 1024
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_HASHES: dict[bytes, Callable[[bytes], bytes]] = {
    b"sha256": lambda message: hashlib.sha256(message).digest(),
    b"sha512": lambda message: hashlib.sha512(message).digest(),
}
_ALGORITHMS = {
    b"ssh-ed25519": b"ssh-ed25519",
    b"ecdsa-sha2-nistp256": b"ecdsa-sha2-nistp256",
    b"ecdsa-sha2-nistp384": b"ecdsa-sha2-nistp384",
    b"ssh-rsa": b"rsa-sha2-512",
}
"""The kinds of key taken, with the one algorithm each may sign with."""


@dataclass(frozen=True, slots=True)
class SshSignature:
    """A parsed signature. `public` is the key it names, `blob` the algorithm's own signature."""

    public: ResearcherKey
    namespace: bytes
    algorithm: bytes
    digest_name: bytes
    blob: bytes = field(repr=False)

    def holds(self, message: bytes, namespace: str) -> bool:
        """Whether `public` signed `message` under exactly this namespace."""
        if self.namespace != namespace.encode():
            return False
        digest = _HASHES[self.digest_name](message)
        signed = MAGIC + b"".join(map(_string, (self.namespace, b"", self.digest_name, digest)))
        try:
            _verify(self.public, self.blob, signed)
        except InvalidSignature:
            return False
        return True


def unarmoured(text: bytes) -> bytes:
    """The signature in the text that `ssh-keygen -Y sign` prints. Raises `Malformed`."""
    lines = text.decode("ascii", "replace").split()
    begin, end = _BEGIN.split(), _END.split()
    if lines[: len(begin)] != begin or lines[-len(end) :] != end or len(text) > _MOST:
        raise Malformed("not an SSH signature")
    return strict_base64("".join(lines[len(begin) : -len(end)]))


def armoured(signature: bytes) -> bytes:
    """The same as text, for `ssh-keygen -Y verify -s`."""
    text = base64.b64encode(signature).decode()
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return "\n".join((_BEGIN, *lines, _END, "")).encode()


def parse(content: bytes) -> SshSignature:
    """The signature in its binary form. Raises `Malformed`."""
    if not content.startswith(MAGIC) or len(content) > _MOST:
        raise Malformed("not an SSH signature")
    if content[len(MAGIC) : len(MAGIC) + 4] != struct.pack(">I", _VERSION):
        raise Malformed("an SSH signature of another version")
    key, namespace, reserved, digest_name, signature = _strings(content[len(MAGIC) + 4 :], 5)
    if reserved or digest_name not in _HASHES:
        raise Malformed("an SSH signature with an unknown part")
    algorithm, blob = _strings(signature, 2)
    kind = _first(key)
    if _ALGORITHMS.get(kind) != algorithm:
        raise Malformed("an SSH key or algorithm that is not accepted")
    return SshSignature(_public(kind, key), namespace, algorithm, digest_name, blob)


def _public(kind: bytes, key: bytes) -> ResearcherKey:
    try:
        loaded = serialization.load_ssh_public_key(kind + b" " + base64.b64encode(key))
    except (ValueError, NotImplementedError, UnsupportedAlgorithm):
        raise Malformed("the key in an SSH signature is malformed") from None
    try:
        return accepted_key(loaded)
    except CertificateError:
        raise Malformed("an SSH key or algorithm that is not accepted") from None


def _verify(public: ResearcherKey, blob: bytes, signed: bytes) -> None:
    """Raises `InvalidSignature`."""
    if isinstance(public, Ed25519PublicKey):
        public.verify(blob, signed)
    elif isinstance(public, RSAPublicKey):
        public.verify(blob, signed, padding.PKCS1v15(), hashes.SHA512())
    else:
        # RFC 5656 section 3.1.2: two numbers; the curve decides the hash (section 6.2.1).
        try:
            r, s = map(_mpint, _strings(blob, 2))
        except Malformed:
            raise InvalidSignature from None
        public.verify(encode_dss_signature(r, s), signed, digest_of(public.curve))


def _string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def _first(content: bytes) -> bytes:
    if len(content) < 4:
        raise Malformed("an SSH signature is cut short")
    return content[4 : 4 + int.from_bytes(content[:4], "big")]


def _strings(content: bytes, count: int) -> list[bytes]:
    """Exactly so many strings (RFC 4251 section 5), and nothing after them."""
    found = []
    for _ in range(count):
        one = _first(content)
        if len(one) != int.from_bytes(content[:4], "big"):
            raise Malformed("an SSH signature is cut short")
        found.append(one)
        content = content[4 + len(one) :]
    if content:
        raise Malformed("an SSH signature has something after its end")
    return found


def _mpint(value: bytes) -> int:
    # A leading zero only where the next bit is set, and never a negative number: one spelling each.
    if not value or value[0] & 0x80 or (value[0] == 0 and not value[1:2] >= b"\x80"):
        raise Malformed("a number in an SSH signature is not in its shortest form")
    return int.from_bytes(value, "big")
