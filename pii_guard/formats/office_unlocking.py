"""Office files with a password (MS-OFFCRYPTO, and RC4 in binary ones): the same file without it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds

_SPINS = re.compile(rb'spinCount\s*=\s*"(\d{1,20})"')
_MOST_SPINS = 1_000_000
"""Rounds that derive a key: Office writes 100,000; ten million may be asked for (MS-OFFCRYPTO, 2.3.4.10)."""


def unlocked(blob: bytes, passwords: Sequence[str], bounds: Bounds) -> bytes | None:
    """The file without its password; None if it has none. Raises `Unreadable`."""
    for spins in _SPINS.findall(blob):
        if int(spins) > _MOST_SPINS:
            raise Unreadable(ReasonCode.ENCRYPTED, f"a key of more than {_MOST_SPINS} rounds")
    try:
        file = _opened(blob)
        if file is None or not file.is_encrypted():
            return None
    except Exception:  # noqa: BLE001 - whatever it raises for a broken file: reading says what is wrong
        return None
    for password in passwords:
        plain = _plain(blob, password)
        if plain is not None:
            if len(plain) > bounds.max_unpacked_bytes:
                raise Unreadable(ReasonCode.LIMIT_UNPACKED, "the file without its password")
            return plain
    raise Unreadable(ReasonCode.ENCRYPTED, "by another password")


def _opened(blob: bytes) -> Any:
    import msoffcrypto

    return msoffcrypto.OfficeFile(io.BytesIO(blob))


def _plain(blob: bytes, password: str) -> bytes | None:
    out = io.BytesIO()
    try:
        file = _opened(blob)
        file.load_key(password=password)
        file.decrypt(out)
    except Exception:  # noqa: BLE001 - a wrong password shows as whatever its noise breaks
        return None
    return out.getvalue() or None
