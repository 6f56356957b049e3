"""Zip archives with a password: the same archive without it.

Traditional encryption is undone by the standard library; WinZip's AES (AE-1 and AE-2, "AES Encryption
Information", versions of 2004 to 2009) here: PBKDF2-HMAC-SHA1 of 1,000 rounds, AES in counter mode with
a little-endian counter, and ten bytes of HMAC-SHA1.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.passwords import spellings
from pii_guard.formats.unpacking import Unpacking
from pii_guard.formats.zip_structure import AES, Archive, Entry, extras, is_locked, parsed

_ROUNDS = 1_000
_CHECK, _TAG, _BLOCK = 2, 10, 16
_AES_FIELD = 0x9901
_FIELD = struct.Struct("<H2sBH")
_KEY_BYTES = {1: 16, 2: 24, 3: 32}
_MASKED = 0x2040
"""Flags of PKWARE's strong encryption, which nobody else writes."""
_STORED = 0


def unlocked(blob: bytes, passwords: Sequence[str], bounds: Bounds) -> Archive | None:
    """The archive with its members as they are without a password; None if none has one.

    Raises `Unreadable(ENCRYPTED)` where no password opens a member.
    """
    archive = parsed(blob, Unpacking(len(blob), bounds), locked=True)
    if not any(map(is_locked, archive.entries)):
        return None
    words = [raw for one in passwords for raw in spellings(one)]
    with _opened(blob) as opened:
        infos = opened.infolist()
        if len(infos) != len(archive.entries):
            raise Unreadable(ReasonCode.CORRUPT, "zip directory")
        entries = [
            _plain(entry, opened, info, words)
            for entry, info in zip(archive.entries, infos, strict=True)
        ]
    return replace(archive, entries=tuple(entries))


def _opened(blob: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(blob))
    except Exception:  # noqa: BLE001 - versions, names and sizes it refuses, each in a way of its own
        raise Unreadable(ReasonCode.CORRUPT, "zip directory") from None


def _plain(
    entry: Entry, opened: zipfile.ZipFile, info: zipfile.ZipInfo, words: list[bytes]
) -> Entry:
    """What fits is moved to the front of `words`: the next member has the same password."""
    if not is_locked(entry):
        return entry
    if entry.flags & _MASKED:
        raise Unreadable(ReasonCode.ENCRYPTED, "a member of the archive, in PKWARE's own way")
    for number, password in enumerate(words):
        found = (
            _of_aes(entry, password)
            if entry.method == AES
            else _of_traditional(entry, opened, info, password)
        )
        if found is not None:
            words.insert(0, words.pop(number))
            return replace(found, flags=found.flags & ~1)
    raise Unreadable(ReasonCode.ENCRYPTED, "a member of the archive, by another password")


def _of_traditional(
    entry: Entry, opened: zipfile.ZipFile, info: zipfile.ZipInfo, password: bytes
) -> Entry | None:
    try:
        with opened.open(info, pwd=password) as member:
            content = member.read(entry.size + 1)
            # Reading to the end checks the sum; one password in 256 passes the first check by chance.
            if len(content) != entry.size or member.read(1):
                return None
    except (RuntimeError, NotImplementedError, ValueError, EOFError, OSError, zipfile.BadZipFile):
        return None
    except Exception:  # noqa: BLE001 - what decompressors raise for noise
        return None
    return replace(entry, method=_STORED, packed=content)


def _of_aes(entry: Entry, password: bytes) -> Entry | None:
    """Raises `Unreadable(CORRUPT)` where the password is right and the data is not."""
    field = next((data for kind, data in extras(entry.extra) if kind == _AES_FIELD), b"")
    if len(field) != _FIELD.size:
        raise Unreadable(ReasonCode.CORRUPT, "an encrypted member")
    _, _, strength, method = _FIELD.unpack(field)
    size = _KEY_BYTES.get(strength, 0)
    salt = entry.packed[: size // 2]
    body = entry.packed[size // 2 + _CHECK : -_TAG]
    if not size or len(entry.packed) < size // 2 + _CHECK + _TAG:
        raise Unreadable(ReasonCode.CORRUPT, "an encrypted member")
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, _ROUNDS, 2 * size + _CHECK)
    if keys[-_CHECK:] != entry.packed[size // 2 : size // 2 + _CHECK]:
        return None
    tag = hmac.new(keys[size : 2 * size], body, hashlib.sha1).digest()[:_TAG]
    if not hmac.compare_digest(tag, entry.packed[-_TAG:]):
        return None
    packed = _counted(keys[:size], body)
    crc = entry.crc or _SUM_LEFT_OUT
    return replace(
        entry, method=method, packed=packed, crc=crc,
        extra=_without(entry.extra), local_extra=_without(entry.local_extra),
    )  # fmt: skip


_SUM_LEFT_OUT = -1
"""AE-2 keeps no sum of the content: whoever unpacks it has to make one."""


def _counted(key: bytes, body: bytes) -> bytes:
    """AES in counter mode, the counter little-endian and from 1 on."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    blocks = -(-len(body) // _BLOCK)
    counters = np.zeros((blocks, 2), dtype="<u8")
    counters[:, 0] = np.arange(1, blocks + 1)
    # A keystream is what ECB makes of counters: no block of the text is enciphered with it.
    stream = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(counters.tobytes())  # noqa: S305
    mixed = np.frombuffer(body, np.uint8) ^ np.frombuffer(stream, np.uint8)[: len(body)]
    return mixed.tobytes()


def _without(extra: bytes) -> bytes:
    kept = ((kind, data) for kind, data in extras(extra) if kind >= 0 and kind != _AES_FIELD)
    return b"".join(struct.pack("<HH", kind, len(data)) + data for kind, data in kept)
