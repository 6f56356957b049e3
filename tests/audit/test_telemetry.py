"""Counters and histograms tell of verdicts and types, never of a name or a value."""

from __future__ import annotations

import logging

import pytest

from pii_guard.audit import telemetry
from pii_guard.audit.telemetry import Telemetry
from tests.audit.scene import PERSON, SECRETS, audit

metrics = pytest.importorskip("opentelemetry.sdk.metrics", reason="pip install opentelemetry-sdk")


@pytest.fixture
def told(monkeypatch):
    """What a provider of the test's own hears."""
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    reader = InMemoryMetricReader()
    provider = metrics.MeterProvider(metric_readers=[reader])
    monkeypatch.setattr(telemetry, "_meter", lambda: provider.get_meter("test"))
    yield lambda: {
        metric.name: metric.data.data_points
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    provider.shutdown()


def test_each_file_is_counted_by_its_verdict_and_findings_by_their_type(
    unconfined, tmp_path, told, caplog
):
    source = tmp_path / "Jane Roe"
    source.mkdir()
    (source / "jane.roe@mail.example.txt").write_bytes(PERSON)
    (source / "clean.txt").write_bytes(b"x")
    (source / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj (x")
    with caplog.at_level(logging.INFO, "pii_guard.audit"):
        audit(unconfined, source, tmp_path / "out")
    heard = told()
    files = {point.attributes["verdict"]: point.value for point in heard["pii_guard.audit.files"]}
    assert files == {"found": 1, "clean": 1, "quarantined": 1}
    found = {p.attributes["entity_type"]: p.value for p in heard["pii_guard.audit.findings"]}
    assert found == {"PERSON": 1, "EMAIL_ADDRESS": 1, "US_SSN": 1}
    assert sum(point.count for point in heard["pii_guard.audit.file.duration"]) == 3
    assert sum(point.value for point in heard["pii_guard.audit.bytes"]) > len(PERSON)
    assert "batch 0: 3 files" in caplog.text
    shown = repr(heard) + caplog.text
    assert not [one for one in SECRETS if one.decode() in shown]


def test_without_the_api_nobody_is_told(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    assert telemetry._meter() is None
    Telemetry().file(None, 1.0)
