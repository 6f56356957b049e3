"""One engine that redacts attachments, text and whole reports. Build it once, share it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, overload

from pii_guard.document import Unread
from pii_guard.errors import PiiGuardError, PolicyError, Reason
from pii_guard.findings import Finding, Quarantined, Result
from pii_guard.leftovers import remove_temporary
from pii_guard.originals import Source
from pii_guard.own_code import code_digest
from pii_guard.policy import Policy
from pii_guard.programme import DISCLOSURES

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer
    from presidio_analyzer.nlp_engine import NlpEngine

    from pii_guard.case import Case
    from pii_guard.casework import Work
    from pii_guard.certificate import Researcher, Superseded
    from pii_guard.detect.engine import Detector
    from pii_guard.formats import Format
    from pii_guard.inspection import Inspection
    from pii_guard.isolation.cage import Cage
    from pii_guard.isolation.layers import Layer
    from pii_guard.keystore import KeyStore
    from pii_guard.quarantine import Quarantine
    from pii_guard.stages import Workshop


@dataclass(frozen=True, slots=True)
class Scan(Sequence[Finding]):
    """What a scan found: the findings that the policy would remove, in order.

    `unread`: what nobody can read and redacting would pass on.
    """

    media_type: str
    findings: tuple[Finding, ...] = ()
    reason: Reason | None = None
    counted: Mapping[str, int] | None = field(default=None, repr=False)
    """How many of each type there are, where `findings` are the first of too many to list."""
    unread: tuple[Unread, ...] = ()

    @property
    def by_type(self) -> Mapping[str, int]:
        """How many of each entity type there are."""
        found = self.counted
        return Counter(one.entity_type for one in self.findings) if found is None else found

    @property
    def verdict(self) -> Literal["clean", "found", "quarantined"]:
        """`quarantined` when it could not be read in full; `reason` then says why."""
        if self.reason is not None:
            return "quarantined"
        return "found" if self.findings else "clean"

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        return self.findings[index]

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)


@dataclass(frozen=True, slots=True)
class Engine:
    """What finds personal data: the recognizers' names, and `sha256:…` of what finds names."""

    recognizers: tuple[str, ...]
    digest: str


class Guard:
    """Finds and removes personal data under one policy; safe to share between threads.

    `policy`: the built-in default when left out. `nlp_engine`: any Presidio NLP engine in place of
    the shipped model. `recognizers`, `formats`: the caller's own, beside ours. `signer`: a key from
    `pii_guard.certificate` for certificates; by default the key in the user's configuration.
    `passwords`: tried on encrypted files, of which the output has none then; they are in no result.
    `keystore`: where the key of each certificate's commitments goes; without one there are none.
    `quarantine`: where a case that is closed keeps what it could not redact, encrypted; without one
    nothing of it is kept.
    Building it loads the model (seconds). Raises `PolicyError` for an unusable policy.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        nlp_engine: NlpEngine | None = None,
        recognizers: Sequence[EntityRecognizer] = (),
        formats: Sequence[Format] = (),
        signer: object | None = None,
        passwords: Sequence[str] = (),
        keystore: KeyStore | None = None,
        quarantine: Quarantine | None = None,
    ) -> None:
        from pii_guard.formats.passwords import given

        self.policy = policy or Policy()
        self.signer = signer
        self.keystore = keystore
        self.quarantine = quarantine
        self._passwords = given(passwords)
        self._formats = tuple(formats)
        self._recognizers = tuple(recognizers)
        self._nlp_engine = nlp_engine
        if keystore is not None and self.policy.programme.disclosure != DISCLOSURES[0]:
            raise PolicyError(
                "commitments count the values that programme.disclosure says only in ranges",
                remedy='leave one of them out: no commitments, or disclosure = "exact"',
            )
        remove_temporary()  # a run that was killed may have left files in clear for other programs
        self._cage: Cage | None = None
        self.code = code_digest()  # now: what runs later may not be what is on disk then
        """`sha256:…` of the package's files (`own_code`)."""
        self.layers: tuple[Layer, ...] = ()
        """What stands between attachments and this process; nothing where work is done in it."""
        if self.policy.isolation != "off":
            self._enter_cage()
        if self._cage is None:
            _ = self.workshop, self.detector

    def _enter_cage(self) -> None:
        from pii_guard.cage_choice import open_cage

        if self._nlp_engine is not None or self._recognizers or self._formats:
            # Live objects cannot go into another process, and pickling is not for strangers' files.
            if self.policy.isolation == "require":
                raise PolicyError(
                    'isolation = "require" cannot be kept with recognizers, formats or an engine given as objects',
                    remedy='name an engine by nlp_configuration, or set isolation = "prefer"',
                )
            return
        opened = open_cage(self.policy)
        if opened is not None:
            self._cage, self.layers = opened

    @cached_property
    def workshop(self) -> Workshop:
        """What reads and writes files in this process."""
        from pii_guard.stages import workshop

        return workshop(self.policy, self._formats, self._passwords)

    @cached_property
    def detector(self) -> Detector:
        """What finds personal data in this process."""
        from pii_guard.detect.engine import Detector

        engine = self._nlp_engine
        if engine is None and self.policy.nlp_configuration is not None:
            from pii_guard.detect.engines import configured

            engine = configured(self.policy.nlp_configuration)
        return Detector(engine, self._recognizers)

    @property
    def engine(self) -> Engine:
        """What finds personal data."""
        if self._cage is not None:
            up = self._cage.up
            return Engine(tuple(up["recognizers"]), up["digest"])
        from pii_guard.detect.engines import engine_digest

        return Engine(self.detector.ruleset, engine_digest(self.detector.nlp_engine))

    def work(self, passwords: Sequence[str] = ()) -> Work:
        """What works on one case. `passwords` are tried before the guard's."""
        from pii_guard.formats.passwords import given

        tried = (*given(passwords), *self._passwords)
        if self._cage is not None:
            from pii_guard.caged import Caged

            return Caged(self._cage, self.policy, tried)
        from pii_guard.casework import Casework
        from pii_guard.desk import Desk

        shop = replace(self.workshop, passwords=tried)
        return Casework(Desk.of(self.policy, self.detector, shop))

    def redact(self, source: Source, *, name: str = "", passwords: Sequence[str] = ()) -> Result:
        """Redact one attachment and prove the result clean.

        `name` is what the reporter called it: a hint for the type, itself redacted in the result.
        `passwords` are tried as the guard's are.
        `Result.output` is bytes of the same format, or None when quarantined. Input over
        `policy.limits.max_file_bytes` is quarantined, never truncated. Hostile or broken input
        never raises.
        """
        case = self.case(passwords=passwords)
        with self._turn():
            case.add(source, name=name)
            result = next(case.redact())
            case.discard()
        return result

    def scan(self, source: Source, *, name: str = "", passwords: Sequence[str] = ()) -> Scan:
        """Find what the policy would remove from one attachment; nothing is written."""
        case = self.case(passwords=passwords)
        with self._turn():
            case.add(source, name=name)
            scan = next(case.scan())
            case.discard()
        return scan

    def inspect(
        self, source: Source | Reason, *, key: bytes, name: str = "", passwords: Sequence[str] = ()
    ) -> Inspection:
        """What an audit hears of one file: what would go, how bad that is, and codes of the values.

        `key`: 32 bytes, for HMAC-SHA256 of values; equal values have equal codes under it. A `Reason` in
        place of a source: it cannot be read; its name is looked at all the same. Hostile or broken
        input never raises.
        """
        from pii_guard.case import opened

        work = self.work(passwords)
        try:
            with self._turn():
                got = source if isinstance(source, Reason) else opened(source, self.policy.limits)
                work.add(got, name, "")
                [inspection] = work.inspect(key)
        finally:
            work.close()
        return inspection

    def redact_text(self, text: str) -> str:
        """Redact a string. Raises `PiiGuardError` when the result could not be proved clean."""
        case = self.case()
        with self._turn():
            case.add(text.encode("utf-8", "surrogatepass"), media_type="text/plain")
            result = next(case.redact())
            case.discard()
        if isinstance(result, Quarantined):
            raise PiiGuardError(
                f"the text is quarantined: {result.reason.code}", remedy=result.reason.remedy
            )
        return result.output.decode("utf-8", "surrogatepass")

    def _turn(self) -> AbstractContextManager[None]:
        """All of what is done within takes one turn at the workers."""
        return nullcontext() if self._cage is None else self._cage.turn()

    def case(
        self,
        ref: str = "case",
        *,
        passwords: Sequence[str] = (),
        researcher: Researcher | None = None,
        supersedes: Superseded | None = None,
    ) -> Case:
        """Open one report, to which attachments are added.

        `ref` is the programme's own reference (letters, digits and `._:/#-`); it appears in the
        certificate and must not be personal. Raises `CertificateError` for any other. `passwords`
        are those that came with this report; they are forgotten when it is closed. `researcher`: whom
        the certificate is for, by a pseudonym. `supersedes`: a certificate it takes the place of.
        """
        from pii_guard.case import Case

        return Case(self, ref, passwords, researcher, supersedes)
