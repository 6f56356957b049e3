"""How much of anything is taken on: one table, of which every limit has its unit, meaning and verdict.

Beyond a limit an input is quarantined; it is never cut short and never called clean. `docs/limits.md` is
made of this table.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from pii_guard.errors import PolicyError, ReasonCode

MIB = 1024 * 1024
MOST = 2**53 - 1
"""The largest integer that every reader of JSON takes for the same (RFC 8259, section 6)."""
JUDGED = 64 * MIB
"""Bytes that may come out of a packed file whatever its ratio: a log of one line repeated packs 1,000 to 1
by gzip (RFC 1951 allows 1,032), and far more by xz; what fits into memory with ease is no bomb."""


def _limit(default: int, unit: str, what: str, *codes: ReasonCode) -> int:
    """A field of the table, with what `docs/limits.md` says of it."""
    told = {"unit": unit, "what": what, "codes": codes}
    made: int = field(default=default, metadata=told)
    return made


@dataclass(frozen=True, slots=True)
class Limits:
    """Every limit, an integer of 1 to 2**53 - 1 each. Raises `PolicyError` naming one that is not."""

    max_file_bytes: int = _limit(
        100 * MIB, "bytes", "a file that is held in memory", ReasonCode.LIMIT_SIZE
    )
    max_streamed_bytes: int = _limit(
        4096 * MIB,
        "bytes",
        "a file that is read in sections: lines of text, rows of a table",
        ReasonCode.LIMIT_SIZE,
    )
    max_nesting: int = _limit(
        200,
        "levels",
        "structures in structures: elements, brackets, groups, parts of a message",
        ReasonCode.LIMIT_NESTING,
    )
    max_pages: int = _limit(
        2_000, "pages", "pages of a document, frames of a picture", ReasonCode.LIMIT_PAGES
    )
    max_children_depth: int = _limit(4, "levels", "files in files", ReasonCode.LIMIT_NESTING)
    max_unpacked_bytes: int = _limit(
        512 * MIB,
        "bytes",
        "all that comes out of a file, files in files included",
        ReasonCode.LIMIT_UNPACKED,
    )
    max_members: int = _limit(
        10_000,
        "members",
        "files in an archive, and other things that one file lists",
        ReasonCode.LIMIT_MEMBERS,
    )
    max_findings: int = _limit(
        1_000_000,
        "findings",
        "findings in a file that is held in memory",
        ReasonCode.LIMIT_FINDINGS,
    )
    max_ratio: int = _limit(
        200,
        "to one",
        "what comes out of packed data to what went in, of each member and in all; judged from "
        f"{JUDGED // MIB} MiB on",
        ReasonCode.LIMIT_RATIO,
    )
    max_pixels: int = _limit(50_000_000, "pixels", "one picture or frame", ReasonCode.LIMIT_PIXELS)
    max_pixels_in_file: int = _limit(
        150_000_000, "pixels", "all frames of a picture", ReasonCode.LIMIT_PIXELS
    )
    max_cells: int = _limit(
        5_000_000,
        "cells",
        "cells of tables, and any other values read from a file that is held in memory",
        ReasonCode.LIMIT_CELLS,
    )
    max_wall_seconds: int = _limit(
        600, "seconds", "one step of the work on a file, by the clock", ReasonCode.TIMEOUT
    )
    max_cpu_seconds: int = _limit(
        600, "seconds", "one step of the work on a file, of the processor", ReasonCode.TIMEOUT
    )
    max_memory_bytes: int = _limit(
        2048 * MIB, "bytes", "memory of one step of the work on a file", ReasonCode.MEMORY
    )

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST:
                raise PolicyError(
                    f"limits.{one.name} must be a positive integer", remedy="correct the policy"
                )

    def stated(self) -> dict[str, int]:
        """The limits by the names that certificates have for them: `maxFileBytes`."""
        return {_in_one_word(one.name): getattr(self, one.name) for one in fields(self)}


def _in_one_word(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
