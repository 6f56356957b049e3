"""What killed processes left is removed; what living ones hold, and what is not ours, is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from pii_guard import leftovers
from pii_guard.certificate.writing import write_whole
from pii_guard.leftovers import held_folder, left, remove_left, remove_temporary

if os.name != "posix":
    pytest.skip(
        "folders cannot be locked there: nothing is taken for left", allow_module_level=True
    )


@pytest.fixture
def holder(tmp_path):
    """A process that makes a folder, writes a file into it, and lives."""
    code = f"""
        import time
        from pathlib import Path
        from pii_guard.leftovers import held_folder
        with held_folder(Path({str(tmp_path)!r}), "pii-guard-") as held:
            (held.path / "given.doc").write_bytes(b"Jane Roe")
            print(held.path.name, flush=True)
            time.sleep(60)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    yield process, tmp_path / process.stdout.readline().strip()
    process.kill()
    process.wait()
    process.stdout.close()


def test_what_a_living_process_holds_stays_and_what_a_killed_one_left_goes(holder, tmp_path):
    process, folder = holder
    assert (folder / "given.doc").exists()
    assert list(left(tmp_path, "pii-guard-")) == []
    assert remove_left(tmp_path, "pii-guard-") == 0
    assert (folder / "given.doc").exists()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(left(tmp_path, "pii-guard-")) == [folder]
    assert remove_left(tmp_path, "pii-guard-") == 1
    assert not folder.exists()


def test_a_folder_is_its_owner_s_and_gone_at_the_end(tmp_path):
    with held_folder(tmp_path, ".") as held:
        assert held.path.stat().st_mode & 0o777 == 0o700
        (held.path / "below").mkdir()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_to_stay_is_there_for_the_next(tmp_path):
    with held_folder(tmp_path, ".") as held:
        held.stays = True
        assert list(left(tmp_path, ".")) == []
    assert list(left(tmp_path, ".")) == [held.path]


def test_links_files_and_other_names_are_not_touched(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").touch()
    (tmp_path / "pii-guard-1.part").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "pii-guard-2.part").touch()
    (tmp_path / "pii-guard-3").mkdir()
    (tmp_path / "other.part").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert remove_left(tmp_path, "pii-guard-") == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_another_user_s_are_not_touched(tmp_path, monkeypatch):
    (tmp_path / "pii-guard-1.part").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert remove_left(tmp_path, "pii-guard-") == 0


def test_a_place_that_is_not_there_holds_nothing(tmp_path):
    assert remove_left(tmp_path / "none", ".") == 0


def test_where_there_are_no_locks_nothing_is_taken_for_left(tmp_path, monkeypatch):
    (tmp_path / "pii-guard-1.part").mkdir()
    monkeypatch.setattr(leftovers, "fcntl", None)
    with held_folder(tmp_path, "pii-guard-") as held:
        assert held.path.is_dir()
        assert list(left(tmp_path, "pii-guard-")) == []
    assert not held.path.exists()


def test_a_folder_taken_for_left_while_it_is_being_made_is_made_again(tmp_path, monkeypatch):
    """Between mkdir and its lock another process may remove it."""
    locked, names = leftovers._lock, []

    def late(descriptor, *, wait):
        if not names:
            names.extend(one.name for one in tmp_path.iterdir())
            (tmp_path / names[0]).rmdir()
        return locked(descriptor, wait=wait)

    monkeypatch.setattr(leftovers, "_lock", late)
    with held_folder(tmp_path, ".") as held:
        assert held.path.is_dir()
        assert held.path.name not in names


def test_temporary_files_are_looked_for_in_memory_and_on_disk(tmp_path, monkeypatch):
    memory, disk = tmp_path / "shm", tmp_path / "tmp"
    for place in (memory, disk):
        (place / "pii-guard-0.part" / "profile").mkdir(parents=True)
    monkeypatch.setattr(leftovers, "MEMORY", memory)
    monkeypatch.setattr(leftovers.tempfile, "tempdir", str(disk))
    assert remove_temporary() == 2
    assert [*memory.iterdir(), *disk.iterdir()] == []


def test_where_nothing_may_be_written_there_is_nothing_left_either(tmp_path, monkeypatch):
    def nowhere():
        raise FileNotFoundError

    monkeypatch.setattr(leftovers, "MEMORY", tmp_path / "none")
    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    assert leftovers.remove_temporary() == 0


def test_a_guard_removes_what_was_left(tmp_path, monkeypatch, signer):
    from pii_guard import Guard, Policy

    (tmp_path / "pii-guard-0.part").mkdir()
    monkeypatch.setattr(leftovers, "MEMORY", tmp_path)
    monkeypatch.setattr(Guard, "detector", None)
    Guard(Policy(isolation="off"), signer=signer)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_write_left_goes_with_the_next(tmp_path):
    """Of whatever file, so that nothing in the clear stays for want of another of its name; but not the
    folder of a run of `redact`, which may still be finished.
    """
    for name in (".pii-guard-0123456789abcdef.part", ".0123456789abcdef.part"):
        (tmp_path / name).mkdir()
    write_whole(tmp_path / "a.json", b"{}")
    assert sorted(one.name for one in tmp_path.iterdir()) == [".0123456789abcdef.part", "a.json"]


def test_a_program_is_killed_with_whoever_is_killed_that_ran_it(tmp_path):
    code = f"""
        import subprocess, sys, time
        from pii_guard.programs import bound
        script = "sleep 61 & echo $! $$ > {tmp_path}/pids; sleep 61"
        with bound(["/bin/sh", "-c", script]) as (command, life):
            subprocess.Popen(command, stdin=life, start_new_session=True)
            time.sleep(60)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])
    pids = _soon(lambda: (tmp_path / "pids").read_text().split())
    process.kill()
    process.wait()
    _soon(lambda: all(not _runs(pid) for pid in pids))


def test_a_program_ends_as_ever_where_nobody_is_killed():
    from pii_guard.programs import bound

    with bound(["/bin/sh", "-c", "cat; exit 7"]) as (command, life):
        assert (
            subprocess.run(command, stdin=life, start_new_session=True, timeout=20).returncode == 7
        )


def _soon(asked):
    until = time.monotonic() + 10
    while True:
        try:
            if answer := asked():
                return answer
        except OSError:
            pass
        assert time.monotonic() < until
        time.sleep(0.02)


def _runs(pid):
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
