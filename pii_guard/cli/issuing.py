"""What `redact` does about its certificate: for whom it is, into which ledger, what is deleted first."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from pii_guard.case import Case, Claims
from pii_guard.certificate import Certificate, Researcher, load
from pii_guard.certificate.claims import Assurance, Claim, Kind, Note, Store
from pii_guard.certificate.researcher import load_researcher, researcher_id
from pii_guard.certificate.statement import LEFT
from pii_guard.certificate.writing import sync_folder, write_whole
from pii_guard.cli.acknowledging import read_file
from pii_guard.cli.inputs import Input
from pii_guard.cli.leaving import say
from pii_guard.deletion.files import Seen, delete_files
from pii_guard.errors import CertificateError, PolicyError, QuarantineError
from pii_guard.findings import Quarantined, Result
from pii_guard.keystore import KeyStore
from pii_guard.policy import Policy
from pii_guard.quarantine import Quarantine, Recipient

_BEGUN = Claim(
    Kind.NOT_DELETED, Store.SOURCE_FILE, Assurance.OBSERVED, note=Note.DELETION_BEGUN
)  # fmt: skip
Entering = Callable[[Certificate], bytes]
"""Makes the file that a certificate is given out as."""


@dataclass(frozen=True, slots=True)
class Issuing:
    """As on the command line; nothing of it by default.

    `ledger`: where it is, its origin, the log's key. `delete`: the originals, once their copies are
    stored. `quarantine`, `quarantine_key`: in place of what the policy says of it.
    """

    researcher: str = ""
    researcher_key: Path | None = None
    commitments: Path | None = None
    ledger: tuple[str, str, Path] | None = None
    delete: bool = False
    overwrite: bool = False
    quarantine: Path | None = None
    quarantine_key: str = ""
    seen: list[Seen | None] = field(default_factory=list, init=False, repr=False)

    def for_whom(self) -> Researcher | None:
        """Raises `PolicyError` for a key of nobody, `CertificateError` for one that is no key."""
        if not self.researcher:
            if self.researcher_key is not None:
                raise PolicyError("the key is nobody's", remedy="give --researcher, too")
            return None
        if self.researcher_key is None:
            return Researcher(self.researcher)
        key = load_researcher(read_file(self.researcher_key))
        return Researcher(self.researcher, researcher_id(key))

    def keystore(self) -> KeyStore | None:
        """Where keys of commitments go."""
        return None if self.commitments is None else KeyStore.at(self.commitments)

    def quarantine_of(self, policy: Policy, beside: Sequence[Path]) -> Quarantine | None:
        """Where what cannot be redacted goes; None: nowhere. `beside`: the folders of the run.

        Raises `QuarantineError` for half a quarantine, one that cannot be written to, and one within
        those folders: it would be redacted, or handed on, itself.
        """
        terms = policy.quarantine
        if self.quarantine_key:
            terms = replace(terms, recipient=str(Recipient.given(self.quarantine_key)))
        if self.quarantine is not None:
            terms = replace(terms, path=self.quarantine)
        if (terms.path is None) != (not terms.recipient):
            raise QuarantineError(
                "a quarantine is a folder and a public key",
                remedy="give --quarantine and --quarantine-key, or set both in the policy",
            )
        store = Quarantine.of(terms)
        if store is None:
            return None
        if not store.writable():
            raise QuarantineError(
                "the quarantine cannot be written to",
                remedy="check that it is a directory and its permissions",
            )
        place = Path(os.path.realpath(store.folder))
        if any(place.is_relative_to(os.path.realpath(folder)) for folder in beside):
            raise QuarantineError(
                "the quarantine is within what is redacted or written", remedy="give another folder"
            )
        return store

    def look(self, files: Sequence[Input]) -> None:
        """Remember what the files are, so that nothing else is deleted in their place."""
        self.seen[:] = [_seen(one.path) if self.delete else None for one in files]

    @contextmanager
    def entered(self) -> Iterator[Entering]:
        """What gives a certificate's file, with the ledger open if there is one."""
        if self.ledger is None:
            yield Certificate.to_json
            return
        from pii_guard.cli.ledger import log_signer
        from pii_guard.ledger import enter, open_ledger

        where, origin, key = self.ledger
        ledger = open_ledger(where, signer=log_signer(origin, load(key)))
        try:
            yield lambda certificate: enter(ledger, certificate).to_json()
        finally:
            ledger.close()

    def begun(self, case: Case, results: Sequence[Result]) -> Claims:
        """What the first certificate says of originals that are about to be deleted: a run that is killed
        amid it leaves one that is true.
        """
        at = datetime.now(UTC)
        return dict.fromkeys(self._wanted(case, results), (replace(_BEGUN, at=at),))

    def delete_originals(
        self, case: Case, results: Sequence[Result], file: Path, content: Entering, lasting: bool
    ) -> bool:
        """Delete the originals of what is stored, and put a certificate that says so in place of the
        first, which said that this was about to happen: at any moment the file is true. Whether all are
        gone.

        None is deleted where the copies are not `lasting`: a power cut could take those.
        """
        wanted = self._wanted(case, results)
        if not wanted:
            return True
        if not lasting:
            say("originals are kept: the output directory cannot be synced, so copies may not last")
            _amend(case, dict.fromkeys(wanted, (LEFT,)), file, content)
            return False
        apart = {n for n, result in enumerate(results) if isinstance(result, Quarantined)}
        going = {n: seen for n, seen in wanted.items() if n not in apart or n in case.kept}
        told = delete_files(going.values(), overwrite=self.overwrite)
        # What could not be kept apart after all is nowhere else.
        claims: dict[int, Sequence[Claim]] = {n: (LEFT,) for n in wanted if n not in going}
        claims |= {number: (claim,) for number, claim in zip(going, told, strict=True)}
        _amend(case, claims, file, content)
        left = sum(not claim.gone for claim in told) + len(wanted) - len(going)
        if left:
            say(f"{left} originals are still there: the certificate says why")
        return not left

    def _wanted(self, case: Case, results: Sequence[Result]) -> dict[int, Seen]:
        return {
            number: seen
            for number, (seen, result) in enumerate(zip(self.seen, results, strict=True))
            # What was left out of a copy, or could not be redacted, is nowhere else but in a quarantine.
            if seen is not None
            and (case.keeps if isinstance(result, Quarantined) else not result.gaps)
        }


def _amend(case: Case, claims: Claims, file: Path, content: Entering) -> None:
    """Raises `CertificateError`: the file then says less than is known, and nothing untrue."""
    certificate = case.amend(claims)
    alone = certificate.to_json()
    try:
        # It is in its place before it is in a ledger: no entry is of what is nowhere.
        write_whole(file, alone)
        entered = content(certificate)
        if entered != alone:
            write_whole(file, entered)
    except OSError as error:
        raise CertificateError(
            f"the certificate of the deletion cannot be written: {os.strerror(error.errno or 0)}",
            remedy="the one in the output directory says that deletion had begun: keep it",
        ) from None
    try:
        sync_folder(file.parent)
    except OSError:
        say("the certificate of the deletion may not outlast a power cut: keep a copy of it")


def _seen(path: Path | None) -> Seen | None:
    try:
        return None if path is None else Seen.of(path)
    except OSError:
        return None  # what cannot be read is quarantined, and its original stays
