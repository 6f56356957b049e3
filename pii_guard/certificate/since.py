"""What was said of a certificate since: revoked, replaced, acknowledged, validated; and when, where a ledger shows it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pii_guard.certificate.acknowledged import check_acknowledgement, is_countersigned
from pii_guard.certificate.bundle import Bundle
from pii_guard.certificate.envelope import envelope_json
from pii_guard.certificate.leaf import leaf_of
from pii_guard.certificate.logged import Watch, judge_entry
from pii_guard.certificate.report import Rule
from pii_guard.certificate.researcher import ResearcherKey
from pii_guard.certificate.revocation import Revocation, check_revocation
from pii_guard.certificate.shapes import TIME
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.certificate.terms import Terms
from pii_guard.certificate.trust import Trust
from pii_guard.certificate.validation import Validation, check_validation


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What an acknowledgement must have, as `check_acknowledgement` takes it."""

    researchers: Collection[ResearcherKey] = ()
    terms: Collection[Terms] | None = None
    least_assurance: str = "registered_key"
    countersigned: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The rule `acknowledgement`, and the exceptions of the last one of those that hold."""

    rule: Rule
    exceptions: Sequence[dict[str, Any]] = field(default=(), repr=False)

    def overdue(self, day: str) -> int:
        """How many copies the researcher had that were to be gone before a day (`YYYY-MM-DD`)."""
        return sum(one.get("until", "9") < day for one in self.exceptions)


@dataclass(frozen=True, slots=True)
class Since:
    """A certificate's bundle and its signed bytes, whom its verifier trusts, what they know of ledgers."""

    bundle: Bundle
    payload: bytes = field(repr=False)
    trust: Trust
    watch: Watch

    def supersession(self, supersedes: bool) -> Rule:
        """The rule `supersession`: nothing in the bundle takes the certificate back or replaces it."""
        digest = _digest(self.payload)
        digests = {digest} | {_digest(one.opened().payload) for one in self.bundle.acknowledgements}
        standing = []
        try:
            for said in self.bundle.revocations:
                found, faults = self._read(said)
                if found is None or found.digest not in digests:
                    return Rule("supersession", "fail", f"a revocation does not hold: {faults[0]}")
                standing.append(found)
        except Malformed as fault:
            return Rule("supersession", "fail", f"a revocation does not hold: {fault}")
        # By its digest: a name that does not go with it hides nothing.
        ended = [one for one in standing if one.digest == digest]
        if ended:
            last = max(ended, key=lambda one: one.issued_at)
            word = "revoked" if last.action == "revoke" else "superseded by a newer certificate"
            return Rule("supersession", "fail", f"{word}: {last.reason}")
        since = "no revocation is in the file; ask the programme for newer ones"
        since += "; it takes the place of an earlier certificate" if supersedes else ""
        return Rule("supersession", "not_checked", since)

    def acknowledgement(self, wanted: Acceptance) -> Acknowledged:
        """Every acknowledgement in the bundle holds, and none of them was taken back."""
        if not self.bundle.acknowledgements:
            return Acknowledged(Rule("acknowledgement", "not_checked", "none is in the file"))
        countersigned: dict[bytes, bool] = {}
        timed = set()
        for said in self.bundle.acknowledgements:
            payload = said.opened().payload
            try:
                independent = self._independent(said)
                faults = self._faults(said, wanted, independent)
            except Malformed as fault:
                faults = [str(fault)]
            if faults:
                return Acknowledged(Rule("acknowledgement", "fail", faults[0]))
            content = envelope_json(said.envelope)
            signed_too = is_countersigned(content, self.trust)
            countersigned[payload] = countersigned.get(payload, False) or signed_too
            timed |= {payload} if independent else set()
        reason = f"{len(countersigned)} signed, {sum(countersigned.values())} countersigned"
        reason += f", {len(timed)} seen by something independent" if timed else ""
        last = max((_predicate(one) for one in countersigned), key=lambda one: one["completedAt"])
        return Acknowledged(Rule("acknowledgement", "pass", reason), last["exceptions"])

    def validation(self) -> Rule:
        """The rule `validation`: every one in the bundle holds, and the last says that the certificate does."""
        if not self.bundle.validations:
            return Rule("validation", "not_checked", "none is in the file")
        if not any(key.role == "validator" for key in self.trust.keys):
            return Rule("validation", "not_checked", "the trust file names no validator")
        found: dict[bytes, Validation] = {}
        timed = set()
        try:
            for said in self.bundle.validations:
                independent = self._independent(said)
                one, faults = check_validation(
                    envelope_json(said.envelope), self.payload, self.trust, independent=independent
                )
                if one is None:
                    return Rule("validation", "fail", faults[0])
                payload = said.opened().payload
                found[payload] = one
                timed |= {payload} if independent else set()
        except Malformed as fault:
            return Rule("validation", "fail", str(fault))
        last = max(found.values(), key=lambda one: one.checked_at)
        if last.outcome == "fails":
            return Rule("validation", "fail", "a validator found that a rule fails")
        if last.outcome == "incomplete":
            return Rule("validation", "not_checked", "a rule that a validator had to check was not")
        reason = f"{len(found)} signed"
        reason += f", {len(timed)} seen by something independent" if timed else ""
        return Rule("validation", "pass", reason)

    def _faults(
        self, said: Bundle, wanted: Acceptance, independent: datetime | None
    ) -> Sequence[str]:
        """What is wrong with an acknowledgement. Raises `Malformed`."""
        faults = check_acknowledgement(
            envelope_json(said.envelope),
            self.payload,
            self.trust,
            researchers=wanted.researchers,
            terms=wanted.terms,
            least_assurance=wanted.least_assurance,
            countersigned=wanted.countersigned,
            independent=independent,
        )
        payload = said.opened().payload
        back = (self._revocation(one, payload)[0] for one in self.bundle.revocations)
        if not faults and any(one is not None for one in back):
            return ["it was revoked"]
        return faults

    def _read(self, said: Bundle) -> tuple[Revocation | None, list[str]]:
        """The revocation, if it holds and is about the certificate or an acknowledgement in the bundle."""
        found, faults = self._revocation(said, self.payload)
        for one in self.bundle.acknowledgements:
            if found is not None:
                break
            found, _ = self._revocation(said, one.opened().payload)
        return found, faults

    def _revocation(self, said: Bundle, payload: bytes) -> tuple[Revocation | None, list[str]]:
        content = envelope_json(said.envelope)
        return check_revocation(content, payload, self.trust, independent=self._independent(said))

    def _independent(self, said: Bundle) -> datetime | None:
        """When something independent saw a statement with its signatures; None where nothing did.

        Raises `Malformed` where the place in a ledger that it gives is not its own.
        """
        if said.inclusion is None:
            return None
        opened = said.opened()
        logged = judge_entry(said, leaf_of(opened), self.trust, self.watch, _time(opened.payload))
        if logged.rule.status == "fail":
            raise Malformed(f"its place in the ledger: {logged.rule.reason}")
        return logged.independent


def _time(payload: bytes) -> datetime:
    """When a statement says it was made, whoever signed it. Raises `Malformed`."""
    predicate = _predicate(payload)
    names = ("issuedAt", "completedAt", "checkedAt")
    said = next((predicate[name] for name in names if name in predicate), None)
    if TIME.misfit(said) is not None:
        raise Malformed("it gives itself no time")
    return datetime.fromisoformat(str(said))


def _predicate(payload: bytes) -> dict[str, Any]:
    statement = strict_json(payload)
    predicate = statement.get("predicate") if isinstance(statement, dict) else None
    if not isinstance(predicate, dict):
        raise Malformed("no statement")
    return predicate


def _digest(payload: bytes) -> str:
    return f"sha256:{hashlib.sha256(payload).hexdigest()}"
