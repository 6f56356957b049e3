"""What a certificate costs: issuing and entering one into a ledger, verifying a bundle, the size of both.

    python -m tests.benchmarks.certificates [FINDINGS ...] [--rounds 200]

Each case has one attachment with so many findings (10, 1,000 and 100,000 by default), signed with an
Ed25519 key in memory and appended to a fresh SQLite ledger on disk. Wall clock, milliseconds; the
processor's median beside. `import` is a fresh process that imports the verifier and nothing else.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pii_guard.certificate import (
    ArtifactFacts,
    CaseFacts,
    Signer,
    Trust,
    build_statement,
    sign,
    verify,
)
from pii_guard.certificate.note import NoteKey, NoteSigner
from pii_guard.certificate.trust import TrustedKey
from pii_guard.document import Step
from pii_guard.findings import Action, Basis, Category, Finding
from pii_guard.ledger import enter, open_ledger
from pii_guard.tally import Tally

ORIGIN = "benchmark.example/ledger"
DIGEST = "sha256:" + "0" * 64


def facts(findings: int) -> CaseFacts:
    """A case whose attachment had so many values, half of them found twice."""
    tally = Tally()
    for number in range(findings):
        found = Finding(
            "EMAIL_ADDRESS",
            Category.NAME_PLUS_IDENTIFIER,
            number,
            0,
            9,
            0.9,
            (Step("line", number + 1),),
        )
        token = f"<EMAIL_ADDRESS_{number // 2 + 1}>"
        tally.add((Action(found, "surrogate", Basis.STRONG_IDENTIFIER, token),))
    artifact = ArtifactFacts("text/plain", "redacted", "0" * 64, tally)
    return CaseFacts("VDP-1", [artifact], DIGEST, DIGEST, DIGEST, "0.1.0")


def timed(work: Callable[[int], object], rounds: int) -> str:
    """p50, p99 and the processor's median, of so many calls."""
    walls, cpus = [], []
    for number in range(rounds):
        begun, busy = time.perf_counter(), time.process_time()
        work(number)
        cpus.append((time.process_time() - busy) * 1000)
        walls.append((time.perf_counter() - begun) * 1000)
    walls.sort()
    return f"p50 {walls[rounds // 2]:8.2f}  p99 {walls[int(rounds * 0.99)]:8.2f}  cpu {statistics.median(cpus):8.2f}"


def main() -> None:
    """Print a line a measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("findings", nargs="*", type=int, default=[10, 1_000, 100_000])
    parser.add_argument("--rounds", type=int, default=200)
    args = parser.parse_args()
    issuer, log = Signer(Ed25519PrivateKey.generate()), Signer(Ed25519PrivateKey.generate())
    trust = Trust((TrustedKey(issuer.public), TrustedKey(log.public, "log", ORIGIN)))
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "from pii_guard.certificate import verify"], check=True)
    print(f"import: {(time.perf_counter() - begun) * 1000:.0f} ms")
    for number in args.findings:
        said = facts(number)
        with tempfile.TemporaryDirectory() as folder:
            signer = NoteSigner(NoteKey.of(ORIGIN, log.public), log.sign)
            ledger = open_ledger(Path(folder, "ledger.db"), signer=signer, create=True)

            def issue(nonce: int, said: CaseFacts = said) -> object:
                payload = build_statement(
                    said, issued_at=datetime.now(UTC), nonce=f"{nonce:032x}",
                    certificate_id=f"urn:uuid:00000000-0000-4000-8000-{nonce:012x}",
                )  # fmt: skip
                return sign(payload, issuer)

            certificate = issue(10**6)
            print(f"{number} findings")
            print(f"  issue           {timed(issue, args.rounds)}")
            print(f"  issue, append   {timed(lambda n: enter(ledger, issue(n)), args.rounds)}")  # noqa: B023
            content = enter(ledger, certificate).to_json()
            assert verify(content, trust).exit_code == 0
            print(f"  verify a bundle {timed(lambda _: verify(content, trust), args.rounds)}")  # noqa: B023
            print(f"  bundle {len(content) / 1000:.1f} kB")
            ledger.close()


if __name__ == "__main__":
    main()
