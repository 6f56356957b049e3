"""Our recognizers, each alone, on the inputs of presidio's recognizers of the same entity.

    python tests/benchmarks/presidio_cases.py CASES.jsonl [--show PEER] [--json]

Input lines: `{"recognizer", "entities", "text", "expected_len", "expected_spans"}`, what the peer is
expected to find. Three figures for each peer: `reported`, cases in which what ours reports is exactly
that; `candidates`, the same if ours may count its guesses, which it keeps to itself for want of a label
(the peer reports such at scores from 0.01 up); `explained`, those whose every difference is of a class
that `presidio_cases_reasons.txt` gives a reason for, in the number it says. Exits 1 when any is not.

Classes of difference, told by comparing spans: `label`, a span of the peer that ours only guesses;
`span`, one that ours reports with other ends; `missing`, one that ours does not see; `extra`, a span
of ours that the peer does not expect.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from pii_guard.detect.recognizer import WEAK, Identifier  # noqa: E402
from pii_guard.detect.recognizers import recognizers  # noqa: E402

REASONS = Path(__file__).with_name("presidio_cases_reasons.txt")
OTHER_NAMES = {
    "DATE_TIME": "DateOfBirth", "DE_PLZ": "DePostcode", "UK_POSTCODE": "UkPostcode", "URL": "",
    "PH_MOBILE_NUMBER": "PhoneNumber", "TR_PHONE_NUMBER": "PhoneNumber", "PHONE_NUMBER": "PhoneNumber",
    "US_BANK_NUMBER": "BankAccount", "US_DRIVER_LICENSE": "DriverLicense", "US_PASSPORT": "Passport",
}  # fmt: skip
"""The recognizer of ours for an entity that has another name with us; "" for none."""

Span = tuple[int, int]


@dataclass
class Tally:
    """How the cases of one peer ended; `classes`: differences that ours reports, by class."""

    cases: int = 0
    reported: int = 0
    candidates: int = 0
    explained: int = 0
    classes: Counter[str] = field(default_factory=Counter)


class Ours:
    """Our recognizers by the entity of a peer."""

    def __init__(self) -> None:
        self._named: dict[str, list[Identifier]] = defaultdict(list)
        for one in recognizers():
            if isinstance(one, Identifier):
                self._named[one.name].append(one)
                self._named[one.entity].append(one)

    def spans(self, entities: Sequence[str], text: str) -> tuple[set[Span], set[Span]]:
        """What is reported, and what is only guessed."""
        entity = entities[0] if entities else "PHONE_NUMBER"
        reported: set[Span] = set()
        guessed: set[Span] = set()
        for one in self._named[OTHER_NAMES.get(entity, entity)]:
            for match in one.matches(text):
                (reported if match.score > WEAK else guessed).add((match.start, match.end))
        return reported, guessed - reported


def differences(wanted: set[Span], reported: set[Span], guessed: set[Span]) -> Iterator[str]:
    """The class of each difference."""
    left = reported - wanted
    for span in wanted - reported:
        near = next((s for s in sorted(left) if s[0] < span[1] and span[0] < s[1]), None)
        if span in guessed:
            yield "label"
        elif near:
            left.discard(near)
            yield "span"
        else:
            yield "missing"
    yield from ("extra" for _ in left)


def reasons() -> dict[tuple[str, str], tuple[int, str]]:
    """The number of differences and the reason, by peer and class."""
    found = {}
    for line in REASONS.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            peer, kind, number, reason = (part.strip() for part in line.split("|", 3))
            found[peer, kind] = int(number), reason
    return found


def wanted_spans(case: dict[str, Any]) -> set[Span] | None:
    """The spans a peer is expected to find; None where only their number is known."""
    spans = {(int(s), int(e)) for s, e in case["expected_spans"] or ()}
    if case["expected_len"] == 0:
        return set()
    return spans if case["expected_len"] in (None, len(spans)) else None


def compared(lines: Iterable[str], show: str = "") -> dict[str, Tally]:
    """The tally of each peer."""
    ours, known = Ours(), reasons()
    tallies: dict[str, Tally] = defaultdict(Tally)
    unseen: list[tuple[str, set[str]]] = []
    for line in lines:
        case = json.loads(line)
        peer, tally = case["recognizer"], tallies[case["recognizer"]]
        reported, guessed = ours.spans(case["entities"], case["text"])
        wanted = wanted_spans(case)
        if wanted is None:
            count, every = case["expected_len"], len(reported | guessed)
            label = ["label"] * (count - len(reported)) if count == every else ["missing"]
            found = [] if len(reported) == count else label
        else:
            found = list(differences(wanted, reported, guessed))
        tally.cases += 1
        tally.reported += not found
        tally.candidates += not set(found) - {"label"}
        tally.classes.update(found)
        unseen.append((peer, set(found)))
        if show in (peer, "all") and set(found) - {"label"}:
            print(peer, found, repr(case["text"]), wanted, sorted(reported), sorted(guessed))
    for peer, classes in unseen:
        counts = tallies[peer].classes
        tallies[peer].explained += all(
            known.get((peer, kind), (0, ""))[0] >= counts[kind] for kind in classes
        )
    return dict(tallies)


def main(arguments: list[str]) -> int:
    """Print the comparison; 1 when a difference has no reason."""
    show = arguments[arguments.index("--show") + 1] if "--show" in arguments else ""
    with Path(arguments[0]).open(encoding="utf-8") as lines:
        tallies = compared(lines, show)
    whole = Tally()
    for tally in tallies.values():
        whole.cases += tally.cases
        whole.reported += tally.reported
        whole.candidates += tally.candidates
        whole.explained += tally.explained
        whole.classes += tally.classes
    rows = [*sorted(tallies.items()), ("ALL", whole)]
    if "--json" in arguments:
        print(json.dumps({name: vars(tally) for name, tally in rows}, indent=1))
    else:
        print(f"{'':28}{'cases':>7}{'reported':>10}{'candidates':>12}{'explained':>11}")
        for name, t in rows:
            kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(t.classes.items()))
            print(f"{name:28}{t.cases:7}{t.reported:10}{t.candidates:12}{t.explained:11}  {kinds}")
        shares = (
            n / max(1, whole.cases) for n in (whole.reported, whole.candidates, whole.explained)
        )
        print("share: reported {:.1%}, candidates {:.1%}, explained {:.1%}".format(*shares))
    return int(whole.explained < whole.cases)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
