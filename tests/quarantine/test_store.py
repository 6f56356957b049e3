"""Entries are written whole and encrypted or not at all, and say nothing of what they hold."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from pii_guard.errors import QuarantineError, ReasonCode, Unreadable
from pii_guard.originals import InMemory, Kept, OnDisk
from pii_guard.quarantine import Quarantine, entries, purge, release
from pii_guard.quarantine_terms import QuarantineTerms
from tests.quarantine.conftest import NAME, NOW


def everything(folder):
    return b"".join(p.name.encode() + p.read_bytes() for p in folder.rglob("*") if p.is_file())


def test_an_entry_is_one_file_that_says_only_what_it_may(store, keep):
    entry = keep()
    (listed,) = entries(store.folder)
    assert listed.entry == entry
    assert (entry.reason, entry.media_type) == (ReasonCode.ENCRYPTED, "application/zip")
    assert (entry.received, entry.expires) == (NOW, NOW + timedelta(days=7))
    (path,) = store.folder.iterdir()
    assert path.name == f"{entry.id}.age"
    assert (path.stat().st_mode & 0o777, store.folder.stat().st_mode & 0o777) == (0o600, 0o700)
    seen = everything(store.folder).lower()
    assert not [word for word in (b"wilhelmina", b"drachenfels", b"536-22") if word in seen]


def test_entries_of_like_sizes_look_alike_and_two_of_one_attachment_are_not_linked(store, keep):
    keep(b"a"), keep(b"a"), keep(b"b" * 50_000)
    blobs = [path.read_bytes() for path in store.folder.iterdir()]
    assert len({len(blob) for blob in blobs}) == 1
    assert len({blob[-1000:] for blob in blobs}) == 3


def test_a_media_type_or_a_name_of_somebodys_own_does_not_become_a_word(store):
    entry = store.keep(
        InMemory(b""), name="\ud800/\n", reason=ReasonCode.INTERNAL, media_type="x/jane roe"
    )
    assert entry.media_type == "application/octet-stream"


@pytest.mark.parametrize("size", [0, 1, 600_000, 3_000_000])
def test_what_was_streamed_or_is_on_disk_comes_back(store, identity, out, tmp_path, size):
    blob = os.urandom(size)
    (tmp_path / "blob").write_bytes(blob)
    blocks = iter([blob[start : start + 2**20] for start in range(0, size, 2**20)])
    for original in (OnDisk.of(tmp_path / "blob"), Kept(blocks)):
        entry = store.keep(original, name="", reason=ReasonCode.CORRUPT, media_type="")
        assert release(store.folder, entry.id, identity, out).read_bytes() == blob


def test_a_full_disk_leaves_nothing(store, keep, monkeypatch):
    written = []

    def full(self, data, write=os.write):
        written.append(len(data))
        raise OSError(errno.ENOSPC, "no")

    monkeypatch.setattr("os.fsync", lambda _: full(None, b""))
    with pytest.raises(QuarantineError, match="No space left") as raised:
        keep()
    assert written
    assert list(store.folder.iterdir()) == []
    assert NAME not in str(raised.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_disk_that_fills_up_while_writing_leaves_nothing(store, keep, monkeypatch):
    real = os.open
    monkeypatch.setattr(
        "os.open",
        lambda path, flags, *rest, **more: real("/dev/full", os.O_WRONLY) if flags & os.O_CREAT
        else real(path, flags, *rest, **more),
    )  # fmt: skip
    with pytest.raises(QuarantineError, match="No space left"):
        keep(os.urandom(300_000))
    assert list(store.folder.iterdir()) == []


def test_an_original_that_changes_while_it_is_read_is_not_kept(store, tmp_path):
    path = tmp_path / "blob"
    path.write_bytes(bytes(3_000_000))
    original = OnDisk.of(path)
    path.write_bytes(bytes(3_000_001))
    with pytest.raises(Unreadable):
        store.keep(original, name="", reason=ReasonCode.CORRUPT, media_type="")

    class Short(InMemory):
        size = 3

    with pytest.raises(Unreadable):
        store.keep(Short(b"12"), name="", reason=ReasonCode.CORRUPT, media_type="")
    assert list(store.folder.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write")
def test_a_folder_that_may_not_be_written_is_said(store, keep):
    store.folder.mkdir(mode=0o500)
    assert not store.writable()
    with pytest.raises(QuarantineError, match="Permission denied"):
        keep()


def test_a_file_in_place_of_the_folder_is_said(store, keep):
    store.folder.write_bytes(b"")
    assert not store.writable()
    with pytest.raises(QuarantineError, match="cannot be written"):
        keep()
    with pytest.raises(QuarantineError, match="cannot be read"):
        list(entries(store.folder))


KILLED = textwrap.dedent("""
    import os, signal, sys
    from pathlib import Path
    from pii_guard.errors import ReasonCode
    from pii_guard.quarantine import Quarantine, Recipient
    opened = []
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" and not isinstance(args[0], int) and
                     args[2] & (os.O_WRONLY | os.O_RDWR) else None)
    class Endless:
        size = 40 << 20
        def read(self, start, size):
            if start == 20 << 20:
                print("\\n".join(opened), flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            return b"SSN 536-22-8417 " * (size // 16)
    Quarantine(Path(sys.argv[1]), Recipient.parse(sys.argv[2])).keep(
        Endless(), name="jane", reason=ReasonCode.CORRUPT, media_type="")
""")


def test_a_kill_while_writing_leaves_no_entry_and_nothing_that_can_be_read(store, identity):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, store.folder, str(identity.recipient)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    (folder,) = store.folder.iterdir()
    (left,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, left.stat().st_mode & 0o777) == (0o700, 0o600)
    # It was the only file that was opened for writing, and half of the attachment is in it.
    assert done.stdout.split() == [str(left)]
    assert left.stat().st_size > 19 << 20
    assert b"536-22" not in left.read_bytes()
    assert list(entries(store.folder)) == []
    assert list(purge(store.folder)) == []
    assert list(store.folder.iterdir()) == []


def test_what_is_being_written_is_not_taken_for_left(store, keep):
    """The folder is locked while its maker lives, however slowly the original comes."""
    kept = []

    class Slow(InMemory):
        def read(self, start, size):
            kept.append(list(purge(store.folder)))
            return super().read(start, size)

    entry = store.keep(Slow(b"12"), name="", reason=ReasonCode.CORRUPT, media_type="")
    assert kept
    assert [one.id for one in entries(store.folder)] == [entry.id]


@pytest.mark.slow
def test_a_gigabyte_is_kept_and_released_in_little_memory(store, tmp_path, out):
    """Measured in a process of its own: 100 MB more than an entry of one byte would be far too much."""
    probe = textwrap.dedent("""
        import resource, sys
        from pathlib import Path
        from pii_guard.errors import ReasonCode
        from pii_guard.quarantine import Identity, Quarantine, release
        folder, key, out, size = Path(sys.argv[1]), Identity.load(Path(sys.argv[2])), Path(sys.argv[3]), int(sys.argv[4])
        class Large:
            def __init__(self): self.size = size
            def read(self, start, size): return bytes(min(size, self.size - start))
        entry = Quarantine(folder, key.recipient).keep(
            Large(), name="", reason=ReasonCode.LIMIT_SIZE, media_type="")
        assert release(folder, entry.id, key, out).stat().st_size == size
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    """)

    def peak(size):
        return int(subprocess.run(
            [sys.executable, "-c", probe, store.folder, tmp_path / "key.txt", out, str(size)],
            capture_output=True, text=True, check=True,
        ).stdout)  # fmt: skip

    assert peak(1 << 30) - peak(1) < 20_000


def test_a_policy_names_a_quarantine_or_none(identity, tmp_path):
    assert Quarantine.of(QuarantineTerms()) is None
    made = Quarantine.of(QuarantineTerms(tmp_path, str(identity.recipient), 3))
    assert (made.folder, str(made.recipient), made.days) == (tmp_path, str(identity.recipient), 3)
