"""From decisions to marks: each finding that goes, with a keyed code of its value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pii_guard.certificate.commitments import code
from pii_guard.decide.rules import Decision
from pii_guard.findings import Action, Finding
from pii_guard.inspection import MARKED, Group, Mark
from pii_guard.stages import Part


def _where_it_is(finding: Finding) -> Finding:
    return finding


@dataclass(slots=True)
class Marking:
    """Counts all and lists the first. `key`: 32 bytes."""

    key: bytes = field(repr=False)
    marks: list[Mark] = field(default_factory=list)
    counted: Counter[Group] = field(default_factory=Counter)

    def add(
        self,
        part: Part,
        decided: Sequence[Decision],
        place: Callable[[Finding], Finding] = _where_it_is,
    ) -> None:
        """Mark what goes from a part. `place`: where in the file a finding in it stands."""
        texts = [inner.document.segments for inner in part.parts()]
        for one in decided:
            if one.operator == "keep":
                continue
            finding, bad = one.located.finding, one.severity
            severity = "" if bad is None else bad.value
            self.counted[Group(finding.entity_type, finding.category.value, severity)] += 1
            if len(self.marks) < MARKED:
                action = Action(
                    place(finding), one.operator, one.basis, severity=bad, beside=one.beside
                )
                kind = texts[one.located.part][finding.segment].kind
                # Two spellings of one value have one code.
                fingerprint = code(self.key, finding.entity_type, one.located.value)
                self.marks.append(Mark(action, kind, fingerprint))
