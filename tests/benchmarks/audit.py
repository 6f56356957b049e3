"""What an audit takes: files and megabytes a second, memory, and that kills change nothing.

    python -m tests.benchmarks.audit [--files 20000] [--kills 3] [--engine local|ray] [--workers 2]

Files are what researchers attach: notes, logs, JSON, CSV, mails and HTML of 0.2 to 8 KB, a third of them with a
person. The program is run as a whole, once undisturbed and once killed again and again; both must
leave the same parts. Memory is the sum of the proportional set sizes of the program and all below it,
looked at twice a second. On a busy machine the times say little.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.audit.scene import CODES, parts
from tests.faults.kill import adopt, children

COMMAND = [sys.executable, "-c", "from pii_guard.cli import main; main()"]
_LOOK_SECONDS = 0.5


def write_files(folder: Path, count: int, seed: int = 1) -> int:
    """So many files; their bytes in all."""
    from faker import Faker

    fake = Faker()
    Faker.seed(seed)
    chance, size = random.Random(seed), 0
    people = [(fake.name(), fake.email(), fake.phone_number()) for _ in range(500)]
    words = [fake.sentence() for _ in range(500)]
    for number in range(count):
        kind = ("txt", "log", "json", "csv", "eml", "html")[number % 6]
        person = chance.choice(people) if number % 3 == 0 else None
        blob = _content(kind, chance, person, words).encode()
        place = folder / f"{number // 1000:03}"
        place.mkdir(exist_ok=True)
        (place / f"{number:06}.{kind}").write_bytes(blob)
        size += len(blob)
    return size


def _content(
    kind: str, chance: random.Random, person: tuple[str, str, str] | None, words: list[str]
) -> str:
    lines = chance.choices(words, k=chance.randint(4, 120))
    name, email, phone = person or ("", "", "")
    told = f"{name} {email} {phone}" if person else "nobody in particular"
    if kind == "log":
        stamped = [
            f"2026-11-{n % 28 + 1:02} 10:00:{n % 60:02} INFO {w}" for n, w in enumerate(lines)
        ]
        return "\n".join([*stamped, f"2026-11-29 11:00:00 INFO user {told}"]) + "\n"
    if kind == "json":
        record = {"id": 7, "name": name, "email": email} if person else {"id": 7}
        return json.dumps({"notes": lines, "record": record}, indent=1)
    if kind == "csv":
        rows = [f'{n},"{w}"' for n, w in enumerate(lines)]
        return "\n".join(["id,note", *rows, f'999,"{told}"']) + "\n"
    if kind == "eml":
        head = f"From: {name or 'Build'} <{email or 'build@corp.invalid'}>\nSubject: report\n\n"
        return head + "\n".join(lines) + f"\n{told}\n"
    if kind == "html":
        return "<!doctype html><html><body>" + "".join(f"<p>{w}</p>" for w in lines) + f"<p>{told}</p></body></html>"  # fmt: skip
    return "\n".join([*lines, told]) + "\n"


def start(source: Path, output: Path, engine: str, workers: int) -> subprocess.Popen[bytes]:
    """The program."""
    arguments = ["audit", str(source), "-o", str(output), "-f", "json"]
    arguments += ["--engine", engine, "--workers", str(workers)]
    environment = os.environ | {"PII_GUARD_AUDIT_KEY": CODES.key.hex()}
    return subprocess.Popen(
        [*COMMAND, *arguments], env=environment, cwd=output.parent,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def looked(pid: int, spent: dict[int, float]) -> int:
    """Proportional set size of a process and all below it, in bytes; `spent`: processor seconds by process."""
    total, below = 0, [pid]
    while below:
        one = below.pop()
        below += children(one)
        try:
            told = Path(f"/proc/{one}/smaps_rollup").read_text()
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        spent[one] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        total += sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))
    return total * 1024


def watched(process: subprocess.Popen[bytes], output: Path) -> tuple[float, float, int, float]:
    """Seconds to the first part and to the end, the most memory, and processor seconds between the two."""
    began, first, most = time.perf_counter(), 0.0, 0
    spent: dict[int, float] = {}
    before = 0.0
    while process.poll() is None:
        most = max(most, looked(process.pid, spent))
        if not first and any((output / "parts").glob("*.parquet")):
            first, before = time.perf_counter() - began, sum(spent.values())
        time.sleep(_LOOK_SECONDS)
    return first, time.perf_counter() - began, most, sum(spent.values()) - before


def killed(source: Path, output: Path, kills: int, life: float, args: argparse.Namespace) -> int:
    """Run to the end with so many kills on the way; how many came in time."""
    chance, done = random.Random(7), 0
    while True:
        process = start(source, output, args.engine, args.workers)
        if done >= kills:
            process.wait()
            return done
        # What there is between start-up and the end, cut into as many lives as there are kills.
        time.sleep(life * (0.2 + chance.random() * 0.8) / (kills + 1) + args.start)
        process.send_signal(signal.SIGKILL)
        done += process.wait() == -signal.SIGKILL


def main() -> None:
    """Print a line for each measurement."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--engine", default="local")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--start", type=float, default=5.0, help="seconds that starting takes")
    args = parser.parse_args()
    adopt()
    root = Path(tempfile.mkdtemp(dir=os.environ.get("BENCH")))
    source = root / "source"
    source.mkdir()
    size = write_files(source, args.files)
    print(f"{args.files} files, {size / 1e6:.1f} MB, engine {args.engine}, {args.workers} workers", flush=True)  # fmt: skip
    load = os.getloadavg()[0]
    first, whole, most, cpu = watched(start(source, root / "whole", args.engine, args.workers), root / "whole")  # fmt: skip
    told = json.loads((root / "whole" / "summary.json").read_bytes())
    assert told["complete"], told["problemsNamed"]
    print(f"verdicts {told['verdicts']}, {sum(told['types'].values())} findings, {told['batches']} parts")  # fmt: skip
    work = whole - first
    print(
        f"undisturbed: {whole:.0f} s, first part after {first:.0f} s; {args.files / work:.0f} files/s, "
        f"{size / 1e6 / work:.2f} MB/s from then on; {cpu:.0f} s of processor, "
        f"{args.files / cpu:.0f} files per second of one; {most / 1e6:.0f} MB; "
        f"load {load:.1f} before, {os.getloadavg()[0]:.1f} after",
        flush=True,
    )
    if args.kills:
        began = time.perf_counter()
        count = killed(source, root / "killed", args.kills, work, args)
        same = parts(root / "whole") == parts(root / "killed")
        same &= (root / "whole/summary.json").read_bytes() == (root / "killed/summary.json").read_bytes()  # fmt: skip
        print(f"after {count} kills, in {time.perf_counter() - began:.0f} s: identical {same}", flush=True)  # fmt: skip
        assert same
    shutil.rmtree(root)


if __name__ == "__main__":
    main()
