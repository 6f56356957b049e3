"""A large attachment that is read, redacted and proved one section at a time.

What was found in a section waits on disk, sealed, until it is written; so do its output and what was
done. Memory holds one section and what links them: values that are known to go, up to a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

from pii_guard.decide.rules import Decision
from pii_guard.desk import Desk, Going, attempt
from pii_guard.detect.engine import Memory
from pii_guard.detect.known import KnownValues
from pii_guard.document import Unread, together
from pii_guard.errors import Reason, ReasonCode, Unreadable
from pii_guard.findings import (
    Action,
    Clean,
    Finding,
    KnownValue,
    Proof,
    Quarantined,
    Redacted,
    Result,
)
from pii_guard.formats.cutting import Cutting
from pii_guard.guard import Scan
from pii_guard.held import Held
from pii_guard.identify import shows_binary, type_of_ends
from pii_guard.inspection import Inspection
from pii_guard.marking import Marking
from pii_guard.originals import SMALL, Original, check_size
from pii_guard.packing import pack_actions, pack_findings, unpack_actions, unpack_findings
from pii_guard.proofs import joined
from pii_guard.replacing import with_places
from pii_guard.rounds import link, write
from pii_guard.sealed import Sealed, Stored
from pii_guard.sections import SIZE, Place, Section, sections
from pii_guard.stages import Part, survey
from pii_guard.tally import Tally

LINKED = 3_000
"""Values that are looked for in all of a case: no more are learned from streamed attachments."""
LISTED = 10_000
"""Findings that a result lists, the first of all that it counts."""


@dataclass(slots=True)
class _Cut:
    """A section, where it stands, and the numbers of what is kept of it (-1: nothing yet)."""

    section: Section
    place: Place
    findings: int
    output: int = -1
    actions: int = -1
    proof: Proof | None = None
    changed: bool = False


@dataclass(slots=True)
class Streamed:
    """`whole`: what is known of the attachment; its part is never read."""

    whole: Held
    original: Original = field(repr=False)
    cutting: Cutting = field(repr=False)
    lead: Part | None = field(repr=False)
    """What each section is read with but the first, whose beginning it is."""
    _sealed: Sealed = field(repr=False)
    decided: Sequence[Decision] = ()
    result: Result | None = None
    _cuts: list[_Cut] = field(default_factory=list, repr=False)
    _looked: int = 0
    """How many batches of known values were looked for in what is written."""
    _unlinked: int = 0
    _unread: tuple[Unread, ...] = ()
    _unlocked: int = 0

    @classmethod
    def of(cls, desk: Desk, whole: Held, original: Original, media_type: str) -> Streamed | None:
        """The attachment as one to be streamed; None where it is to be held.

        Raises `Unreadable(LIMIT_SIZE)` for one that is too large for either.
        """
        if original.size <= SMALL:
            return None
        head, tail = original.read(0, SIZE), original.read(original.size - SIZE, SIZE)
        kind = media_type or type_of_ends(head, tail, whole.name)
        shop = desk.shop
        cutting = getattr(shop.formats.of(kind), "cutting", None) if kind else None
        if not isinstance(cutting, Cutting) or b"\0" in head:
            return None
        check_size(original.size, desk.policy.limits.max_streamed_bytes)
        whole.media_type = kind
        raw = head[: cutting.lead(head)]
        lead = survey(shop, raw, "", media_type=kind) if raw else None
        return cls(whole, original, cutting, lead, desk.sealed)

    # -- reading -----------------------------------------------------------------------------

    def read(self, desk: Desk) -> None:
        """Look through all sections. Raises `Unreadable`."""
        here, rules = Place(), desk.linking.unaware()
        lead = self.lead.blob if self.lead else b""
        for section, blob in sections(self.original, self.cutting, lead):
            held = self._held(section)
            if shows_binary(blob):
                raise Unreadable(ReasonCode.UNKNOWN_CONTENT, "binary data in text")
            try:
                held.read(desk, _led(held, blob), self.whole.media_type)
            except Unreadable as failed:
                raise _behind(section, failed.reason) from None
            assert held.part is not None
            place = here.less(held.lead.document) if held.lead else here
            here = place.after(held.part.document, blob)
            # Files in the lead are in every section.
            files = held.part.children[len(held.lead.children) if held.lead else 0 :]
            self._unread = together(
                (*self._unread, *(one for file in files for one in file.unread()))
            )
            self._unlocked += sum(inner.unlocked for file in files for inner in file.parts())
            packed = self._sealed.append(pack_findings(held.found))
            self._cuts.append(_Cut(section, place, packed))
            told = desk.linking.told(rules.decide(held.part, held.found))
            new = desk.linking.unknown(told)
            some = _some(new, LINKED - len(desk.linking.learned))
            self._unlinked += len(new) - len(some)
            desk.linking.learn(some)
            desk.memory.passages.clear()
            desk.mark()

    def _held(self, section: Section) -> Held:
        return Held(media_type=self.whole.media_type, lead=self.lead if section.start else None)

    def _again(self, desk: Desk, cut: _Cut) -> Held:
        """A section with what was found in it."""
        held = self._held(cut.section)
        blob = _led(held, cut.section.read(self.original))
        held.part = survey(desk.shop, blob, "", media_type=self.whole.media_type)
        held.found = unpack_findings(self._sealed[cut.findings])
        return held

    # -- rounds ------------------------------------------------------------------------------

    def link(self, desk: Desk) -> None:
        """Sections are linked when they are written."""

    def scan(self, desk: Desk) -> Scan:
        """What would be removed from it: the first `LISTED` findings, and how many there are."""
        counted: Counter[str] = Counter()
        listed: list[Finding] = []
        for cut in self._cuts if self.whole.reason is None else ():
            held = attempt(partial(self._again, desk, cut))
            if isinstance(held, Reason):
                self.whole.reason = held
                break
            link(desk.within(), [held])
            desk.mark()
            removed = held.removed()
            counted.update(finding.entity_type for finding in removed)
            listed += map(cut.place.of, islice(removed, LISTED - len(listed)))
        kind, reason = self.whole.media_type, self.whole.reason
        return Scan(kind, tuple(listed), reason, counted, self._unread)

    def inspect(self, desk: Desk, marking: Marking) -> Inspection:
        """What an audit hears of it."""
        for cut in self._cuts if self.whole.reason is None else ():
            held = attempt(partial(self._again, desk, cut))
            if isinstance(held, Reason):
                self.whole.reason = held
                break
            link(desk.within(), [held])
            desk.mark()
            assert held.part is not None
            marking.add(held.part, held.own(), cut.place.of)
        whole = self.whole
        return Inspection(
            whole.media_type, whole.clean_name(desk), whole.reason,
            tuple(marking.marks), marking.counted, self._unread,
        )  # fmt: skip

    def finish(self, desk: Desk, going: Going) -> tuple[frozenset[KnownValue], bool]:
        """Write and prove what was not yet, or holds what has become known since: `result`.

        Returns values that became known by writing.
        """
        learned: set[KnownValue] = set()
        for cut in self._pending(desk) if self.whole.reason is None else ():
            done = attempt(partial(self._write, desk, going, cut))
            desk.memory.passages.clear()
            desk.mark()
            if isinstance(done, Reason):
                self.whole.reason = done
                break
            learned.update(_some(done - learned, LINKED - len(desk.linking.learned) - len(learned)))
        self.result = self._result(desk)
        return frozenset(learned), False

    def _pending(self, desk: Desk) -> Iterator[_Cut]:
        first = all(cut.output < 0 for cut in self._cuts)
        news = KnownValues() if first else desk.linking.since(self._looked)
        self._looked = desk.linking.batches
        for cut in self._cuts:
            if cut.output < 0 or (news and self._holds(news, cut.output)):
                yield cut

    def _holds(self, values: KnownValues, output: int) -> bool:
        text = self._sealed[output].decode("utf-8", "surrogateescape")
        return next(values.find(text), None) is not None

    def _write(self, desk: Desk, going: Going, cut: _Cut) -> set[KnownValue]:
        """Write and prove a section; what it taught. Raises `Unreadable`."""
        held, inner = self._again(desk, cut), desk.within(going)
        write(inner, [held])
        if _is_unproved(held.result):
            # What was decided once for lines alike may not hold for one of them: all is read afresh.
            held, inner = self._held(cut.section), replace(inner, memory=Memory())
            blob = _led(held, cut.section.read(self.original))
            held.read(inner, blob, self.whole.media_type)
            write(inner, [held])
        for everything in (False, True):
            # A line that no round settles would hold the whole file: it goes as a whole.
            if _is_unproved(held.result) and (everything or held.unsettled):
                held.give_up(everything=everything)
                write(inner, [held])
        result = held.result
        if not isinstance(result, (Clean, Redacted)):
            assert result is not None
            raise _behind(cut.section, result.reason)
        cut.output = self._sealed.append(result.output)
        placed = with_places(result.actions, cut.place.of)
        cut.actions = self._sealed.append(pack_actions(placed))
        cut.proof, cut.changed = result.proof, isinstance(result, Redacted)
        return inner.linking.learned

    # -- result ------------------------------------------------------------------------------

    def _result(self, desk: Desk) -> Result:
        tally = Tally()
        listed: list[Action] = []
        for cut in self._cuts:
            if cut.actions >= 0:
                actions = unpack_actions(self._sealed[cut.actions])
                tally.add(actions)
                listed += actions[: LISTED - len(listed)]
        findings = tuple(one.finding for one in listed if one.operator != "keep")
        name = self.whole.clean_name(desk)
        kind, actions_listed = self.whole.media_type, tuple(listed)
        if self.whole.reason is not None:
            return Quarantined(
                kind, findings, actions_listed, name,
                counted=tally, unlinked=self._unlinked, reason=self.whole.reason,
            )  # fmt: skip
        pieces = Stored(self._sealed, [cut.output for cut in self._cuts])
        proof = joined((cut.proof for cut in self._cuts if cut.proof), pieces)
        made = Redacted if any(cut.changed for cut in self._cuts) else Clean
        return made(
            kind, findings, actions_listed, name,
            counted=tally, unlinked=self._unlinked, unlocked=self._unlocked, unread=self._unread,
            pieces=pieces, proof=proof,
        )  # fmt: skip


def _led(held: Held, blob: bytes) -> bytes:
    """The bytes of a section behind its lead."""
    return held.lead.blob + blob if held.lead else blob


def _is_unproved(result: Result | None) -> bool:
    if not isinstance(result, Quarantined):
        return False
    return result.reason.code is ReasonCode.VERIFICATION_FAILED


def _some(values: set[KnownValue], most: int) -> list[KnownValue]:
    """As many of the values, the same ones each time."""
    return sorted(values, key=lambda known: (known.entity_type, known.value))[: max(0, most)]


def _behind(section: Section, reason: Reason) -> Unreadable:
    """A reason that lies in a section."""
    return Unreadable(reason.code, f"{reason.where}, counted from byte {section.start}")
