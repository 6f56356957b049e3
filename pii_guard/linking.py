"""What a case knows: found in one attachment, looked for in all, decided with its company."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pii_guard.decide.rules import Decision, Located, Rules, locate
from pii_guard.decide.scope import InScope
from pii_guard.detect.engine import preview
from pii_guard.detect.evidence import documentation_value
from pii_guard.detect.known import KNOWN, KnownValues
from pii_guard.detect.layout import laid_out
from pii_guard.detect.passages import windows
from pii_guard.detect.settling import NER
from pii_guard.document import UNSCANNED, Kind, Segment
from pii_guard.entities import entity
from pii_guard.findings import Basis, Finding, KnownValue, united
from pii_guard.policy import Policy
from pii_guard.spellings import SHARED, compact
from pii_guard.stages import Part
from pii_guard.views import View, changed_lines, views

_WINDOW = 65_536
_REMEMBERED = 16_384


@dataclass(slots=True)
class Readings:
    """What is kept of an attachment for as many looks as it takes: what of it reads differently once
    decoded, and the known values that earlier looks found in each part.
    """

    _of: dict[int, list[tuple[int, int, View]]] = field(default_factory=dict, repr=False)
    known: dict[int, tuple[int, list[Finding]]] = field(default_factory=dict, repr=False)
    """By part: how many batches of known values were searched for, and what was found."""

    def of(self, position: int, segments: Sequence[Segment]) -> list[tuple[int, int, View]]:
        """The views in the segments of a part: the segment's number, the view's place in it."""
        if position not in self._of:
            self._of[position] = list(_views(segments))
        return self._of[position]

    def add(self, position: int, places: Iterable[Finding]) -> bool:
        """Take places of known values in a part for found; whether any of them was new."""
        looks, before = self.known.get(position, (0, []))
        new = [place for place in places if place not in before]
        self.known[position] = looks, [*before, *new]
        return bool(new)


class Linking:
    """The values that are known to go, and the decisions they lead to. Holds raw values.

    `beneath`: what is known beside, and not added to. `learned`: what is known here alone.
    """

    def __init__(self, policy: Policy, beneath: Linking | None = None) -> None:
        keep = policy.keep
        self._policy = policy
        self.rules: Rules = (
            beneath.rules
            if beneath is not None
            else Rules(policy, lru_cache(_REMEMBERED)(documentation_value))
        )
        self._scope = InScope(keep.domains)
        self.kept = (*keep.usernames, *keep.emails, *keep.domains)
        """What is kept on purpose."""
        self._beneath = beneath
        self.learned: set[KnownValue] = set()
        self.doubtful: set[str] = set() if beneath is None else set(beneath.doubtful)
        self._batches: list[frozenset[KnownValue]] = []
        self._searches: dict[int, KnownValues] = {}
        self._whole: tuple[int, KnownValues] = (0, KnownValues())

    def within(self) -> Linking:
        """A linking that knows what this one knows, and learns for itself."""
        return Linking(self._policy, self)

    def unaware(self) -> Linking:
        """A linking by the same rules that knows nothing."""
        return Linking(self._policy)

    def since(self, batches: int) -> KnownValues:
        """The search for what was learned after so many `batches`."""
        return KnownValues(value for values in self._batches[batches:] for value in values)

    @property
    def batches(self) -> int:
        """How many times something was learned."""
        return len(self._batches)

    def doubt(self, words: Iterable[str]) -> None:
        """Do not look elsewhere for what is nothing but one of these words, by the model's word."""
        self.doubtful |= set(words)

    def learn(self, values: Iterable[KnownValue]) -> bool:
        """Know these values from now on; whether any of them was new."""
        new = self.unknown(
            {
                known
                for known in values
                if known.entity_type not in SHARED
                and not any(known.value.casefold() in text for text in self.kept)
            }
        )
        if new:
            self.learned |= new
            self._batches.append(frozenset(new))
        return bool(new)

    def searched(self, values: Iterable[str]) -> Iterator[str]:
        """The values without those that something kept is made of: `lina.test@…` is Lina Test's."""
        whole = [compact(text).casefold() for text in self.kept]
        for value in values:
            bare = compact(value).casefold()
            if not bare or not any(bare in text for text in whole):
                yield value

    @property
    def search(self) -> KnownValues:
        """The search for everything that is known."""
        if self._whole[0] != len(self._batches):
            one = self._batch(0) if len(self._batches) == 1 else KnownValues(self.learned)
            self._whole = len(self._batches), one
        return self._whole[1]

    def _batch(self, number: int) -> KnownValues:
        """The search for one batch, made when it is first needed: many never are."""
        if number not in self._searches:
            self._searches[number] = KnownValues(self._batches[number])
        return self._searches[number]

    def gone(self, decided: Iterable[Decision]) -> set[KnownValue]:
        """All that must not be left anywhere: what is known here, and what was decided to go."""
        return self.learned | self.unknown(self.told(decided))

    def told(self, decided: Iterable[Decision]) -> set[KnownValue]:
        """What decisions say must not be left anywhere."""
        gone: set[KnownValue] = set()
        for one in decided:
            finding = one.located.finding
            doubted = finding.recognizer == NER and one.located.value in self.doubtful
            mute = doubted or one.located.value == UNSCANNED
            if one.operator != "keep" and one.basis is not Basis.LINKED and not mute:
                gone.add(KnownValue(finding.entity_type, one.located.value))
                if one.full_name:
                    gone.add(KnownValue("PERSON", one.full_name))
        return gone

    def unknown(self, values: set[KnownValue]) -> set[KnownValue]:
        """Those of the values that are known neither here nor beneath."""
        return values - self.learned - (set() if self._beneath is None else self._beneath.learned)

    def decide(
        self, whole: Part, found: Sequence[Sequence[Finding]], readings: Readings | None = None
    ) -> list[Decision]:
        """Decisions on the findings of each part of an attachment and on known values in it.

        `readings`: those of this attachment, where it is looked at more than once.
        """
        readings = readings or Readings()
        located: list[Located] = []
        for position, (part, findings) in enumerate(zip(whole.parts(), found, strict=True)):
            segments = part.document.segments
            known = self._known_in(segments, readings, position)
            merged = _with_known(self._scope.mark(segments, findings, known), known)
            # Parts must not share records by accident: each has a number of its own.
            base = (*part.record, 1_000_000 + position) if position else ()
            base = part.record if _is_value(segments) else base
            inner = locate(laid_out(segments) if findings or known else segments, merged, base)
            located += [_within(one, part, position) for one in inner] if position else inner
        return self.rules.decide(located)

    def in_name(
        self, spellings: Sequence[Segment], found: Iterable[Finding]
    ) -> list[tuple[str, int, int]]:
        """What of a file name is to go by the rules alone: (entity type, start, end).

        `spellings` are of equal length, with the findings in each.
        """
        located = locate(spellings, ((finding, False) for finding in found))
        going = [o.located.finding for o in self.rules.decide(located) if o.operator != "keep"]
        return [(f.entity_type, f.start, f.end) for f in going]

    def _known_in(
        self, segments: Sequence[Segment], readings: Readings, position: int
    ) -> list[Finding]:
        """Known values in a part. Looked for again are only those that came since the last look."""
        looks, found = readings.known.get(position, (0, []))
        if looks:
            news = [self._batch(number) for number in range(looks, len(self._batches))]
        else:
            news = [self.search][: len(self._batches)]
        if position not in readings.known and self._beneath is not None:
            news.insert(0, self._beneath.search)
        for values in news:
            found = [*found, *_found(values, segments, readings.of(position, segments))]
        readings.known[position] = len(self._batches), found
        return found


def _is_value(segments: Sequence[Segment]) -> bool:
    """Whether a part is the value of a field of what it is in (`Child.label`)."""
    return len(segments) == 1 and segments[0].kind is Kind.FIELD and not segments[0].record


def _found(
    values: KnownValues, segments: Sequence[Segment], reading: Sequence[tuple[int, int, View]]
) -> Iterator[Finding]:
    for number, (kind, start, end) in values.find_each(s.text for s in segments):
        segment = segments[number]
        yield known_place(kind, number, segment, start, end, segment.text[start:end])
    for which, (kind, start, end) in values.find_each(view.text for *_, view in reading):
        number, place, view = reading[which]
        segment = segments[number]
        low, high = place + view.starts[start], place + view.ends[end - 1]
        shown, layer = view.text[start:end], view.layer(start, end)
        if segment.text[low:high] != shown:
            yield replace(known_place(kind, number, segment, low, high, shown), layer=layer)


def _views(segments: Sequence[Segment]) -> Iterator[tuple[int, int, View]]:
    for number, segment in enumerate(segments):
        for start, end in windows(segment.text, _WINDOW):
            text = segment.text[start:end]
            for view in views(text):
                if view.layer(0, 1).scheme == "inline":
                    view = changed_lines(view, text)
                if view.text:
                    yield number, start, view


def _within(one: Located, part: Part, position: int) -> Located:
    finding = replace(one.finding, locator=part.locator + one.finding.locator)
    return one._replace(finding=finding, part=position)


def known_place(
    kind: str, number: int, segment: Segment, start: int, end: int, shown: str
) -> Finding:
    """A known value that reads `shown`, at characters `start`..`end` of the segment of a number."""
    return Finding(
        kind, entity(kind).category, number, start, end, 1.0, segment.locator, KNOWN, preview(shown)
    )


def _with_known(
    found: Iterable[Finding], known: Iterable[Finding]
) -> Iterator[tuple[Finding, bool]]:
    """Both, disjoint, each with whether a known value is in it; overlaps become their union."""
    order = sorted(
        [(f, False) for f in found] + [(f, True) for f in known],
        key=lambda pair: (pair[0].segment, pair[0].start, -pair[0].end, pair[1]),
    )
    last: tuple[Finding, bool] | None = None
    for finding, linked in order:
        if last is None or last[0].segment != finding.segment or last[0].end <= finding.start:
            if last is not None:
                yield last
            last = finding, linked
        else:
            last = united(last[0], finding), last[1] or linked
    if last is not None:
        yield last
