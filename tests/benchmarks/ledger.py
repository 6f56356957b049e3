"""How long a ledger takes to append and to prove, and how large its file becomes.

    python -m tests.benchmarks.ledger                    # a million entries in SQLite
    python -m tests.benchmarks.ledger 100000 postgres    # in a server that is started for it

The ledger is filled in batches; the times of single appends and of proofs are taken at that size.
Appends are on disk when they are counted: what is measured is mostly the disk's flush.
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pii_guard.certificate.leaf import leaf_data
from pii_guard.certificate.note import NoteSigner
from pii_guard.ledger import Ledger, open_ledger
from tests.ledger.postgres import server

TYPE = "urn:pii-guard:deletion-certificate:v1"
LOG = NoteSigner.of("pii-guard.example/ledger", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
BATCH = 5_000
SINGLE = 500
PROOFS = 2_000
WRITERS = 8
EACH = 50


def leaf(number: int) -> bytes:
    """The leaf of an invented certificate."""
    return leaf_data(TYPE, b"certificate %d" % number)


def report(what: str, times: list[float], cpu: Sequence[float] = ()) -> None:
    """Print median, 99th percentile and worst of times in seconds."""
    parts = [_spread(times), *([f"of CPU {_spread(cpu)}"] if cpu else [])]
    print(f"{what}: {'; '.join(parts)} ({len(times)} times)", flush=True)


def _spread(times: Sequence[float]) -> str:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return f"p50 {cuts[49] * 1000:.2f}, p99 {cuts[98] * 1000:.2f}, worst {max(times) * 1000:.1f} ms"


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def report_each(what: str, works: Iterable[Callable[[], object]]) -> None:
    """Time each, by the clock and by the processor: on a busy machine only the latter is ours."""
    times, cpu = [], []
    for work in works:
        started = time.process_time()
        times.append(timed(work))
        cpu.append(time.process_time() - started)
    report(what, times, cpu)


def fill(ledger: Ledger, entries: int) -> None:
    """Batches up to the size."""
    times = []
    for start in range(0, entries, BATCH):
        batch = [(leaf(number), None) for number in range(start, min(start + BATCH, entries))]
        times.append(timed(lambda batch=batch: ledger.append_many(batch)))
    print(f"filled with {entries:,} entries at {entries / sum(times):,.0f} a second")
    report(f"batch of {BATCH:,}", times)


def prove(ledger: Ledger, entries: int) -> None:
    """Proofs of entries and sizes chosen at random."""
    chance = random.Random(1)
    sizes = [chance.randrange(1, entries) for _ in range(PROOFS)]
    report_each("inclusion proof", (lambda n=n: ledger.inclusion(n) for n in sizes))
    report_each("inclusion, earlier size", (lambda n=n: ledger.inclusion(n // 2, n) for n in sizes))
    report_each("consistency proof", (lambda n=n: ledger.consistency(n) for n in sizes))
    report_each("checkpoint", (ledger.checkpoint for _ in range(PROOFS)))
    longest = max(len(ledger.inclusion(n).hashes) for n in sizes[:200])
    print(f"longest inclusion proof: {longest} hashes")


def together(where: str, folder: Path) -> None:
    """Eight processes that append at the same time."""
    children = [_child(where, folder / str(number), number) for number in range(WRITERS)]
    started = time.perf_counter()
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    seconds = time.perf_counter() - started
    times = [
        float(line)
        for number in range(WRITERS)
        for line in (folder / str(number)).read_text().splitlines()
    ]
    report(f"append, {WRITERS} writers at once", times)
    print(f"{len(times) / seconds:.0f} appends a second between them")


def _child(where: str, path: Path, number: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        ledger = open_ledger(where, signer=LOG)
        times = [
            timed(lambda n=n: ledger.append(b"writer %d %d" % (number, n))) for n in range(EACH)
        ]
        path.write_text("".join(f"{seconds}\n" for seconds in times))
        code = 0
    finally:
        os._exit(code)


@contextlib.contextmanager
def _place(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield str(folder / "ledger.db")
    else:
        with server() as url:
            yield url


def main() -> None:
    """Run with arguments."""
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    kind = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name, _place(kind, Path(name)) as where:
        ledger = open_ledger(where, signer=LOG, create=True)
        fill(ledger, entries)
        certificate = os.urandom(6000)
        singles = range(entries, entries + SINGLE)
        report_each("append", (lambda n=n: ledger.append(leaf(n), certificate) for n in singles))
        report_each("append again", (lambda n=n: ledger.append(leaf(n)) for n in singles))
        prove(ledger, entries)
        together(where, Path(name))
        report("opening", [timed(lambda: open_ledger(where, signer=LOG).close()) for _ in range(20)])  # fmt: skip
        print(f"audit of everything: {timed(ledger.audit):.1f} s")
        ledger.close()
        for path in sorted(Path(name).glob("ledger.db*")):
            print(f"{path.name}: {path.stat().st_size / 1e6:,.1f} MB")
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
