"""MB/s to read, write and prove files of every format, ms a page or image, and memory: one table.

    python -m tests.benchmarks.formats [NAME ...] [--mb 2] [--rounds 3] [--pipeline] [--no-memory] [--json]

Files are generated, of about `--mb` megabytes unpacked; every e-mail address in them is replaced.
Nothing is detected: that is `tests/benchmarks/speed.py`. Files within files are read, written and
proved, too. MB are of what is unpacked; the size of the file itself is in the first column, and "all, of
file" is by that. Seconds are of the processor (of programs that are started, too), medians of `--rounds` in this process; "wall" is by the
clock. "memory" is the peak of a process of its own beyond what it needs for a small file, as a multiple
of the file as it is and of what is unpacked. `--pipeline` adds `Guard.redact`, with detection, on a
tenth of the size. `--json` prints one object a line.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.formats.made import Made
from tests.benchmarks.formats.packed import ALL
from tests.benchmarks.formats.steps import Steps

COLUMNS = {
    "format": 20, "MB": 7, "unpacked MB": 12, "read": 8, "write": 8, "prove": 8, "all": 8, "wall": 8,
    "all, of file": 13, "ms each": 9, "memory": 8, "of unpacked": 12, "redact": 8,
}  # fmt: skip
"""Names of figures and the widths of their columns. Speeds are in MB/s."""
_SMALL = 20_000


def busy() -> float:
    """Seconds of the processor so far, those of programs that were started included."""
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + others.ru_utime + others.ru_stime


def medians(steps: Steps, rounds: int) -> list[tuple[float, float]]:
    """Of each step, in order as in a case: seconds of the processor, and by the clock."""
    found: list[list[tuple[float, float]]] = [[], [], []]
    for _ in range(rounds):
        result: Any = None
        for step, times in zip((steps.read, steps.write, steps.reread), found, strict=True):
            started, begun = time.perf_counter(), busy()
            result = step(result) if step == steps.reread else step()
            times.append((busy() - begun, time.perf_counter() - started))
    return [tuple(map(statistics.median, zip(*times, strict=True))) for times in found]


def memory(made: Made, small: Made) -> int:
    """Bytes that a process needs beyond what it needs for a small file."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, made.name), Path(folder, f"small-{made.name}")]
        for path, one in zip(paths, (made, small), strict=True):
            path.write_bytes(one.blob)
        told = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.formats.memory", *map(str, paths)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    return int(told.stdout)


def redacted(made: Made, rounds: int) -> float:
    """MB/s of the whole way, detection included."""
    from pii_guard import Guard, Policy

    guard = Guard(Policy(isolation="off"))  # what another process does is not this one's time
    result = guard.redact(made.blob, name=made.name)
    assert result.output is not None, f"{made.name}: {result.reason}"
    times = []
    for _ in range(rounds):
        begun = busy()
        guard.redact(made.blob, name=made.name)
        times.append(busy() - begun)
    return made.unpacked / 1e6 / statistics.median(times)


def row(name: str, args: argparse.Namespace) -> dict[str, object] | None:
    """The figures of one format; None where its files cannot be made here."""
    size = int(args.mb * 1e6)
    made = ALL[name](size)
    if made is None:
        return None
    steps = Steps(made.name, made.blob)
    steps.ask(steps.read())
    assert steps.write() != made.blob, name
    taken = medians(steps, args.rounds)
    used, waited = (sum(one[n] for one in taken) for n in (0, 1))
    megabytes = made.unpacked / 1e6
    figures: dict[str, object] = {
        "format": name,
        "MB": len(made.blob) / 1e6,
        "unpacked MB": megabytes,
        **{
            step: megabytes / max(1e-9, one[0])
            for step, one in zip(("read", "write", "prove"), taken, strict=True)
        },
        "all": megabytes / used,
        "wall": megabytes / waited,
        "all, of file": len(made.blob) / 1e6 / used,
    }
    if made.count:
        figures["ms each"] = 1000 * used / made.count
    small = None if args.no_memory else ALL[name](_SMALL)
    if small is not None:
        needed = memory(made, small)
        figures["memory"] = needed / len(made.blob)
        figures["of unpacked"] = needed / made.unpacked
    if args.pipeline:
        tenth = ALL[name](size // 10)
        assert tenth is not None
        figures["redact"] = redacted(tenth, 1 if made.count else args.rounds)
    return figures


def shown(figures: dict[str, object]) -> str:
    """A line of the table."""
    cells = []
    for name, width in COLUMNS.items():
        value = figures.get(name, "")
        text = f"{value:.1f}" if isinstance(value, float) and value >= 1 else value
        text = f"{text:.2f}" if isinstance(text, float) else str(text)
        cells.append(text.ljust(width) if name == "format" else text.rjust(width))
    return "".join(cells)


def main() -> None:
    """Print a line a format."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", help=f"some of: {'; '.join(ALL)}")
    parser.add_argument("--mb", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pipeline", action="store_true")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if unknown := set(args.names) - set(ALL):
        parser.error(f"no such format: {', '.join(sorted(unknown))}")
    if not args.json:
        print(shown({name: name for name in COLUMNS}))
    for name in args.names or ALL:
        figures = row(name, args)
        if figures is not None:
            print(json.dumps(figures) if args.json else shown(figures), flush=True)


if __name__ == "__main__":
    main()
