"""What stands beside a stored file: its certificate, and what was written with it."""

from __future__ import annotations

from pii_guard.errors import PolicyError

CERTIFICATE = ".certificate.json"
HEADERS = ".headers.json"
COMPANIONS = (CERTIFICATE, HEADERS)
"""What stands beside an object NAME as NAME.certificate.json, and, where it was written with headers, what
they became, which the certificate is about as well."""


def belongs_to(path: str) -> str:
    """The object that something stands beside; "" when it is an object of its own."""
    for ending in COMPANIONS:
        if path.casefold().endswith(ending):
            return path[: -len(ending)]
    return ""


def check_name(name: str) -> None:
    """Raises `PolicyError` for a name that no file may have."""
    if not name:
        raise PolicyError("a file needs a name", remedy="give a path that does not end in /")
    if belongs_to(name):
        raise PolicyError(
            "a name of this ending is for what is put beside a file", remedy="give another name"
        )
