"""The figures of a report for programs that decide by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pii_guard.report.harmless import visible
from pii_guard.report.standing import Standing
from pii_guard.report.summary import OTHER, RANK, Kind, Summary
from pii_guard.report.trend import Trend

SCHEMA = "pii-guard/report-totals/1"


def plain(summary: Summary, standing: Standing, trend: Trend | None = None) -> dict[str, Any]:
    """Totals, and counts by category, type, severity, reason, kind of file and month, as JSON values."""
    made: dict[str, Any] = {
        "schema": SCHEMA,
        "state": standing.state,
        "files_to_examine": standing.files,
        "files_listed": standing.listed,
        "files": summary.total.files,
        "with_findings": summary.total.found,
        "not_read": summary.total.held,
        "skipped": summary.skipped,
        "findings": summary.total.findings,
        "by_category": _kinds(summary.categories),
        "by_type": _kinds(summary.types),
        "by_severity": {
            name: {"findings": summary.findings[name], "files": summary.worst[name]}
            for name in RANK
        },
        "by_reason": {_word(name): held.files for name, held in sorted(summary.held.items())},
        "by_media_type": {_word(name): one.files for name, one in sorted(summary.media.items())},
        "by_month": {
            _word(name): {"files": one.files, "with_findings": one.found}
            for name, one in sorted(summary.months.items())
        },
    }
    if trend:
        before = trend.before.total
        made["before"] = {
            "files": before.files,
            "with_findings": before.found,
            "not_read": before.held,
        }
        made["before"] |= {"findings": before.findings}
        made["values"] = asdict(trend.values) if trend.values else None
    return made


def _kinds(kinds: Mapping[str, Kind]) -> dict[str, dict[str, int]]:
    return {
        _word(name): {"findings": kind.findings, "files": kind.files}
        for name, kind in sorted(kinds.items())
    }


def _word(name: str) -> str:
    return visible(name, 120) if name != OTHER else "other"
