"""Bytes of memory to read, write and prove a file, in a process of its own: `…memory FILE`.

Prints the peak of resident memory beyond what the process had before it opened the file, with all
imports done (a small file of the kind is worked on first).
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from tests.benchmarks.formats.steps import Steps


def peak() -> int:
    """The most memory the process had so far, in bytes."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    # Unlike ru_maxrss, this does not count what the parent had when it started the process.
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def main(path: Path, small: Path) -> None:
    """Print the bytes."""
    Steps(path.name, small.read_bytes()).all()
    before = peak()
    Steps(path.name, path.read_bytes()).all()
    print(peak() - before)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
