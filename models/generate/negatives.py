"""Unlabelled technical text read from folders, as examples of what is not personal."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

_CREDIT = re.compile(
    r"author|copyright|©|@|credit|reported|thanks|discover|found by|maintain|signed|written by|"
    r"contribut|twitter|http",
    re.I,
)


def read_negatives(folders: Sequence[Path], seed: int, most: int = 20_000) -> list[str]:
    """Runs of one to six lines of the `.py`, `.md` and `.txt` files in `folders`.

    Lines that may credit a person are left out. Deterministic for the same folders and seed.
    """
    rng = random.Random(seed)
    found: list[str] = []
    for folder in folders:
        files = sorted(f for f in folder.rglob("*") if f.suffix in (".py", ".md", ".txt"))
        rng.shuffle(files)
        for file in files[:400]:
            text = file.read_text("utf-8", errors="replace")[:60_000]
            lines = [x.rstrip() for x in text.split("\n") if x.strip() and not _CREDIT.search(x)]
            for start in range(0, max(0, len(lines) - 6), 6):
                if rng.random() < 0.3:
                    found.append("\n".join(lines[start : start + rng.randint(1, 6)])[:400])
    rng.shuffle(found)
    return found[:most]
