"""Speed, linearity and memory by kind of input, beside Presidio: `python tests/benchmarks/speed.py`.

Inputs are generated (`inputs.py`). `scan` is the whole way of a file (identify, read, detect, decide),
`redact` also rewrites and proves it, `detect` is the detector alone. Presidio (en_core_web_sm, its
defaults without dates, places and URLs) analyses the first `--peer-kb` of the same characters as text:
it is too slow for more. One thread; seconds of processor time, the best of `--repeat`. `growth` is a
scan of ten times the size over one of the size. Memory is that of a fresh process.

    --kb N   size of an input        --kinds …   some kinds only       --quick   no growth, no memory
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from inputs import KINDS, made  # noqa: E402

from models.evaluate import presidio, table  # noqa: E402
from pii_guard import Guard  # noqa: E402
from pii_guard.stages import survey  # noqa: E402

SUFFIX = {"prose": "txt"}


def best(work: Callable[[], object], repeat: int) -> float:
    """Seconds of processor time, the least of some runs."""
    times = []
    for _ in range(repeat):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return max(1e-9, min(times))


def scanned(guard: Guard, blob: bytes, name: str) -> int:
    """How much a scan found. Raises for what could not be read."""
    scan = guard.scan(blob, name=name)
    if scan.reason is not None:
        raise SystemExit(f"{name}: {scan.reason}")
    return len(scan)


def row(
    guard: Guard, peer: Callable[[str], object] | None, kind: str, args: argparse.Namespace
) -> dict[str, object]:
    """The figures of one kind."""
    name, blob = f"a.{SUFFIX.get(kind, kind)}", made(kind, args.kb * 1000)
    text = blob.decode()
    segments = survey(guard.workshop, blob, name).document.segments
    found = scanned(guard, blob, name)
    scan = best(lambda: scanned(guard, blob, name), args.repeat)
    detect = best(lambda: guard.detector.detect(segments), args.repeat)
    figures: dict[str, object] = {
        "kind": kind,
        "findings": found,
        "detect kB/s": round(len(blob) / 1000 / detect),
        "scan kB/s": round(len(blob) / 1000 / scan),
        "scan words/s": round(len(text.split()) / scan),
    }
    if not args.quick:
        took = best(lambda: guard.redact(blob, name=name), 1)
        figures["redact kB/s"] = round(len(blob) / 1000 / took)
    if peer is not None:
        part = text[: args.peer_kb * 1000]
        took = best(lambda: peer(part), args.repeat)
        figures["presidio kB/s"] = round(len(part.encode()) / 1000 / took, 1)
        figures["presidio words/s"] = round(len(part.split()) / took)
        figures["scan, times"] = round(len(blob) / scan / (len(part.encode()) / took), 1)
    if not args.quick:
        large = made(kind, args.kb * 10_000)
        figures["growth"] = round(best(lambda: scanned(guard, large, name), 1) / scan, 1)
    return figures


MEASURED = """
import sys
from pathlib import Path

class Shut:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers", "tensorflow", "cupy"):
            raise ModuleNotFoundError(name, name=name)

# spaCy and Presidio import these where they happen to be installed, as they are for training.
sys.meta_path.insert(0, Shut())
from pii_guard import Guard

def held(what):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) // 1000

guard = Guard()
guard.redact_text("Jane Roe, jane.roe@mail.example, +1 415 555 0134, met Omar Haddad in Leeds.")
warm = held("VmRSS")
for path in sys.argv[1:]:
    guard.scan(Path(path))
print(warm, held("VmRSS"), held("VmHWM"))
"""


def memory(folder: Path, kb: int) -> str:
    """What a fresh process holds (resident MB) when warm, and after scans of every kind."""
    paths = []
    for kind in KINDS:
        path = folder / f"a.{SUFFIX.get(kind, kind)}"
        path.write_bytes(made(kind, kb * 1000))
        paths.append(str(path))
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *paths],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    warm, after, most = done.stdout.split()
    return (
        f"memory: warm {warm} MB, after scans of {kb} kB of each kind {after} MB, at most {most} MB"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kb", type=int, default=1000)
    parser.add_argument("--peer-kb", type=int, default=50)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--kinds", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--quick", action="store_true", help="scan and detect only")
    parser.add_argument("--no-peer", action="store_true")
    args = parser.parse_args()
    guard, peer = Guard(), None if args.no_peer else presidio()
    guard.redact_text("Jane Roe")
    if peer is not None:
        peer("Jane Roe")
    for number, kind in enumerate(args.kinds):
        heads, rule, line = table([row(guard, peer, kind, args)]).split("\n")
        print(*([] if number else [heads, rule]), line, sep="\n" if not number else "", flush=True)
    if not args.quick:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            print("\n" + memory(Path(folder), args.kb))


if __name__ == "__main__":
    main()
