"""`redact` with a quarantine, and the verbs that look after it, each as somebody would type it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from pii_guard.certificate import generate
from pii_guard.certificate.bundle import open_bundle

TEXT = "Jane Quillfeather, SSN 536-90-4399.\n"
BROKEN = b"%PDF-1.7\n1 0 obj (Jane Quillfeather"
SECRETS = ("quillfeather", "536-90-4399", "photo")


@pytest.fixture
def run(tmp_path):
    generate(tmp_path / "issuer.pem")
    env = {
        **os.environ, "PII_GUARD_KEY": str(tmp_path / "issuer.pem"), "COLUMNS": "250", "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path),
    }  # fmt: skip

    def call(*args, code=0, shown=()):
        done = subprocess.run(
            [sys.executable, "-c", "from pii_guard.cli import main; main()", *map(str, args)],
            capture_output=True, text=True, env=env, cwd=tmp_path, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == code, done.stderr + done.stdout
        assert "Quillfeather" not in done.stderr + done.stdout
        for text in shown:
            assert text in done.stderr
        return done.stdout

    return call


@pytest.fixture
def report(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "report.md").write_text(TEXT)
    (tmp_path / "in" / "photo.pdf").write_bytes(BROKEN)
    return tmp_path / "in"


@pytest.fixture
def held(run, tmp_path):
    """What `redact` needs to keep something."""
    key = run("quarantine", "keygen", tmp_path / "key.txt").strip()
    assert key == (tmp_path / "key.pub").read_text().strip()
    return ("--quarantine", tmp_path / "held", "--quarantine-key", key)


def predicate(path):
    return json.loads(open_bundle(path.read_bytes()).opened().payload)["predicate"]


def test_from_a_report_to_the_attachment_in_other_hands(run, report, held, tmp_path):
    args = ("redact", report, "-o", tmp_path / "out", *held, "--delete-originals", "-f", "json")
    rows = json.loads(run(*args, code=3))["files"]
    # What is kept encrypted may be deleted where it lay open.
    assert list(report.iterdir()) == []
    said = predicate(tmp_path / "out" / "certificate.json")
    ((entry, artifact),) = [
        (one["entry"], one["artifact"]) for one in said["retained"] if "entry" in one
    ]
    assert sorted(str(row["quarantine"]) for row in rows) == sorted(["None", entry])
    claims = {
        one["store"]: one["claim"] for one in said["deletions"] if one["artifact"] == artifact
    }
    assert (claims["quarantine"], claims["source_file"]) == ("scheduled_expiry", "unlinked")

    folder = held[:2]
    (row,) = json.loads(run("quarantine", "list", *folder, "-f", "json"))["files"]
    assert (row["id"], row["state"], row["reason"]) == (entry, "kept", "corrupt")
    assert not [word for word in SECRETS if word in str(row).lower()]
    assert entry in run("quarantine", "list", *folder)
    assert run("quarantine", "purge", *folder, "-f", "jsonl") == ""

    (tmp_path / "desk").mkdir()
    opened = (
        "quarantine",
        "release",
        entry,
        "--identity",
        tmp_path / "key.txt",
        *folder,
        "-o",
        tmp_path / "desk",
    )
    assert run(*opened).strip() == str(tmp_path / "desk" / entry)
    assert (tmp_path / "desk" / entry).read_bytes() == BROKEN
    run(*opened, code=2, shown=["already"])
    assert run(*opened, "--original-name").strip().endswith("photo.pdf")


def test_without_a_quarantine_its_original_stays_and_nothing_is_kept(run, report, tmp_path):
    run("redact", report, "-o", tmp_path / "out", "--delete-originals", code=3)
    assert [path.name for path in report.iterdir()] == ["photo.pdf"]
    assert not [
        one
        for one in predicate(tmp_path / "out" / "certificate.json")["retained"]
        if "entry" in one
    ]


KILLED = """
import os, signal
from pii_guard import certify
certify.issue = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from pii_guard.cli import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_kill_between_keeping_and_certifying_leaves_what_expires(run, report, held, tmp_path):
    args = ("redact", report, "-o", tmp_path / "out", *held, "--delete-originals")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *map(str, args)], capture_output=True, text=True,
        env={**os.environ, "PII_GUARD_KEY": str(tmp_path / "issuer.pem")}, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(list(report.iterdir())) == 2
    assert not (tmp_path / "out").exists()
    (row,) = json.loads(run("quarantine", "list", *held[:2], "-f", "json"))["files"]
    assert row["state"] == "kept"
    # It is an entry like any other: the next run keeps its own, and certifies that one alone.
    run(*args, code=3)
    ids = {
        one["id"] for one in json.loads(run("quarantine", "list", *held[:2], "-f", "json"))["files"]
    }
    (said,) = [
        one["entry"]
        for one in predicate(tmp_path / "out" / "certificate.json")["retained"]
        if "entry" in one
    ]
    assert ids == {row["id"], said}


def test_a_policy_is_enough(run, report, held, tmp_path):
    (tmp_path / "pii-guard.toml").write_text(
        f'[quarantine]\npath = "held"\nrecipient = "{held[3]}"\ndays = 2\n'
    )
    assert (
        "0 entries"
        in json.loads(run("doctor", "-f", "json", code=_doctor(run)))["quarantine"]["detail"]
    )
    assert "kept as q-" in run("redact", report, "-o", tmp_path / "out", code=3)
    (row,) = json.loads(run("quarantine", "list", "-f", "json"))["files"]
    told = json.loads(run("doctor", "-f", "json", code=_doctor(run)))["quarantine"]
    assert told == {"ok": True, "detail": f"1 entries, the first until {row['expires'][:10]}"}

    (path,) = (tmp_path / "held").iterdir()
    path.write_bytes(b"")
    assert "damaged" in run("quarantine", "list", code=3)
    run("quarantine", "purge", code=3, shown=["1 of 1 are still there"])
    (done,) = json.loads(run("quarantine", "purge", "--damaged", "-f", "json"))["files"]
    assert (done["claim"], done["store"]) == ("unlinked", "quarantine")
    (tmp_path / "held" / "q-0000000000000001.age").symlink_to(path)
    run("quarantine", "purge", code=3, shown=["damaged ones go with --damaged"])
    run("quarantine", "purge", "--damaged", code=3, shown=["by hand what is no regular file"])
    with (tmp_path / "pii-guard.toml").open("a") as file:
        file.write("[programme]\nlegal_hold = true\n")
    run("quarantine", "purge", code=2, shown=["legal hold"])


def _doctor(run):
    """Whatever else this machine lacks."""
    try:
        run("doctor")
    except AssertionError:
        return 2
    return 0


@pytest.mark.parametrize(
    "which", ["no key", "no folder", "a wrong key", "in the input", "in the output", "a file"]
)
def test_half_a_quarantine_is_refused_before_anything_is_done(run, report, held, tmp_path, which):
    (tmp_path / "file").write_bytes(b"")
    given = {
        "no key": held[:2], "no folder": held[2:], "a wrong key": (*held[:3], tmp_path / "file"),
        "in the input": ("--quarantine", report / "q", *held[2:]),
        "in the output": ("--quarantine", tmp_path / "out", *held[2:]),
        "a file": ("--quarantine", tmp_path / "file", *held[2:]),
    }[which]  # fmt: skip
    run("redact", report, "-o", tmp_path / "out", *given, "--delete-originals", code=2)
    assert len(list(report.iterdir())) == 2
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "held").exists()


def test_a_key_that_is_a_file_will_do(run, report, held, tmp_path):
    run("redact", report, "-o", tmp_path / "out", *held[:3], tmp_path / "key.pub", code=3)
    assert len(list((tmp_path / "held").iterdir())) == 1


def test_there_is_none_by_default(run):
    run("quarantine", "list", code=2, shown=["there is no quarantine"])
