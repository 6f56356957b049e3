"""`scan --hook` as pre-commit runs it: by itself, and in a repository with pre-commit's own program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

HOOKS = ROOT / ".pre-commit-hooks.yaml"
PERSONAL = "fine\nPlease ask jane.roe@mail.example about it.\n"
CLEAN = "The server answers 200 to every request.\n"
PRE_COMMIT = Path(sys.executable).with_name("pre-commit")


def ran(command, folder, **environment):
    told = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def hook(folder, *files):
    code = f"import sys; sys.argv = ['pii-guard', 'scan', '--hook', *{files!r}]\nfrom pii_guard.cli import main; main()"
    return ran([sys.executable, "-c", code], folder)


def test_clean_files_say_nothing(tmp_path):
    (tmp_path / "a.txt").write_text(CLEAN)
    assert hook(tmp_path, "a.txt") == (0, "")


def test_a_finding_has_its_file_and_line_and_shows_nothing(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text(PERSONAL)
    code, told = hook(tmp_path, "docs/a.txt")
    assert code == 1
    assert told.startswith("docs/a.txt:2: EMAIL_ADDRESS ")
    assert "jane" not in told
    assert "pii-guard redact" in told


def test_a_place_within_a_structure_is_told_as_it_is(tmp_path):
    (tmp_path / "a.json").write_text('{"n": [1, {"mail": "jane.roe@mail.example"}]}')
    code, told = hook(tmp_path, "a.json")
    assert (code, told.split(":")[0]) == (1, "a.json")
    assert "jane" not in told


def test_what_cannot_be_read_is_not_passed_over(tmp_path):
    (tmp_path / "a.txt").write_text(PERSONAL)
    (tmp_path / "tool.bin").write_bytes(b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 8)
    code, told = hook(tmp_path, "a.txt", "tool.bin")
    assert code == 3
    assert "tool.bin: unsupported" in told
    assert "exclude" in told


def test_a_file_that_is_no_utf_8_has_no_line(tmp_path):
    (tmp_path / "a.txt").write_bytes(PERSONAL.encode("utf-16"))
    code, told = hook(tmp_path, "a.txt")
    assert (code, told.split(" ")[0]) == (1, "a.txt:-:")


# -- in a repository ---------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path):
    if shutil.which("git") is None or not PRE_COMMIT.exists():
        pytest.skip("git or pre-commit is not installed")
    place = tmp_path / "repository"
    place.mkdir()
    git(place, "init", "--quiet")
    git(place, "config", "user.email", "tester@programme.example")
    git(place, "config", "user.name", "tester")
    git(place, "config", "commit.gpgsign", "false")
    return place


def git(folder, *words):
    code, told = ran(["git", *words], folder)
    assert code == 0, told
    return told


def configured(repository, tmp_path):
    """The hook as it is published, but run by the Python of the tests: nothing is installed."""
    (published,) = yaml.safe_load(HOOKS.read_text())
    program = tmp_path / "pii-guard"
    program.write_text(f"#!{sys.executable}\nfrom pii_guard.cli import main\nmain()\n")
    program.chmod(0o755)
    entry = published["entry"].replace("pii-guard", str(program), 1)
    told = {name: published[name] for name in ("id", "name", "types", "stages", "require_serial")}
    local = {"repo": "local", "hooks": [{**told, "entry": entry, "language": "system"}]}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [local]}))
    git(repository, "add", ".pre-commit-config.yaml")
    code, shown = ran([PRE_COMMIT, "install"], repository)
    assert code == 0, shown


def commit(repository, tmp_path):
    return ran(
        ["git", "commit", "--message", "a change"],
        repository,
        PRE_COMMIT_HOME=str(tmp_path / "cache"),
    )


def test_a_commit_with_somebody_in_it_is_not_made(repository, tmp_path):
    configured(repository, tmp_path)
    (repository / "notes.txt").write_text(PERSONAL)
    git(repository, "add", "notes.txt")
    code, told = commit(repository, tmp_path)
    assert code == 1
    assert "notes.txt:2: EMAIL_ADDRESS" in told
    assert "jane" not in told
    assert ran(["git", "rev-parse", "HEAD"], repository)[0] != 0


def test_what_is_staged_is_looked_at_and_not_what_lies_in_the_directory(repository, tmp_path):
    configured(repository, tmp_path)
    notes = repository / "notes.txt"
    notes.write_text(PERSONAL)
    git(repository, "add", "notes.txt")
    notes.write_text(CLEAN)
    assert commit(repository, tmp_path)[0] == 1
    git(repository, "add", "notes.txt")
    notes.write_text(PERSONAL)
    code, told = commit(repository, tmp_path)
    assert code == 0, told
    assert notes.read_text() == PERSONAL


@pytest.mark.nightly
@pytest.mark.packaging
def test_pre_commit_installs_and_runs_it_as_published(repository, tmp_path):
    """Takes minutes: pre-commit builds an environment of its own from what is committed here."""
    (repository / "notes.txt").write_text(PERSONAL)
    git(repository, "add", "notes.txt")
    code, told = ran(
        [PRE_COMMIT, "try-repo", ROOT, "pii-guard", "--files", "notes.txt"],
        repository,
        PRE_COMMIT_HOME=str(tmp_path / "cache"),
        PYTHONPATH="",
    )
    assert code == 1, told
    assert "notes.txt:2: EMAIL_ADDRESS" in told
    assert "jane" not in told
