"""Speed by kind of input beside Presidio: `python tests/benchmarks/format_speed.py [--kb N]`.

Each input is made here: `kb` kilobytes of log, JSON, HAR, SQL, CSV and prose with a person in some
lines. Ours is the whole redaction (identify, read, detect, decide, rewrite, prove) of the file through
`Guard.redact` and, beside it, the detector alone; Presidio analyses the same characters as text, on a
part of them (it takes seconds a kilobyte of log). One thread; kB per second of processor time.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from models.evaluate import presidio, table  # noqa: E402
from pii_guard import Guard  # noqa: E402
from pii_guard.stages import survey  # noqa: E402

GIVEN = "Maria Omar Chidi Aoife Lan Priya Tomás Ingrid Wei Fatima Jonas Noor Pavel Sofia".split()
FAMILY = "Okafor Haddad Nguyen Vogel Herrera Brien Zhang Moreau Kovalenko Yilmaz Haines".split()
PATHS = "/api/v2/orders /login /static/app.js /search?q=lamp /health /api/v2/items/17 /cart".split()


def person(rng: random.Random) -> dict[str, str]:
    given, family = rng.choice(GIVEN), rng.choice(FAMILY)
    return {
        "id": str(rng.randint(10_000, 99_999)),
        "first_name": given,
        "last_name": family,
        "email": f"{given}.{family}{rng.randint(1, 99)}@mail.example".lower(),
        "phone": f"+1 415 555 {rng.randint(100, 199):04}",
        "city": rng.choice(("Leeds", "Porto", "Lagos", "Hanoi")),
        "status": rng.choice(("active", "inactive")),
        "created_at": f"2026-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}T10:11:12Z",
        "plan": rng.choice(("gold", "silver")),
    }


def log_line(rng: random.Random) -> str:
    ip = f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"
    size, path = rng.randint(100, 90_000), rng.choice(PATHS)
    if rng.random() < 0.02:
        one = person(rng)
        path = f"/profile?name={one['first_name']}%20{one['last_name']}&mail={one['email']}"
    stamp = f"{rng.randint(10, 28)}/Oct/2026:13:{rng.randint(10, 59)}:{rng.randint(10, 59)} +0000"
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0.6478.61 Safari/537.36"
    return f'{ip} - - [{stamp}] "GET {path} HTTP/1.1" 200 {size} "-" "{agent}"\n'


def made(kind: str, size: int) -> bytes:
    """A file of a kind with at least `size` bytes."""
    rng = random.Random(f"speed-{kind}")
    parts: list[str] = []
    length = 0
    while length < size:
        if kind == "log":
            part = log_line(rng)
        elif kind == "json":
            part = json.dumps(person(rng))
        elif kind == "har":
            part = json.dumps(har_entry(rng))
        elif kind == "sql":
            values = "', '".join(person(rng).values())
            part = f"INSERT INTO users VALUES ('{values}');\n"
        elif kind == "csv":
            part = ",".join(person(rng).values()) + "\n"
        else:
            one = person(rng)
            part = (
                f"With id {one['id']} the server returns the order of {one['first_name']} "
                f"{one['last_name']} although the session belongs to somebody else, and the cache "
                "keeps it for an hour. The same happens when the cookie is left out.\n\n"
            )
        parts.append(part)
        length += len(part)
    if kind == "json":
        return ("[" + ",\n".join(parts) + "]").encode()
    if kind == "har":
        return ('{"log": {"version": "1.2", "entries": [' + ",\n".join(parts) + "]}}").encode()
    if kind == "csv":
        return (",".join(person(rng)) + "\n" + "".join(parts)).encode()
    return "".join(parts).encode()


def har_entry(rng: random.Random) -> dict[str, object]:
    headers = [
        {"name": "Host", "value": "app.shop.example"},
        {"name": "User-Agent", "value": "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0.6478.61"},
        {"name": "Accept", "value": "application/json"},
        {"name": "Cookie", "value": f"sid={rng.getrandbits(128):032x}"},
    ]
    body = json.dumps(person(rng)) if rng.random() < 0.3 else "{}"
    return {
        "startedDateTime": "2026-10-11T12:13:14.151Z",
        "time": rng.randint(5, 900),
        "request": {"method": "GET", "url": "https://app.shop.example" + rng.choice(PATHS),
                    "headers": headers, "queryString": [], "bodySize": 0},
        "response": {"status": 200, "statusText": "OK", "headers": headers[1:3],
                     "content": {"size": len(body), "mimeType": "application/json", "text": body}},
        "timings": {"send": 1, "wait": rng.randint(1, 99), "receive": 2},
    }  # fmt: skip


def rate(work: Callable[[], object], size: int) -> float:
    begun = time.process_time()
    work()
    return round(size / 1000 / max(1e-9, time.process_time() - begun), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb", type=int, default=300)
    parser.add_argument("--peer-kb", type=int, default=20)
    parser.add_argument("--kinds", nargs="*", default="prose log json har sql csv".split())
    args = parser.parse_args()
    guard, peer = Guard(), presidio()
    guard.redact_text("Jane Roe")
    peer("Jane Roe")
    rows: list[dict[str, object]] = []
    for kind in args.kinds:
        blob = made(kind, args.kb * 1000)
        segments = survey(guard.workshop, blob, f"a.{kind}").document.segments
        part = blob[: args.peer_kb * 1000].decode()
        row: dict[str, object] = {
            "kind": kind,
            "detector kB/s": rate(lambda: guard.detector.detect(segments), len(blob)),  # noqa: B023
            "redaction kB/s": rate(lambda: guard.redact(blob, name=f"a.{kind}"), len(blob)),  # noqa: B023
            "presidio kB/s": rate(lambda: peer(part), len(part)),  # noqa: B023
        }
        row["detector, times"] = round(
            float(str(row["detector kB/s"])) / float(str(row["presidio kB/s"])), 1
        )
        rows.append(row)
    print(table(rows))


if __name__ == "__main__":
    main()
