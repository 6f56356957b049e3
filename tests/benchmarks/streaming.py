"""How much memory and time a file takes that is larger than memory may be.

    python -m tests.benchmarks.streaming log 1000      # a log of 1,000 MB
    python -m tests.benchmarks.streaming jsonl 100
    python -m tests.benchmarks.streaming orders 200    # a table with two personal columns of thirteen
    python -m tests.benchmarks.streaming people 200    # a table of nothing but people

The file is generated (invented people, a fixed seed) beside the output, both are removed at the end. A
line is printed for each 200 sections; peak memory is the process's, its model and libraries included.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pii_guard import Guard, streamed

GIVEN = (
    "Jane John Ravi Mei Amara Lukas Sofia Piotr Noor Hugo Elena Marco Aisha Tomas Ingrid".split()
)
SYLLABLES = (
    "ba be bo da de do ga ge go ka ke ko la le lo ma me mo na ne no ra re ro sa se so ta".split()
)
PRODUCTS = ("Steel water bottle 750 ml", "Cotton t-shirt blue M", "Desk lamp with dimmer")
COMMENTS = ("", "", "", "leave at the door", '"call {} first, then deliver"')
EVERY = 200


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


def peak() -> int:
    """The most memory that the process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def tell(what: str, since: float) -> None:
    """A line of progress: steps, CPU seconds, peak memory."""
    print(f"{what}: {time.process_time() - since:.0f} s of CPU, at most {peak()} MB", flush=True)


def counting(name: str, step: Callable[..., object], since: float) -> Callable[..., object]:
    """`step`, telling how often it was done."""
    done = 0

    def counted(*given: object) -> object:
        nonlocal done
        done += 1
        if done % EVERY == 0:
            tell(f"{name} {done} sections", since)
        return step(*given)

    return counted


def main(kind: str, megabytes: float) -> None:
    """Generate, redact, write out, and say what it took."""
    suffix, lines = KINDS[kind]
    guard = Guard()
    since = time.process_time()
    streamed.pack_findings = counting("read", streamed.pack_findings, since)  # type: ignore[assignment]
    streamed.pack_actions = counting("wrote", streamed.pack_actions, since)  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"big.{suffix}"
        write(path, lines(Invented(7)), int(megabytes * 1e6))
        tell("model loaded and file written", since)
        started = time.monotonic()
        result = guard.redact(path)
        size = sum(map(len, result.pieces)) if result.verdict != "quarantined" else 0
        tell(f"{result.verdict} {result.reason or ''}, {size / 1e6:.0f} MB out", since)
        counted = sum(result.counted.by_type().values()) if result.counted else len(result.findings)
        print(
            f"{counted} findings, {result.unlinked} values not linked, {time.monotonic() - started:.0f} s"
        )


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
