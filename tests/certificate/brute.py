"""Every social security number there can be, against a published certificate with commitments.

    python -m tests.certificate.brute             # as 123-45-6789: 889 million of them, on all processors
    python -m tests.certificate.brute both        # and as 123456789
    python -m tests.certificate.brute dashed 536  # those of one area only

Guesses are hashed with SHA-256, bare and behind the certificate's nonce, and looked up among all strings of
64 hexadecimal digits that it holds. Areas, groups and serials are those that the Social Security
Administration may give (000, 666 and 900 on are no areas, 00 no group, 0000 no serial).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

AREAS = tuple(area for area in range(1, 900) if area != 666)
SERIALS = tuple(b"%04d" % serial for serial in range(1, 10_000))
DASHED, PLAIN = b"%03d-%02d-", b"%03d%02d"
VALUE = "536-90-4399"


def published(value: str = VALUE) -> bytes:
    """A certificate about this number, with a commitment to it under a key that nobody has."""
    from pii_guard.certificate.commitments import commit
    from tests.certificate.conftest import statement

    return statement(commitments=commit(os.urandom(32), "k-" + "0" * 16, [("US_SSN", value)]))


def digests(payload: bytes) -> frozenset[bytes]:
    """All that may be a SHA-256 in a certificate."""
    found = re.findall(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", payload.decode())
    return frozenset(map(bytes.fromhex, found))


def hits(
    held: frozenset[bytes], salts: Sequence[bytes], spellings: Sequence[bytes], area: int
) -> list[bytes]:
    """The numbers of an area whose digest is held."""
    found = []
    for salt in salts:
        for spelling in spellings:
            for group in range(1, 100):
                head = hashlib.sha256(salt + spelling % (area, group))
                for serial in SERIALS:
                    guess = head.copy()
                    guess.update(serial)
                    if guess.digest() in held:
                        found.append(spelling % (area, group) + serial)
    return found


def main(which: str = "dashed", areas: Iterable[int] = AREAS) -> int:
    """Try all of them; the exit status."""
    payload = published()
    salts = [b"", json.loads(payload)["predicate"]["nonce"].encode()]
    spellings = [DASHED, PLAIN] if which == "both" else [DASHED]
    areas, held = tuple(areas), digests(payload)
    started, found = time.monotonic(), []
    try_area = partial(hits, held, salts, spellings)
    with ProcessPoolExecutor() as pool:
        for one in pool.map(try_area, areas, chunksize=4):
            found += one
    tried = len(areas) * 99 * len(SERIALS) * len(spellings)
    print(
        f"{tried:,} numbers, bare and salted, against {len(held)} digests in "
        f"{time.monotonic() - started:.0f} s: {len(found)} found"
    )
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2], *([map(int, sys.argv[2:])] if sys.argv[2:] else [])))
