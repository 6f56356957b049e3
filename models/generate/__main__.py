"""`python -m models.generate N SEED OUT.jsonl [--negatives DIR]`: write N labelled documents."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from models.generate.document import Writer
from models.generate.negatives import read_negatives


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("output", type=Path)
    parser.add_argument("--negatives", type=Path, action="append", default=[])
    args = parser.parse_args()
    writer = Writer(args.seed, read_negatives(args.negatives, args.seed))
    with args.output.open("w", encoding="utf-8") as out:
        for number in range(args.count):
            example = writer.document()
            spans = [{"start": s, "end": e, "label": label} for s, e, label in example.spans]
            line = {"id": f"generated-{args.seed}-{number}", "text": example.text, "spans": spans}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
