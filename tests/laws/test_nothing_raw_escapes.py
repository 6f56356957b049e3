"""No raw value in a repr, a finding, an error, a certificate or a name."""

from __future__ import annotations

import json
import sys

from pii_guard.errors import whence

SECRETS = ("Wilhelmina", "Drachenfels", "wilhelmina@drachenfels.example", "536-22-8417")
TEXT = (
    "Patient Wilhelmina Drachenfels <wilhelmina@drachenfels.example>, SSN 536-22-8417, "
    "called on 2026-03-04."
)


def test_results_and_reprs_hold_no_value(guard):
    result = guard.redact(TEXT.encode(), name="wilhelmina-drachenfels.txt")
    assert result.verdict == "redacted"
    shown = repr(result) + "".join(map(repr, result.findings)) + "".join(map(repr, result.actions))
    shown += "".join(map(str, result.findings)) + result.name
    assert not [secret for secret in SECRETS if secret.lower() in shown.lower()]


def test_the_certificate_holds_no_value(guard):
    case = guard.case("VDP-1")
    case.add(TEXT.encode(), name="wilhelmina.txt")
    certificate = case.close()
    text = json.dumps(certificate.statement) + certificate.to_json().decode()
    assert not [secret for secret in SECRETS if secret.lower() in text.lower()]


def test_an_unexpected_error_crosses_as_type_and_place_only():
    try:
        int("536-22-8417")
    except ValueError as error:
        assert "536" not in whence(error)


def test_a_quarantine_reason_holds_no_value(guard):
    result = guard.redact(b"%PDF-1.7\n1 0 obj (Wilhelmina Drachenfels", name="x.pdf")
    assert result.verdict == "quarantined"
    assert "Wilhelmina" not in str(result.reason) + repr(result)


def test_no_network_is_asked_for(unconfined, monkeypatch):
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a network connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    result = unconfined.redact(
        b"mail jane.roe@example.co.uk or see https://example.com", name="a.txt"
    )
    assert result.verdict == "redacted"
    assert "presidio_analyzer" in sys.modules
