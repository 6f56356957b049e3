"""One report with its attachments: found in one, removed from all, under the same surrogates.

Values move in rounds. Every attachment is surveyed; what the rules decide to remove becomes known;
known values are searched in every attachment; outputs are written and proved; what the proof still
finds becomes known too. Raw values live in this object only, until `close`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pii_guard.decide.rules import Decision, Located, Rules, locate
from pii_guard.decide.scope import InScope
from pii_guard.detect.engine import Memory, preview
from pii_guard.detect.evidence import documentation_value
from pii_guard.detect.known import KNOWN, KnownValues
from pii_guard.document import Edit, Segment, Span
from pii_guard.entities import entity
from pii_guard.errors import PolicyError, Reason, ReasonCode, Unreadable
from pii_guard.findings import (
    Action,
    Basis,
    Clean,
    Finding,
    KnownValue,
    Quarantined,
    Redacted,
    Result,
)
from pii_guard.guard import Guard, Scan, Source, take
from pii_guard.redact.operators import Replacements, number_for
from pii_guard.redact.surrogates import Surrogates
from pii_guard.residue import Residue
from pii_guard.spellings import SHARED
from pii_guard.stages import Part, prove, rewrite, survey

if TYPE_CHECKING:
    from pii_guard.certificate import Certificate

ROUNDS = 3
_UNSAID = ReasonCode.INTERNAL


@dataclass(slots=True)
class _Attachment:
    """An attachment as the case holds it; `part` is None when it could not be read."""

    name: str = field(repr=False)
    from_path: bool
    part: Part | None = field(default=None, repr=False)
    found: list[tuple[Finding, ...]] = field(default_factory=list, repr=False)
    media_type: str = "application/octet-stream"
    reason: Reason | None = None
    decided: list[Decision] = field(default_factory=list, repr=False)
    result: Result | None = None


class Case:
    """One report. `add` its attachments, `redact` them, `close` it for the certificate.

    Safe to share between threads; work on one case is done one call at a time.
    """

    def __init__(self, guard: Guard, ref: str) -> None:
        self.ref = ref
        self._guard = guard
        self._rules = Rules(guard.policy, documentation_value)
        self._replacements = Replacements(guard.policy.key)
        self._surrogates = Surrogates()
        self._attachments: list[_Attachment] = []
        self._known: set[KnownValue] = set()
        self._memory: Memory = {}
        self._search = KnownValues(())
        self._scope = InScope(guard.policy.keep.domains)
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
        attachment = _Attachment(name, from_path)
        with self._lock:
            self._refuse_closed()
            try:
                blob = take(source, self._guard.policy.limits.max_file_bytes)
                part = survey(self._guard.workshop, blob, name, media_type=media_type)
                attachment.media_type = part.media_type
                attachment.found = [self._scan(p.document.segments) for p in part.parts()]
                if sum(map(len, attachment.found)) > self._guard.policy.limits.max_findings:
                    raise Unreadable(ReasonCode.LIMIT_FINDINGS)
                attachment.part = part
            except Unreadable as unreadable:
                attachment.reason = unreadable.reason
            except PolicyError:
                raise
            except Exception as error:  # noqa: BLE001 - one bad file must not end the case
                attachment.reason = Reason(_UNSAID, _whence(error))
            self._attachments.append(attachment)

    def scan(self) -> Iterator[Scan]:
        """What would be removed from each attachment, in the order they were added."""
        with self._lock:
            self._refuse_closed()
            self._link()
            scans = [Scan(one.media_type, _findings(one), one.reason) for one in self._attachments]
        return iter(scans)

    def redact(self) -> Iterator[Result]:
        """The result of each attachment, in the order they were added.

        May be called again after more was added: what those brought is then removed from all, and
        the new results replace the earlier ones.
        """
        with self._lock:
            self._refuse_closed()
            for last in (False,) * (ROUNDS - 1) + (True,):
                self._link()
                self._name_people()
                residue = Residue((k.entity_type, k.value) for k in self._gone())
                left: set[KnownValue] = set()
                for attachment in self._attachments:
                    attachment.result, more = self._finish(attachment, residue)
                    left |= more
                if last or not left - self._known:
                    break
                self._learn(left)
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
                self._known = set()
                self._memory = {}
                self._search = KnownValues(())
                self._surrogates = Surrogates()
            return self._certificate

    def _refuse_closed(self) -> None:
        if self._certificate is not None:
            raise PolicyError("the case is closed", remedy="open a new case")

    def _scan(self, segments: Sequence[Segment]) -> tuple[Finding, ...]:
        return self._guard.detector.detect(segments, self._memory)

    # -- linking -----------------------------------------------------------------------------

    def _link(self) -> None:
        """Decide on everything, until deciding brings no new known value."""
        for _ in range(ROUNDS + 1):
            for attachment in self._attachments:
                if attachment.part is not None:
                    attachment.decided = self._decide(attachment.part, attachment.found)
            if not self._learn(self._gone()):
                return

    def _learn(self, values: Iterable[KnownValue]) -> bool:
        kept = self._guard.policy.keep
        kept_texts = [*kept.usernames, *kept.emails, *kept.domains]
        new = {
            known
            for known in values
            if known.entity_type not in SHARED
            and not any(known.value.casefold() in text for text in kept_texts)
        } - self._known
        if new:
            self._known |= new
            self._search = KnownValues(self._known)
        return bool(new)

    def _gone(self) -> set[KnownValue]:
        gone = set(self._known)
        for attachment in self._attachments:
            for one in attachment.decided:
                if one.operator != "keep" and one.basis is not Basis.LINKED:
                    kind = one.located.finding.entity_type
                    gone.add(KnownValue(kind, one.located.value))
                    if one.full_name:
                        gone.add(KnownValue("PERSON", one.full_name))
        return gone

    def _decide(self, whole: Part, found: Sequence[Sequence[Finding]]) -> list[Decision]:
        located: list[Located] = []
        for position, (part, findings) in enumerate(zip(whole.parts(), found, strict=True)):
            segments = part.document.segments
            known = list(self._known_in(segments))
            merged = _with_known(self._scope.mark(segments, findings, known), known)
            # Parts must not share records by accident: each has a number of its own.
            base = (*part.record, 1_000_000 + position) if position else ()
            placed = locate(segments, merged, base)
            located += [
                one._replace(
                    finding=replace(one.finding, locator=part.locator + one.finding.locator),
                    part=position,
                )
                for one in placed
            ]
        return self._rules.decide(located)

    def _known_in(self, segments: Sequence[Segment]) -> Iterator[Finding]:
        for number, segment in enumerate(segments):
            for kind, start, end in self._search.find(segment.text):
                yield Finding(
                    kind, entity(kind).category, number, start, end, 1.0, segment.locator, KNOWN,
                    preview(segment.text[start:end]),
                )  # fmt: skip

    def _name_people(self) -> None:
        """Give out numbers: whole names first, so that parts of a name find their person."""
        going = [one for a in self._attachments for one in a.decided if one.operator != "keep"]
        for one in going:
            name = one.full_name or one.located.value
            if one.located.finding.entity_type == "PERSON" and len(name.split()) > 1:
                self._surrogates.token("PERSON", name)
        for one in going:
            self._token(one)

    def _token(self, one: Decision) -> str:
        return self._surrogates.token(
            one.located.finding.entity_type, one.located.value, one.full_name
        )

    # -- writing -----------------------------------------------------------------------------

    def _finish(
        self, attachment: _Attachment, residue: Residue
    ) -> tuple[Result, frozenset[KnownValue]]:
        """The result of one attachment, and values that its proof still found."""
        part, reason = attachment.part, attachment.reason
        findings, actions = _findings(attachment), self._actions(attachment.decided)
        name = self._clean_name(attachment.name)
        if part is not None:
            try:
                edits = self._edits(part, attachment.decided)
                gone = tuple(sorted({k.value for k in self._gone()}))
                output = rewrite(self._guard.workshop, part, edits, gone)
                proof = prove(self._guard.workshop, output, part, residue, self._rescan)
                if isinstance(proof, tuple):
                    code = ReasonCode.VERIFICATION_FAILED
                    reason = Reason(code, "the output still shows personal data")
                    failed = Quarantined(
                        attachment.media_type, findings, actions, name, reason=reason
                    )
                    return failed, frozenset(proof)
                kind = Redacted if edits else Clean
                done = kind(
                    attachment.media_type, findings, actions, name, output=output, proof=proof
                )
                return done, frozenset()
            except Unreadable as unreadable:
                reason = unreadable.reason
            except Exception as error:  # noqa: BLE001 - one bad file must not end the case
                reason = Reason(_UNSAID, _whence(error))
        assert reason is not None
        return Quarantined(
            attachment.media_type, findings, actions, name, reason=reason
        ), frozenset()

    def _edits(self, whole: Part, decided: Sequence[Decision]) -> dict[int, list[Edit]]:
        segments = [part.document.segments for part in whole.parts()]
        edits: dict[int, list[Edit]] = {}
        for one in decided:
            if one.operator == "keep":
                continue
            finding, position = one.located.finding, one.located.part
            segment = segments[position][finding.segment]
            text = self._replacement(one, number=segment.number)
            span = (
                Span(0, len(segment.text)) if segment.number else Span(finding.start, finding.end)
            )
            edits.setdefault(position, []).append(Edit(finding.segment, span, text))
        return {position: sorted(part_edits) for position, part_edits in edits.items()}

    def _replacement(self, one: Decision, *, number: bool) -> str:
        token = self._token(one)
        if number:
            return number_for(token)
        kind = one.located.finding.entity_type
        return self._replacements.replacement(one.operator, kind, one.located.value, token)

    def _actions(self, decided: Sequence[Decision]) -> tuple[Action, ...]:
        return tuple(
            Action(one.located.finding, "keep", one.basis)
            if one.operator == "keep"
            else Action(one.located.finding, one.operator, one.basis, self._token(one))
            for one in decided
        )

    def _rescan(self, again: Part) -> list[KnownValue]:
        found = [self._scan(part.document.segments) for part in again.parts()]
        issued = self._issued()
        return [
            KnownValue(one.located.finding.entity_type, one.located.value)
            for one in self._decide(again, found)
            if one.operator != "keep" and one.located.value not in issued
        ]

    def _issued(self) -> frozenset[str]:
        return frozenset(
            self._replacement(one, number=False)
            for a in self._attachments
            for one in a.decided
            if one.operator != "keep"
        )

    def _clean_name(self, name: str) -> str:
        """The attachment's name with known values replaced by tokens a file system takes."""
        readable = "".join(" " if c in "-_.+" else c for c in name)
        spans = {
            (start, end): kind
            for text in (name, readable)
            for kind, start, end in self._search.find(text)
        }
        parts, position = [], 0
        for (start, end), kind in sorted(spans.items()):
            if start >= position:
                token = self._surrogates.token(kind, readable[start:end])
                parts += [name[position:start], token.strip("<>")]
                position = end
        return "".join(parts) + name[position:]


def _findings(attachment: _Attachment) -> tuple[Finding, ...]:
    return tuple(one.located.finding for one in attachment.decided if one.operator != "keep")


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
            whole = replace(last[0], end=max(last[0].end, finding.end))
            last = whole, last[1] or linked
    if last is not None:
        yield last


def _whence(error: BaseException) -> str:
    """Type of an unexpected error and our own module and line; never its message: it holds values."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith("pii_guard"):
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"
