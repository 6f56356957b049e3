"""What isolation costs: the same files in this process and in a worker, and a worker's birth.

    python -m tests.benchmarks.isolation [--rounds 60] [--mb 2]

Milliseconds are medians of wall time. Small files go in blocks, one after the other as in a folder, and by
turns, each after a pause in which the other side had the caches: a worker that slept wakes up slowly. On a
busy machine compare the two columns, not runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

from pii_guard import Guard, Policy
from pii_guard.cage_choice import cage_for, ceilings

LINE = b"Jane Roe <jane.roe@mail.example> called 202-555-0143 from 192.0.2.7 about CVE-2024-1234.\n"
PLAIN = (
    b"The second request gets the order of another account, as CVE-2024-1234 had it before; 200.\n"
)
SMALL = {"empty": b"", "a.txt": LINE + PLAIN * 9, "dense.txt": LINE * 10}
"""Four findings, and forty."""
BLOCK = 10


def rows(size: int) -> bytes:
    """JSON of about so many bytes, with a person in each tenth record."""
    records = []
    length = number = 0
    while length < size:
        record = {
            "id": number,
            "path": f"/orders/{number}",
            "status": "shipped",
            "note": "left at the door",
        }
        if number % 10 == 0:
            record["email"] = f"jane.roe{number}@mail.example"
        records.append(record)
        length += len(json.dumps(record)) + 2
        number += 1
    return json.dumps(records).encode()


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def compare(
    guards: list[Guard], blob: bytes, name: str, rounds: int, block: int = 1
) -> tuple[float, float]:
    """Medians inside and outside, after each other so that both meet the same load.

    `block`: so many at once; the first of more than one is not counted.
    """
    taken: list[list[float]] = [[], []]
    for _ in range(rounds // block):
        for which, guard in enumerate(guards):
            times = [timed(lambda: guard.redact(blob, name=name)) for _ in range(block)]  # noqa: B023
            taken[which] += times[1:] or times
    return statistics.median(taken[0]), statistics.median(taken[1])


def main() -> None:
    """Print a line for each measurement."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--mb", type=float, default=2)
    args = parser.parse_args()
    start = time.perf_counter()
    outside = Guard()
    print(
        f"template warm after {time.perf_counter() - start:.1f} s; layers: {', '.join(outside.layers)}"
    )
    inside = Guard(Policy(isolation="off"))
    guards = [inside, outside]
    for name, blob in SMALL.items():
        compare(guards, blob, name, 5)
        for how, block in (("in blocks", BLOCK), ("by turns", 1)):
            here, there = compare(guards, blob, name, args.rounds, block)
            print(
                f"{name} {len(blob)} bytes {how}: here {here:.2f} ms, worker {there:.2f} ms, more by {there - here:.2f} ms"
            )
    blob = rows(int(args.mb * 1e6))
    here, there = compare(guards, blob, "a.json", 5)
    print(
        f"a.json {len(blob)} bytes: here {here:.0f} ms, worker {there:.0f} ms, more by {there / here - 1:.1%}"
    )
    cage, most = cage_for(None), ceilings(Policy().limits)
    births = []
    for _ in range(args.rounds):
        worker = cage.worker(most)
        worker.end()
        births.append(timed(lambda: cage.give_back(cage.worker(most))))
        cage.worker(most).end()
    print(f"a worker is ready after {statistics.median(births):.1f} ms (most {max(births):.1f})")


if __name__ == "__main__":
    main()
