"""Signing keys: private, never overwritten, made on first use, and what happens without one."""

from __future__ import annotations

import json
import stat
import sys

import pytest
from typer.testing import CliRunner

from pii_guard import CertificateError, Guard
from pii_guard.certificate import default_signer, generate, load, load_trust, verify
from pii_guard.certificate.keys import default_key_path
from pii_guard.cli.app import app


def test_keys_are_private_and_never_overwritten(tmp_path):
    path = tmp_path / "k.pem"
    generate(path, b"secret passphrase")
    before = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert b"ENCRYPTED" in before
    with pytest.raises(CertificateError):
        generate(path)
    assert path.read_bytes() == before
    with pytest.raises(CertificateError):
        load(path, b"wrong")
    assert load(path, b"secret passphrase").key_id
    assert not list(tmp_path.glob(".*"))


def test_nothing_shows_a_key(tmp_path):
    signer = generate(tmp_path / "k.pem")
    assert "PRIVATE" not in repr(signer)
    assert "private" not in repr(signer)


def test_the_default_key_is_where_the_readme_says(tmp_path):
    assert default_key_path({"PII_GUARD_KEY": "/a/k.pem", "XDG_CONFIG_HOME": "/b"}).parts[1] == "a"
    if sys.platform.startswith("linux"):
        there = default_key_path({"XDG_CONFIG_HOME": str(tmp_path)})
        assert there == tmp_path / "pii-guard" / "issuer.pem"
        assert default_key_path({}).parts[-3:] == (".config", "pii-guard", "issuer.pem")


def test_the_default_key_is_made_once(tmp_path):
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "PII_GUARD_KEY": str(tmp_path / "a" / "k.pem")}
    first, second = default_signer(environment), default_signer(environment)
    assert (first.origin, second.origin) == ("created", "file")
    assert first.key_id == second.key_id
    assert load_trust(tmp_path / "a" / "k.pub").issuers().keys() == {first.key_id}


def test_without_a_place_for_a_key_it_lives_in_memory(tmp_path):
    (tmp_path / "file").write_text("")
    signer = default_signer({"PII_GUARD_KEY": str(tmp_path / "file" / "k.pem")})
    assert signer.origin == "ephemeral"
    assert signer.path is None


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\n", b"\xff" * 99])
def test_a_key_file_that_is_none_is_an_error_and_is_left_alone(tmp_path, content):
    path = tmp_path / "k.pem"
    path.write_bytes(content)
    with pytest.raises(CertificateError) as caught:
        default_signer({"PII_GUARD_KEY": str(path)})
    assert caught.value.remedy
    assert path.read_bytes() == content


def test_a_case_without_a_signer_uses_the_default_key(tmp_path, monkeypatch):
    """The first certificate makes the key and says so; the next one says that it was there."""
    path = tmp_path / "keys" / "issuer.pem"
    monkeypatch.setenv("PII_GUARD_KEY", str(path))
    guard = Guard()
    origins = []
    for _ in range(2):
        case = guard.case("VDP-1")
        case.add(b"nothing")
        certificate = case.close()
        origins.append(certificate.statement["predicate"]["issuer"]["keyOrigin"])
        assert verify(certificate.to_json(), load_trust(path.with_suffix(".pub"))).exit_code == 0
    assert origins == ["created", "file"]


def test_a_certificate_by_a_key_in_memory_says_so_and_verifies_with_it_only(
    tmp_path, monkeypatch, trust
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PII_GUARD_KEY", str(tmp_path / "file" / "k.pem"))
    case = Guard().case("VDP-1")
    case.add(b"nothing")
    certificate = case.close()
    assert certificate.statement["predicate"]["issuer"]["keyOrigin"] == "ephemeral"
    assert verify(certificate.to_json(), trust).exit_code == 1
    (tmp_path / "kept.pub").write_bytes(certificate.signer.public_pem)
    assert verify(certificate.to_json(), load_trust(tmp_path / "kept.pub")).exit_code == 0


def test_a_key_that_cannot_be_opened_issues_nothing_and_loses_nothing(tmp_path, monkeypatch):
    """The passphrase is missing: closing fails, and works once it is there."""
    path = tmp_path / "k.pem"
    generate(path, b"long enough")
    monkeypatch.setenv("PII_GUARD_KEY", str(path))
    monkeypatch.delenv("PII_GUARD_KEY_PASSPHRASE", raising=False)
    case = Guard().case("VDP-1")
    case.add(b"mail jane.roe@mail.example")
    (result,) = case.redact()
    with pytest.raises(CertificateError) as caught:
        case.close()
    assert "PII_GUARD_KEY_PASSPHRASE" in caught.value.remedy
    monkeypatch.setenv("PII_GUARD_KEY_PASSPHRASE", "long enough")
    certificate = case.close()
    (subject,) = certificate.statement["subject"]
    assert subject["digest"]["sha256"] == result.proof.sha256


@pytest.fixture
def command(tmp_path, monkeypatch):
    def call(*args, key):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PII_GUARD_KEY", str(key))
        monkeypatch.delenv("PII_GUARD_KEY_PASSPHRASE", raising=False)
        return CliRunner().invoke(app, [*map(str, args)], env={"COLUMNS": "200"})

    return call


def test_the_first_run_makes_a_key_and_says_what_to_give_verifiers(command, tmp_path):
    (tmp_path / "a.txt").write_text("nothing")
    key = tmp_path / "there" / "k.pem"
    first = command("redact", "a.txt", "--output", "one", key=key)
    assert first.exit_code == 0
    assert str(key.with_suffix(".pub")) in first.stderr
    second = command("redact", "a.txt", "--output", "two", key=key)
    assert second.exit_code == 0
    assert second.stderr == ""
    for folder in ("one", "two"):
        done = command(
            "verify", f"{folder}/certificate.json", "--trust", key.with_suffix(".pub"),
            "--artifacts", folder, key=key,
        )  # fmt: skip
        assert done.exit_code == 0, done.stdout


def test_without_a_place_for_a_key_the_copies_are_written_and_the_user_is_told(command, tmp_path):
    (tmp_path / "a.txt").write_text("nothing")
    done = command("redact", "a.txt", "--output", "o", key=tmp_path / "a.txt" / "k.pem")
    assert done.exit_code == 0
    assert "cannot be verified later" in done.stderr
    assert json.loads((tmp_path / "o" / "certificate.json").read_bytes())["signatures"]


def test_a_key_that_cannot_be_opened_stops_before_anything_is_written(command, tmp_path):
    (tmp_path / "a.txt").write_text("mail jane.roe@mail.example")
    generate(tmp_path / "k.pem", b"long enough")
    done = command("redact", "a.txt", "--output", "o", key=tmp_path / "k.pem")
    assert isinstance(done.exception, CertificateError)
    assert done.exception.exit_code == 2
    assert "PII_GUARD_KEY_PASSPHRASE" in done.exception.remedy
    assert not list((tmp_path / "o").glob("*"))


def test_a_reference_that_may_be_personal_stops_before_anything_is_written(command, tmp_path):
    (tmp_path / "a.txt").write_text("nothing")
    ref = "jane.roe@mail.example"
    done = command("redact", "a.txt", "--output", "o", "--case", ref, key=tmp_path / "k.pem")
    assert isinstance(done.exception, CertificateError)
    assert "e-mail" in str(done.exception)
    assert ref not in str(done.exception) + done.output
    assert not list((tmp_path / "o").glob("*"))
