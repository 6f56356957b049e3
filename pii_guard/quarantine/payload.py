"""The body of an age file: chunks, each of which knows its number and whether it is the last.

age-encryption.org/v1, "Payload": ChaCha20-Poly1305 (RFC 8439) in a STREAM (Hoang et al., "Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015). A chunk that was cut
off, moved or taken from elsewhere does not open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from pii_guard.quarantine.header import damaged, derived

NONCE = 16
CHUNK = 64 * 1024
_TAG = 16


def encrypted(blocks: Iterable[bytes], file_key: bytes, nonce: bytes) -> Iterator[bytes]:
    """The body of these bytes; one chunk is held at a time, and the block it comes from."""
    yield nonce
    cipher = ChaCha20Poly1305(derived(file_key, nonce, b"payload"))
    held, number = bytearray(), 0
    for block in blocks:
        held += block
        start = 0
        # What may be the last chunk waits until more has come.
        while len(held) - start > CHUNK:
            yield cipher.encrypt(_nonce(number, last=False), held[start : start + CHUNK], None)
            start += CHUNK
            number += 1
        del held[:start]
    yield cipher.encrypt(_nonce(number, last=True), bytes(held), None)


def decrypted(file: BinaryIO, file_key: bytes) -> Iterator[bytes]:
    """The bytes of the rest of a file. Raises `QuarantineError` at the first that are not as written.

    What was yielded before that is authentic, but it is not all.
    """
    nonce = file.read(NONCE)
    if len(nonce) < NONCE:
        raise damaged("it is cut short")
    cipher = ChaCha20Poly1305(derived(file_key, nonce, b"payload"))
    number, chunk = 0, file.read(CHUNK + _TAG)
    while True:
        following = file.read(CHUNK + _TAG)
        try:
            opened = cipher.decrypt(_nonce(number, last=not following), chunk, None)
        except InvalidTag:
            raise damaged("it was changed or cut short") from None
        if not opened and number:
            raise damaged("it ends with nothing")
        yield opened
        if not following:
            return
        number, chunk = number + 1, following


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")
