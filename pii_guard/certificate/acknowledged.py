"""Whether an acknowledgement holds: right signer, right certificate, approved words (rule 10)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from pii_guard.certificate.acknowledgement import (
    NAMESPACE,
    PREDICATE_TYPE,
    SHAPE,
    STATEMENT_TYPE,
    About,
    content_faults,
    read_certificate,
)
from pii_guard.certificate.cosigned import Cosigned, open_cosigned
from pii_guard.certificate.researcher import PublicKey, accepted_key, researcher_id
from pii_guard.certificate.strict import strict_json
from pii_guard.certificate.terms import ASSURANCES, LANGUAGES, Terms, shipped_terms
from pii_guard.certificate.trust import Trust, TrustedKey

ISSUER, RESEARCHER = "issuer", "researcher"


def check_acknowledgement(
    content: bytes,
    certificate: bytes,
    trust: Trust,
    *,
    researchers: Collection[PublicKey] = (),
    terms: Collection[Terms] | None = None,
    least_assurance: str = "registered_key",
    countersigned: bool = False,
    independent: datetime | None = None,
) -> list[str]:
    """Check an acknowledgement's envelope against a certificate's payload; what is wrong, in our words.

    `researchers` are the keys registered for this case; where there are none, a key in `trust` with
    the role `researcher` (and the identity that the certificate names, if it names one) may sign.
    `terms` are the approved templates (None: the shipped ones), `least_assurance` a word of
    `ASSURANCES`. `countersigned` asks for an issuer's signature, too. `independent` is a moment at
    which something other than the signers has seen it. Raises `Malformed` for what is no
    envelope or no JSON; whether the certificate itself is good is the caller's to check.
    """
    about, opened = read_certificate(certificate), open_cosigned(content)
    case = _Signers(trust, researchers, about)
    unsigned = [fault for key_id in opened.signatures if (fault := case.fault(opened, key_id))]
    if unsigned:
        return unsigned[:1]  # what nobody vouches for is not read
    statement = strict_json(opened.payload)
    misfit = statement_fault(statement)
    if misfit:
        return [misfit]
    approved = [shipped_terms(one) for one in LANGUAGES] if terms is None else terms
    predicate = statement["predicate"]
    faults = list(content_faults(statement, about, approved))
    faults += case.role_faults(opened, predicate["signer"]["method"], countersigned)
    held = ASSURANCES.index(predicate["identityAssurance"])
    if held < ASSURANCES.index(least_assurance):
        faults.append("the signer's identity is less assured than asked")
    completed = datetime.fromisoformat(predicate["completedAt"])
    if independent is not None and independent < completed:
        faults.append("it was completed after it had been seen")
    faults += case.date_faults(opened, completed, independent)
    return faults


def is_countersigned(content: bytes, trust: Trust) -> bool:
    """Whether an issuer's signature is on an envelope that `check_acknowledgement` found good."""
    issuers = {key.key_id for key in trust.keys if key.role == ISSUER}
    return not issuers.isdisjoint(open_cosigned(content).signatures)


def statement_fault(statement: Any) -> str:
    """What keeps a parsed statement from being an acknowledgement; "" if it is one."""
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT_TYPE:
        return "not an in-toto Statement v1"
    if statement.get("predicateType") != PREDICATE_TYPE:
        return "another predicate type"
    where = SHAPE.misfit(statement)
    if where is not None:
        return f"{where or '/'}: a field is missing or unknown, or what it holds is no word of ours"
    return "" if len(statement["subject"]) == 1 else "it is about more than one certificate"


class _Signers:
    """Who may sign in this case, and as what."""

    def __init__(self, trust: Trust, researchers: Collection[PublicKey], about: About) -> None:
        self._listed = trust.keys
        registered = {researcher_id(key): key for key in researchers}
        named = about.researcher
        trusted = {
            key.key_id
            for key in trust.keys
            if key.role == RESEARCHER and named in (None, key.identity)
        }
        # A case with keys of its own takes no other: each researcher of a programme is in its trust.
        self._researchers = frozenset(registered or trusted)
        self._programme = {key.key_id for key in trust.keys if key.role != RESEARCHER}
        self._issuers = {key.key_id for key in trust.keys if key.role == ISSUER}
        self._public = {key.key_id: accepted_key(key.public) for key in trust.keys}
        self._public.update(registered)

    def fault(self, opened: Cosigned, key_id: str) -> str:
        """What is wrong with a signature; "" if it holds and its key may sign here at all."""
        public = self._public.get(key_id)
        if public is None or not opened.holds(key_id, public, NAMESPACE):
            return "a signature is not by a trusted key"
        if key_id in self._researchers and key_id in self._programme:
            return "the researcher's key is one of the programme's"
        if key_id not in self._researchers | self._issuers:
            return "a signature is by neither the case's researcher nor an issuer"
        if key_id in self._issuers and opened.is_ssh(key_id):
            return "an issuer signed with SSH"
        return ""

    def role_faults(self, opened: Cosigned, method: str, countersigned: bool) -> Iterator[str]:
        """Whether those sign whom the method asks for."""
        own = [key_id for key_id in opened.signatures if key_id in self._researchers]
        programme = len(opened.signatures) > len(own)
        if method in ("pkcs8", "sshsig"):
            if len(own) != 1:
                yield "it is not signed by the case's researcher"
            elif opened.is_ssh(own[0]) != (method == "sshsig"):
                yield "it is signed by another method than it says"
        elif own:
            yield "it is signed by another method than it says"
        if countersigned and not programme:
            yield "the programme has not countersigned it"

    def date_faults(
        self, opened: Cosigned, claimed: datetime, independent: datetime | None
    ) -> Iterator[str]:
        """What the dates of the keys that signed say against it."""
        for key in self._listed:
            if key.key_id in opened.signatures:
                fault = date_fault(key, claimed, independent)
                if fault:
                    yield fault


def date_fault(key: TrustedKey, claimed: datetime, independent: datetime | None) -> str:
    """Key dates: the signer's own time can show that a signature is bad, never that it is good."""
    if key.revoked_at is not None and (independent is None or independent >= key.revoked_at):
        return "a key that signed is revoked, and nothing independent shows an earlier time"
    if key.not_before and claimed < key.not_before:
        return "signed before a key was valid"
    if key.not_after and claimed > key.not_after:
        return "signed after a key expired"
    return ""
