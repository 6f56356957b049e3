"""How fast each recognizer reads, and what all of them cost together behind their gate.

    python tests/benchmarks/recognizer_speed.py [--adversarial] [--json] [FILE ...]

The text: 1 MB of the example reports over and over (half log, half prose and records), or the files.
`alone` is the pattern with its checks on windows of 6,000 characters, whatever they hold; `in use`
asks the gate first, as the detector does. `--adversarial`: seconds for 200 kB of one repeated unit.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from pii_guard.detect.passages import WINDOW  # noqa: E402
from pii_guard.detect.recognizer import Identifier  # noqa: E402
from pii_guard.detect.recognizers import recognizers  # noqa: E402

UNITS = (
    "a", "A", "1", "1-", "1-1 ", "@", ".", " ", "a@", "a.", "1.", "1 ", "A a ", "A1", ":", "a:1:", "/", "'", "12 Street ",
    "key: v ", "<", "=", "0x", "+1 ", "\n", "é", "(1) ", "Mr A ", "a-b_", "1111 1111 ",
)  # fmt: skip


def sample(files: list[str], size: int = 1_000_000) -> str:
    reports = ROOT / "examples" / "reports"
    paths = [Path(f) for f in files] or sorted(reports.rglob("*.*"))
    paths = [p for p in paths if p.suffix != ".pdf"]
    texts = [p.read_text("utf-8", "replace") for p in paths]
    logs = "".join(t for p, t in zip(paths, texts, strict=True) if p.suffix == ".log") or "".join(
        texts
    )
    rest = "".join(t for p, t in zip(paths, texts, strict=True) if p.suffix != ".log") or logs
    halves = [(part * (size // (2 * len(part)) + 1))[: size // 2] for part in (logs, rest)]
    return "".join(halves)


def windows(text: str) -> Iterator[str]:
    for start in range(0, len(text), WINDOW):
        yield text[start : start + WINDOW]


def seconds(run: Callable[[str], Iterable[object]], texts: Iterable[str]) -> float:
    begun = time.process_time()
    for text in texts:
        for _ in run(text):
            pass
    return max(time.process_time() - begun, 1e-9)


def measured(texts: list[str]) -> dict[str, dict[str, float]]:
    size = sum(map(len, texts))
    ours = recognizers()
    rows = {}
    for one in ours:
        alone = seconds(one.matches if isinstance(one, Identifier) else one.values, texts)
        rows[one.name] = {"alone kB/s": round(size / alone / 1000), "in use ms": 0.0}
    for text in texts:
        for one in ours:
            took = seconds(lambda text, one=one: one.analyze(text, []), [text])
            rows[one.name]["in use ms"] = round(rows[one.name]["in use ms"] + took * 1000, 3)
    took = seconds(lambda text: (one.analyze(text, []) for one in ours), texts)
    return rows | {"ALL": {"kB/s": round(size / took / 1000), "in use ms": round(took * 1000, 1)}}


def adversarial(size: int = 200_000) -> dict[str, dict[str, float]]:
    rows = {}
    for one in recognizers():
        run = one.matches if isinstance(one, Identifier) else one.values
        times = {unit: seconds(run, [(unit * size)[:size]]) for unit in UNITS}
        worst = max(times, key=lambda unit: times[unit])
        rows[f"{one.name} {worst!r}"] = {"in use ms": round(times[worst] * 1000, 1)}
    return rows


def main(arguments: list[str]) -> None:
    options = {a for a in arguments if a.startswith("--")}
    files = [a for a in arguments if not a.startswith("--")]
    rows = adversarial() if "--adversarial" in options else measured(list(windows(sample(files))))
    if "--json" in options:
        print(json.dumps(rows, indent=1))
        return
    for name, row in sorted(rows.items(), key=lambda item: -item[1]["in use ms"]):
        print(f"{name:40}", *(f"{value:>10} {key}" for key, value in row.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
