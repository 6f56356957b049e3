"""An entry comes out as it went in, to who has its key, until it expires; or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pii_guard.errors import QuarantineError
from pii_guard.quarantine import Identity, entries, generate, release
from tests.quarantine.conftest import NAME, NOW, SECRET

LATER = NOW + timedelta(days=6, hours=23)


def refused(store, number, identity, out, *, match, now=LATER):
    """It is refused, and nothing is left of it."""
    before = sorted(out.iterdir())
    with pytest.raises(QuarantineError, match=match) as raised:
        release(store.folder, number, identity, out, now=now)
    assert sorted(out.iterdir()) == before
    assert "wilhelmina" not in str(raised.value).lower()
    assert raised.value.remedy


def test_it_comes_out_as_it_went_in_and_its_name_only_if_asked(store, keep, identity, out):
    entry = keep()
    path = release(store.folder, entry.id, identity, out, now=LATER)
    assert (path.name, path.stat().st_mode & 0o777) == (entry.id, 0o600)
    assert path.read_bytes() == SECRET * 100
    assert release(store.folder, entry.id, identity, out, named=True, now=LATER).name == NAME
    assert sorted(one.name for one in out.iterdir()) == [entry.id, NAME]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("../../etc/passwd", "passwd"), ("C:\\x\\y.doc", "y.doc"), ("a\n\x1b[2J\u202etxt", "a__[2J_txt"),
     (".bashrc", "bashrc"), ("-rf", "rf"), ("x" * 5000, "x" * 200), ("é" * 300, "é" * 100),
     ("..", None), ("", None), ("a:b", "a_b"), ("\ud800x", "_x")],
)  # fmt: skip
def test_a_name_leads_nowhere(store, keep, identity, out, name, shown):
    entry = keep(b"x", name)
    path = release(store.folder, entry.id, identity, out, named=True, now=LATER)
    assert path == out / (shown or entry.id)


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_nothing_is_replaced(store, keep, identity, out, kind):
    entry = keep()
    target = out / entry.id
    if kind == "file":
        target.write_bytes(b"a stranger's")
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to(out / "nowhere")
    refused(store, entry.id, identity, out, match="already")
    assert kind != "file" or target.read_bytes() == b"a stranger's"
    assert not (out / "nowhere").exists()


def test_a_file_that_comes_up_meanwhile_is_not_replaced(store, keep, identity, out, monkeypatch):
    entry = keep()
    real = os.fsync

    def meanwhile(descriptor):
        real(descriptor)
        (out / entry.id).write_bytes(b"a stranger's")

    monkeypatch.setattr("os.fsync", meanwhile)
    with pytest.raises(QuarantineError, match="already"):
        release(store.folder, entry.id, identity, out, now=LATER)
    assert [one.read_bytes() for one in out.iterdir()] == [b"a stranger's"]


def test_a_file_system_without_links_will_do(store, keep, identity, out, monkeypatch):
    def none(*_):
        raise OSError(errno.EPERM, "no")

    monkeypatch.setattr("os.link", none)
    entry = keep()
    assert release(store.folder, entry.id, identity, out, now=LATER).read_bytes() == SECRET * 100
    refused(store, entry.id, identity, out, match="already")


KILLED = """
import os, signal, sys
from pathlib import Path
from pii_guard.quarantine import Identity, release
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
release(Path(sys.argv[1]), sys.argv[2], Identity.load(Path(sys.argv[3])), Path(sys.argv[4]))
"""


def test_what_a_killed_release_left_in_the_clear_goes_with_the_next(
    store, keep, identity, out, tmp_path
):
    first, second = keep(now=datetime.now(UTC)), keep(b"other", now=datetime.now(UTC))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, store.folder, first.id, tmp_path / "key.txt", out],
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    (left,) = out.iterdir()
    assert left.stat().st_mode & 0o777 == 0o700
    assert release(store.folder, second.id, identity, out).read_bytes() == b"other"
    assert [one.name for one in out.iterdir()] == [second.id]


def test_an_expired_entry_is_not_given_out(store, keep, identity, out):
    entry = keep()
    refused(store, entry.id, identity, out, match="expired", now=entry.expires)
    release(store.folder, entry.id, identity, out, now=entry.expires - timedelta(seconds=1))


def test_its_date_cannot_be_put_off_without_the_private_key(store, keep, identity, out):
    entry = keep()
    path = store.folder / f"{entry.id}.age"
    blob = path.read_bytes()
    path.write_bytes(blob.replace(b"2026-11-30T", b"2036-11-30T", 1))
    refused(store, entry.id, identity, out, match="head was changed", now=entry.expires)


def test_another_key_opens_nothing(store, keep, out, tmp_path):
    generate(tmp_path / "other.txt")
    refused(store, keep().id, Identity.load(tmp_path / "other.txt"), out, match="another key")


def test_swapped_files_are_noticed(store, keep, identity, out):
    first, second = keep(b"one"), keep(b"two")
    paths = [store.folder / f"{entry.id}.age" for entry in (first, second)]
    shutil.move(paths[0], store.folder / "kept")
    shutil.move(paths[1], paths[0])
    shutil.move(store.folder / "kept", paths[1])
    for entry in (first, second):
        refused(store, entry.id, identity, out, match="another one's")
    assert [one.entry for one in entries(store.folder)] == [None, None]


def test_the_head_of_one_does_not_go_with_the_body_of_another(store, keep, identity, out):
    blobs = {}
    for entry in (keep(b"one"), keep(b"two")):
        whole = (store.folder / f"{entry.id}.age").read_bytes()
        end = whole.index(b"\n", whole.index(b"\n--- ") + 1) + 1
        blobs[entry.id] = whole[:end], whole[end:]
    (first, (head, _)), (_, (_, body)) = blobs.items()
    (store.folder / f"{first}.age").write_bytes(head + body)
    refused(store, first, identity, out, match="changed or cut short")


@pytest.mark.parametrize("left", [0, 10, 22, 100, 330, 380, 70_000, 131_000, -1])
def test_a_file_cut_short_is_noticed_wherever(store, keep, identity, out, left):
    entry = keep(SECRET * 4000)
    path = store.folder / f"{entry.id}.age"
    path.write_bytes(path.read_bytes()[:left])
    refused(store, entry.id, identity, out, match="damaged")


def test_a_file_cut_at_a_chunk_and_chunks_in_another_order_are_noticed(store, keep, identity, out):
    entry = keep(os.urandom(200_000))
    path = store.folder / f"{entry.id}.age"
    whole = path.read_bytes()
    start = whole.index(b"\n", whole.index(b"\n--- ") + 1) + 1 + 16
    size = 65536 + 16
    chunks = [whole[at : at + size] for at in range(start, len(whole), size)]
    assert len(chunks) == 4
    for changed in (chunks[:-1], [chunks[1], chunks[0], *chunks[2:]], [*chunks, chunks[-1]]):
        path.write_bytes(whole[:start] + b"".join(changed))
        refused(store, entry.id, identity, out, match="changed or cut short")
    path.write_bytes(whole)
    release(store.folder, entry.id, identity, out, now=LATER)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_any_changed_byte_is_noticed(store, keep, identity, out, data):
    paths = list(store.folder.glob("*.age"))
    path = paths[0] if paths else store.folder / f"{keep(SECRET * 2000).id}.age"
    whole = path.read_bytes()
    # Half of the places are in the head, which is short.
    place = data.draw(st.one_of(st.integers(0, 400), st.integers(0, len(whole) - 1)))
    change = data.draw(st.integers(1, 255))
    path.write_bytes(whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :])
    try:
        refused(store, path.stem, identity, out, match="damaged|another key|expired")
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize(
    "number", ["", "x", "../key", "q-0", "q-" + "0" * 17, "q-000000000000000G", "q-٠" * 8]
)
def test_what_is_no_id_leads_nowhere(store, keep, identity, out, number):
    keep()
    refused(store, number, identity, out, match="no id")


def test_what_is_not_there_is_said(store, keep, identity, out):
    entry = keep()
    refused(store, "q-" + "0" * 16, identity, out, match="no such entry")
    with pytest.raises(QuarantineError, match="no such output"):
        release(store.folder, entry.id, identity, out / "none", now=LATER)


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_only_a_file_is_an_entry(store, keep, identity, out, tmp_path, kind):
    entry = keep()
    path = store.folder / f"{entry.id}.age"
    path.rename(tmp_path / "moved")
    if kind == "link":
        path.symlink_to(tmp_path / "moved")
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    refused(store, entry.id, identity, out, match="cannot be released|is no file")
    assert [one.entry for one in entries(store.folder)] == [None]


def test_a_full_disk_leaves_no_half_of_it(store, keep, identity, out, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "no")

    entry = keep()
    monkeypatch.setattr("os.fsync", full)
    refused(store, entry.id, identity, out, match="cannot be released")
