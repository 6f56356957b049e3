"""A password as the bytes that a program may have made of it."""

from __future__ import annotations

from collections.abc import Iterator


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
