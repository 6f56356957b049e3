"""Fuzzing by coverage: `python -m tests.fuzz.targets NAME [--seconds N] [--save FOLDER]`.

Runs a target of `tests/fuzz/atheris/` (`--list` names them) with atheris, which comes with
`pip install "pii-guard-vdp[fuzz]"`; 2 and a line where it is not installed. An input that a target
fails on is written to the folder; `--again FILE` runs the target on it alone.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path

from tests.fuzz import atheris as targets

MEMORY = 8_192
"""Megabytes that a target may use: under atheris, and only there, each PDF leaves 150 kB behind."""
LONGEST = 60
"""Seconds that one input may take."""


def names() -> list[str]:
    """The targets there are."""
    return sorted(one.name for one in pkgutil.iter_modules(targets.__path__))


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("name", nargs="?", choices=names())
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--save", type=Path, default=Path.cwd())
    parser.add_argument("--again", type=Path, metavar="FILE")
    args = parser.parse_args()
    if args.list or args.name is None:
        print("\n".join(names()))
        return 0
    place = f"tests.fuzz.atheris.{args.name}"
    if args.again:
        importlib.import_module(place).one(args.again.read_bytes())
        return 0
    try:
        import atheris
    except ImportError:
        print('atheris is not installed: pip install "pii-guard-vdp[fuzz]"', file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=["pii_guard"]):
        target = importlib.import_module(place)
    with tempfile.TemporaryDirectory() as corpus:
        for seed in target.SEEDS:
            (Path(corpus) / hashlib.sha256(seed).hexdigest()).write_bytes(seed)
        args.save.mkdir(parents=True, exist_ok=True)
        options = {
            "max_total_time": args.seconds, "timeout": LONGEST, "rss_limit_mb": MEMORY, "max_len": 65_536,
            "artifact_prefix": f"{args.save}/", "print_final_stats": 1, "verbosity": 1,
        }  # fmt: skip
        words = [f"-{key}={value}" for key, value in options.items()]
        atheris.Setup([place, *words, corpus], target.one)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
