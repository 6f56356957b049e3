"""What is counted of files, wherever they are counted together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """Files, those with findings, those that could not be examined in full, all findings, and bytes.

    `grave`: files whose highest severity is `critical` or `high`.
    """

    files: int = 0
    found: int = 0
    held: int = 0
    findings: int = 0
    grave: int = 0
    size: int = 0

    def add(self, other: Counts) -> None:
        """Count the others, too."""
        self.files += other.files
        self.found += other.found
        self.held += other.held
        self.findings += other.findings
        self.grave += other.grave
        self.size += other.size
