"""Files: what is gone is said to be gone, and nothing else is."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pii_guard.certificate.claim_rules import contradictions
from pii_guard.certificate.claims import CLAIM, Kind, Note
from pii_guard.deletion import Seen, delete_files, places
from pii_guard.deletion import files as module

AT = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
pytestmark = pytest.mark.skipif(os.name == "nt", reason="directories are not held open there")


@pytest.fixture
def original(tmp_path):
    path = tmp_path / "jane-roe.txt"
    path.write_bytes(b"Jane Roe 536-22-8417\n" * 1000)
    return path


def one(path, **options):
    (claim,) = delete_files([path], at=AT, **options)
    entry = claim.to_entry()
    assert CLAIM.misfit(entry) is None
    assert list(contradictions(entry)) == []
    assert "jane" not in (str(entry) + repr(claim)).lower()
    return claim


def verdict(claim):
    return claim.kind, claim.note


def test_a_file_is_unlinked_and_looked_for_again(original):
    claim = one(original)
    assert verdict(claim) == (Kind.UNLINKED, None)
    assert not original.exists()
    assert claim.to_entry()["verification"] == {"method": "path_checked_again", "residual": 0}
    assert claim.to_entry()["at"] == "2026-11-23T19:40:00Z"
    assert claim.evidence["otherNames"] == 0


def test_its_directory_is_synced_after_the_unlink(original, monkeypatch):
    calls = []
    unlink, fsync = os.unlink, os.fsync
    monkeypatch.setattr(os, "unlink", lambda *a, **k: (calls.append("unlink"), unlink(*a, **k))[1])

    def synced(descriptor):
        calls.append(os.path.samestat(os.fstat(descriptor), original.parent.stat()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", synced)
    one(original)
    assert calls == ["unlink", True]


def test_overwriting_changes_the_blocks_in_place_and_is_claimed_as_no_more(original):
    with original.open("rb") as before:
        claim = one(original, overwrite=True)
        assert claim.kind == Kind.OVERWRITTEN
        assert claim.evidence["overwrites"] == 1
        content = before.read()
    assert len(content) == 21_000
    assert b"Jane" not in content
    assert len(set(content)) > 200


def test_an_overwriting_that_fails_is_not_claimed(original, monkeypatch):
    def full(*_):
        raise OSError(errno.EIO, str(original))

    monkeypatch.setattr(places.os, "write", full)
    claim = one(original, overwrite=True)
    assert verdict(claim) == (Kind.UNLINKED, Note.OVERWRITE_FAILED)
    assert "overwrites" not in claim.evidence
    assert not original.exists()


def test_a_bad_file_ends_nothing_for_the_others(tmp_path, original):
    missing, folder = tmp_path / "missing", tmp_path / "folder"
    folder.mkdir()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    wanted = [missing, folder, pipe, "a\0b", "", tmp_path / ("x" * 300), original]
    claims = delete_files(wanted)
    assert [one.note for one in claims] == [
        Note.NOT_FOUND, Note.NOT_A_FILE, Note.NOT_A_FILE, Note.FAILED, Note.NOT_FOUND, Note.FAILED, None,
    ]  # fmt: skip
    assert [one.gone for one in claims] == [False] * 6 + [True]
    assert folder.is_dir()


def test_a_link_is_not_followed_and_not_taken_for_its_file(tmp_path, original):
    link = tmp_path / "link"
    link.symlink_to(original)
    assert verdict(one(link)) == (Kind.NOT_DELETED, Note.LINK)
    assert link.is_symlink()
    assert original.exists()


def test_a_file_with_another_name_is_not_gone(tmp_path, original):
    other = tmp_path / "other"
    os.link(original, other)
    claim = one(original, overwrite=True)
    assert verdict(claim) == (Kind.NOT_DELETED, Note.OTHER_NAMES)
    assert claim.evidence["otherNames"] == 1
    assert original.exists()
    assert other.read_bytes().startswith(b"Jane")


def test_all_names_of_a_file_together_are_the_file(tmp_path, original):
    folder = tmp_path / "folder"
    folder.mkdir()
    other = folder / "other"
    os.link(original, other)
    claims = delete_files([original, other, original])
    assert [one.kind for one in claims] == [Kind.UNLINKED] * 3
    assert not original.exists()
    assert not other.exists()


def test_the_same_name_twice_is_not_two_names(tmp_path, original):
    os.link(original, tmp_path / "other")
    claims = delete_files([original, original, tmp_path / "." / original.name])
    assert {one.note for one in claims} == {Note.OTHER_NAMES}
    assert original.exists()


@pytest.mark.parametrize(
    ("number", "note"),
    [
        (errno.EPERM, Note.DENIED), (errno.EACCES, Note.DENIED), (errno.EBUSY, Note.BUSY),
        (errno.EROFS, Note.READ_ONLY), (errno.EIO, Note.FAILED),
    ],
)  # fmt: skip
def test_an_unlink_that_fails_is_said_to_have_failed(original, monkeypatch, number, note):
    def refused(*_, **__):
        raise OSError(number, str(original))

    monkeypatch.setattr(places.os, "unlink", refused)
    assert verdict(one(original)) == (Kind.NOT_DELETED, note)
    assert original.exists()


def test_an_unlink_that_does_nothing_is_found_out(original, monkeypatch):
    monkeypatch.setattr(places.os, "unlink", lambda *_, **__: None)
    assert verdict(one(original)) == (Kind.NOT_DELETED, Note.NAME_TAKEN)


def test_a_directory_that_cannot_be_synced_makes_no_claim(original, monkeypatch):
    def refused(_):
        raise OSError(errno.EINVAL, "no")

    monkeypatch.setattr(places.os, "fsync", refused)
    assert verdict(one(original)) == (Kind.NOT_DELETED, Note.NOT_SYNCED)


def before_unlink(monkeypatch, act):
    """Somebody acts between the last look and the unlink."""
    unlink = os.unlink

    def late(*arguments, **options):
        monkeypatch.setattr(places.os, "unlink", unlink)
        act()
        unlink(*arguments, **options)

    monkeypatch.setattr(places.os, "unlink", late)


def before_open(monkeypatch, act):
    """Somebody acts between the first look and the opening."""
    whole = os.open

    def late(path, flags, *arguments, **options):
        if flags & os.O_DIRECTORY == 0:
            monkeypatch.setattr(places.os, "open", whole)
            act()
        return whole(path, flags, *arguments, **options)

    monkeypatch.setattr(places.os, "open", late)


def test_a_link_swapped_in_before_opening_is_not_followed(tmp_path, original, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_bytes(b"keep")

    def swap():
        original.rename(tmp_path / "moved")
        original.symlink_to(victim)

    before_open(monkeypatch, swap)
    assert verdict(one(original, overwrite=True)) == (Kind.NOT_DELETED, Note.LINK)
    assert victim.read_bytes() == b"keep"
    assert (tmp_path / "moved").exists()


def test_a_pipe_swapped_in_before_opening_is_not_waited_for(tmp_path, original, monkeypatch):
    def swap():
        original.unlink()
        os.mkfifo(original)

    before_open(monkeypatch, swap)
    assert verdict(one(original)) == (Kind.NOT_DELETED, Note.NOT_A_FILE)


def test_a_file_swapped_in_before_opening_stays(tmp_path, original, monkeypatch):
    def swap():
        original.rename(tmp_path / "moved")
        original.write_bytes(b"another")

    # The handle holds the new file then: it is refused because it is not the one that was read.
    seen = Seen.of(original)
    before_open(monkeypatch, swap)
    assert verdict(one(seen)) == (Kind.NOT_DELETED, Note.CHANGED)
    assert original.read_bytes() == b"another"


def test_a_file_swapped_in_while_the_first_is_looked_at_stays(tmp_path, original, monkeypatch):
    def swap(_):
        original.rename(tmp_path / "moved")
        original.write_bytes(b"another")
        return "no"

    monkeypatch.setattr(places.Handle, "open_elsewhere", swap)
    assert verdict(one(original)) == (Kind.NOT_DELETED, Note.CHANGED)
    assert original.read_bytes() == b"another"


def test_a_file_moved_away_just_before_is_not_gone(tmp_path, original, monkeypatch):
    moved = tmp_path / "moved"
    before_unlink(monkeypatch, lambda: original.rename(moved))
    claim = one(original)
    assert verdict(claim) == (Kind.NOT_DELETED, Note.OTHER_NAMES)
    assert moved.exists()


def test_a_name_given_just_before_keeps_the_file(tmp_path, original, monkeypatch):
    before_unlink(monkeypatch, lambda: os.link(original, tmp_path / "late"))
    claim = one(original)
    assert verdict(claim) == (Kind.NOT_DELETED, Note.OTHER_NAMES)
    assert claim.evidence["otherNames"] == 1


def test_a_file_that_somebody_else_removed_is_gone(original, monkeypatch):
    before_unlink(monkeypatch, original.unlink)
    assert verdict(one(original)) == (Kind.UNLINKED, Note.REMOVED_BY_ANOTHER)


def test_a_parent_swapped_for_a_link_changes_nothing(tmp_path, monkeypatch):
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    for one_folder in (folder, elsewhere):
        one_folder.mkdir()
        (one_folder / "a").write_bytes(b"x")

    def swap():
        folder.rename(tmp_path / "moved")
        folder.symlink_to(elsewhere)

    before_unlink(monkeypatch, swap)
    assert one(folder / "a").kind == Kind.UNLINKED
    assert (elsewhere / "a").exists()
    assert not (tmp_path / "moved" / "a").exists()


def test_a_file_that_changed_since_it_was_read_stays(original):
    seen = Seen.of(original)
    assert one(seen).kind == Kind.UNLINKED
    original.write_bytes(b"new, unread")
    assert verdict(one(seen)) == (Kind.NOT_DELETED, Note.CHANGED)
    seen = Seen.of(original)
    with original.open("ab") as file:
        file.write(b"more")
    assert verdict(one(seen)) == (Kind.NOT_DELETED, Note.CHANGED)
    assert original.exists()


def leases_tell():
    """Whether this kernel sees who only reads a file."""
    if not sys.platform.startswith("linux"):
        return False
    with tempfile.NamedTemporaryFile() as file, Path(file.name).open("rb") as other:
        try:
            fcntl.fcntl(other.fileno(), fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False


@pytest.mark.skipif(not leases_tell(), reason="no leases here")
def test_another_process_that_has_it_open_is_noticed(original):
    code = f"f = open({str(original)!r}, 'rb'); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"open\n"
        claim = one(original)
        other.stdin.write(b"\n")
    assert verdict(claim) == (Kind.UNLINKED, Note.OPEN_ELSEWHERE)
    assert claim.evidence["openElsewhere"] == "yes"


@pytest.mark.skipif(not leases_tell(), reason="no leases here")
def test_nobody_is_killed_when_it_is_opened_meanwhile(original):
    """A lease is broken by a signal that ends a process by default; ours is one that does not."""
    code = f"""
import fcntl, os, subprocess, sys
from pathlib import Path
from pii_guard.deletion.places import Place
whole = fcntl.fcntl
def slow(descriptor, command, value):
    if (command, value) == (fcntl.F_SETLEASE, fcntl.F_UNLCK):
        opening = "open({str(original)!r}, 'rb').read(); import os; os.write(1, b'read ')"
        other.append(subprocess.Popen([sys.executable, "-c", opening]))
        try:
            other[0].wait(2)
        except subprocess.TimeoutExpired:
            os.write(1, b"waits ")
    return whole(descriptor, command, value)
other = []
fcntl.fcntl = slow
with Place(Path({str(original)!r})) as place, place.handle() as handle:
    os.write(1, handle.open_elsewhere().encode() + b" ")
other[0].wait(10)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == ["no", "read", "waits"]


def test_a_network_file_system_is_not_held_open_over_the_unlink(original, monkeypatch):
    monkeypatch.setattr(module, "file_system", lambda _: "nfs")
    held = []
    unlink = os.unlink

    def watched(*arguments, **options):
        held.extend(os.path.realpath(one) for one in Path("/proc/self/fd").iterdir())
        unlink(*arguments, **options)

    monkeypatch.setattr(places.os, "unlink", watched)
    claim = one(original)
    assert (claim.kind, claim.evidence["fileSystem"]) == (Kind.UNLINKED, "nfs")
    assert str(original) not in held
    assert str(original.parent) in held


def test_who_may_not_read_a_file_may_still_delete_it(original, monkeypatch):
    whole = os.open

    def unreadable(path, flags, *arguments, **options):
        if flags & (os.O_DIRECTORY | os.O_PATH) == 0:
            raise PermissionError(errno.EACCES, str(path))
        return whole(path, flags, *arguments, **options)

    monkeypatch.setattr(places.os, "open", unreadable)
    claim = one(original)
    assert claim.kind == Kind.UNLINKED
    assert claim.evidence["openElsewhere"] == "unknown"


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() != 0, reason="needs root to become nobody")
def test_a_directory_that_may_not_be_written():
    """As a user whom permissions bind, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        original = Path(folder) / "a"
        original.write_bytes(b"x")
        Path(folder).chmod(0o755)
        child = os.fork()
        if child == 0:
            ended = 1
            try:
                os.setgid(65534)
                os.setuid(65534)
                (claim,) = delete_files([original])
                ended = 0 if claim.note == Note.DENIED else 1
            except OSError:
                ended = 2
            finally:
                os._exit(ended)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended == 2:
            pytest.skip("nobody is no user of this namespace")
        assert ended == 0
        assert original.exists()


def test_no_descriptor_is_left_open(tmp_path, original):
    before = len(list(Path("/proc/self/fd").iterdir()))
    link = tmp_path / "link"
    link.symlink_to(original)
    delete_files([tmp_path, link, tmp_path / "no", original], overwrite=True)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
