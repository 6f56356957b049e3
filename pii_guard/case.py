"""One report with its attachments: found in one, removed from all, under the same surrogates.

The work itself is done elsewhere (`casework.py`, in a worker process where there is one); here is what
stays with the caller: where originals came from, claims about them, and the certificate.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from pii_guard.errors import PolicyError, Reason, Unreadable
from pii_guard.findings import Quarantined, Result
from pii_guard.guard import Guard, Scan
from pii_guard.limits import Limits
from pii_guard.originals import Original, Source, blocks, open_original

if TYPE_CHECKING:
    from pii_guard.certificate import CaseFacts, Certificate, Researcher, Superseded
    from pii_guard.certificate.claims import Claim
    from pii_guard.quarantine import Entry


Claims = Mapping[int, "Sequence[Claim]"]
"""What became of originals, by the number of their attachment from 0."""


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

        for text in (ref, researcher.ref if researcher else ref):
            check_reference(text)
        self.ref = ref
        self._researcher, self._supersedes = researcher, supersedes
        self._guard = guard
        self._work = guard.work(passwords)
        self._from_path: list[bool] = []
        self._results: list[Result] = []
        self._originals: list[tuple[Original | None, str]] = []
        """As far as a quarantine may want them, with their names."""
        self._digests: list[bytes | None] = []
        """SHA-256 of what was received, where commitments to it are made."""
        self._lock = threading.RLock()
        self._certificate: Certificate | None = None
        self._facts: CaseFacts | None = None
        self._about: Sequence[int] = ()
        """The attachments that the certificate speaks of."""
        self._over = False
        self._kept: Mapping[int, Entry] = {}
        self._watch = Watch()

    def add(self, source: Source, *, name: str = "", media_type: str = "") -> None:
        """Take in an attachment and look through it, now or before the next thing that is asked of the case.
        Unreadable ones are kept as quarantined.

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
        with self._lock:
            self._refuse_closed()
            original = opened(source, self._guard.policy.limits)
            self._work.add(original, name, media_type)
            self._from_path.append(from_path)
            kept = None if isinstance(original, Reason) else original
            self._originals.append((kept if self._guard.quarantine is not None else None, name))
            self._digests.append(
                None if kept is None or self._guard.keystore is None else _digest(kept)
            )

    def scan(self) -> Iterator[Scan]:
        """What would be removed from each attachment, in the order they were added."""
        with self._lock:
            self._refuse_closed()
            return iter(self._work.scan())

    def redact(self) -> Iterator[Result]:
        """The result of each attachment, in the order they were added.

        May be called again after more was added: what those brought is then removed from all, and
        the new results replace the earlier ones.
        """
        with self._lock:
            self._refuse_closed()
            self._results = self._work.redact()
            return iter(self._results)

    def close(
        self, claims: Claims = MappingProxyType({}), *, about: Collection[int] | None = None
    ) -> Certificate:
        """Issue the certificate over the latest results and forget every raw value.

        Redacts first if that was not done since the last `add`. `claims`: what became of originals
        (`pii_guard.deletion`), by the number of their attachment from 0. Without any, a file is said
        to be left where it is; of memory is said what could be observed. What is quarantined goes into
        the guard's quarantine first, if it has one. `about`: the attachments it speaks of, by their number
        from 0; all by default. Closing twice returns the same certificate. Raises
        `CertificateError`, and `QuarantineError` where nothing could be kept; the case stays open then.
        """
        from pii_guard.certify import gather, issue, keeping, with_claims

        with self._lock:
            if self._certificate is None:
                self._refuse_closed()
                if len(self._results) < len(self._from_path):
                    self.redact()
                told = self._told()
                for number, one in enumerate(told):
                    told[number] = with_claims(one, claims.get(number, ()))
                with keeping(self._guard, self._originals, self._results) as kept:
                    self._about = numbers = sorted(range(len(told)) if about is None else about)
                    self._facts = gather(
                        self._guard,
                        self.ref,
                        [(self._results[number], told[number]) for number in numbers],
                        researcher=self._researcher,
                        supersedes=self._supersedes,
                        commitments=self._work.commitments,
                        digests=[self._digests[number] for number in numbers],
                        kept={at: kept[n] for at, n in enumerate(numbers) if n in kept},
                    )
                    self._certificate = issue(self._guard, self._facts)
                self._kept = kept
                self._forget()
            return self._certificate

    def certify(self, numbers: Collection[int], *, ref: str = "") -> Certificate:
        """A certificate over some of the latest results, for what is stored one by one; the case stays open.

        `numbers`: of their attachments, from 0. `ref`: in place of the case's. Raises `CertificateError`,
        and `PolicyError` for numbers without a result that may be stored.
        """
        from pii_guard.certificate.reference import check_reference
        from pii_guard.certify import gather, issue

        check_reference(ref or self.ref)
        with self._lock:
            self._refuse_closed()
            told = self._told()
            chosen = [
                number
                for number, result in enumerate(self._results)
                if number in numbers and not isinstance(result, Quarantined)
            ]
            if not chosen or len(chosen) < len(set(numbers)):
                raise PolicyError(
                    "a certificate is about what may be stored", remedy="redact it first"
                )
            facts = gather(
                self._guard,
                ref or self.ref,
                [(self._results[number], told[number]) for number in chosen],
                researcher=self._researcher,
                supersedes=self._supersedes,
                commitments=self._work.commitments,
                digests=[self._digests[number] for number in chosen],
            )
            return issue(self._guard, facts)

    def discard(self) -> None:
        """Forget every raw value without a certificate; the case is over."""
        with self._lock:
            self._over = True
            self._forget()

    def amend(self, claims: Claims) -> Certificate:
        """A certificate in place of the last one, with what became of originals since.

        The case is closed. Raises `PolicyError` where it is not, and `CertificateError`.
        """
        from pii_guard.certify import amended, issue

        with self._lock:
            if self._certificate is None or self._facts is None:
                raise PolicyError("the case is open", remedy="close it first")
            told = {at: claims[n] for at, n in enumerate(self._about) if n in claims}
            self._facts = amended(self._facts, told, self._certificate)
            self._certificate = issue(self._guard, self._facts)
            return self._certificate

    @property
    def keeps(self) -> bool:
        """Whether what is quarantined goes into a quarantine when the case is closed."""
        return self._guard.quarantine is not None

    @property
    def kept(self) -> Mapping[int, Entry]:
        """What the quarantine keeps since `close`, by the number of the attachment from 0."""
        return MappingProxyType(self._kept)

    def _told(self) -> list[tuple[Claim, ...]]:
        """What can be said of each original where nobody says more."""
        from pii_guard.certificate.statement import LEFT

        memory = self._watch.claim()
        return [(memory, LEFT) if from_path else (memory,) for from_path in self._from_path]

    def _forget(self) -> None:
        self._results = []
        self._originals = []
        self._digests = []
        self._work.close()

    def _refuse_closed(self) -> None:
        if self._certificate is not None or self._over:
            raise PolicyError("the case is closed", remedy="open a new case")


def opened(source: Source, limits: Limits) -> Original | Reason:
    """The bytes of an attachment, or why there are none. Raises `PolicyError` for what is no source."""
    try:
        return open_original(source, limits)
    except Unreadable as unreadable:
        return unreadable.reason


def _digest(original: Original) -> bytes | None:
    """None where it does not come any more."""
    digest = hashlib.sha256()
    try:
        for block in blocks(original):
            digest.update(block)
    except Unreadable:
        return None
    return digest.digest()
