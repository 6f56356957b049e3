"""Counters and histograms of an audit, where OpenTelemetry's API is installed; never a value.

pii_guard.audit.files          by verdict, reason
pii_guard.audit.bytes          by verdict
pii_guard.audit.findings       by entity type, severity
pii_guard.audit.file.duration  seconds, by media type and verdict
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pii_guard.audit.rows import Row

_METER = "pii_guard.audit"


class Telemetry:
    """Tells a meter of each file. Without the API, or a provider that was set up, it tells nobody."""

    def __init__(self) -> None:
        meter = _meter()
        self._on = meter is not None
        if meter is not None:
            self._files = meter.create_counter(f"{_METER}.files", "{file}", "Files looked at")
            self._bytes = meter.create_counter(f"{_METER}.bytes", "By", "Bytes of them")
            self._found = meter.create_counter(f"{_METER}.findings", "{finding}", "What was found")
            self._took = meter.create_histogram(f"{_METER}.file.duration", "s", "Time of a file")

    def file(self, row: Row, seconds: float) -> None:
        """A file is done."""
        if not self._on:
            return
        verdict = {"verdict": row.verdict}
        self._files.add(1, verdict | ({"reason": row.reason} if row.reason else {}))
        self._bytes.add(row.size or 0, verdict)
        self._took.record(seconds, verdict | {"media_type": row.media_type})
        for one in row.counts:
            told = {"entity_type": one.entity_type, "severity": one.severity}
            self._found.add(one.count, told)


def _meter() -> Any:
    try:
        from opentelemetry import metrics
    except ImportError:
        return None
    from pii_guard import __version__

    return metrics.get_meter(_METER, __version__)
