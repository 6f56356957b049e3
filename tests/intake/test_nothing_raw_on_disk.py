"""What comes in touches no disk as it is: every open file and directory is looked into, all the time."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import fsspec
import pytest

from pii_guard.intake.fsspec import RedactFileSystem
from tests.processes import below, meanwhile

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
CANARY = b"wilhelmina.drachenfels@mail.example"
LINES = b"GET /health 200 in 17 ms\n" * 20_000


def files(*folders):
    """The regular files that are open, here or in a worker, or lie in the folders; nameless ones too."""
    for pid in below(os.getpid()):
        with suppress(OSError):
            yield from Path(f"/proc/{pid}/fd").iterdir()
    for folder in folders:
        yield from folder.rglob("*")


def holds(path, what):
    """Whether a regular file has it, read in blocks: what watches is not to fill the memory."""
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                tail = b""
                while block := file.read(1 << 20):
                    if what in tail + block:
                        return True
                    tail = block[-len(what) :]
    return False


@contextmanager
def watched(*folders):
    """Collects where the canary was seen, from now on until it ends."""
    seen: set[Path] = set()
    looks = 0

    def look(over):
        nonlocal looks
        while not over.is_set():
            begun = time.perf_counter()
            seen.update(path.resolve() for path in files(*folders) if holds(path, CANARY))
            looks += 1
            over.wait(max(0.01, 2 * (time.perf_counter() - begun)))  # leaves time for the work

    with meanwhile(look):
        yield seen
    assert looks


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A working directory and a directory for temporary files that are empty, and a store."""
    for name in ("cwd", "tmp", "store"):
        (tmp_path / name).mkdir(exist_ok=True)  # a hook that was made first has its store there
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path


def write(guard, places):
    fs = RedactFileSystem(fsspec.filesystem("file", skip_instance_cache=True), guard=guard)
    with fs.open(f"{places}/store/log.txt", "wb") as file:
        for _ in range(3):
            file.write(LINES)
            file.write(b"login by " + CANARY + b"\n")


@pytest.mark.parametrize("which", ["guard", "unconfined"])
def test_a_file_too_large_for_memory_is_on_disk_sealed_only(places, which, request):
    guard = request.getfixturevalue(which)
    with watched(places) as seen:
        write(guard, places)
    assert seen == set()
    assert (places / "store" / "log.txt").read_bytes().count(b"<EMAIL_ADDRESS_1>") == 3
    assert [*(places / "tmp").iterdir(), *(places / "cwd").iterdir()] == []


def test_the_watch_sees_a_nameless_file(places):
    with watched(places) as seen, tempfile.TemporaryFile() as file:
        file.write(CANARY)
        file.flush()
        threading.Event().wait(0.2)
    assert len(seen) == 1


def test_the_watch_sees_a_nameless_file_of_a_worker(places):
    program = f"""
import tempfile
with tempfile.TemporaryFile(dir={str(places / "tmp")!r}) as file:
    file.write({CANARY!r})
    file.flush()
    input()
"""
    with watched(places) as seen:
        worker = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
        until = time.monotonic() + 20
        while not seen and time.monotonic() < until:
            time.sleep(0.01)
        worker.communicate(b"\n")
    assert len(seen) == 1


def test_the_watch_sees_what_is_not_sealed(places, unconfined, monkeypatch):
    class Bare:
        """A cipher that leaves everything as it is."""

        generate_key = staticmethod(lambda bit_length: b"")

        def __init__(self, _):
            pass

        def encrypt(self, _, piece, __):
            return piece

        decrypt = encrypt

    monkeypatch.setattr("cryptography.hazmat.primitives.ciphers.aead.AESGCM", Bare)
    monkeypatch.setattr("pii_guard.sealed.zlib.compress", lambda piece, _: piece)
    monkeypatch.setattr("pii_guard.sealed.zlib.decompress", lambda piece: piece)
    with watched(places) as seen:
        write(unconfined, places)
    assert seen
