"""Passwords as they are given, and as the bytes that a program may have made of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pii_guard.errors import PolicyError


def given(passwords: Sequence[str]) -> tuple[str, ...]:
    """Those that are not empty. Raises `PolicyError` for a text in the place of a list."""
    if isinstance(passwords, (str, bytes)) or not all(isinstance(one, str) for one in passwords):
        raise PolicyError("passwords are a list of texts", remedy='write passwords=["…"]')
    return tuple(filter(None, passwords))


def spellings(password: str) -> Iterator[bytes]:
    """In UTF-8, and in the code pages of Windows and DOS where those say something else."""
    seen = set()
    for encoding in ("utf-8", "cp1252", "cp437", "cp850"):
        try:
            raw = password.encode(encoding)
        except UnicodeEncodeError:
            continue
        if raw not in seen:
            seen.add(raw)
            yield raw
