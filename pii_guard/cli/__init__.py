"""The command line: one module per verb; each parses, calls one function, prints, exits.

Nothing here decides what is personal, and nothing ever prints a raw value.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Entry point of `pii-guard`; leaves with one of the exit codes of `pii_guard.errors`."""
    from pii_guard.cli.leaving import run

    sys.exit(run())
