"""One report with its attachments: found in one, removed from all, under the same surrogates.

Every attachment is surveyed; what the rules decide to remove becomes known; known values are searched
in every attachment; outputs are written and proved; what the proof still finds becomes known too
(`rounds.py`). Raw values live in this object only, until `close`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from pii_guard.collecting import seldom
from pii_guard.desk import Desk, attempt
from pii_guard.document import UNSCANNED, Kind, Segment
from pii_guard.errors import PolicyError, Reason, ReasonCode
from pii_guard.findings import KnownValue, Result
from pii_guard.guard import Guard, Scan
from pii_guard.held import Held
from pii_guard.originals import Original, Source, check_size, open_original
from pii_guard.rounds import link, write
from pii_guard.spellings import readable_name
from pii_guard.streamed import Streamed

if TYPE_CHECKING:
    from pii_guard.certificate import CaseFacts, Certificate, Researcher, Superseded
    from pii_guard.certificate.claims import Claim
    from pii_guard.quarantine import Entry


Claims = Mapping[int, "Sequence[Claim]"]
"""What became of originals, by the number of their attachment from 0."""
_UNCUT = frozenset({ReasonCode.LIMIT_SIZE, ReasonCode.UNKNOWN_CONTENT})
"""Why a file cannot be cut into sections; as a whole it may be readable."""


@dataclass(frozen=True, slots=True)
class _Added:
    attachment: Held | Streamed
    from_path: bool

    @property
    def whole(self) -> Held:
        """What is known of it as a whole."""
        one = self.attachment
        return one.whole if isinstance(one, Streamed) else one


class Case:
    """One report. `add` its attachments, `redact` them, `close` it for the certificate.

    Safe to share between threads; work on one case is done one call at a time.
    """

    def __init__(
        self,
        guard: Guard,
        ref: str,
        passwords: Sequence[str] = (),
        researcher: Researcher | None = None,
        supersedes: Superseded | None = None,
    ) -> None:
        from pii_guard.certificate.reference import check_reference
        from pii_guard.deletion.environment import Watch
        from pii_guard.formats.passwords import given

        for text in (ref, researcher.ref if researcher else ref):
            check_reference(text)
        self.ref = ref
        self._researcher, self._supersedes = researcher, supersedes
        self._guard = guard
        self._desk = Desk.of(guard, given(passwords))
        self._added: list[_Added] = []
        self._lock = threading.RLock()
        self._certificate: Certificate | None = None
        self._facts: CaseFacts | None = None
        self._kept: Mapping[int, Entry] = {}
        self._watch = Watch()

    def add(self, source: Source, *, name: str = "", media_type: str = "") -> None:
        """Take in an attachment and look through it. Unreadable ones are kept as quarantined.

        `name` defaults to the file name of a path. `media_type` says what it is, where the caller
        knows better than its bytes do. Large files that can be cut into sections (lines of text,
        rows of a table) are read one section at a time; all others are held in memory. Raises
        `PolicyError` for what is no source, and after `close`.
        """
        from_path = not isinstance(source, (bytes, bytearray, memoryview)) and not hasattr(
            source, "read"
        )
        if from_path and not name:
            name = str(source).replace("\\", "/").rpartition("/")[2]
        with self._lock, seldom():
            self._refuse_closed()
            self._added.append(_Added(self._read(source, name, media_type), from_path))

    def scan(self) -> Iterator[Scan]:
        """What would be removed from each attachment, in the order they were added."""
        with self._lock, seldom():
            self._refuse_closed()
            attachments = [one.attachment for one in self._added]
            link(self._desk, attachments)
            scans = [one.scan(self._desk) for one in attachments]
        return iter(scans)

    def redact(self) -> Iterator[Result]:
        """The result of each attachment, in the order they were added.

        May be called again after more was added: what those brought is then removed from all, and
        the new results replace the earlier ones.
        """
        with self._lock, seldom():
            self._refuse_closed()
            write(self._desk, [one.attachment for one in self._added])
            results = self._results()
        return iter(results)

    def close(self, claims: Claims = MappingProxyType({})) -> Certificate:
        """Issue the certificate over the latest results and forget every raw value.

        Redacts first if that was not done since the last `add`. `claims`: what became of originals
        (`pii_guard.deletion`), by the number of their attachment from 0. Without any, a file is said
        to be left where it is; of memory is said what could be observed. What is quarantined goes into
        the guard's quarantine first, if it has one. Closing twice returns the same certificate. Raises
        `CertificateError`, and `QuarantineError` where nothing could be kept; the case stays open then.
        """
        from pii_guard.certificate.statement import LEFT
        from pii_guard.certify import gather, issue, keeping, with_claims

        with self._lock:
            if self._certificate is None:
                if len(self._results()) < len(self._added):
                    self.redact()
                memory = self._watch.claim()
                told = [
                    with_claims(
                        (memory, LEFT) if one.from_path else (memory,), claims.get(number, ())
                    )
                    for number, one in enumerate(self._added)
                ]
                results = self._results()
                with keeping(self._guard, [one.whole for one in self._added], results) as kept:
                    self._facts = gather(
                        self._guard,
                        self.ref,
                        list(zip(results, told, strict=True)),
                        researcher=self._researcher,
                        supersedes=self._supersedes,
                        values=self._values,
                        kept=kept,
                    )
                    self._certificate = issue(self._guard, self._facts)
                self._kept = kept
                self._added = []
                self._desk = Desk.of(self._guard)
            return self._certificate

    def amend(self, claims: Claims) -> Certificate:
        """A certificate in place of the last one, with what became of originals since.

        The case is closed. Raises `PolicyError` where it is not, and `CertificateError`.
        """
        from pii_guard.certify import amended, issue

        with self._lock:
            if self._certificate is None or self._facts is None:
                raise PolicyError("the case is open", remedy="close it first")
            self._facts = amended(self._facts, claims, self._certificate)
            self._certificate = issue(self._guard, self._facts)
            return self._certificate

    @property
    def kept(self) -> Mapping[int, Entry]:
        """What the quarantine keeps since `close`, by the number of the attachment from 0."""
        return MappingProxyType(self._kept)

    def _results(self) -> list[Result]:
        return [r for one in self._added if (r := one.attachment.result) is not None]

    def _values(self) -> set[KnownValue]:
        """What was removed, as far as memory holds it."""
        decided = (one for added in self._added for one in added.attachment.decided)
        removed = (one.located for one in decided if one.operator != "keep")
        shown = {KnownValue(one.finding.entity_type, one.value) for one in removed}
        return {one for one in shown if one.value != UNSCANNED} | self._desk.linking.learned

    def _refuse_closed(self) -> None:
        if self._certificate is not None:
            raise PolicyError("the case is closed", remedy="open a new case")

    def _read(self, source: Source, name: str, media_type: str) -> Held | Streamed:
        """The attachment, looked through; held with the reason where it cannot be."""
        held = Held(name)
        failed = attempt(partial(self._look_at_name, held))
        original = attempt(partial(open_original, source, self._guard.policy.limits))
        for reason in (failed, original):
            if isinstance(reason, Reason):
                held.reason = reason
                return held
        assert not isinstance(original, Reason)
        if self._guard.quarantine is not None:
            held.original = original
        streamed = attempt(partial(Streamed.of, self._desk, held, original, media_type))
        if isinstance(streamed, Streamed):
            held.reason = attempt(partial(streamed.read, self._desk))
            limit = self._guard.policy.limits.max_file_bytes
            if held.reason is None or held.reason.code not in _UNCUT or original.size > limit:
                return streamed
        held.reason = attempt(partial(self._hold, held, original, media_type))
        return held

    def _hold(self, held: Held, original: Original, media_type: str) -> None:
        check_size(original.size, self._guard.policy.limits.max_file_bytes)
        held.read(self._desk, original.read(0, original.size), media_type)

    def _look_at_name(self, held: Held) -> None:
        """What is personal in a file name; too short a text to search for it elsewhere."""
        bare = held.name.rpartition(".")[0] or held.name
        spellings = [Segment(text, kind=Kind.FIELD) for text in (bare, readable_name(bare))]
        held.named = self._desk.linking.in_name(spellings, self._desk.scan(spellings))
