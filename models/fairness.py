"""`python models/fairness.py [--count N]`: the same sentences with names of each region of the world.

Prints, per region, the share of full names of which less than 90 % of the letters are found, and the
widest gap between regions. The sentences are not among those the model is trained on; the names come
from the lists of `models/generate`, a quarter of them recombined from syllables.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from models.evaluate import Find, marked, ours, percent, presidio, share, table
from models.generate import people

SENTENCES = (
    "During the test I received the loan agreement of {name} instead of my own.",
    "The avatar upload leaks that the file belongs to {name}, see the second screenshot.",
    "Support chat: thank you {name}, your refund is on its way.",
    "We have informed {name} and closed the incident.",
    "The password reset mail was addressed to {name} although I asked for my own account.",
    "{name} appears as the owner of the bucket.",
    "name={name}; plan=gold; active=true",
    "Signed for by {name} at the front desk.",
    "the record of {name} is cached by the proxy",
    "Please forward this to {name} in accounting.",
)


def leaks(find: Find, region: str, count: int, seed: int) -> float:
    """Share of names of a region that are leaked, in per cent."""
    rng = random.Random(f"{seed}-{region}")
    lost = 0
    for number in range(count):
        name = people.name_of(rng, region)
        text = SENTENCES[number % len(SENTENCES)].format(name=name)
        start = text.index(name)
        mask = marked(len(text), find(text))
        lost += share(text, start, start + len(name), mask) < 0.9
    return percent(lost, count)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="names of each region")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    engines = {"pii_guard": ours(args.model)} | ({"presidio": presidio()} if args.peers else {})
    rows: list[dict[str, object]] = []
    for region in people.regions():
        row: dict[str, object] = {"region": region}
        for name, find in engines.items():
            row[f"{name} leaked %"] = leaks(find, region, args.count, args.seed)
        rows.append(row)
    for_all = {key: [float(str(row[key])) for row in rows] for key in rows[0] if key != "region"}
    gaps = {key: round(max(values) - min(values), 2) for key, values in for_all.items()}
    rows.append({"region": "widest gap", **gaps})
    print(json.dumps(rows) if args.json else table(rows))


if __name__ == "__main__":
    main()
