"""`pii-guard baseline` and `pii-guard explain`: what is new in an audit, and why something was a hit."""

from __future__ import annotations

import json
from pathlib import Path

from pii_guard.audit.baseline import Baseline, compare
from pii_guard.audit.explaining import explain, others
from pii_guard.certificate.writing import write_whole
from pii_guard.cli.leaving import say
from pii_guard.cli.printing import counts, print_table
from pii_guard.errors import ExitCode

SCHEMA = "pii-guard/baseline-diff/1"
_NOT_ALL = "not everything is known of both: what seems new may have been there before"


def create(audit: Path, output: Path) -> int:
    """Write the baseline of an audit; the exit code."""
    baseline = Baseline.of(audit)
    write_whole(output, baseline.content())
    if not baseline.complete or baseline.unlisted:
        say("the audit is not complete, or lists not all that it counts; the baseline says so")
        return ExitCode.UNPROCESSED
    return ExitCode.OK


def diff(baseline: Path, audit: Path, output_format: str) -> int:
    """Say what came and went since a baseline; the exit code."""
    told = compare(Baseline.at(baseline), audit)
    if output_format == "table":
        rows = [
            ("new", counts(told.new)),
            ("gone", counts(told.gone)),
            ("the same", str(told.same)),
        ]
        print_table("", ("findings", ""), rows)
        if told.findings:
            print_table("", ("new finding", "type", "file"), told.findings)
    else:
        table = {
            "schema": SCHEMA, "new": dict(told.new), "gone": dict(told.gone), "same": told.same,
            "partly": told.partly, "findings": [list(one) for one in told.findings],
        }  # fmt: skip
        print(json.dumps(table, indent=1 if output_format == "json" else None))
    if told.partly:
        say(_NOT_ALL)
        return ExitCode.UNPROCESSED
    return ExitCode.FINDINGS if told.new else ExitCode.OK


def tell(finding: str, audit: Path, output_format: str) -> int:
    """Explain a finding; the exit code."""
    told = explain(audit, finding)
    often, files = others(audit, told.found)
    lines = [*told.lines(), ("this value", f"{often} times in {files} files")]
    if output_format == "table":
        print_table("", ("", ""), lines)
    else:
        print(json.dumps(dict(lines), indent=1 if output_format == "json" else None))
    return ExitCode.OK
