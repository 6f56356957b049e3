"""What was said of a certificate since: revoked, replaced, acknowledged."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from pii_guard.certificate.acknowledged import check_acknowledgement, is_countersigned
from pii_guard.certificate.bundle import Bundle, Envelope
from pii_guard.certificate.envelope import envelope_json, open_envelope
from pii_guard.certificate.report import Rule
from pii_guard.certificate.researcher import ResearcherKey
from pii_guard.certificate.revocation import Revocation, check_revocation
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.terms import Terms
from pii_guard.certificate.trust import Trust


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What an acknowledgement must have, as `check_acknowledgement` takes it."""

    researchers: Collection[ResearcherKey] = ()
    terms: Collection[Terms] | None = None
    least_assurance: str = "registered_key"
    countersigned: bool = False


def supersession(bundle: Bundle, payload: bytes, trust: Trust, supersedes: bool) -> Rule:
    """The rule `supersession`: nothing in the bundle takes the certificate back or replaces it."""
    digest = f"sha256:{hashlib.sha256(payload).hexdigest()}"
    digests = {digest} | _acknowledged(bundle)
    standing = []
    try:
        for envelope in bundle.revocations:
            found, faults = _read(envelope, payload, bundle, trust)
            if found is None or found.digest not in digests:
                return Rule("supersession", "fail", f"a revocation does not hold: {faults[0]}")
            standing.append(found)
    except Malformed as fault:
        return Rule("supersession", "fail", f"a revocation is malformed: {fault}")
    # By its digest: a name that does not go with it hides nothing.
    ended = [one for one in standing if one.digest == digest]
    if ended:
        last = max(ended, key=lambda one: one.issued_at)
        word = "revoked" if last.action == "revoke" else "superseded by a newer certificate"
        return Rule("supersession", "fail", f"{word}: {last.reason}")
    since = "no revocation is in the file; ask the programme for newer ones"
    since += "; it takes the place of an earlier certificate" if supersedes else ""
    return Rule("supersession", "not_checked", since)


def acknowledgement(bundle: Bundle, payload: bytes, trust: Trust, wanted: Acceptance) -> Rule:
    """The rule `acknowledgement`: every one in the bundle holds, and none of them was taken back."""
    if not bundle.acknowledgements:
        return Rule("acknowledgement", "not_checked", "none is in the file")
    countersigned: dict[bytes, bool] = {}
    for envelope in bundle.acknowledgements:
        content = envelope_json(envelope)
        try:
            faults = check_acknowledgement(
                content,
                payload,
                trust,
                researchers=wanted.researchers,
                terms=wanted.terms,
                least_assurance=wanted.least_assurance,
                countersigned=wanted.countersigned,
            )
        except Malformed as fault:
            faults = [str(fault)]
        if not faults and _is_taken_back(bundle, open_envelope(envelope).payload, trust):
            faults = ["it was revoked"]
        if faults:
            return Rule("acknowledgement", "fail", faults[0])
        said = open_envelope(envelope).payload
        countersigned[said] = countersigned.get(said, False) or is_countersigned(content, trust)
    number = len(countersigned)
    return Rule(
        "acknowledgement", "pass", f"{number} signed, {sum(countersigned.values())} countersigned"
    )


def _acknowledged(bundle: Bundle) -> set[str]:
    payloads = (open_envelope(one).payload for one in bundle.acknowledgements)
    return {f"sha256:{hashlib.sha256(payload).hexdigest()}" for payload in payloads}


def _read(
    envelope: Envelope, payload: bytes, bundle: Bundle, trust: Trust
) -> tuple[Revocation | None, list[str]]:
    """The revocation, if it holds and is about the certificate or an acknowledgement in the bundle."""
    content = envelope_json(envelope)
    found, faults = check_revocation(content, payload, trust)
    for one in bundle.acknowledgements:
        if found is not None:
            break
        found, _ = check_revocation(content, open_envelope(one).payload, trust)
    return found, faults


def _is_taken_back(bundle: Bundle, payload: bytes, trust: Trust) -> bool:
    return any(
        check_revocation(envelope_json(one), payload, trust)[0] is not None
        for one in bundle.revocations
    )
