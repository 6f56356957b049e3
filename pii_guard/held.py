"""An attachment that is held in memory as a whole, or a section of one that is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from pii_guard.decide.rules import Decision
from pii_guard.desk import Desk, Going, attempt
from pii_guard.detect.doubtful import doubtful_words
from pii_guard.document import Document, Edit, Gap, Segment, Unread
from pii_guard.errors import Reason, ReasonCode, Unreadable
from pii_guard.findings import (
    Clean,
    Finding,
    KnownValue,
    Proof,
    Quarantined,
    Redacted,
    Result,
)
from pii_guard.guard import Scan
from pii_guard.identify import identify
from pii_guard.inspection import Inspection
from pii_guard.linking import Readings, known_place
from pii_guard.marking import Marking
from pii_guard.second_look import in_place_of, news, without_lines
from pii_guard.stages import Part, prove, rewrite, survey

_MARKED_UP = frozenset({"application/xml", "text/html", "image/svg+xml"})
_NOTHING: frozenset[KnownValue] = frozenset()


@dataclass(slots=True)
class Held:
    """`part` is None when it could not be read, for its `reason`.

    `lead`: what a section is read with, before it, though it is no part of it (the first rows of a
    table), as a part of its own.
    """

    name: str = field(default="", repr=False)
    named: Sequence[tuple[str, int, int]] = field(default=(), repr=False)
    """What of the name goes by the rules alone: entity type, start, end."""
    media_type: str = "application/octet-stream"
    part: Part | None = field(default=None, repr=False)
    reason: Reason | None = None
    found: list[tuple[Finding, ...]] = field(default_factory=list, repr=False)
    lead: Part | None = field(default=None, repr=False)
    decided: list[Decision] = field(default_factory=list, repr=False)
    result: Result | None = None
    unsettled: dict[int, list[Finding]] = field(default_factory=dict, repr=False)
    """What the last proof still saw, by part."""
    _readings: Readings = field(default_factory=Readings, repr=False)

    def read(self, desk: Desk, blob: bytes, media_type: str) -> None:
        """Read the attachment and find what is in it. Raises `Unreadable`."""
        try:
            part = survey(desk.shop, blob, self.name, media_type=media_type)
        except Unreadable:
            self.media_type = media_type or identify(blob, self.name)
            raise
        self.media_type = part.media_type
        left = desk.policy.limits.max_findings
        for inner in part.parts():
            self.found.append(desk.scan(inner.document.segments, left))
            left -= len(self.found[-1])
            marked_up = inner.blob if inner.media_type in _MARKED_UP else b""
            segments = inner.document.segments
            desk.linking.doubt(doubtful_words(segments, self.found[-1], marked_up))
        self.part = part

    def link(self, desk: Desk) -> None:
        """Decide on what was found, with all that is known."""
        if self.part is None:
            return
        decided = attempt(partial(desk.linking.decide, self.part, self.found, self._readings))
        if isinstance(decided, Reason):
            # What nobody can decide on nobody can write: the others of the case go on.
            self.part, self.reason, self.decided = None, decided, []
        else:
            self.decided = decided

    def scan(self, desk: Desk) -> Scan:  # noqa: ARG002
        """What would be removed from it."""
        unread = self.part.unread() if self.part else ()
        return Scan(self.media_type, self.removed(), self.reason, unread=unread)

    def inspect(self, desk: Desk, marking: Marking) -> Inspection:
        """What an audit hears of it. What was left out of it unread is a reason."""
        unread: tuple[Unread, ...] = ()
        reason = self.reason
        if self.part is not None:
            marking.add(self.part, self.own())
            unread = self.part.unread()
            left_out = (inner.left_out for inner in self.part.parts())
            reason = reason or next(filter(None, left_out), None)
        return Inspection(
            self.media_type, self.clean_name(desk), reason,
            tuple(marking.marks), marking.counted, unread,
        )  # fmt: skip

    def clean_name(self, desk: Desk) -> str:
        """Its name after redaction."""
        if not self.name:
            return ""
        return desk.replacing.clean_name(self.name, desk.linking.search, self.named)

    def removed(self) -> tuple[Finding, ...]:
        """The findings that go."""
        return _going_from(self.own())

    def finish(self, desk: Desk, going: Going) -> tuple[frozenset[KnownValue], bool]:
        """Write and prove it: `result`. Returns the values that its proof still found, and whether it
        has new places of such.
        """
        self.result, left, news = self._finished(desk, going)
        seen = False
        self.unsettled = {
            position: [*news.shown.get(position, ()), *news.left.get(position, ())]
            for position in news.shown.keys() | news.left.keys()
        }
        for position, findings in news.shown.items():
            before = self.found[position]
            self.found[position] = in_place_of(findings, before)
            seen |= self.found[position] != before
        for position, findings in news.left.items():
            seen |= self._readings.add(position, findings)
        return left, seen

    def give_up(self, *, everything: bool) -> None:
        """Have lines go as a whole: those the last proof still saw something in, or all of them."""
        assert self.part is not None
        for position, part in enumerate(self.part.parts()):
            seen = None if everything else self.unsettled.get(position, [])
            found, segments = self.found[position], part.document.segments
            self.found[position] = without_lines(segments, found, seen)
        self._readings = Readings()

    def own(self) -> list[Decision]:
        """The decisions without those on the lead."""
        if self.lead is None:
            return self.decided
        first, files = len(self.lead.document.segments), len(list(self.lead.parts()))
        return [
            one
            for one in self.decided
            if (
                one.located.finding.segment >= first
                if not one.located.part
                else one.located.part >= files
            )
        ]

    def _finished(self, desk: Desk, going: Going) -> tuple[Result, frozenset[KnownValue], _News]:
        own = self.own()
        findings, actions = _going_from(own), desk.replacing.actions(own)
        name = self.clean_name(desk)
        told = (self.media_type, findings, actions)
        if self.part is None:
            assert self.reason is not None
            return Quarantined(*told, name, reason=self.reason), _NOTHING, _News()
        part = self.part
        done = attempt(partial(self._written, desk, part, going))
        if isinstance(done, Reason):
            return Quarantined(*told, name, reason=done), _NOTHING, _News()
        output, edits, proof = done
        if not isinstance(proof, Proof):
            reason, left = (proof, _NOTHING) if isinstance(proof, Reason) else (_SHOWN, proof)
            news = attempt(partial(self._news, desk, part, output, edits, going))
            held = Quarantined(*told, name, reason=reason)
            return held, frozenset(left), _News() if isinstance(news, Reason) else news
        name = _with_suffix(name, part.suffix)
        gaps = tuple(
            Gap(inner.locator, inner.left_out)
            for inner in part.parts()
            if inner.left_out is not None
        )
        output = output[self._lead_written(desk, edits, going, output) :]
        ended: Clean | Redacted = Clean(*told, name, pieces=(output,), proof=proof)
        if findings or gaps:
            ended = Redacted(*told, name, pieces=(output,), proof=proof, gaps=gaps)
        unlocked = sum(inner.unlocked for inner in part.parts())
        return replace(ended, unread=part.unread(), unlocked=unlocked), _NOTHING, _News()

    def _written(
        self, desk: Desk, part: Part, going: Going
    ) -> tuple[bytes, dict[int, list[Edit]], Proof | tuple[KnownValue, ...] | Reason]:
        """What is written, its lead included, the edits, and the proof.

        In place of a proof: the values that scanning the output found, or what searching it did.
        """
        edits = desk.replacing.edits(part, self.decided)
        output = rewrite(desk.shop, part, edits, going.values)
        rescan = partial(_rescanned, desk, going)
        try:
            return output, edits, prove(desk.shop, output, part, going.residue, rescan)
        except Unreadable as failed:
            if failed.reason.code is not ReasonCode.VERIFICATION_FAILED:
                raise
            return output, edits, failed.reason

    def _news(
        self,
        desk: Desk,
        part: Part,
        output: bytes,
        edits: Mapping[int, Sequence[Edit]],
        going: Going,
    ) -> _News:
        """What is to go from an output that did not pass its proof."""
        after = survey(desk.shop, output, self.name, media_type=part.media_type)
        return _News(
            news(part, after, edits, partial(_still_going, desk, going)),
            news(part, after, edits, partial(_still_there, going)),
        )

    def _lead_written(
        self, desk: Desk, edits: Mapping[int, Sequence[Edit]], going: Going, output: bytes
    ) -> int:
        """How many bytes of the output are its lead's."""
        if self.lead is None:
            return 0
        first = len(self.lead.document.segments)
        own = {position: edits.get(position, ()) for position, _ in enumerate(self.lead.parts())}
        own[0] = [edit for edit in own[0] if edit.segment < first]
        written = rewrite(desk.shop, self.lead, own, going.values)
        assert output.startswith(written), "the lead is written like what it leads"
        return len(written)


@dataclass(frozen=True, slots=True)
class _News:
    """What an output still has, by part, as places of the input: what scanning finds in it, and the
    values that searching does.
    """

    shown: Mapping[int, list[Finding]] = field(default_factory=dict)
    left: Mapping[int, list[Finding]] = field(default_factory=dict)


_SHOWN = Reason(ReasonCode.VERIFICATION_FAILED, "the output still shows personal data")


def _going_from(decided: Sequence[Decision]) -> tuple[Finding, ...]:
    return tuple(one.located.finding for one in decided if one.operator != "keep")


def _rescanned(desk: Desk, going: Going, again: Part) -> list[KnownValue]:
    left = desk.left(again, going.issued)
    return [KnownValue(one.finding.entity_type, one.value) for one in left]


def _still_going(desk: Desk, going: Going, segments: Sequence[Segment]) -> list[Finding]:
    alone = Part("", b"", Document(tuple(segments)))
    return [one.finding for one in desk.left(alone, going.issued)]


def _still_there(going: Going, segments: Sequence[Segment]) -> list[Finding]:
    return [
        known_place(kind, number, segment, start, end, segment.text[start:end])
        for number, segment in enumerate(segments)
        for kind, start, end in going.residue.places_in(segment.text)
    ]


def _with_suffix(name: str, suffix: str) -> str:
    """The name with another extension, where there is a name and another extension."""
    return f"{name.rpartition('.')[0] or name}.{suffix}" if name and suffix else name
