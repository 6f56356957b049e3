"""Mutation fuzzer: `python tests/fuzz/mutate.py N SEED [FORMAT ...]`.

Takes N mutations of the files that the fixture factory makes, of all formats in turn (or those named;
`--formats` lists them), with values planted in every place. Each is redacted. Wrong is: an exception, more than 20 s of
processor time, a quarantine for an error of ours, and a planted value in what comes out, read raw, in
UTF-16, base64 and hex, inflated, and by qpdf, pdftotext, unzip, 7zz, strings and sqlite3 where they
are installed. N and SEED make the same mutations each time; only the salts of locked files differ.
Prints what became of each format, and for a failure the seed, the number and the command that does it
again. Exits with 1 after any.
"""

from __future__ import annotations

import argparse
import faulthandler
import resource
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from tests.fuzz.seeds import seeds  # noqa: E402
from tests.fuzz.trial import Bench  # noqa: E402

MEMORY = 8 * 1024**3
"""Bytes of address space: whatever asks for more fails in place of the machine."""


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("count", type=int, metavar="N", nargs="?", default=0)
    parser.add_argument("key", type=int, metavar="SEED", nargs="?", default=1)
    parser.add_argument("wanted", metavar="FORMAT", nargs="*")
    parser.add_argument("--formats", action="store_true", help="print the formats")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="do one mutation")
    parser.add_argument("--from", type=int, metavar="NUMBER", default=0, dest="first")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="keep files that failed")
    args = parser.parse_args()
    every = seeds()
    known = list(dict.fromkeys(seed.format for seed in every))
    if args.formats:
        print("\n".join(known))
        return 0
    if unknown := set(args.wanted) - set(known):
        parser.error(f"no format is called {', '.join(sorted(unknown))}; --formats lists them")
    bench = Bench([s for s in every if not args.wanted or s.format in args.wanted], args.key)
    numbers = range(args.first, args.count) if args.only is None else [args.only]
    return 1 if _run(bench, numbers, args) else 0


def _run(bench: Bench, numbers: range | list[int], args: argparse.Namespace) -> int:
    """Does the mutations; how many failed."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    again = " ".join(map(repr, args.wanted))
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    failed, slowest, began = 0, (0.0, ""), time.monotonic()
    for number in numbers:
        # What holds on to the interpreter hears no alarm: this ends it, with its trace.
        faulthandler.dump_traceback_later(8 * bench.limit, exit=True)
        print(f"\r{number} of {args.count}, {failed} failed ", end="", file=sys.stderr, flush=True)
        started = time.process_time()
        one = bench.trial(number)
        slowest = max(slowest, (time.process_time() - started, f"{one.seed}, mutation {number}"))
        outcomes[one.seed.format][one.outcome] += 1
        if one.wrong:
            failed += 1
            print(f"FAILED {one.seed}, mutation {number}: {one.wrong}")
            print(f"  python tests/fuzz/mutate.py {args.count} {args.key} {again} --only {number}", flush=True)  # fmt: skip
            if args.save:
                args.save.mkdir(parents=True, exist_ok=True)
                (args.save / f"{args.key}-{number}-{one.seed.name or 'unnamed'}").write_bytes(
                    one.blob
                )
    faulthandler.cancel_dump_traceback_later()
    print(file=sys.stderr)
    for kind, counted in outcomes.items():
        print(f"{kind:16} " + ", ".join(f"{n} {what}" for what, n in counted.most_common()))
    print(f"{len(numbers)} mutations, {failed} failed, {time.monotonic() - began:.0f} s; slowest {slowest[0]:.1f} s: {slowest[1]}")  # fmt: skip
    return failed


if __name__ == "__main__":
    sys.exit(main())
