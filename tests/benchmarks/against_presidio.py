"""The example reports beside Presidio: `python tests/benchmarks/against_presidio.py`.

Text attachments, each alone and as plain text: neither engine gets formats or the case's linking.
Prints the share of listed personal values left and of listed evidence lost, and characters covered.
Labelled sets are measured by `models/evaluate.py --peers`, speed by `speed.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from models.evaluate import Find, decided, marked, percent, presidio, table  # noqa: E402
from pii_guard import Guard, Policy  # noqa: E402
from tests.test_examples import EVIDENCE, PERSONAL, REPORTS  # noqa: E402


def row(name: str, find: Find) -> dict[str, object]:
    personal, left, evidence, lost, characters, covered = 0, 0, 0, 0, 0, 0
    for folder in sorted(REPORTS.iterdir()):
        for file in sorted(folder.iterdir()):
            if file.suffix == ".pdf":
                continue
            text = file.read_text("utf-8")
            mask = marked(len(text), find(text))
            after = "".join("\0" if mask[i] else c for i, c in enumerate(text))
            for value in PERSONAL[folder.name].split("|"):
                personal += text.count(value)
                left += after.count(value)
            for value in EVIDENCE[folder.name].split("|"):
                evidence += text.count(value)
                lost += text.count(value) - after.count(value)
            characters, covered = characters + len(text), covered + sum(mask)
    return {
        "engine": name,
        "values left %": percent(left, personal),
        "evidence lost %": percent(lost, evidence),
        "characters covered %": percent(covered, characters),
    }


def main() -> None:
    guard = Guard(Policy.load(ROOT / "examples" / "pii-guard.toml"))
    print(table([row("pii_guard", decided(guard)), row("presidio", presidio())]))


if __name__ == "__main__":
    main()
