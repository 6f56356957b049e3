"""Each file operation of a run failed in turn, in each way: nothing lost, nothing raw, the next run works.

    python -m tests.faults.errors                   # all of them, minutes
    python -m tests.faults.errors EIO ledger delete # one kind, one set of options
    python -m tests.faults.errors --every 40        # each fortieth, another one in each kind

`kill` ends the process (SIGKILL) before the operation: all that came before is done, nothing after.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.faults.looking import Wrong, must
from tests.faults.operations import KINDS, Operations
from tests.faults.running import make_keys, ran, run_again, warm
from tests.faults.scene import Options, Scene

WAYS = (
    Options(),
    Options(again=True),
    Options(ledger=True, delete=True),
    Options(delete=True, overwrite=True),
)
_LOOKS = ("stat ", "lstat ")
"""Operations that change nothing, and end in one way only."""
_WORD = 10
_LINES = ("pii-guard: ",)


def staged(root: Path, keys: Path, options: Options) -> Scene:
    """A scene in which the run to look at comes next."""
    scene = Scene(root, options)
    scene.prepare(keys)
    if options.again:
        must(ran(scene) == 3, "the earlier run failed")
        scene.note_entries()
    return scene


def operations(root: Path, keys: Path, options: Options) -> list[str]:
    """What a run that goes well does, in order."""
    scene = staged(root, keys, options)
    log = os.open(root / "operations", os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
    ran(scene, before=Operations(scene.root, log=log).install)
    os.close(log)
    return (root / "operations").read_text().splitlines()


def attempt(root: Path, keys: Path, options: Options, number: int, kind: str) -> str:
    """One run whose operation of that number fails; how it ended. Raises `Wrong`."""
    scene = staged(root, keys, options)
    code = ran(scene, before=Operations(scene.root, number, kind).install)
    said = (scene.root / "said.2").read_text()
    if kind == "kill":
        must(code in (-9, 3), f"it ended with {code}")
    else:
        # 2 and a line, or 3: what could not be read or deleted is named, as ever.
        must(code in (2, 3), f"it ended with {code}: {said}")
        must(all(line.startswith(_LINES) for line in said.splitlines()), f"it says {said}")
        must(code == 3 or said, "it failed and says nothing")
    told = "could not be stored" in said
    scene.check(entries=not told)
    run_again(scene)
    return "killed" if code == -9 else f"exit {code}"


def every(
    root: Path, keys: Path, ways: tuple[Options, ...], kinds: tuple[str, ...], step: int = 1
) -> Iterator[tuple[Options, int, str, str, str]]:
    """Each (or each `step`-th) operation of each way in each kind, and what came of it."""
    for one, options in enumerate(ways):
        names = operations(root / f"{one}", keys, options)
        for kind_number, kind in enumerate(kinds):
            numbers = [
                n for n, what in enumerate(names, 1) if kind == "EIO" or not what.startswith(_LOOKS)
            ]
            numbers = numbers[kind_number * step // len(kinds) :: step]
            print(f"{options}: {kind} at {len(numbers)} operations", flush=True)
            for number in numbers:
                place = root / f"{one}-{kind}-{number}"
                try:
                    ended = attempt(place, keys, options, number, kind)
                except Wrong as wrong:
                    ended = f"WRONG {wrong}"
                yield options, number, kind, names[number - 1], ended


def main() -> None:
    """Run with arguments."""
    told = sys.argv[1:]
    step = int(told.pop(told.index("--every") + 1)) if "--every" in told else 1
    asked = set(told) - {"--every"}
    kinds = tuple(kind for kind in KINDS if kind in asked) or KINDS
    wanted = asked - set(KINDS)
    ways = tuple(o for o in WAYS if wanted <= {n for n in o.__slots__ if getattr(o, n)})
    started, ends, wrong = time.monotonic(), Counter[str](), 0
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        (root / "keys").mkdir()
        keys = make_keys(root / "keys")
        warm()
        for options, number, kind, what, ended in every(root, keys, ways, kinds, step):
            if ended.startswith("WRONG"):
                wrong += 1
                print(f"{kind} at {number} ({what}), {options}: {ended}", flush=True)
            ends[ended if len(ended) < _WORD else "WRONG"] += 1
    print(f"{sum(ends.values())} runs in {time.monotonic() - started:.0f} s: {dict(ends)}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
