"""From decisions to edits: who gets which surrogate, and what stands where a value stood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from pii_guard.decide.rules import Decision
from pii_guard.detect.known import KnownValues
from pii_guard.document import Edit, Segment, Span
from pii_guard.findings import Action, Finding
from pii_guard.redact.lengths import with_lengths
from pii_guard.redact.operators import Replacements
from pii_guard.redact.surrogates import Surrogates
from pii_guard.spellings import readable_name
from pii_guard.stages import Part
from pii_guard.views import written

_TELLING = 7
"""Digits of a number that is nobody else's by chance."""


def with_places(actions: Iterable[Action], place: Callable[[Finding], Finding]) -> Iterator[Action]:
    """The actions with their findings at other places."""
    return (replace(action, finding=place(action.finding)) for action in actions)


def _with_lengths(edits: Sequence[Edit], segments: Sequence[Segment]) -> list[Edit]:
    return [
        edit
        for number, own in groupby(edits, key=attrgetter("segment"))
        for edit in with_lengths(segments[number].text, list(own))
    ]


class Replacing:
    """The surrogates and replacements of one case. Holds raw values.

    `key`: for the keyed operators (32 bytes or more, or empty when none is used).
    """

    def __init__(self, key: bytes) -> None:
        self._replacements = Replacements(key)
        self._surrogates = Surrogates()

    def name_people(self, decided: Iterable[Decision]) -> None:
        """Give out numbers: whole names first, so that parts of a name find their person."""
        going = [one for one in decided if one.operator != "keep"]
        for one in going:
            name = one.full_name or one.located.value
            if one.located.finding.entity_type == "PERSON" and len(name.split()) > 1:
                self._surrogates.token("PERSON", name)
        for one in going:
            self._token(one)

    def edits(self, whole: Part, decided: Iterable[Decision]) -> dict[int, list[Edit]]:
        """The edits of each part that has any, in order, by its position in `whole.parts()`."""
        segments = [part.document.segments for part in whole.parts()]
        edits: dict[int, list[Edit]] = {}
        for one in decided:
            if one.operator == "keep":
                continue
            finding, position = one.located.finding, one.located.part
            segment = segments[position][finding.segment]
            text = self._replacement(one, number=segment.number)
            if finding.layer and not segment.number:
                raw = segment.text[finding.start : finding.end]
                text = written(text, raw, finding.layer)
            span = (
                Span(0, len(segment.text)) if segment.number else Span(finding.start, finding.end)
            )
            edits.setdefault(position, []).append(Edit(finding.segment, span, text))
        return {
            position: _with_lengths(sorted(part_edits), segments[position])
            for position, part_edits in edits.items()
        }

    def actions(self, decided: Sequence[Decision]) -> tuple[Action, ...]:
        """What is done about each finding, for the result and the certificate."""
        return tuple(
            Action(
                one.located.finding,
                one.operator,
                one.basis,
                token="" if one.operator == "keep" else self._token(one),
                severity=one.severity,
                beside=one.beside,
            )
            for one in decided
        )

    def issued(self, decided: Iterable[Decision]) -> frozenset[str]:
        """What we write in place of values: found again, it is not personal."""
        going = [one for one in decided if one.operator != "keep"]
        numbers = (self._replacement(one, number=True) for one in going)
        return frozenset(self._replacement(one, number=False) for one in going) | {
            number for number in numbers if len(number) >= _TELLING
        }

    def clean_name(
        self, name: str, search: KnownValues, found: Iterable[tuple[str, int, int]]
    ) -> str:
        """A file name with known values, and what was `found` in it, replaced by tokens that a file
        system takes.
        """
        readable = readable_name(name)
        spans = {(start, end): kind for kind, start, end in found} | {
            (start, end): kind
            for text in (name, readable)
            for kind, start, end in search.find(text)
        }
        parts, position = [], 0
        for (start, end), kind in sorted(spans.items(), key=lambda one: (one[0][0], -one[0][1])):
            if start >= position:
                # A name is one as it reads, an address as it is written: under others it had a second token.
                text = name if kind == "EMAIL_ADDRESS" else readable
                token = self._surrogates.token(kind, text[start:end])
                parts += [name[position:start], token.strip("<>")]
                position = end
        return "".join(parts) + name[position:]

    def _token(self, one: Decision) -> str:
        return self._surrogates.token(
            one.located.finding.entity_type, one.located.value, one.full_name
        )

    def _replacement(self, one: Decision, *, number: bool) -> str:
        made = self._replacements.number if number else self._replacements.replacement
        kind = one.located.finding.entity_type
        return made(one.operator, kind, one.located.value, self._token(one))
