"""One report with its attachments: found in one, removed from all, under the same surrogates.

Values move in rounds. Every attachment is surveyed; what the rules decide to remove becomes known;
known values are searched in every attachment; outputs are written and proved; what the proof still
finds becomes known too. Raw values live in this object only, until `close`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from pii_guard.collecting import seldom
from pii_guard.decide.rules import Decision, Located
from pii_guard.detect.doubtful import doubtful_words
from pii_guard.detect.engine import Memory
from pii_guard.document import Document, Edit, Gap, Kind, Segment
from pii_guard.errors import PolicyError, Reason, ReasonCode, Unreadable
from pii_guard.findings import (
    Clean,
    Finding,
    KnownValue,
    Proof,
    Quarantined,
    Redacted,
    Result,
)
from pii_guard.guard import Guard, Scan, Source, take
from pii_guard.identify import identify
from pii_guard.linking import Linking, Readings
from pii_guard.replacing import Replacing
from pii_guard.residue import Residue
from pii_guard.second_look import in_place_of, news
from pii_guard.spellings import readable_name, with_mute_tokens
from pii_guard.stages import Part, prove, rewrite, survey

if TYPE_CHECKING:
    from pii_guard.certificate import Certificate

ROUNDS = 3
"""Times that deciding, and writing, may bring something new; with the last one it has to end."""
_WRITINGS = 4
_UNSAID = ReasonCode.INTERNAL
_MARKED_UP = frozenset({"application/xml", "text/html", "image/svg+xml"})


@dataclass(slots=True)
class _Attachment:
    """An attachment as the case holds it; `part` is None when it could not be read."""

    name: str = field(repr=False)
    from_path: bool
    part: Part | None = field(default=None, repr=False)
    found: list[tuple[Finding, ...]] = field(default_factory=list, repr=False)
    readings: Readings = field(default_factory=Readings, repr=False)
    named: list[tuple[str, int, int]] = field(default_factory=list)
    media_type: str = "application/octet-stream"
    reason: Reason | None = None
    decided: list[Decision] = field(default_factory=list, repr=False)
    result: Result | None = None

    def see(self, position: int, findings: Sequence[Finding]) -> bool:
        """Take in more findings in a part; whether they say anything that was not found before."""
        before = self.found[position]
        self.found[position] = in_place_of(findings, before)
        return self.found[position] != before


@dataclass(frozen=True, slots=True)
class _Going:
    """What goes in one round of writing: the search for it, its values, what stands in their places."""

    residue: Residue = field(repr=False)
    values: tuple[str, ...] = field(repr=False)
    issued: frozenset[str] = field(repr=False)


class Case:
    """One report. `add` its attachments, `redact` them, `close` it for the certificate.

    Safe to share between threads; work on one case is done one call at a time.
    """

    def __init__(self, guard: Guard, ref: str) -> None:
        from pii_guard.certificate.reference import check_reference

        check_reference(ref)
        self.ref = ref
        self._guard = guard
        self._linking = Linking(guard.policy)
        self._replacing = Replacing(guard.policy.key)
        self._attachments: list[_Attachment] = []
        self._memory = Memory()
        self._lock = threading.RLock()
        self._certificate: Certificate | None = None

    def add(self, source: Source, *, name: str = "", media_type: str = "") -> None:
        """Take in an attachment and look through it. Unreadable ones are kept as quarantined.

        `name` defaults to the file name of a path. `media_type` says what it is, where the caller
        knows better than its bytes do. Raises `PolicyError` for what is no source, and after
        `close`.
        """
        from_path = not isinstance(source, (bytes, bytearray, memoryview)) and not hasattr(
            source, "read"
        )
        if from_path and not name:
            name = str(source).replace("\\", "/").rpartition("/")[2]
        attachment, blob = _Attachment(name, from_path), b""
        with self._lock, seldom():
            self._refuse_closed()
            try:
                attachment.named = self._look_at_name(name)
                blob = take(source, self._guard.policy.limits.max_file_bytes)
                part = survey(self._guard.workshop, blob, name, media_type=media_type)
                attachment.media_type = part.media_type
                left = self._guard.policy.limits.max_findings
                for inner in part.parts():
                    attachment.found.append(self._scan(inner.document.segments, left))
                    left -= len(attachment.found[-1])
                    marked_up = inner.blob if inner.media_type in _MARKED_UP else b""
                    doubtful = doubtful_words(
                        inner.document.segments, attachment.found[-1], marked_up
                    )
                    self._linking.doubt(doubtful)
                attachment.part = part
            except Unreadable as unreadable:
                attachment.reason = unreadable.reason
                if blob:
                    attachment.media_type = media_type or identify(blob, name)
            except PolicyError:
                raise
            except Exception as error:  # noqa: BLE001 - one bad file must not end the case
                attachment.reason = Reason(_UNSAID, _whence(error))
            self._attachments.append(attachment)

    def scan(self) -> Iterator[Scan]:
        """What would be removed from each attachment, in the order they were added."""
        with self._lock, seldom():
            self._refuse_closed()
            self._link()
            scans = [Scan(one.media_type, _findings(one), one.reason) for one in self._attachments]
        return iter(scans)

    def redact(self) -> Iterator[Result]:
        """The result of each attachment, in the order they were added.

        May be called again after more was added: what those brought is then removed from all, and
        the new results replace the earlier ones.
        """
        with self._lock, seldom():
            self._refuse_closed()
            for last in (False,) * (_WRITINGS - 1) + (True,):
                self._link()
                self._replacing.name_people(self._decisions())
                going = self._going()
                left: set[KnownValue] = set()
                seen = False
                for attachment in self._attachments:
                    attachment.result, more, places = self._finish(attachment, going)
                    left |= more
                    for position, findings in places.items():
                        seen |= attachment.see(position, findings)
                if last or not (self._linking.learn(left) or seen):
                    break
            results = [one.result for one in self._attachments if one.result is not None]
        return iter(results)

    def close(self) -> Certificate:
        """Issue the certificate over the latest results and forget every raw value.

        Redacts first if that was not done since the last `add`. Closing twice returns the same
        certificate.
        """
        from pii_guard.certify import certify

        with self._lock:
            if self._certificate is None:
                if any(one.result is None for one in self._attachments):
                    self.redact()
                self._certificate = certify(
                    self._guard,
                    self.ref,
                    [(one.result, one.from_path) for one in self._attachments if one.result],
                )
                self._attachments = []
                self._memory = Memory()
                self._linking = Linking(self._guard.policy)
                self._replacing = Replacing(self._guard.policy.key)
            return self._certificate

    def _refuse_closed(self) -> None:
        if self._certificate is not None:
            raise PolicyError("the case is closed", remedy="open a new case")

    def _scan(self, segments: Sequence[Segment], most: int | None = None) -> tuple[Finding, ...]:
        return self._guard.detector.detect(list(map(_muted, segments)), self._memory, most)

    def _look_at_name(self, name: str) -> list[tuple[str, int, int]]:
        """What is personal in a file name; too short a text to search for it elsewhere."""
        bare = name.rpartition(".")[0] or name
        spellings = [Segment(text, kind=Kind.FIELD) for text in (bare, readable_name(bare))]
        return self._linking.in_name(spellings, self._scan(spellings))

    # -- linking -----------------------------------------------------------------------------

    def _link(self) -> None:
        """Decide on everything, until deciding brings no new known value."""
        for _ in range(ROUNDS + 1):
            for attachment in self._attachments:
                if attachment.part is not None:
                    attachment.decided = self._linking.decide(
                        attachment.part, attachment.found, attachment.readings
                    )
            if not self._linking.learn(self._gone()):
                return

    def _decisions(self) -> Iterator[Decision]:
        return (one for attachment in self._attachments for one in attachment.decided)

    def _gone(self) -> set[KnownValue]:
        return self._linking.gone(self._decisions())

    def _going(self) -> _Going:
        gone = self._gone()
        return _Going(
            Residue((k.entity_type, k.value) for k in gone),
            tuple(sorted({k.value for k in gone})),
            self._replacing.issued(self._decisions()),
        )

    # -- writing -----------------------------------------------------------------------------

    def _finish(
        self, attachment: _Attachment, going: _Going
    ) -> tuple[Result, frozenset[KnownValue], dict[int, list[Finding]]]:
        """The result of one attachment, values that its proof still found, and new places of some."""
        part, reason = attachment.part, attachment.reason
        findings, actions = _findings(attachment), self._replacing.actions(attachment.decided)
        name = self._replacing.clean_name(attachment.name, self._linking.search, attachment.named)
        if part is not None:
            try:
                edits = self._replacing.edits(part, attachment.decided)
                output = rewrite(self._guard.workshop, part, edits, going.values)
                proof = self._proof(output, part, going)
                if not isinstance(proof, Proof):
                    reason, left = proof
                    failed = Quarantined(
                        attachment.media_type, findings, actions, name, reason=reason
                    )
                    return failed, left, self._news(attachment, output, edits, going)
                name = _with_suffix(name, part.suffix)
                told = (attachment.media_type, findings, actions, name)
                gaps = tuple(
                    Gap(inner.locator, inner.left_out)
                    for inner in part.parts()
                    if inner.left_out is not None
                )
                done: Result = Clean(*told, output=output, proof=proof)
                if edits or gaps:
                    done = Redacted(*told, output=output, proof=proof, gaps=gaps)
                return done, frozenset(), {}
            except Unreadable as unreadable:
                reason = unreadable.reason
            except Exception as error:  # noqa: BLE001 - one bad file must not end the case
                reason = Reason(_UNSAID, _whence(error))
        assert reason is not None
        held = Quarantined(attachment.media_type, findings, actions, name, reason=reason)
        return held, frozenset(), {}

    def _proof(
        self, output: bytes, part: Part, going: _Going
    ) -> Proof | tuple[Reason, frozenset[KnownValue]]:
        """The proof of an output, or why there is none and the values that scanning it found."""
        rescan = partial(self._rescan, issued=going.issued)
        try:
            proof = prove(self._guard.workshop, output, part, going.residue, rescan)
        except Unreadable as failed:
            if failed.reason.code is not ReasonCode.VERIFICATION_FAILED:
                raise
            return failed.reason, frozenset()
        if isinstance(proof, Proof):
            return proof
        code = ReasonCode.VERIFICATION_FAILED
        return Reason(code, "the output still shows personal data"), frozenset(proof)

    def _news(
        self,
        attachment: _Attachment,
        output: bytes,
        edits: Mapping[int, Sequence[Edit]],
        going: _Going,
    ) -> dict[int, list[Finding]]:
        """What is to go from an output that did not pass its proof, by part, as places of the input."""
        assert attachment.part is not None
        kind = attachment.part.media_type
        try:
            after = survey(self._guard.workshop, output, attachment.name, media_type=kind)
        except Unreadable:
            return {}
        look = partial(self._still_going, issued=going.issued)
        return news(attachment.part, after, edits, look)

    def _still_going(self, segments: Sequence[Segment], issued: frozenset[str]) -> list[Finding]:
        alone = Part("", b"", Document(tuple(segments)))
        return [one.finding for one in self._left(alone, issued)]

    def _rescan(self, again: Part, issued: frozenset[str]) -> list[KnownValue]:
        return [KnownValue(one.finding.entity_type, one.value) for one in self._left(again, issued)]

    def _left(self, again: Part, issued: frozenset[str]) -> list[Located]:
        """What the policy would still remove from a part of an output and all within it."""
        # What we wrote ourselves identifies nobody, nor whoever is named beside it.
        found = [
            tuple(
                finding
                for finding in self._scan(segments)
                if segments[finding.segment].text[finding.start : finding.end] not in issued
            )
            for segments in (part.document.segments for part in again.parts())
        ]
        return [
            one.located
            for one in self._linking.decide(again, found)
            if one.operator != "keep" and one.located.value not in issued
        ]


def _muted(segment: Segment) -> Segment:
    """The segment without the words in tokens of ours: they say nothing about what stands beside."""
    text, label = with_mute_tokens(segment.text), with_mute_tokens(segment.label)
    if text == segment.text and label == segment.label:
        return segment
    return replace(segment, text=text, label=label)


def _findings(attachment: _Attachment) -> tuple[Finding, ...]:
    return tuple(one.located.finding for one in attachment.decided if one.operator != "keep")


def _with_suffix(name: str, suffix: str) -> str:
    """The name with another extension, where there is a name and another extension."""
    return f"{name.rpartition('.')[0] or name}.{suffix}" if name and suffix else name


def _whence(error: BaseException) -> str:
    """Type of an unexpected error and our own module and line; never its message: it holds values."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith("pii_guard"):
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"
