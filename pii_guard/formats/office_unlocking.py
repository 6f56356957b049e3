"""Office Open XML files with a password (MS-OFFCRYPTO): the same file without it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.quiet import quietly

_MOST_SPINS = 1_000_000
"""Rounds that derive a key: Office writes 100,000; ten million may be asked for (MS-OFFCRYPTO, 2.3.4.10)."""
_BY_DEFAULT = "VelvetSweatshop"
"""What Excel encrypts with where nobody gave a password (MS-XLS, 2.2.10)."""


@quietly
def unlocked(blob: bytes, passwords: Sequence[str], bounds: Bounds) -> bytes | None:
    """The file without its password; None if it has none. Raises `Unreadable`."""
    file = _locked(blob)
    if file is None or file.format != "ooxml":
        return None
    if _spins(file) > _MOST_SPINS:
        raise Unreadable(ReasonCode.ENCRYPTED, f"a key of more than {_MOST_SPINS} rounds")
    for password in (*passwords, _BY_DEFAULT):
        plain = _plain(blob, password)
        if plain is not None:
            if len(plain) > bounds.max_unpacked_bytes:
                raise Unreadable(ReasonCode.LIMIT_UNPACKED, "the file without its password")
            return plain
    raise Unreadable(ReasonCode.ENCRYPTED, "by another password")


@quietly
def is_locked(blob: bytes) -> bool:
    """Whether it has a password."""
    return _locked(blob) is not None


def _locked(blob: bytes) -> Any | None:
    """The file as the library sees it; None for one without a password, or that it cannot read."""
    try:
        file = _opened(blob)
        return file if file.is_encrypted() else None
    except Exception:  # noqa: BLE001 - whatever it raises for a broken file: reading says what is wrong
        return None


def _opened(blob: bytes) -> Any:
    import msoffcrypto
    import olefile

    with olefile.OleFileIO(io.BytesIO(blob)) as ole:
        # Small streams are counted twice, by themselves and in the one that holds them.
        if sum(entry.size for entry in ole.direntries if entry) > 2 * len(blob):
            raise Unreadable(ReasonCode.CORRUPT, "streams that share their bytes")
    return msoffcrypto.OfficeFile(io.BytesIO(blob))


def _spins(file: Any) -> int:
    return int(file.info.get("spinValue", 0))


def _plain(blob: bytes, password: str) -> bytes | None:
    out = io.BytesIO()
    try:
        file = _opened(blob)
        file.load_key(password=password)
        file.decrypt(out)
    except Exception:  # noqa: BLE001 - a wrong password shows as whatever its noise breaks
        return None
    return out.getvalue() or None
