"""What is seen in an output only once other things are gone from it, as places of the input.

A model reads a line differently when its neighbours have become tokens. What it then finds is put
beside what was found before, and goes in the next round.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pii_guard.document import Edit, Segment, Span
from pii_guard.entities import entity
from pii_guard.findings import Finding, united
from pii_guard.stages import Part

_LINE = re.compile(r"\S[^\r\n]*+")
_UNSETTLED = "Unsettled"
Look = Callable[[Sequence[Segment]], Sequence[Finding]]
"""Findings in segments that the policy would remove."""


def news(
    before: Part, after: Part, edits: Mapping[int, Sequence[Edit]], look: Look
) -> dict[int, list[Finding]]:
    """Findings in `after` (read by the format that wrote it) at their places in `before`, by part.

    `edits`: what was done to each part, by its position. Empty where the two do not agree in their
    parts and segments.
    """
    old, new = list(before.parts()), list(after.parts())
    found: dict[int, list[Finding]] = {}
    if [len(p.document.segments) for p in old] != [len(p.document.segments) for p in new]:
        return found
    for position, part in enumerate(new):
        segments = old[position].document.segments
        by_segment: dict[int, list[Edit]] = {}
        for edit in edits.get(position, ()):
            by_segment.setdefault(edit.segment, []).append(edit)
        for finding in look(part.document.segments):
            done = by_segment.get(finding.segment, ())
            start, end = origin(done, finding.start, finding.end)
            if start < end <= len(segments[finding.segment].text):
                placed = replace(finding, start=start, end=end, layer=None)
                found.setdefault(position, []).append(placed)
    return found


def origin(edits: Sequence[Edit], start: int, end: int) -> Span:
    """Where characters `start`..`end` of an edited text stood before its edits (disjoint, in order).

    A place within a replacement is all that was replaced.
    """
    return Span(_before(edits, start, 0), _before(edits, end, 1))


def _before(edits: Sequence[Edit], place: int, side: int) -> int:
    """`side`: 0 for a place where something starts, 1 for one where something ends."""
    grown = 0
    for edit in edits:
        begin = edit.span.start + grown
        finish = begin + len(edit.replacement)
        if place <= begin if side else place < begin:
            break
        if place <= finish if side else place < finish:
            return edit.span[side]
        grown = finish - edit.span.end
    return place - grown


def in_place_of(new: Sequence[Finding], old: Sequence[Finding]) -> tuple[Finding, ...]:
    """`old` (sorted, disjoint) with `new` ones in place of those they overlap, which they take in.

    Whoever is named in the midst of a place is somebody: a part that is a PERSON makes all one.
    """
    found: list[Finding] = []
    order = sorted(
        [(f, 0) for f in new] + [(f, 1) for f in old],
        key=lambda pair: (pair[0].segment, pair[0].start, -pair[0].end, pair[1]),
    )
    fresh = False
    for finding, age in order:
        last = found[-1] if found else None
        if last is None or last.segment != finding.segment or finding.start >= last.end:
            found.append(finding)
            fresh = age == 0
            continue
        ahead, behind = (finding, last) if age == 0 and not fresh else (last, finding)
        best = behind if behind.entity_type == "PERSON" and 0 in (age, not fresh) else ahead
        whole = united(last, finding)
        found[-1] = replace(
            whole, entity_type=best.entity_type, category=best.category, recognizer=best.recognizer,
            score=max(last.score, finding.score), preview=best.preview,
        )  # fmt: skip
        fresh = fresh or age == 0
    return tuple(found)


def without_lines(
    segments: Sequence[Segment], found: Sequence[Finding], seen: Iterable[Finding] | None
) -> tuple[Finding, ...]:
    """What was `found` (disjoint), but with lines in which something was `seen` as findings of their own.

    A line of a segment, or all of a segment that is one; None: all lines. They are of the type
    `UNSCANNED`: nobody can tell what is left in them.
    """
    gone: dict[int, set[tuple[int, int]]] = {}
    if seen is None:
        for number, segment in enumerate(segments):
            gone[number] = set(_lines(segment.text, 0, len(segment.text)))
    else:
        for one in seen:
            lines = _lines(segments[one.segment].text, one.start, one.end)
            gone.setdefault(one.segment, set()).update(lines)
    stay: list[Finding] = []
    for one in found:
        own = set(_lines(segments[one.segment].text, one.start, one.end))
        if own.isdisjoint(gone.get(one.segment, ())):
            stay.append(one)
        else:
            # What goes on in another line takes that with it.
            gone[one.segment] |= own
    category = entity("UNSCANNED").category
    whole = [
        Finding("UNSCANNED", category, n, start, end, 1.0, segments[n].locator, _UNSETTLED, "***")
        for n, spans in gone.items()
        for start, end in spans
    ]
    return tuple(sorted([*stay, *whole], key=lambda one: (one.segment, one.start)))


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The lines that characters `start`..`end` stand in, without the blanks before and the line ends."""
    low = text.rfind("\n", 0, start) + 1
    high = text.find("\n", end)
    return (line.span() for line in _LINE.finditer(text, low, len(text) if high < 0 else high))
