"""The texts of each recognizer: what it must find, exactly, and what it must spare.

One file a module, one block a recognizer: `[Class]`, then lines `+ text with the «value»` and
`- text to spare`. `⏎` stands for a line end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
LOOKALIKES = HERE / "lookalikes"


@dataclass(frozen=True)
class Table:
    finds: tuple[str, ...]
    spares: tuple[str, ...]


def plain(marked: str) -> str:
    return marked.replace("⏎", "\n").replace("«", "").replace("»", "")


def spans(marked: str) -> list[tuple[int, int]]:
    """Where the values stand in the plain text."""
    found, shift = [], 0
    for match in re.finditer("«([^»]*)»", marked):
        start = match.start() - shift
        found.append((start, start + len(match[1])))
        shift += 2
    return found


def tables() -> dict[str, Table]:
    found: dict[str, Table] = {}
    for path in sorted(HERE.glob("*.txt")):
        for block in re.split(r"^\[", path.read_text("utf-8"), flags=re.M)[1:]:
            name, _, body = block.partition("]\n")
            lines = body.splitlines()
            assert name not in found, name
            found[name] = Table(
                tuple(line[2:] for line in lines if line.startswith("+ ")),
                tuple(line[2:] for line in lines if line.startswith("- ")),
            )
    return found
