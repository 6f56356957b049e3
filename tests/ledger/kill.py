"""Writers killed at random moments: is every acknowledged entry there, once, under one history?

    python -m tests.ledger.kill 1000            # kills, of eight writers; SQLite, then PostgreSQL
    python -m tests.ledger.kill 1000 sqlite

Each writer appends leaves of its own and notes each receipt in its file, after the append returned.
When it is killed (SIGKILL) another takes its place, begins with the leaf that was not noted, as a
client does that got no answer, and goes on. A reader checks in between that nothing is taken back.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pii_guard.certificate.checkpoint import includes, open_checkpoint
from pii_guard.certificate.merkle import leaf_hash
from pii_guard.certificate.note import NoteSigner
from pii_guard.ledger import Ledger, open_ledger
from tests.ledger.postgres import MISSING, binaries, server

WRITERS = 8
LOG = NoteSigner.of("pii-guard.example/ledger", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
_READ_EVERY = 10
_BUSY = 0.8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was left after the kills."""

    kills: int
    noted: int
    unanswered: int
    entries: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.kills} kills in {self.seconds:.0f} s: {self.entries} entries, {self.noted} of them "
            f"acknowledged ({self.unanswered} on the second try, the first having been killed between "
            "commit and answer), none lost, none twice, one history"
        )


def run(where: str, folder: Path, kills: int, seed: int = 1) -> Outcome:
    """Kill writers and check what is left; an `AssertionError` says what was wrong."""
    chance, started = random.Random(seed), time.monotonic()
    reader = open_ledger(where, signer=LOG, create=True)
    seen = reader.checkpoint()
    begun = dict.fromkeys(range(WRITERS), 0)
    writers = {_writer(where, folder, number): number for number in range(WRITERS)}
    try:
        for kill in range(kills):
            time.sleep(chance.uniform(0.0, 0.3))
            # Mostly one that is appending; now and then one that has just begun to open the ledger.
            busy = [pid for pid, n in writers.items() if _size(folder, n) > begun[n]]
            victim = chance.choice(busy if busy and chance.random() < _BUSY else list(writers))
            number = writers.pop(victim)
            assert _killed(victim), "a writer ended by itself: an append failed"
            begun[number] = _size(folder, number)
            writers[_writer(where, folder, number)] = number
            if kill % _READ_EVERY == 0:
                verdict = reader.check(seen)
                assert verdict.holds, verdict.reason
                seen = reader.checkpoint()
    finally:
        for victim in writers:
            _killed(victim)
    outcome = _checked(reader, folder, kills, time.monotonic() - started)
    reader.close()
    return outcome


def _checked(ledger: Ledger, folder: Path, kills: int, seconds: float) -> Outcome:
    entries = ledger.audit()  # every hash, and that the index has each leaf exactly once
    noted: dict[int, bytes] = {}
    unanswered = 0
    for number in range(WRITERS):
        for serial, line in enumerate(_lines(folder / str(number))):
            index, new, note = line.split(" ", 2)
            unanswered += new == "again"
            leaf = _leaf(number, serial)
            assert ledger.find(leaf) == int(index), "an acknowledged entry is not where it was"
            assert int(index) not in noted, "two leaves were given one place"
            noted[int(index)] = leaf
            verdict = ledger.check(note.replace("\\n", "\n"))
            assert verdict.holds, verdict.reason
    # Of each writer at most the one leaf that was under way was appended without being noted.
    assert len(noted) <= entries <= len(noted) + WRITERS, "an entry is there that nobody appended"
    return Outcome(kills, len(noted), unanswered, entries, seconds)


def _writer(where: str, folder: Path, number: int) -> int:
    """A new writer, a process forked off: its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        _append(where, folder / str(number), number)
    except BaseException as error:  # noqa: BLE001 - the parent sees the exit
        os.write(2, f"writer: {error!r}\n".encode())
    os._exit(1)


def _append(where: str, notes: Path, number: int) -> None:
    ledger = open_ledger(where, signer=LOG)
    done = _lines(notes)
    handle = os.open(notes, os.O_RDWR | os.O_CREAT, 0o600)
    os.ftruncate(handle, sum(len(line.encode()) + 1 for line in done))  # a line that was cut off
    os.lseek(handle, 0, os.SEEK_END)
    serial = len(done)
    while True:
        leaf = _leaf(number, serial)
        receipt = ledger.append(leaf, b"payload of " + leaf)
        state = open_checkpoint(receipt.checkpoint, [LOG.key]).checkpoint
        assert includes(state, leaf_hash(leaf), receipt.inclusion)
        note = receipt.checkpoint.replace("\n", "\\n").encode()
        word = b"new" if receipt.new else b"again"
        os.write(handle, b"%d %s %s\n" % (receipt.index, word, note))
        serial += 1


def _lines(path: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        *whole, _ = path.read_bytes().split(b"\n")
        return [line.decode() for line in whole]
    return []


def _size(folder: Path, number: int) -> int:
    path = folder / str(number)
    return path.stat().st_size if path.exists() else 0


def _leaf(number: int, serial: int) -> bytes:
    return b"writer %d leaf %d" % (number, serial)


def _killed(pid: int) -> bool:
    os.kill(pid, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


@contextlib.contextmanager
def _places(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield str(folder / "ledger.db")
    else:
        with server() as url:
            yield url


def main() -> None:
    """Run with arguments."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for kind in sys.argv[2:] or ("sqlite", "postgres"):
        if kind == "postgres" and binaries() is None:
            sys.exit(MISSING)
        with tempfile.TemporaryDirectory() as name, _places(kind, Path(name)) as where:
            print(f"{kind}: {run(where, Path(name), kills)}", flush=True)


if __name__ == "__main__":
    main()
