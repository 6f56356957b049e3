"""A Ray cluster on this machine makes the same parts, loses no file, and may lose its driver."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from pii_guard import Guard
from pii_guard.audit.codes import KEY
from tests.audit.scene import CODES, audit, fill, parts

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="pip install pii-guard-vdp[ray]"),
    pytest.mark.localhost,
    pytest.mark.slow,
]
COMMAND = [sys.executable, "-c", "from pii_guard.cli import main; main()"]


def command(source, output, engine, cwd):
    arguments = ["audit", str(source), "-o", str(output), "--engine", engine, "--workers", "2"]
    environment = os.environ | {KEY: CODES.key.hex(), "MARK": str(cwd)}
    return subprocess.Popen(
        [*COMMAND, *arguments, "-f", "json"], env=environment, cwd=cwd, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A tree, and the parts that an audit of it on one machine makes."""
    root = tmp_path_factory.mktemp("ray")
    source = fill(root / "reports", 100)
    assert audit(Guard(), source, root / "local").complete
    return source, root / "local"


def test_it_makes_the_same_parts_byte_for_byte(given, tmp_path):
    source, local = given
    out, err = (ended := command(source, tmp_path / "out", "ray", tmp_path)).communicate()
    assert ended.returncode == 1, err
    assert json.loads(out)["complete"] is True
    assert parts(tmp_path / "out") == parts(local)
    assert (tmp_path / "out/summary.json").read_bytes() == (local / "summary.json").read_bytes()


def test_the_driver_may_be_killed(given, tmp_path):
    source, local = given
    output = tmp_path / "out"
    process = command(source, output, "ray", tmp_path)
    until = time.monotonic() + 240
    while len(list(output.glob("parts/*.parquet"))) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (output / "summary.json").exists()
    # Either engine goes on with it.
    ended = command(source, output, "local", tmp_path)
    out, err = ended.communicate()
    assert ended.returncode == 1, err
    assert parts(output) == parts(local)


def test_poison_files_do_not_lose_their_neighbours(tmp_path, monkeypatch):
    from pii_guard import Policy
    from pii_guard.audit import engine_ray
    from pii_guard.audit.run import run
    from pii_guard.policy import Limits
    from tests.audit.scene import asked
    from tests.audit.trapped_actor import TrappedActor

    source = fill(tmp_path / "reports", 40)
    for number, name in enumerate(("segv", "sleep", "allocate", "exit")):
        (source / f"{number}" / "plain" if number < 3 else source).joinpath(
            f"{name}.txt"
        ).write_bytes(f"TRAP {name}\n".encode())
    monkeypatch.setattr(engine_ray, "_Actor", TrappedActor)
    limits = Limits(max_wall_seconds=20, max_memory_bytes=400 * 1024**2)
    guard = Guard(Policy(limits=limits))
    told = run(guard, asked(source, tmp_path / "out"), engine_ray.engine(2))
    assert told.complete
    assert told.rows == 44
    assert told.reasons == {"crash:SIGSEGV": 1, "timeout": 1, "memory": 1, "crash:exit": 1}


def test_an_actor_that_is_killed_loses_nothing(given, tmp_path):
    source, local = given
    output = tmp_path / "out"
    process = command(source, output, "ray", tmp_path)
    until = time.monotonic() + 240
    while not list(output.glob("parts/*.parquet")) and time.monotonic() < until:
        time.sleep(0.05)
    victims = actors_of(str(tmp_path))
    assert victims, "an actor is at work"
    os.kill(victims[0], signal.SIGKILL)
    process.communicate()
    if process.returncode != 1:
        # Ray gave up; what is missing is said, and done by the next run.
        assert process.returncode in (3, 4)
        command(source, output, "local", tmp_path).communicate()
    assert parts(output) == parts(local)


def actors_of(mark):
    """Ray's processes that were started from a directory."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            title = (place / "cmdline").read_bytes()
            if (
                b"ray::" in title
                and b"MapWorker" in title
                and mark.encode() in (place / "environ").read_bytes()
            ):
                found.append(int(place.name))
        except OSError:
            continue
    return found


def test_nothing_but_numbers_of_batches_goes_through_it():
    import ast
    import inspect

    from pii_guard.audit import engine_ray

    given = [
        ast.unparse(node.args[0])
        for node in ast.walk(ast.parse(inspect.getsource(engine_ray)))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "from_items"
    ]
    assert given == ["[{'number': number} for number in numbers]"]
