"""The work on one report: its attachments looked through, linked, written and proved.

Every attachment is surveyed; what the rules decide to remove becomes known; known values are searched
in every attachment; outputs are written and proved; what the proof still finds becomes known too
(`rounds.py`). Raw values live in this object only. It runs in a worker process where there is one
(`caged.py`), else in the caller's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from pii_guard.collecting import seldom
from pii_guard.desk import Desk, attempt
from pii_guard.document import UNSCANNED, Kind, Segment
from pii_guard.errors import Reason, ReasonCode
from pii_guard.findings import KnownValue, Result
from pii_guard.guard import Scan
from pii_guard.held import Held
from pii_guard.inspection import Inspection
from pii_guard.marking import Marking
from pii_guard.originals import Original, check_size
from pii_guard.rounds import link, nobody, write
from pii_guard.spellings import readable_name
from pii_guard.streamed import Streamed

if TYPE_CHECKING:
    from pii_guard.certificate.commitments import Commitments

_UNCUT = frozenset({ReasonCode.LIMIT_SIZE, ReasonCode.UNKNOWN_CONTENT})
"""Why a file cannot be cut into sections; as a whole it may be readable."""
_PART = re.compile(r"[^/\\]+")
_MOST_PARTS = 64
"""Of a name that are read one by one: whoever sent it may have written any number."""
_NOT_READ = Reason(ReasonCode.UNSUPPORTED, "the media type that was given")
"""Without the type: whoever sent the file may have written anything there."""


class Work(Protocol):
    """What a case has done for it."""

    def add(self, original: Original | Reason, name: str, media_type: str) -> None:
        """Take in an attachment and look through it, now or before what is asked next; or why there are no
        bytes of it.
        """
        ...

    def scan(self) -> list[Scan]:
        """What would be removed from each attachment."""
        ...

    def inspect(self, key: bytes) -> list[Inspection]:
        """What an audit hears of each attachment. `key`: 32 bytes, for the codes of values."""
        ...

    def redact(self) -> list[Result]:
        """The result of each attachment."""
        ...

    def commitments(self, key: bytes, key_ref: str, *, truncated: bool) -> Commitments:
        """Commitments to what was removed, under a key of 32 bytes."""
        ...

    def close(self) -> None:
        """Forget every raw value."""
        ...


class Casework:
    """Work in this process. `begin`: told the number of each attachment that is worked on next."""

    def __init__(self, desk: Desk, begin: Callable[[int], None] = nobody) -> None:
        self._desk = desk
        self._begin = begin
        self._added: list[Held | Streamed] = []

    def add(self, original: Original | Reason, name: str, media_type: str) -> None:
        self._begin(len(self._added))
        with seldom():
            self._added.append(self._read(original, name, media_type))

    def scan(self) -> list[Scan]:
        with seldom():
            link(self._desk, self._added, self._begin)
            return [one.scan(self._desk) for one in self._added]

    def inspect(self, key: bytes) -> list[Inspection]:
        with seldom():
            link(self._desk, self._added, self._begin)
            return [one.inspect(self._desk, Marking(key)) for one in self._added]

    def redact(self) -> list[Result]:
        with seldom():
            write(self._desk, self._added, self._begin)
        return [result for one in self._added if (result := one.result) is not None]

    def commitments(self, key: bytes, key_ref: str, *, truncated: bool) -> Commitments:
        from pii_guard.certificate.commitments import commit
        from pii_guard.certificate.vocabulary import entity_type

        found = ((entity_type(one.entity_type), one.value) for one in self._values())
        return commit(key, key_ref, found, truncated=truncated)

    def close(self) -> None:
        self._added = []
        self._desk = Desk.of(self._desk.policy, self._desk.detector, self._desk.shop)

    def _values(self) -> set[KnownValue]:
        """What was removed, as far as memory holds it."""
        decided = (one for added in self._added for one in added.decided)
        removed = (one.located for one in decided if one.operator != "keep")
        shown = {KnownValue(one.finding.entity_type, one.value) for one in removed}
        return {one for one in shown if one.value != UNSCANNED} | self._desk.linking.learned

    def _read(self, original: Original | Reason, name: str, media_type: str) -> Held | Streamed:
        """The attachment, looked through; held with the reason where it cannot be."""
        held = Held(name)
        failed = attempt(partial(self._look_at_name, held))
        kind = media_type.partition(";")[0].strip().casefold()
        unknown = kind and kind not in self._desk.shop.formats.media_types
        for reason in (failed, original, _NOT_READ if unknown else None):
            if isinstance(reason, Reason):
                held.reason = reason
                return held
        assert not isinstance(original, Reason)
        streamed = attempt(partial(Streamed.of, self._desk, held, original, kind))
        if isinstance(streamed, Streamed):
            held.reason = attempt(partial(streamed.read, self._desk))
            limit = self._desk.policy.limits.max_file_bytes
            if held.reason is None or held.reason.code not in _UNCUT or original.size > limit:
                return streamed
        held.reason = attempt(partial(self._hold, held, original, kind))
        return held

    def _hold(self, held: Held, original: Original, media_type: str) -> None:
        check_size(original.size, self._desk.policy.limits.max_file_bytes)
        held.read(self._desk, original.read(0, original.size), media_type)

    def _look_at_name(self, held: Held) -> None:
        """What is personal in a file name and in each directory before it; too short a text to search for it
        elsewhere.
        """
        parts = [(one.group(), one.start()) for one in _PART.finditer(held.name)]
        if len(parts) > _MOST_PARTS:
            parts = [(held.name, 0)]
        if parts:
            last, at = parts[-1]
            parts[-1] = (last.rpartition(".")[0] or last, at)
        # Together they were read as one name: `a/Maria Fernandez` lost its directory.
        held.named = [found for text, at in parts for found in self._named(text, at)]

    def _named(self, text: str, at: int) -> list[tuple[str, int, int]]:
        """What is to go of a part of a name that begins at `at`: (entity type, start, end)."""
        spellings = [Segment(one, kind=Kind.FIELD) for one in (text, readable_name(text))]
        found = self._desk.linking.in_name(spellings, self._desk.scan(spellings))
        return [(kind, at + start, at + end) for kind, start, end in found]
