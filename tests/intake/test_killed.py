"""A writer that is killed: what can be seen is redacted and whole, and no certificate is of something else."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time

import fsspec
import pytest

from pii_guard.certificate.bundle import open_bundle
from pii_guard.intake.fsspec import RedactFileSystem

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks")
ROUNDS = 40


def write_until_killed(guard, store):
    """In a process of its own, which is returned."""
    pid = os.fork()
    if pid == 0:
        fs = RedactFileSystem(fsspec.filesystem("file", skip_instance_cache=True), guard=guard)
        for number in range(1_000_000):
            name = f"{store}/{number % 3}.txt"
            if number % 7 == 6 and fs.exists(name):
                fs.rm_file(name)
            else:
                fs.pipe_file(name, b"%d jane.roe@mail.example\n" % number)
    return pid


def test_at_any_moment(unconfined, tmp_path):
    unconfined.redact(b"jane.roe@mail.example")  # what is loaded late is loaded now
    begun = time.perf_counter()
    unconfined.redact(b"joe.doe@mail.example")
    unit = max(0.01, time.perf_counter() - begun)  # a busy machine takes longer
    seed = random.randrange(1 << 32)
    moments = random.Random(seed)
    seen = 0
    for _ in range(ROUNDS):
        pid = write_until_killed(unconfined, tmp_path)
        time.sleep(moments.uniform(2 * unit, 20 * unit))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        for path in tmp_path.iterdir():
            content = path.read_bytes()
            assert b"jane.roe" not in content, seed
            if path.suffix == ".txt":
                assert content.endswith(b" <EMAIL_ADDRESS_1>\n"), seed
            if path.name.endswith(".txt.certificate.json"):
                subject = json.loads(open_bundle(content).opened().payload)["subject"]
                file = path.with_name(path.name.removesuffix(".certificate.json"))
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                assert [one["digest"]["sha256"] for one in subject] == [digest], seed
                seen += 1
    assert seen > ROUNDS / 4
