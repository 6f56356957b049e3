"""`revoke`: a certificate or an acknowledgement is taken back, or replaced, by its issuer."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from pii_guard.certificate import generate, load_trust, sign
from pii_guard.certificate.revocation import ACTIONS, check_revocation
from pii_guard.cli.app import app
from tests.certificate.acknowledging import CERTIFICATE, acknowledged, signed
from tests.certificate.conftest import IDENTIFIER, statement

NEW = statement(ref="VDP-2")


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    issuer = generate(tmp_path / "issuer.pem")
    (tmp_path / "certificate.json").write_bytes(sign(CERTIFICATE, issuer).to_json())
    (tmp_path / "new.json").write_bytes(sign(NEW, issuer).to_json())
    (tmp_path / "acknowledgement.json").write_bytes(signed(acknowledged(), issuer))
    return tmp_path


def revoke(*arguments):
    arguments = ["revoke", *arguments, "--key", "issuer.pem"]
    return CliRunner().invoke(app, arguments)


def checked(room, payload=CERTIFICATE):
    content = (room / "revocation.json").read_bytes()
    return check_revocation(content, payload, load_trust(room / "issuer.pub"))


def test_a_certificate_is_revoked_since_the_beginning_of_a_day(room):
    done = revoke("certificate.json", "--reason", "key_compromised", "--effective", "2026-11-01")
    assert done.exit_code == 0, done.output
    found, faults = checked(room)
    assert faults == []
    assert (found.action, found.reason, found.target) == (
        "revoke", "key_compromised", "deletion-certificate",
    )  # fmt: skip
    assert found.effective_at.isoformat() == "2026-11-01T00:00:00+00:00"


def test_a_certificate_is_replaced_by_another(room):
    assert (
        revoke("certificate.json", "--reason", "corrected", "--replaced-by", "new.json").exit_code
        == 0
    )
    found, faults = checked(room)
    assert faults == []
    assert found.action == "supersede"
    assert found.replacement


def test_an_acknowledgement_is_revoked(room):
    assert revoke("acknowledgement.json", "--reason", "signer_withdrew").exit_code == 0
    assert checked(room, acknowledged())[0].target == "acknowledgement"


def test_every_reason_is_in_the_help(room):
    shown = CliRunner().invoke(app, ["revoke", "--help"]).stdout
    assert all(reason in shown for reasons in ACTIONS.values() for reason in reasons)


@pytest.mark.parametrize(
    "arguments",
    [
        ("certificate.json", "--reason", "Jane Roe asked"),
        ("certificate.json", "--reason", "corrected"),
        ("certificate.json", "--reason", "key_compromised", "--replaced-by", "new.json"),
        ("certificate.json", "--reason", "corrected", "--replaced-by", "certificate.json"),
        ("certificate.json", "--reason", "issued_in_error", "--effective", "soon"),
        ("missing.json", "--reason", "issued_in_error"),
    ],
)
def test_what_cannot_be_stated_is_a_clear_error(room, arguments):
    done = revoke(*arguments)
    assert getattr(done.exception, "exit_code", 0) == 2
    assert done.exception.remedy
    assert "Jane" not in str(done.exception)
    assert not (room / "revocation.json").exists()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": 1, "a": 1}'])
def test_what_is_neither_is_malformed(room, content):
    (room / "certificate.json").write_bytes(content)
    assert revoke("certificate.json", "--reason", "issued_in_error").exit_code == 3
    (room / "new.json").write_bytes(signed(b'{"predicateType": "x"}', generate(room / "k.pem")))
    assert revoke("new.json", "--reason", "issued_in_error").exit_code == 3
    assert not (room / "revocation.json").exists()


def test_a_certificate_is_not_replaced_by_an_acknowledgement(room):
    done = revoke(
        "certificate.json", "--reason", "corrected", "--replaced-by", "acknowledgement.json"
    )
    assert done.exit_code == 3
    assert IDENTIFIER not in json.dumps(done.output)
