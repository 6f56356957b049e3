"""Bytes that one key opens, in the format of age (age-encryption.org/v1): `age -d` opens them, too."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from pii_guard.errors import QuarantineError
from pii_guard.quarantine.header import Header, Stanza, damaged, decoded, derived, encoded, written
from pii_guard.quarantine.keys import Identity, Recipient
from pii_guard.quarantine.payload import NONCE, decrypted, encrypted

_KIND = "X25519"
_INFO = b"age-encryption.org/v1/X25519"
_FILE_KEY = 16
_ZEROS = bytes(12)
"""The nonce of a wrapped file key: each wrapping key is used once."""


def closed(blocks: Iterable[bytes], recipient: Recipient, note: tuple[str, ...]) -> Iterator[bytes]:
    """An age file of these bytes, in pieces. `note`: words that stay readable, and are bound to it."""
    file_key = os.urandom(_FILE_KEY)
    yield written([_wrapped(file_key, recipient), Stanza(note)], file_key)
    yield from encrypted(blocks, file_key, os.urandom(NONCE))


def opened(header: Header, file: BinaryIO, identity: Identity) -> Iterator[bytes]:
    """The bytes of a file whose head was read. Raises `QuarantineError` for a key it was not closed
    to, at once, and for a changed file, at the latest at its end.
    """
    file_key = _unwrapped(header, identity)
    if not header.fits(file_key):
        raise damaged("what stands in its head was changed")
    return decrypted(file, file_key)


def _wrapped(file_key: bytes, recipient: Recipient) -> Stanza:
    ephemeral = X25519PrivateKey.generate()
    share = ephemeral.public_key().public_bytes_raw()
    salt = share + recipient.key.public_bytes_raw()
    cipher = ChaCha20Poly1305(derived(ephemeral.exchange(recipient.key), salt, _INFO))
    return Stanza((_KIND, encoded(share)), cipher.encrypt(_ZEROS, file_key, None))


def _unwrapped(header: Header, identity: Identity) -> bytes:
    for stanza in header.stanzas:
        if stanza.words[0] != _KIND:
            continue
        # A body of another length could hold a key that several private keys open.
        if len(stanza.words) != 2 or len(stanza.body) != _FILE_KEY + 16:
            raise damaged("its head is broken")
        share = decoded(stanza.words[1].encode("ascii"))
        salt = share + identity.recipient.key.public_bytes_raw()
        try:
            # A share of low order raises here, too.
            secret = identity.key.exchange(X25519PublicKey.from_public_bytes(share))
            return ChaCha20Poly1305(derived(secret, salt, _INFO)).decrypt(_ZEROS, stanza.body, None)
        except (InvalidTag, ValueError):
            continue
    raise QuarantineError(
        "the entry was closed to another key", remedy="give the private key of its quarantine"
    )
