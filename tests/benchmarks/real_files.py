"""What becomes of files that nobody made for us: `python tests/benchmarks/real_files.py`.

Collects files from what is installed (test data and sources of Python packages, `/usr/share`), redacts
each, and prints by media type: files, clean, redacted, quarantined and why, crashed (an exception or an
unexpected end), seconds. A clean file must come back byte for byte. `--folder` names other folders,
`--each` how many files of a suffix and folder at most, `--show` prints what was found in files of a type.
"""

from __future__ import annotations

import argparse
import random
import sys
import sysconfig
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from models.evaluate import table  # noqa: E402
from pii_guard import Guard  # noqa: E402
from pii_guard.errors import ReasonCode  # noqa: E402
from pii_guard.findings import Clean, Quarantined  # noqa: E402

FOLDERS = (sysconfig.get_paths()["purelib"], "/usr/share/doc", "/usr/share/fonts", "/usr/share/icons",
           "/usr/share/mime", "/usr/lib/python3", "/etc")  # fmt: skip
LARGEST = 400_000


def collected(folders: list[str], each: int, seed: int) -> Iterator[Path]:
    """Up to `each` files of every suffix in each folder, in random order, links left out."""
    rng = random.Random(seed)
    for folder in folders:
        by_suffix: dict[str, list[Path]] = defaultdict(list)
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and 0 < path.stat().st_size <= LARGEST:
                by_suffix[path.suffix.lower()].append(path)
        for paths in by_suffix.values():
            yield from rng.sample(paths, min(each, len(paths)))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", nargs="*", default=list(FOLDERS))
    parser.add_argument("--each", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", default="", help="a media type whose findings are printed")
    args = parser.parse_args()
    guard = Guard()
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    seconds: Counter[str] = Counter()
    for path in collected(args.folder, args.each, args.seed):
        blob = path.read_bytes()
        begun = time.process_time()
        result = guard.redact(blob, name=path.name)
        kind = result.media_type or "unknown"
        seconds[kind] += time.process_time() - begun
        row = rows[kind]
        row["files"] += 1
        row[result.verdict] += 1
        row["bytes"] += len(blob)
        if isinstance(result, Clean) and result.output != blob:
            row["changed though clean"] += 1
        if isinstance(result, Quarantined):
            reasons[kind][str(result.reason)] += 1
            if result.reason.code is ReasonCode.INTERNAL:
                row["crashed"] += 1
                print("CRASHED", path, result.reason)
        if kind == args.show:
            shown = {f"{f.entity_type}:{f.preview}" for f in result.findings}
            print(path, result.verdict, result.reason or "", sorted(shown)[:6])
    print(
        table(
            [
                {
                    "type": kind,
                    "files": row["files"],
                    "clean": row["clean"],
                    "redacted": row["redacted"],
                    "quarantined": row["quarantined"],
                    "crashed": row["crashed"],
                    "changed": row["changed though clean"],
                    "kB/s": round(row["bytes"] / 1000 / max(1e-9, seconds[kind])),
                    "why": "; ".join(f"{n} {why}" for why, n in reasons[kind].most_common(3)),
                }
                for kind, row in sorted(rows.items())
            ]
        )
    )
    total = sum(rows.values(), Counter())
    print(dict(total))


if __name__ == "__main__":
    main()
