"""How long a report of many files takes, how much memory, and how large it becomes.

    python -m tests.benchmarks.report                  # a million rows, every form
    python -m tests.benchmarks.report 100000 html

Rows are invented: a third with findings, three in a hundred not read, 40 folders in 7, parts of 5,000.
Times are of the command as somebody types it, reading the parts included; those of the CPU say more where
the machine has other work.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pyarrow import compute, parquet

from pii_guard.audit.rows import PARTS, to_table
from tests.report.samples import rows

PART = 5_000
FORMS = ("json", "html", "jsonl", "csv", "csv-findings", "sarif")


def fill(audit: Path, count: int) -> None:
    """Write an audit of so many rows: the same ones again and again, in folders of their own."""
    folder = audit / PARTS
    folder.mkdir(parents=True)
    pattern = to_table(rows(PART))
    for number in range(-(-count // PART)):
        table = pattern.slice(0, count - number * PART)
        for name, text, keep in (
            ("location", f"batch {number:04}/", 0),
            ("location_key", f"{number:08x}", 8),
        ):
            place = table.schema.get_field_index(name)
            column = compute.utf8_slice_codeunits(table[name], keep)
            moved = compute.binary_join_element_wise(text, column, "")
            table = table.set_column(place, table.schema.field(name), moved)
        parquet.write_table(
            table, folder / f"{number:08}-{number:016x}.parquet", compression="zstd"
        )


def report(audit: Path, form: str, *more: str) -> None:
    """Run the command; print seconds, peak memory in MB and the size of the report in MB."""
    output = audit / f"report.{form}"
    command = [sys.executable, "-c", "from pii_guard.cli import main; main()", "report", str(audit)]
    started = time.perf_counter()
    process = subprocess.Popen([*command, "--format", form, "--output", str(output), *more])
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    size = output.stat().st_size / 1e6
    code = os.waitstatus_to_exitcode(status)
    what = " ".join((form, *(one for one in more if one.startswith("--"))))
    print(
        f"{what}: {seconds:.1f} s (of CPU {usage.ru_utime + usage.ru_stime:.1f}), "
        f"{usage.ru_maxrss / 1024:.0f} MiB, {size:.2f} MB written, exit {code}",
        flush=True,
    )


def main(count: int = 1_000_000, *forms: str) -> None:
    """Make the rows and report on them."""
    with tempfile.TemporaryDirectory() as folder:
        audit = Path(folder) / "audit"
        fill(audit, count)
        size = sum(part.stat().st_size for part in (audit / PARTS).iterdir()) / 1e6
        print(f"{count} rows, {size:.0f} MB of parts", flush=True)
        for form in forms or FORMS:
            report(audit, form)
        if not forms or "html" in forms:
            report(audit, "html", "--before", str(audit))


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:2]), *sys.argv[2:])
