"""What the attachments of a case are worked on with: engines, what is known, surrogates, memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pii_guard.decide.rules import Decision, Located
from pii_guard.detect.engine import Detector, Memory
from pii_guard.detect.layout import laid_out
from pii_guard.detect.patches import unmarked
from pii_guard.document import Segment
from pii_guard.errors import PolicyError, Reason
from pii_guard.findings import Finding
from pii_guard.linking import Linking
from pii_guard.policy import Policy
from pii_guard.replacing import Replacing
from pii_guard.residue import Residue
from pii_guard.sealed import Sealed
from pii_guard.spellings import with_mute_tokens
from pii_guard.stages import Part, Workshop
from pii_guard.verdicts import verdict

T = TypeVar("T")


def _nothing() -> None:
    """Nobody waits."""


@dataclass(frozen=True, slots=True)
class Going:
    """What goes in one round of writing: the search for it, its values, what stands in their places."""

    residue: Residue = field(repr=False)
    values: tuple[str, ...] = field(repr=False)
    issued: frozenset[str] = field(repr=False)


@dataclass(slots=True)
class Desk:
    """Holds raw values, until whoever opened it drops it.

    `beneath`: what goes from the whole case, on the desk of a section of one of its attachments.
    """

    policy: Policy
    detector: Detector
    linking: Linking = field(repr=False)
    replacing: Replacing = field(repr=False)
    shop: Workshop = field(repr=False)
    """What files are read and written with."""
    sealed: Sealed = field(default_factory=Sealed, repr=False)
    """What waits on disk."""
    memory: Memory = field(default_factory=Memory, repr=False)
    beneath: Going | None = field(default=None, repr=False)
    mark: Callable[[], None] = field(default=_nothing, repr=False)
    """Told that the work goes on: a section is done."""

    @classmethod
    def of(cls, policy: Policy, detector: Detector, shop: Workshop) -> Desk:
        """An empty desk."""
        return cls(policy, detector, Linking(policy), Replacing(policy.key), shop)

    def within(self, going: Going | None = None) -> Desk:
        """A desk for a section: it knows what this one knows, and learns for itself."""
        return replace(self, linking=self.linking.within(), beneath=going)

    def scan(self, segments: Sequence[Segment], most: int | None = None) -> tuple[Finding, ...]:
        """Findings in segments. Raises `Unreadable` as soon as there must be more than `most`."""
        return self.detector.detect(laid_out(unmarked(map(_muted, segments))), self.memory, most)

    def going(self, decisions: Iterable[Decision]) -> Going:
        """What goes by these decisions and all that is known."""
        decided = list(decisions)
        gone = self.linking.gone(decided)
        under = self.beneath
        return Going(
            Residue(
                ((k.entity_type, k.value) for k in gone),
                under.residue if under else None,
                self.linking.kept,
            ),
            (
                *(under.values if under else ()),
                *sorted(self.linking.searched({k.value for k in gone})),
            ),
            self.replacing.issued(decided) | (under.issued if under else frozenset()),
        )

    def left(self, again: Part, issued: frozenset[str]) -> list[Located]:
        """What the policy would still remove from a part of an output and all within it."""
        # What we wrote ourselves identifies nobody, nor whoever is named beside it.
        found = [
            tuple(
                finding
                for finding in self.scan(segments)
                if segments[finding.segment].text[finding.start : finding.end] not in issued
            )
            for segments in (part.document.segments for part in again.parts())
        ]
        return [
            one.located
            for one in self.linking.decide(again, found)
            if one.operator != "keep" and one.located.value not in issued
        ]


def attempt(work: Callable[[], T]) -> T | Reason:
    """What the work returns, or why an attachment cannot be read or written.

    One bad file must not end a case. Raises `PolicyError` only.
    """
    try:
        return work()
    except PolicyError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a hostile file brings about
        return verdict(error)


def _muted(segment: Segment) -> Segment:
    """The segment without the words in tokens of ours: they say nothing about what stands beside."""
    text, label = with_mute_tokens(segment.text), with_mute_tokens(segment.label)
    if text == segment.text and label == segment.label:
        return segment
    return segment._replace(text=text, label=label)
