"""Runs killed at random moments: nothing lost, nothing raw, nothing running on, and the next run works.

    python -m tests.faults.kill 1000            # kills, and a number to begin chance with
    python -m tests.faults.kill 1000 7

Moments are spread over a run's life; half of them lie around what matters: the folder that copies are
written to appears, the certificate is in its place, an original goes. Nine runs of ten are forks that
work in their own process; the tenth is the program with its template and workers, killed alone or with
its template.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.looking import must, shared
from tests.faults.running import fork, make_keys, ran, run_again, warm
from tests.faults.scene import Options, Scene

_ADOPT = 36  # PR_SET_CHILD_SUBREAPER: orphans become children of this process
_WHOLE = 0.1
_NEAR = 0.5
_NEAR_SECONDS = 0.02
_WHOLE_LIFE = 6.0
"""Seconds that the program takes, about; what a fork takes is measured."""
_ORPHANS_END = 2.0
_PAUSE = 0.0003
_COMMAND = [sys.executable, "-c", "from pii_guard.cli import main; main()"]


@dataclass(slots=True)
class Outcome:
    """What was left after the kills, by when they came."""

    kills: int = 0
    late: int = 0
    seconds: float = 0.0
    left: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        left = ", ".join(f"{what}: {count}" for what, count in sorted(self.left.items()))
        return (
            f"{self.kills} kills in {self.seconds:.0f} s ({self.late} runs were over before); left was "
            f"{left}; nothing lost, nothing raw, nothing twice, no process, the next run worked"
        )


def run(root: Path, keys: Path, kills: int, seed: int = 1, whole: float = _WHOLE) -> Outcome:
    """Kill runs and look; `Wrong` says what was. `warm()` comes before."""
    adopt()
    chance, started, outcome = random.Random(seed), time.monotonic(), Outcome()
    number = 0
    _Fork.life = _measured(root / "0", keys)
    while outcome.kills < kills:
        number += 1
        options = Options(
            ledger=chance.random() < 0.5,
            delete=chance.random() < 0.5,
            overwrite=chance.random() < 0.2,
            again=chance.random() < 0.3,
        )
        place = root / str(number)
        one = _Whole(place, options) if chance.random() < whole else _Fork(place, options)
        try:
            outcome.left[one.one(keys, chance)] += 1
            outcome.kills += one.killed
            outcome.late += not one.killed
        except AssertionError as wrong:
            wrong.add_note(
                f"run {number} of chance {seed}: {options}, {type(one).__name__}, in {place}"
            )
            raise
        shutil.rmtree(place)
    outcome.seconds = time.monotonic() - started
    return outcome


class _Fork:
    """A run in a fork of this process."""

    isolation = "off"
    life = 0.0

    def __init__(self, root: Path, options: Options) -> None:
        self.scene = Scene(root, options)
        self.killed = False

    def one(self, keys: Path, chance: random.Random) -> str:
        """One run and what it left."""
        scene = self.scene
        scene.prepare(keys, self.isolation)
        if scene.options.again:
            must(ran_before(scene), "the earlier run failed")
        before = shared()
        pid = self.start()
        self.wait(pid, chance)
        self.end(pid, chance)
        left = _left(scene)
        no_orphans()
        scene.check(before)
        (scene.root / "policy.toml").write_text('isolation = "off"\n')
        run_again(scene)
        return left

    def start(self) -> int:
        return fork(self.scene, self.scene.arguments())

    def wait(self, pid: int, chance: random.Random) -> None:
        """Until the moment to kill."""
        if chance.random() < _NEAR:
            _until(pid, chance.choice((self._folder, self._certificate, self._original)))
            time.sleep(chance.uniform(0, _NEAR_SECONDS))
        else:
            time.sleep(chance.uniform(0, self.life))

    def end(self, pid: int, _: random.Random) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.killed = os.WIFSIGNALED(os.waitpid(pid, 0)[1])

    def _folder(self) -> bool:
        return self.scene.output.is_dir() and any(self.scene.output.glob(".*.part"))

    def _certificate(self) -> bool:
        return (self.scene.output / "certificate.json").exists()

    def _original(self) -> bool:
        return not self.scene.options.delete or not (self.scene.given / "data.json").exists()


class _Whole(_Fork):
    """The program itself, with a template and workers."""

    isolation = "prefer"
    life = _WHOLE_LIFE

    def start(self) -> int:
        said = (self.scene.root / "said.2").open("wb")
        self._process = subprocess.Popen(
            [*_COMMAND, *self.scene.arguments()], env=self.scene.environment(), cwd=self.scene.root,
            stdout=said, stderr=said,
        )  # fmt: skip
        said.close()
        return self._process.pid

    def end(self, pid: int, chance: random.Random) -> None:
        template = children(pid) if chance.random() < 0.5 else []
        self._process.kill()
        for one in template:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self.killed = self._process.wait() < 0


def _measured(root: Path, keys: Path) -> float:
    """Seconds that a fork takes from its beginning to its end."""
    scene = Scene(root, Options())
    scene.prepare(keys)
    began = time.monotonic()
    must(ran(scene) == 3, "a run that nobody kills failed")
    return time.monotonic() - began


def ran_before(scene: Scene) -> bool:
    """An earlier run, in this process's manner."""
    policy = scene.root / "policy.toml"
    told = policy.read_text()
    policy.write_text('isolation = "off"\n')
    options, scene.options = scene.options, Options(ledger=scene.options.ledger)
    good = ran(scene) == 3
    scene.note_entries()
    policy.write_text(told)
    scene.options = options
    return good


def _until(pid: int, happened: Callable[[], bool]) -> None:
    """Wait for that, or for the run to be over."""
    while not happened() and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        time.sleep(_PAUSE)


def _left(scene: Scene) -> str:
    folders = list(scene.output.glob(".*.part")) if scene.output.is_dir() else []
    gone = len(scene.originals) - len(scene.remaining())
    words = (
        "a plan" if any((one / "plan.json").exists() for one in folders) else "a folder" if folders else "",
        "copies" if scene.copies() else "",
        "a certificate" if (scene.output / "certificate.json").exists() else "",
        "originals gone" if gone else "",
    )  # fmt: skip
    return " + ".join(filter(None, words)) or "nothing"


# -- processes ----------------------------------------------------------------------------------


def adopt() -> None:
    """Whoever loses its parent below this process becomes its child."""
    ctypes.CDLL(None).prctl(_ADOPT, 1, 0, 0, 0)


def children(pid: int) -> list[int]:
    """Those that live."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(status.parent.name))
    return found


def no_orphans() -> None:
    """What a killed run had started is gone within two seconds. Raises `Wrong`."""
    until = time.monotonic() + _ORPHANS_END
    while (alive := children(os.getpid())) and time.monotonic() < until:
        time.sleep(0.02)
    names = [(Path(f"/proc/{one}/cmdline").read_bytes()[-80:]) for one in alive]
    for one in alive:
        os.kill(one, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    must(not alive, f"processes run on: {names}")


def main() -> None:
    """Run with arguments."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    name = Path(tempfile.mkdtemp()).resolve()
    (name / "keys").mkdir()
    keys = make_keys(name / "keys")
    warm()
    print(run(name, keys, kills, seed), flush=True)
    shutil.rmtree(name)


if __name__ == "__main__":
    main()
