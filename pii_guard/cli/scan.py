"""`pii-guard scan`: what is personal in these files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pii_guard.cli.inputs import Input, inputs, load_policy
from pii_guard.cli.printing import (
    counts,
    finding_row,
    print_rows,
    print_table,
    unread_note,
    unread_row,
)
from pii_guard.cli.progress import track
from pii_guard.errors import ExitCode
from pii_guard.guard import Guard, Scan

SCHEMA = "pii-guard/scan/1"


def run(
    paths: Sequence[str],
    policy: Path | None,
    keep: Sequence[str],
    output_format: str,
    name: str,
    secrets: Sequence[str] = (),
) -> int:
    """Scan each file by itself; the exit code."""
    files = list(inputs(paths, name))
    guard = Guard(load_policy(policy, keep, paths), passwords=secrets)
    scans = [(one, guard.scan(one.source(), name=one.relative)) for one in track(files, "scanning")]
    if output_format == "table":
        rows = [
            (
                one.relative,
                scan.verdict,
                counts(scan.by_type),
                str(scan.reason or unread_note(unread_row(scan.unread))),
            )
            for one, scan in scans
        ]
        print_table("", ("file", "verdict", "found", "reason"), rows)
    else:
        print_rows(SCHEMA, [_row(one, scan) for one, scan in scans], output_format)
    if any(scan.verdict == "quarantined" for _, scan in scans):
        return ExitCode.UNPROCESSED
    return ExitCode.FINDINGS if any(scan for _, scan in scans) else ExitCode.OK


def _row(one: Input, scan: Scan) -> dict[str, Any]:
    return {
        "path": one.relative,
        "media_type": scan.media_type,
        "verdict": scan.verdict,
        "reason": str(scan.reason) if scan.reason else None,
        "found": dict(scan.by_type),
        "unread": unread_row(scan.unread),
        "findings": [finding_row(finding) for finding in scan],
    }
