"""Values move in rounds: what is decided to go becomes known, and what is known is searched in all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from pii_guard.decide.rules import Decision
from pii_guard.desk import Desk, Going
from pii_guard.findings import KnownValue

LINKINGS = 4
"""Times that deciding may bring something new."""
WRITINGS = 6
"""Times that writing may: with the last one it has to end."""


class Attachment(Protocol):
    """What takes part in the rounds."""

    @property
    def decided(self) -> Sequence[Decision]:
        """What was decided last about what is held in memory of it."""
        ...

    def link(self, desk: Desk) -> None:
        """Decide with all that is known."""
        ...

    def finish(self, desk: Desk, going: Going) -> tuple[frozenset[KnownValue], bool]:
        """Write and prove; the values that the proof still found, and whether it says where."""
        ...


def nobody(number: int) -> None:
    """Nobody wants to know."""


def link(
    desk: Desk, attachments: Sequence[Attachment], begin: Callable[[int], None] = nobody
) -> None:
    """Decide on everything, until deciding brings no new known value.

    `begin`: told the number of the attachment that is worked on next.
    """
    for _ in range(LINKINGS):
        for number, attachment in enumerate(attachments):
            begin(number)
            attachment.link(desk)
        if not desk.linking.learn(desk.linking.gone(_decided(attachments))):
            return


def write(
    desk: Desk, attachments: Sequence[Attachment], begin: Callable[[int], None] = nobody
) -> None:
    """Write and prove every attachment, until the proofs find nothing that was not known."""
    for _ in range(WRITINGS - 1):
        left, seen = _written(desk, attachments, begin)
        if not (desk.linking.learn(left) or seen):
            return
    _written(desk, attachments, begin)


def _written(
    desk: Desk, attachments: Sequence[Attachment], begin: Callable[[int], None]
) -> tuple[set[KnownValue], bool]:
    """One round; what its proofs still found. What was searched for is gone with it: it is large."""
    link(desk, attachments, begin)
    desk.replacing.name_people(_decided(attachments))
    going = desk.going(_decided(attachments))
    left: set[KnownValue] = set()
    seen = False
    for number, attachment in enumerate(attachments):
        begin(number)
        more, placed = attachment.finish(desk, going)
        left |= more
        seen |= placed
    return left, seen


def _decided(attachments: Sequence[Attachment]) -> Iterator[Decision]:
    return (one for attachment in attachments for one in attachment.decided)
