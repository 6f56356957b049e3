"""The encryption of 7z archives: AES-256 in CBC mode, the key from rounds of SHA-256 (7zFormat.txt, 7zAes)."""

from __future__ import annotations

import hashlib
import struct

from pii_guard.errors import ReasonCode, Unreadable

_MOST_ROUNDS = 1 << 22
"""For all keys of an archive: 7-Zip writes 2^19, half a second, and derives one key."""
_AS_IT_IS = 0x3F
_KEY_BYTES = 32
_IV_BYTES = 16
_AT_ONCE = 4_096


class Unlocking:
    """A password, and the keys that were derived from it."""

    def __init__(self, password: str) -> None:
        self._password = password.encode("utf-16-le")
        self._keys: dict[tuple[bytes, int], bytes] = {}
        self._left = _MOST_ROUNDS

    def decrypted(self, properties: bytes, data: bytes) -> bytes:
        """What a stream holds, with what fills its last block. Raises `Unreadable`."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        cycles, salt, vector = _told(properties)
        if len(data) % _IV_BYTES:
            raise Unreadable(ReasonCode.CORRUPT, "encrypted data")
        cipher = Cipher(algorithms.AES(self._key(salt, cycles)), modes.CBC(vector))
        return cipher.decryptor().update(data)

    def _key(self, salt: bytes, cycles: int) -> bytes:
        if (salt, cycles) not in self._keys:
            self._keys[salt, cycles] = self._derived(salt, cycles)
        return self._keys[salt, cycles]

    def _derived(self, salt: bytes, cycles: int) -> bytes:
        secret = salt + self._password
        if cycles == _AS_IT_IS:
            return secret[:_KEY_BYTES].ljust(_KEY_BYTES, b"\0")
        digest, count = hashlib.sha256(), 1 << cycles
        self._left -= count
        if self._left < 0:
            raise Unreadable(ReasonCode.ENCRYPTED, f"keys of more than {_MOST_ROUNDS} rounds")
        for start in range(0, count, _AT_ONCE):
            rounds = range(start, min(start + _AT_ONCE, count))
            digest.update(b"".join(secret + struct.pack("<Q", n) for n in rounds))
        return digest.digest()


def _told(properties: bytes) -> tuple[int, bytes, bytes]:
    """Rounds, salt and initialisation vector."""
    if not properties:
        raise Unreadable(ReasonCode.CORRUPT, "encrypted data")
    first, second = properties[0], properties[1] if len(properties) > 1 else 0
    salted = (first >> 7 & 1) + (second >> 4)
    given = (first >> 6 & 1) + (second & 0x0F)
    salt = properties[2 : 2 + salted]
    vector = properties[2 + salted : 2 + salted + given]
    return first & 0x3F, salt, vector.ljust(_IV_BYTES, b"\0")
