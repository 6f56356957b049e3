"""One report from its originals to a bundle that an auditor verifies offline, by the commands alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import pytest

from pii_guard.certificate import generate
from pii_guard.certificate.bundle import open_bundle

ORIGIN = "pii-guard.example/ledger"
VALUE = "536-90-4399"
TEXT = f"# IDOR\n\nI am Jane Quillfeather. Record 7 shows SSN {VALUE}.\n"


@pytest.fixture
def run(tmp_path):
    generate(tmp_path / "issuer.pem")
    generate(tmp_path / "log.pem")
    env = {
        **os.environ, "PII_GUARD_KEY": str(tmp_path / "issuer.pem"), "COLUMNS": "200", "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path),
    }  # fmt: skip

    def call(*args, given="", code=0, before="", says=""):
        done = subprocess.run(
            [sys.executable, "-c", f"{before}\nfrom pii_guard.cli import main; main()", *map(str, args)],
            capture_output=True, text=True, env=env, cwd=tmp_path, input=given,
        )  # fmt: skip
        assert done.returncode == code, done.stderr + done.stdout
        assert VALUE not in done.stderr
        assert says in done.stderr
        return done.stdout

    return call


@pytest.fixture
def trust(tmp_path, run):
    keys = [
        {"spki": _spki(tmp_path / f"{name}.pub"), "role": role, "identity": identity}
        for name, role, identity in (("issuer", "issuer", ""), ("log", "log", ORIGIN))
    ]
    path = tmp_path / "trust.json"
    path.write_text(json.dumps({"schema": "pii-guard/trust/1", "keys": keys}))
    return path


def _spki(path):
    return "".join(path.read_text().splitlines()[1:-1])


def _predicate(path):
    return json.loads(open_bundle(path.read_bytes()).opened().payload)["predicate"]


def _rules(text):
    return {rule["rule"]: (rule["status"], rule["reason"]) for rule in json.loads(text)["rules"]}


def test_from_the_originals_to_a_bundle_that_verifies(run, trust, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "report.md").write_text(TEXT)
    (tmp_path / "in" / "photo.xyz").write_bytes(b"\x00\x01\x02 no known type \xff" * 9)
    ledger = ("--ledger", tmp_path / "ledger.db", "--origin", ORIGIN)
    run("ledger", "create", *ledger, "--key", tmp_path / "log.pem")
    run(
        "redact", tmp_path / "in", "--output", tmp_path / "out", "--case", "VDP-7", "--researcher", "r-7Q2K",
        "--commitments", tmp_path / "keys", *ledger, "--log-key", tmp_path / "log.pem", "--delete-originals",
        code=3,
    )  # fmt: skip
    # What was stored is gone; what was quarantined has no copy, so it stays.
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["photo.xyz"]
    file = tmp_path / "out" / "certificate.json"
    said = _predicate(file)
    claims = {(one["artifact"], one["store"]): one["claim"] for one in said["deletions"]}
    stored = next(one["id"] for one in said["artifacts"] if "output" in one)
    held = next(one["id"] for one in said["artifacts"] if "reason" in one)
    assert claims[stored, "source_file"] == "unlinked"
    assert claims[held, "source_file"] == "not_deleted"
    assert said["researcher"]["ref"] == "r-7Q2K"
    assert said["supersedes"]["certificateId"] != said["certificateId"]
    assert VALUE not in file.read_text()

    checked = ("verify", file, "--trust", trust, "--format", "json")
    rules = _rules(run(*checked, "--artifacts", tmp_path / "out", "--require", "ledger"))
    assert rules["ledger"] == ("pass", "entry 2 of 2; no independent time")
    assert rules["outputs"][0] == rules["other files"][0] == rules["deadlines"][0] == "pass"
    run(*checked, "--require", "acknowledgement", code=2)
    seen = tmp_path / "seen.json"
    run("ledger", "check", *ledger, "--trust", trust, "--seen", seen)
    assert _rules(run(*checked, "--seen", seen))["ledger"] == ("pass", "entry 2 of 2")

    asked = ("found", file, "--trust", trust, "--keystore", tmp_path / "keys")
    assert run(*asked, given=f"{VALUE}\n536-90-4398\n", code=1) == "yes\nno\n"
    (tmp_path / "again.md").write_text(TEXT)
    (tmp_path / "other.md").write_text(TEXT + " ")
    both = ("--file", tmp_path / "again.md", "--file", tmp_path / "other.md")
    assert run(*asked, *both, code=1) == "yes\nno\n"
    assert run(*asked, "--file", tmp_path / "again.md") == "yes\n"
    assert run("keys", "shred", tmp_path / "keys", "--ref", said["commitments"]["keyRef"])
    run(*asked, given=f"{VALUE}\n", code=2)


def test_without_a_ledger_the_file_is_the_envelope(run, trust, tmp_path):
    (tmp_path / "report.md").write_text(TEXT)
    run("redact", tmp_path / "report.md", "--output", tmp_path / "out")
    assert set(json.loads((tmp_path / "out" / "certificate.json").read_bytes())) == {
        "payload", "payloadType", "signatures",
    }  # fmt: skip
    assert (tmp_path / "report.md").exists()
    assert _predicate(tmp_path / "out" / "certificate.json")["result"] == "complete_with_exceptions"


def test_a_ledger_that_is_not_there_stores_nothing(run, tmp_path):
    (tmp_path / "report.md").write_text(TEXT)
    run(
        "redact", tmp_path / "report.md", "--output", tmp_path / "out", "--ledger", tmp_path / "none.db",
        "--origin", ORIGIN, "--log-key", tmp_path / "log.pem", "--delete-originals", code=2,
    )  # fmt: skip
    assert (tmp_path / "report.md").read_text() == TEXT
    assert not (tmp_path / "out" / "certificate.json").exists()


def test_half_of_a_ledger_is_a_mistake(run, tmp_path):
    (tmp_path / "report.md").write_text(TEXT)
    run("redact", tmp_path / "report.md", "-o", tmp_path / "out", "--ledger", "x.db", code=2)


def test_an_acknowledgement_is_signed_countersigned_attached_and_verified(run, trust, tmp_path):
    generate(tmp_path / "researcher.pem")
    (tmp_path / "report.md").write_text(TEXT)
    run(
        "ledger",
        "create",
        "--ledger",
        tmp_path / "l.db",
        "--origin",
        ORIGIN,
        "--key",
        tmp_path / "log.pem",
    )
    run(
        "redact", tmp_path / "report.md", "-o", tmp_path / "out", "--researcher", "r-7Q2K",
        "--researcher-key", tmp_path / "researcher.pub", "--ledger", tmp_path / "l.db", "--origin", ORIGIN,
        "--log-key", tmp_path / "log.pem",
    )  # fmt: skip
    table = json.loads(trust.read_text())
    key = {"spki": _spki(tmp_path / "researcher.pub"), "role": "researcher", "identity": "r-7Q2K"}
    trust.write_text(json.dumps({**table, "keys": [*table["keys"], key]}))
    file, signed = tmp_path / "out" / "certificate.json", tmp_path / "acknowledgement.json"
    run(
        "acknowledge", file, "--place", "downloads", "--place", "device", "--statement", "all",
        "--exception", "backups:automatic_backup:2099-01-31", "--key", tmp_path / "researcher.pem",
        "--trust", trust, "--output", signed,
    )  # fmt: skip
    run("countersign", signed, "--certificate", file, "--trust", trust)
    run("attach", file, signed)
    checked = ("verify", file, "--trust", trust, "--format", "json", "--countersigned")
    rules = _rules(run(*checked, "--require", "acknowledgement", "--require", "ledger"))
    assert rules["acknowledgement"] == ("pass", "1 signed, 1 countersigned")
    run("attach", file, signed)
    assert len(open_bundle(file.read_bytes()).acknowledgements) == 1

    run("revoke", file, "--reason", "issued_in_error", "--output", tmp_path / "revocation.json")
    run("attach", file, tmp_path / "revocation.json")
    assert _rules(run(*checked, code=1))["supersession"] == ("fail", "revoked: issued_in_error")


def test_only_the_file_s_own_checkpoint_can_be_replaced(run, tmp_path):
    (tmp_path / "report.md").write_text(TEXT)
    ledger = ("--ledger", tmp_path / "l.db", "--origin", ORIGIN)
    run("ledger", "create", *ledger, "--key", tmp_path / "log.pem")
    file, note = tmp_path / "out" / "certificate.json", tmp_path / "note"
    made = (
        "redact",
        tmp_path / "report.md",
        "-o",
        tmp_path / "out",
        *ledger,
        "--log-key",
        tmp_path / "log.pem",
    )
    run(*made)
    first = run("attach", file, "--show-checkpoint")
    note.write_text(first)
    run("attach", file, "--checkpoint", note)
    run(*made)
    assert run("attach", file, "--show-checkpoint") != first
    run("attach", file, "--checkpoint", note, code=2)
    run("attach", file, code=2)


def test_the_only_copy_of_a_deleted_original_is_never_replaced(run, tmp_path):
    (tmp_path / "report.md").write_text(TEXT)
    run("redact", tmp_path / "report.md", "-o", tmp_path / "out", "--delete-originals")
    copy = (tmp_path / "out" / "report.md").read_bytes()
    (tmp_path / "report.md").write_text("another report, of Omar Haddad")
    run("redact", tmp_path / "report.md", "-o", tmp_path / "out", code=2)
    assert (tmp_path / "out" / "report.md").read_bytes() == copy


def test_a_file_that_no_run_left_is_never_replaced(run, tmp_path):
    (tmp_path / "report.md").write_text(TEXT)
    run("redact", tmp_path / "report.md", "-o", tmp_path / "out")
    run("redact", tmp_path / "report.md", "-o", tmp_path / "out")  # its own files are
    (tmp_path / "out" / "report.md").write_text("edited by hand")
    run("redact", tmp_path / "report.md", "-o", tmp_path / "out", code=2)
    assert (tmp_path / "out" / "report.md").read_text() == "edited by hand"


def test_what_is_left_out_of_a_copy_is_not_deleted_with_its_original(run, tmp_path):
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.writestr("report.txt", TEXT)
        archive.writestr("poc.class", b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(range(200)))
    (tmp_path / "policy.toml").write_text('unreadable_members = "leave_out"\n')
    run(
        "redact", tmp_path / "r.zip", "-o", tmp_path / "out", "--policy", tmp_path / "policy.toml",
        "--delete-originals", code=3,
    )  # fmt: skip
    assert (tmp_path / "out" / "r.zip").exists()
    assert (tmp_path / "r.zip").exists()


NO_SYNC = """
import errno
from pii_guard.cli import storing
def refuse(folder):
    raise OSError(errno.EIO, "Input/output error")
storing.sync_folder = refuse
"""


def test_originals_of_copies_that_may_not_last_are_kept(run, trust, tmp_path):
    (tmp_path / "report.md").write_text(TEXT)
    run(
        "redact", tmp_path / "report.md", "-o", tmp_path / "out", "--delete-originals",
        code=3, before=NO_SYNC, says="originals are kept: the output directory cannot be synced",
    )  # fmt: skip
    assert (tmp_path / "report.md").read_text() == TEXT
    (claim,) = [
        one["claim"]
        for one in _predicate(tmp_path / "out" / "certificate.json")["deletions"]
        if one["store"] == "source_file"
    ]
    assert claim == "not_deleted"


def test_what_was_given_to_check_with_has_to_be_checked(run, trust, tmp_path):
    (tmp_path / "report.md").write_text(TEXT)
    run("redact", tmp_path / "report.md", "-o", tmp_path / "out")
    checked = ("verify", tmp_path / "out" / "certificate.json", "--trust", trust)
    run(*checked)
    run(*checked, "--countersigned", code=2)
    run(*checked, "--rescan", code=2)
    run(*checked, "--seen", tmp_path / "no-such-file.json", code=2)
    (tmp_path / "bad.json").write_text('{"payload": 1}')
    run("attach", tmp_path / "bad.json", tmp_path / "out" / "certificate.json", code=3)
