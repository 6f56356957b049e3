"""How much memory and time a file takes that is larger than memory may be.

    python -m tests.benchmarks.streaming log 1000      # a log of 1,000 MB
    python -m tests.benchmarks.streaming jsonl 100
    python -m tests.benchmarks.streaming orders 200    # a table with two personal columns of thirteen
    python -m tests.benchmarks.streaming people 200    # a table of nothing but people

The file is generated (invented people, a fixed seed) and removed at the end. A line is printed each
minute; memory is that of all processes (this one, the template, the worker), their model and libraries
included. Linux only.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pii_guard import Guard
from tests.processes import below, held

GIVEN = (
    "Jane John Ravi Mei Amara Lukas Sofia Piotr Noor Hugo Elena Marco Aisha Tomas Ingrid".split()
)
SYLLABLES = (
    "ba be bo da de do ga ge go ka ke ko la le lo ma me mo na ne no ra re ro sa se so ta".split()
)
PRODUCTS = ("Steel water bottle 750 ml", "Cotton t-shirt blue M", "Desk lamp with dimmer")
COMMENTS = ("", "", "", "leave at the door", '"call {} first, then deliver"')


class Invented(random.Random):
    """People, numbers and times."""

    def person(self) -> tuple[str, str, str, str]:
        """Given name, family name, e-mail address, telephone number."""
        given = self.choice(GIVEN)
        family = "".join(self.choice(SYLLABLES) for _ in range(self.randint(2, 4))).capitalize()
        mail = f"{given}.{family}{self.randint(1, 99_999)}@mail{self.randint(1, 50)}.com".lower()
        phone = f"+1 {self.randint(201, 989)} {self.randint(200, 999)} {self.randint(1000, 9999)}"
        return given, family, mail, phone


def log(one: Invented) -> Iterator[str]:
    """Requests; one line in fifty names somebody."""
    seconds = 0
    while True:
        seconds += 1
        head = f"2024-05-{seconds // 86_400 % 28 + 1:02} {seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        if one.random() < 0.02:
            given, family, mail, _ = one.person()
            what = f"WARN  com.acme.Mailer - could not deliver to {mail}: mailbox of {given} {family} is full"
        else:
            what = (
                f"INFO  com.acme.http.AccessLog - GET /api/v1/orders/{one.randint(1, 999_999)} "
                f"{one.choice((200, 200, 404))} {one.randint(1, 900)}ms req={one.getrandbits(64):016x}"
            )
        yield f"{head},{one.randint(100, 999)} [worker-{one.randint(1, 16)}] {what}\n"


def jsonl(one: Invented) -> Iterator[str]:
    """Events, each of somebody."""
    while True:
        given, family, mail, _ = one.person()
        user = {"name": f"{given} {family}", "email": mail}
        event = {
            "event": "view",
            "user": user,
            "path": f"/orders/{one.randint(1, 999_999)}",
            "ok": True,
        }
        yield json.dumps(event) + "\n"


def orders(one: Invented) -> Iterator[str]:
    """Orders: a name, an address, and what else an order has."""
    yield "order_id,customer_name,customer_email,sku,product,quantity,unit_price,status,tracking,comment\n"
    number = 0
    while True:
        number += 1
        given, family, mail, _ = one.person()
        yield (
            f"{number:09},{given} {family},{mail},SKU-{one.randint(10_000, 99_999)},{one.choice(PRODUCTS)},"
            f"{one.randint(1, 9)},{one.randint(100, 9999) / 100},paid,{one.getrandbits(64):016x},"
            f"{one.choice(COMMENTS).format(given)}\n"
        )


def people(one: Invented) -> Iterator[str]:
    """Customers: little but who they are."""
    yield "id,first_name,last_name,email,phone\n"
    number = 0
    while True:
        number += 1
        yield f"{number},{','.join(one.person())}\n"


KINDS: dict[str, tuple[str, Callable[[Invented], Iterator[str]]]] = {
    "log": ("log", log), "jsonl": ("jsonl", jsonl), "orders": ("csv", orders), "people": ("csv", people),
}  # fmt: skip


def write(path: Path, lines: Iterator[str], size: int) -> None:
    """A file of about `size` bytes."""
    with path.open("w", encoding="utf-8") as file:
        while size > 0:
            size -= file.write(next(lines))


@dataclass
class Watch:
    """Looks every second at what this process and those under it hold: proportional set size, summed."""

    peak: int = 0
    """The most so far, in MB."""
    cpu: float = 0.0
    """Seconds of the processor that they have taken, those that ended not counted."""
    done: threading.Event = field(default_factory=threading.Event)

    def run(self, since: float) -> None:
        """Until `done`, with a line each minute."""
        told = 0
        while not self.done.wait(1):
            pids = below(os.getpid())
            self.peak = max(self.peak, sum(map(held, pids)) // 1_000_000)
            self.cpu = max(self.cpu, sum(map(worked, pids)))
            minutes = int(time.monotonic() - since) // 60
            if minutes > told:
                told = minutes
                self.tell(f"{minutes} min")

    def tell(self, what: str) -> None:
        """A line of progress."""
        print(
            f"{what}: {self.cpu:.0f} s of CPU, at most {self.peak} MB in all processes", flush=True
        )


def worked(pid: int) -> float:
    """Seconds of the processor."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def main(kind: str, megabytes: float) -> None:
    """Generate, redact, write out, and say what it took."""
    suffix, lines = KINDS[kind]
    guard = Guard()
    watch = Watch()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"big.{suffix}"
        write(path, lines(Invented(7)), int(megabytes * 1e6))
        looking = threading.Thread(target=watch.run, args=(started,), daemon=True)
        looking.start()
        result = guard.redact(path)
        size = sum(map(len, result.pieces)) if result.verdict != "quarantined" else 0
        watch.done.set()
        looking.join()
        watch.tell(f"{result.verdict} {result.reason or ''}, {size / 1e6:.0f} MB out")
        counted = sum(result.counted.by_type().values()) if result.counted else len(result.findings)
        print(
            f"{counted} findings, {result.unlinked} values not linked, {time.monotonic() - started:.0f} s"
        )


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
