"""Any bytes have a type, the same with and without a name."""

from __future__ import annotations

from pii_guard.identify import identify_all
from tests.fuzz.atheris import planted

SEEDS = planted(("txt", "json", "html", "zip", "png", "csv", "yaml", "sql", "eml", "http", "tar", "7z"))  # fmt: skip


def one(data: bytes) -> None:
    for name in ("", "a.csv", "a.yaml"):
        types = identify_all(data, name)
        assert types
        assert all("/" in kind for kind in types)
