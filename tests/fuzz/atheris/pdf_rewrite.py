"""A PDF is rewritten or refused; what is written opens again."""

from __future__ import annotations

from pii_guard.formats.pdf import FORMAT
from tests.fuzz.atheris import BOUNDS, planted, rewritten

SEEDS = planted(("pdf",))


def one(data: bytes) -> None:
    if b"%PDF" not in data[:1024]:
        data = b"%PDF-1.7\n" + data
    out = rewritten(FORMAT, data)
    if out is not None:
        FORMAT.read(out, BOUNDS)
