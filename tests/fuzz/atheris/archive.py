"""Archives and compressed files are rewritten or refused; what is written opens again."""

from __future__ import annotations

from pii_guard.formats import Formats
from pii_guard.identify import identify
from tests.fuzz.atheris import BOUNDS, planted, rewritten

SEEDS = planted(("zip", "tar", "7z", "gzip", "bzip2", "xz", "zstd", "jar"))
FORMATS = Formats()
_KINDS = frozenset(
    f"application/{kind}" for kind in "zip x-tar x-7z-compressed gzip x-bzip2 x-xz zstd java-archive".split()
) & FORMATS.media_types  # fmt: skip


def one(data: bytes) -> None:
    kind = identify(data)
    if kind in _KINDS:
        form = FORMATS.of(kind)
        out = rewritten(form, data)
        if out is not None:
            form.read(out, BOUNDS)
