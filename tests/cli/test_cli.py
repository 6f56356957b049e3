"""The command line: exit codes, formats, pipes, trees, and nothing raw on any stream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, fields

import pytest

from pii_guard.limits import Limits
from tests.conftest import REPORTS, ROOT

SECRET = "Margaret Whitfield <m.whitfield@mail.example>"


@pytest.fixture
def run(tmp_path):
    def call(*args, stdin=None, cwd=None):
        env = {
            **os.environ,
            "PII_GUARD_KEY": str(tmp_path / "key" / "issuer.pem"),
            "COLUMNS": "200",
        }
        return subprocess.run(
            [sys.executable, "-c", "from pii_guard.cli import main; main()", *map(str, args)],
            input=stdin, capture_output=True, env=env, cwd=cwd or tmp_path,
        )  # fmt: skip

    return call


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text(SECRET)
    (folder / "sub" / "b.json").write_text('{"ok": 1}')
    return folder


def test_help_names_every_verb(run):
    done = run("--help")
    assert done.returncode == 0
    assert all(
        v in done.stdout for v in (b"scan", b"redact", b"verify", b"keys", b"policy", b"doctor")
    )


def test_scan_says_what_where_and_shows_nothing(run, tree):
    done = run("scan", tree, "--format", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["schema"] == "pii-guard/scan/1"
    first = report["files"][0]
    assert set(first) == {"path", "media_type", "verdict", "reason", "unread", "found", "findings"}
    assert first["found"]["EMAIL_ADDRESS"] == 1
    mail = next(f for f in first["findings"] if f["type"] == "EMAIL_ADDRESS")
    assert set(mail) == {"type", "category", "score", "start", "end", "locator", "preview"}
    assert SECRET[mail["start"] : mail["end"]] == "m.whitfield@mail.example"
    assert b"Whitfield" not in done.stdout + done.stderr
    assert b"whitfield" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("content", "code"), [(b"nothing", 0), (SECRET.encode(), 1), (b"\0" * 99, 3), (b"", 0)]
)
def test_scan_exit_codes(run, tmp_path, content, code):
    (tmp_path / "x").write_bytes(content)
    assert run("scan", tmp_path / "x").returncode == code


def test_redact_writes_copies_and_a_certificate_that_verifies(run, tree, tmp_path):
    out = tmp_path / "out"
    done = run("redact", tree, "--output", out, "--case", "VDP-7")
    assert done.returncode == 0, done.stderr
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()) == [
        "a.txt", "certificate.json", "sub/b.json",
    ]  # fmt: skip
    assert (out / "sub" / "b.json").read_bytes() == (tree / "sub" / "b.json").read_bytes()
    key = tmp_path / "key" / "issuer.pub"
    check = run("verify", out / "certificate.json", "--trust", key, "--artifacts", out, "--rescan")
    assert check.returncode == 0, check.stdout
    (out / "a.txt").write_text("tampered")
    assert (
        run("verify", out / "certificate.json", "--trust", key, "--artifacts", out).returncode == 1
    )
    (out / "certificate.json").write_text("{")
    assert run("verify", out / "certificate.json", "--trust", key).returncode == 3


def test_quarantined_wins_and_the_others_are_stored(run, tree, tmp_path):
    (tree / "c.bin").write_bytes(bytes(range(256)) * 4)
    done = run("redact", tree, "--output", tmp_path / "out")
    assert done.returncode == 3
    assert (tmp_path / "out" / "a.txt").exists()
    assert not (tmp_path / "out" / "c.bin").exists()


def test_pipes(run):
    done = run("redact", "-", stdin=SECRET.encode())
    assert done.stdout == b"<PERSON_1> <<EMAIL_ADDRESS_1>>"
    assert run("scan", "-", stdin=b"nothing").returncode == 0
    held = run("redact", "-", stdin=b"\0" * 500)
    assert (held.returncode, held.stdout) == (3, b"")


def test_a_link_out_of_the_tree_is_not_followed(run, tree, tmp_path):
    (tmp_path / "outside.txt").write_text(SECRET)
    (tree / "link.txt").symlink_to(tmp_path / "outside.txt")
    (tree / "loop").symlink_to(tree)
    done = run("redact", tree, "--output", tmp_path / "out", "--format", "json")
    rows = {row["path"]: row for row in json.loads(done.stdout)["files"]}
    assert done.returncode == 3
    assert "unsafe_path" in rows["link.txt"]["reason"]
    assert not (tmp_path / "out" / "link.txt").exists()


def test_keep_and_policy(run, tmp_path):
    (tmp_path / "n.txt").write_text("tester_lina wrote to v@mail.example")
    (tmp_path / "p.toml").write_text(
        '[keep]\nusernames = ["tester_lina"]\nemails = ["v@mail.example"]\n'
    )
    assert run("scan", tmp_path / "n.txt", "--policy", tmp_path / "p.toml").returncode == 0
    assert run("scan", tmp_path / "n.txt", "--keep", "v@mail.example").returncode == 0


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("nonsense", b"TOML"), ("[entities.NOPE]\n", b"NOPE"), ("[entities.PERSON]\noperator = 1\n", b"operator"),
        ("[keep]\nip_addresses = ['x']\n", b"ip_addresses"), ("[limits]\nmax_pages = 0\n", b"max_pages"), ("schema = 9\n", b"schema"),
        ("surprise = 1\n", b"surprise"), ("[entities.PERSON]\noperator = 'hmac'\n", b"PII_GUARD_OPERATOR_KEY"),
    ],
)  # fmt: skip
def test_a_bad_policy_is_a_usage_error_that_says_what(run, tmp_path, text, hint):
    (tmp_path / "p.toml").write_text(text)
    (tmp_path / "x.txt").write_text("x")
    done = run("scan", tmp_path / "x.txt", "--policy", tmp_path / "p.toml")
    assert done.returncode == 2
    assert hint in done.stderr


@pytest.mark.parametrize(
    "args", [["scan"], ["scan", "/no/such"], ["redact", "."], ["frobnicate"], ["verify", "x"]]
)
def test_usage_errors(run, args):
    assert run(*args).returncode == 2


def test_the_policy_of_the_scanned_tree_is_not_obeyed(run, tree):
    (tree / "pii-guard.toml").write_text(
        "[entities.EMAIL_ADDRESS]\noperator = 'keep'\n[entities.PERSON]\noperator = 'keep'\n"
    )
    assert run("scan", ".", cwd=tree).returncode == 1


def test_policy_show_and_doctor(run):
    shown = json.loads(run("policy", "show", "--format", "json").stdout)
    assert shown["entities"]["PERSON"]["operator"] == "surrogate"
    assert shown["limits"] == asdict(Limits())
    table = run("policy", "show").stdout.decode()
    assert [one.name for one in fields(Limits) if one.name not in table] == []
    assert "104,857,600" in table
    assert run("doctor").returncode == 0


def test_keys_generate(run, tmp_path):
    assert run("keys", "generate", tmp_path / "k.pem", "--no-passphrase").returncode == 0
    assert run("keys", "generate", tmp_path / "k.pem", "--no-passphrase").returncode == 2
    assert (tmp_path / "k.pub").exists()


def test_an_output_that_cannot_be_written_is_said(run, tree, tmp_path):
    (tmp_path / "file").write_text("")
    assert run("redact", tree, "--output", tmp_path / "file").returncode == 2


def test_nothing_half_written_is_left(run, tmp_path):
    done = run(
        "redact",
        REPORTS / "idor",
        "--output",
        tmp_path / "o",
        "--policy",
        ROOT / "examples" / "pii-guard.toml",
    )
    assert done.returncode == 0, done.stdout
    assert not [p for p in (tmp_path / "o").rglob("*") if p.name.startswith(".")]


def test_a_large_log_goes_through_in_sections(run, tmp_path):
    """From a file and from a pipe: the same bytes, whose digest is in the certificate."""
    line = "2024-05-01 10:00:{0:02} INFO mail to omar.haddad{1}@mail.example took {0} ms\n"
    blob = "".join(line.format(n % 60, n % 7) for n in range(12_000)).encode()
    (tmp_path / "big.log").write_bytes(blob)
    done = run("redact", "big.log", "--output", "out", "--format", "json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["files"]
    assert row["removed"] == "EMAIL_ADDRESS 12000"
    assert len(row["findings"]) == 10_000
    copy = (tmp_path / "out" / "big.log").read_bytes()
    assert copy.count(b"<EMAIL_ADDRESS_7>") == 12_000 // 7
    assert copy.count(b"\n") == 12_000
    key = tmp_path / "key" / "issuer.pub"
    verified = run("verify", "out/certificate.json", "--trust", key, "--artifacts", "out")
    assert verified.returncode == 0
    piped = run("redact", "-", "--name", "big.log", stdin=blob)
    assert piped.stdout == copy


def test_passwords_come_from_options_files_and_the_environment(run, tmp_path, monkeypatch):
    import io

    import pikepdf
    from reportlab.pdfgen import canvas

    sheet = canvas.Canvas(str(tmp_path / "plain.pdf"))
    sheet.drawString(72, 700, "Please call Jane Roe, jane.roe@mail.example")
    sheet.save()
    out = io.BytesIO()
    with pikepdf.open(tmp_path / "plain.pdf") as opened:
        opened.save(out, encryption=pikepdf.Encryption(owner="o", user="open sesame", R=6))
    (tmp_path / "plain.pdf").unlink()
    (tmp_path / "a.pdf").write_bytes(out.getvalue())
    (tmp_path / "words").write_text("wrong\nopen sesame\n")
    held = run("redact", "a.pdf", "--output", "held", "--password", "wrong", "--format", "json")
    assert held.returncode == 3
    assert json.loads(held.stdout)["files"][0]["reason"].startswith("encrypted")
    for number, option in enumerate((("--password", "open sesame"), ("--password-file", "words"))):
        done = run("redact", "a.pdf", "--output", f"out{number}", *option, "--format", "json")
        assert done.returncode == 0
        assert json.loads(done.stdout)["files"][0]["unlocked"] == 1
        assert b"open sesame" not in done.stdout + done.stderr
        kept = b"".join(p.read_bytes() for p in (tmp_path / f"out{number}").iterdir())
        assert b"open sesame" not in kept
    told = run("redact", "a.pdf", "--output", "table", "--password-file", "words")
    assert b"the copy has no password" in told.stdout
    piped = run("redact", "-", "--password-file", "words", stdin=out.getvalue())
    assert piped.stdout.startswith(b"%PDF")
    assert b"the copy has no password" in piped.stderr
    assert run("scan", "a.pdf", "--password-file", "words").returncode == 1
    monkeypatch.setenv("PII_GUARD_PASSWORD", "open sesame")
    assert run("scan", "a.pdf").returncode == 1
    monkeypatch.delenv("PII_GUARD_PASSWORD")
    assert run("scan", "a.pdf").returncode == 3
    assert run("scan", "a.pdf", "--password-file", "none").returncode == 2
