"""The command in a fork of a process that has the detector loaded, so that a thousand runs take minutes."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from pii_guard.certificate import generate
from pii_guard.guard import Guard
from pii_guard.policy import Policy
from tests.faults.looking import must
from tests.faults.scene import Scene, contents


def make_keys(folder: Path) -> Path:
    """Keys of an issuer and of a log."""
    for name in ("issuer", "log"):
        generate(folder / f"{name}.pem")
    return folder


def warm() -> None:
    """Load once what the command needs, for all forks; without threads that a fork would lose."""
    detector = Guard(Policy(isolation="off")).detector

    class Warm(Guard):
        def __init__(self, *args: object, **named: object) -> None:
            self.__dict__["detector"] = detector
            super().__init__(*args, **named)

    from pii_guard.cli import redact

    redact.Guard = Warm
    case = Warm(Policy(isolation="off")).case("warm")
    for name, content in contents().items():
        case.add(content, name=name)
    list(case.redact())
    case.discard()


def fork(scene: Scene, arguments: Sequence[str], before: Callable[[], None] = lambda: None) -> int:
    """The command in a fork of this process, after `before`: its pid."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.environ.clear()
        os.environ.update(scene.environment())
        tempfile.tempdir = None
        os.chdir(scene.root)
        for stream in (1, 2):
            said = os.open(scene.root / f"said.{stream}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(said, stream)
            os.close(said)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        sys.argv = ["pii-guard", *arguments]
        from pii_guard.cli import leaving

        before()
        code = leaving.run()
    finally:
        os._exit(code)


def ran(scene: Scene, output: Path | None = None, before: Callable[[], None] = lambda: None) -> int:
    """The command in a fork, to its end: the exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(fork(scene, scene.arguments(output), before), 0)[1])


def run_again(scene: Scene) -> None:
    """The next run goes well over whatever is left, and all of it is then as it should be."""
    left = scene.remaining()
    scene.note_entries()
    code = ran(scene)
    said = (scene.root / "said.2").read_text()
    if left == set(scene.originals):
        must(code == 3, f"the next run ended with {code}: {said}")  # 3: one file is quarantined
        scene.check_finished()
        return
    # Originals are gone. What is there of them is not replaced; the rest goes elsewhere.
    copies = {name: (scene.output / name).read_bytes() for name in scene.copies()}
    must(code in (2, 3), f"the next run ended with {code}: {said}")
    scene.check()
    for name, copy in copies.items():
        must((scene.output / name).read_bytes() == copy, f"the only copy, {name}, was replaced")
    rest = scene.root / "rest"
    code = ran(scene, rest)
    must(
        code == 3,
        f"a run over what is left ended with {code}: {(scene.root / 'said.2').read_text()}",
    )
    must((rest / "certificate.json").is_file(), "no certificate of the rest")
