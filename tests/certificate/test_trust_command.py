"""`pii-guard keys` and `pii-guard trust`: from an offline root to a certificate that verifies."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pii_guard import CertificateError
from pii_guard.certificate import key_rotation, load, load_trust, sign
from pii_guard.certificate.keys import generate
from pii_guard.cli.app import app
from tests.certificate.conftest import failed, statement, verify_file

PASSPHRASE = "long enough"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(line, **options):
        environment = {"COLUMNS": "200", "PII_GUARD_KEY_PASSPHRASE": PASSPHRASE} | options
        done = CliRunner().invoke(app, line.split(), env=environment)
        if isinstance(done.exception, CertificateError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done

    return call


@pytest.fixture
def set_up(run):
    """A root, an issuer, and a policy that lists it."""
    run("keys generate root.pem")
    run("keys generate issuer.pem --algorithm ecdsa-p256")
    run("trust init policy.json --root-key root.pem")
    run("trust add policy.json issuer.pub --role issuer --identity acme --root-key root.pem")
    return run


@pytest.fixture
def certificate(set_up, tmp_path):
    path = tmp_path / "certificate.json"
    signer = load(tmp_path / "issuer.pem", PASSPHRASE.encode())
    path.write_bytes(sign(statement(), signer).to_json())
    return path


def shown(run, line):
    return json.loads(run(f"{line} --format json").stdout)


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256", "ecdsa-p384"])
def test_a_key_is_made_encrypted_and_shown_by_its_public_part(run, tmp_path, algorithm):
    made = run(f"keys generate k.pem --algorithm {algorithm}").stdout.strip()
    assert b"ENCRYPTED" in (tmp_path / "k.pem").read_bytes()
    for name in ("k.pem", "k.pub"):
        row = shown(run, f"keys show {name}")
        assert (row["keyId"], row["algorithm"]) == (made, algorithm)
    assert made in run("keys show k.pub").stdout
    assert "PRIVATE" not in run("keys show k.pem").output


def test_a_verifier_who_pins_the_root_verifies(run, certificate):
    run("verify certificate.json --trust policy.json --root root.pub")
    with pytest.raises(CertificateError, match="root is not given"):
        run("verify certificate.json --trust policy.json")


def test_a_revocation_reaches_the_verifier_and_cannot_be_rolled_back(run, certificate, tmp_path):
    line = "verify certificate.json --trust policy.json --root root.pub"
    old = (tmp_path / "policy.json").read_bytes()
    run(line)
    (entry,) = shown(run, "trust show policy.json --root root.pub")["keys"]
    run(
        f"trust revoke policy.json {entry['keyId'][:12]} --reason key_compromise "
        "--at 2026-11-01 --root-key root.pem"
    )
    (entry,) = shown(run, "trust show policy.json --root root.pub")["keys"]
    assert (entry["revokedAt"], entry["reason"]) == ("2026-11-01T00:00:00Z", "key_compromise")
    done = CliRunner().invoke(app, line.split(), env={"COLUMNS": "200"})
    assert done.exit_code == 1
    assert "the key is revoked" in done.stdout
    (tmp_path / "policy.json").write_bytes(old)
    with pytest.raises(CertificateError, match="older"):
        run(line)


def test_a_rotated_key_signs_and_the_old_certificates_still_verify(run, certificate, tmp_path):
    """As the commands print it: the new key is added in the place of the old one."""
    done = run("keys rotate issuer.pem")
    (replaced,) = re.findall(r"--replaces ([0-9a-f]+)", done.stderr)
    new = load(tmp_path / "issuer.pem", PASSPHRASE.encode())
    assert new.key_id == done.stdout.strip()
    kept = tmp_path / f"issuer-{replaced}.pem"
    assert load(kept, PASSPHRASE.encode()).key_id.startswith(replaced)
    assert b"ENCRYPTED" in (tmp_path / "issuer.pem").read_bytes()
    again = tmp_path / "again.json"
    again.write_bytes(sign(statement(), new).to_json())
    trust = load_trust(tmp_path / "policy.json", tmp_path / "root.pub")
    assert failed(verify_file(again, trust)) == ["signature"]
    run(f"trust add policy.json issuer.pub --role issuer --replaces {replaced} --root-key root.pem")
    old, fresh = shown(run, "trust show policy.json --root root.pub")["keys"]
    assert (old["keyId"], old["identity"]) == (fresh["replaces"], fresh["identity"])
    assert "notAfter" in old
    for one in ("certificate.json", "again.json"):
        run(f"verify {one} --trust policy.json --root root.pub")


@pytest.mark.parametrize("fault", ["generate", "link", "replace"])
def test_a_rotation_that_fails_leaves_the_key_as_it_was(run, tmp_path, monkeypatch, fault):
    generate(tmp_path / "k.pem")
    before = {path.name: path.read_bytes() for path in (tmp_path / "k.pem", tmp_path / "k.pub")}

    def full(*_):
        raise OSError(28, "no space")

    if fault == "generate":
        monkeypatch.setattr(key_rotation, "generate", full)
    elif fault == "link":
        link = key_rotation.os.link
        monkeypatch.setattr(
            key_rotation.os, "link", lambda a, b: full() if a.name == "k.pem" else link(a, b)
        )
    else:
        replace = Path.replace
        monkeypatch.setattr(
            Path, "replace", lambda a, b: full() if b.name == "k.pem" else replace(a, b)
        )
    with pytest.raises(CertificateError, match="cannot be replaced"):
        run("keys rotate k.pem")
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert not list(tmp_path.glob("*next*"))
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    run("keys rotate k.pem")


def test_two_roots_sign_one_policy(set_up, certificate, tmp_path):
    run = set_up
    run("keys generate second.pem")
    keys = [
        {"spki": shown(run, f"keys show {name}.pub")["spki"], "role": "root"}
        for name in ("root", "second")
    ]
    roots = {"schema": "pii-guard/trust/1", "keys": keys, "thresholds": {"root": 2}}
    (tmp_path / "roots.json").write_text(json.dumps(roots))
    line = "verify certificate.json --trust policy.json --root roots.json"
    with pytest.raises(CertificateError, match="fewer root keys"):
        run(line)
    done = run("trust sign policy.json --root-key second.pem")
    assert "2 root signature(s)" in done.stderr
    run(line)
    with pytest.raises(CertificateError, match="signed it already"):
        run("trust sign policy.json --root-key second.pem")


def test_a_root_changes_only_a_policy_that_it_has_signed(set_up, tmp_path):
    set_up("keys generate thief.pem")
    before = (tmp_path / "policy.json").read_bytes()
    with pytest.raises(CertificateError, match="not signed by the root"):
        set_up("trust add policy.json thief.pub --role issuer --root-key thief.pem")
    with pytest.raises(CertificateError, match="root is listed"):
        set_up("trust add policy.json root.pub --role log --root-key root.pem")
    with pytest.raises(CertificateError, match="another role"):
        set_up("trust add policy.json issuer.pub --role log --root-key root.pem")
    with pytest.raises(CertificateError, match="listed in the policy"):
        set_up("trust sign policy.json --root-key issuer.pem")
    assert (tmp_path / "policy.json").read_bytes() == before


def test_an_older_copy_is_not_edited(set_up, tmp_path):
    """Two policies of one version would come of it."""
    old = (tmp_path / "policy.json").read_bytes()
    set_up("keys generate log.pem")
    set_up("trust add policy.json log.pub --role log --root-key root.pem")
    (tmp_path / "policy.json").write_bytes(old)
    for line in ("trust add policy.json log.pub --role log", "trust sign policy.json"):
        with pytest.raises(CertificateError, match="older"):
            set_up(f"{line} --root-key root.pem")


def test_a_policy_is_not_begun_twice(set_up, tmp_path):
    for gone in ("", "policy.json"):
        if gone:
            (tmp_path / gone).unlink()
        with pytest.raises(CertificateError, match="already"):
            set_up("trust init policy.json --root-key root.pem")


def test_a_threshold_is_set_with_the_key_that_makes_it_possible(set_up):
    set_up("keys generate second.pem")
    line = "trust add policy.json second.pub --role issuer --root-key root.pem --threshold"
    with pytest.raises(CertificateError, match="more signatures than it lists"):
        set_up(f"{line} 3")
    set_up(f"{line} 2 --from 2026-01-01 --until 2027-01-01T00:00:00Z")
    table = shown(set_up, "trust show policy.json --root root.pub")
    assert table["thresholds"] == {"issuer": 2}
    assert table["keys"][1]["notBefore"] == "2026-01-01T00:00:00Z"
    assert "issuer 2" in set_up("trust show policy.json --root root.pub").stdout


def test_a_wrong_passphrase_changes_nothing(set_up, tmp_path):
    before = (tmp_path / "policy.json").read_bytes()
    with pytest.raises(CertificateError, match="passphrase"):
        set_up(
            "trust add policy.json root.pub --role log --root-key root.pem",
            PII_GUARD_KEY_PASSPHRASE="wrong",
        )
    assert (tmp_path / "policy.json").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told(certificate, set_up, monkeypatch):
    """Verifying goes on; that an older policy would not be noticed is said."""
    from pii_guard.certificate import trust_seen

    def refuse(*_):
        raise PermissionError(13, "no")

    certificate.with_name("policy.json.seen").unlink()
    monkeypatch.setattr(trust_seen, "write_whole", refuse)
    done = set_up("verify certificate.json --trust policy.json --root root.pub")
    assert "would not be noticed" in done.stderr
