"""Whether an acknowledgement holds: right signer, right certificate, approved words (rule 10)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from pii_guard.certificate.acknowledgement import (
    NAMESPACE,
    About,
    content_faults,
    read_certificate,
)
from pii_guard.certificate.acknowledgement_grammar import PREDICATE_TYPE, misfit
from pii_guard.certificate.envelope import Opened, Signature
from pii_guard.certificate.grammar import STATEMENT_TYPE
from pii_guard.certificate.researcher import ResearcherKey, researcher_id
from pii_guard.certificate.shapes import misfit_said
from pii_guard.certificate.ssh_envelope import is_by, is_ssh, key_inside, open_small
from pii_guard.certificate.strict import strict_json
from pii_guard.certificate.terms import ASSURANCES, LANGUAGES, Terms, shipped_terms
from pii_guard.certificate.trust import CLOCK_SKEW, Trust

_ISSUER, _RESEARCHER, _ROOT = "issuer", "researcher", "root"


def check_acknowledgement(
    content: bytes,
    certificate: bytes,
    trust: Trust,
    *,
    researchers: Collection[ResearcherKey] = (),
    terms: Collection[Terms] | None = None,
    least_assurance: str = "registered_key",
    countersigned: bool = False,
    independent: datetime | None = None,
) -> list[str]:
    """Check an acknowledgement's envelope against a certificate's payload; what is wrong, in our words.

    The certificate is one that has been verified. The researcher has a key of `researchers`, those
    registered for this case; where there are none, one in `trust` with the role `researcher` (and the
    identity that the certificate names, if it names one). Where the certificate names a key it must be
    that one of them; alone its word counts only where none is pinned.
    `terms` are the approved templates (None: the shipped ones), `least_assurance` a word of
    `ASSURANCES`. `countersigned` asks for as many issuers' signatures as `trust` does for a
    certificate. `independent` is a moment at which something other than the signers has seen it. Raises `Malformed` for what is no
    envelope or no JSON; whether the certificate itself is good is the caller's to check.
    """
    about, opened = read_certificate(certificate), open_small(content)
    case = _Signers(trust, researchers, about)
    unsigned = [fault for one in opened.signatures if (fault := case.fault(opened, one))]
    if unsigned:
        return unsigned[:1]  # what nobody vouches for is not read
    statement = strict_json(opened.payload)
    unlike = statement_fault(statement)
    if unlike:
        return [unlike]
    approved = [shipped_terms(one) for one in LANGUAGES] if terms is None else terms
    predicate = statement["predicate"]
    faults = list(content_faults(statement, about, approved))
    faults += case.method_faults(opened, predicate["signer"]["method"])
    held = ASSURANCES.index(predicate["identityAssurance"])
    if held < ASSURANCES.index(least_assurance):
        faults.append("the signer's identity is less assured than asked")
    completed = datetime.fromisoformat(predicate["completedAt"])
    faults += case.date_faults(opened, completed, independent)
    if countersigned:
        issuers = [one.key_id for one in opened.signatures if case.is_issuer(one)]
        short = trust.judge(issuers, _ISSUER, independent, completed)
        faults += ["the programme has not countersigned it"] if short else []
    return faults


def is_countersigned(content: bytes, trust: Trust) -> bool:
    """Whether an issuer's signature is on an envelope that `check_acknowledgement` found good."""
    return any(one.key_id in trust.issuers() for one in open_small(content).signatures)


def statement_fault(statement: Any) -> str:
    """What keeps a parsed statement from being an acknowledgement; "" if it is one."""
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT_TYPE:
        return "not an in-toto Statement v1"
    if statement.get("predicateType") != PREDICATE_TYPE:
        return "another predicate type"
    where = misfit(statement)
    if where is not None:
        return misfit_said(where)
    return "" if len(statement["subject"]) == 1 else "it is about more than one certificate"


class _Signers:
    """Who may sign in this case, and as what."""

    def __init__(self, trust: Trust, researchers: Collection[ResearcherKey], about: About) -> None:
        self._trust = trust
        registered = {researcher_id(key): key for key in researchers}
        listed = {
            key.key_id
            for key in trust.keys
            if key.role == _RESEARCHER and about.researcher in (None, key.identity)
        }
        # A case with keys of its own takes no other: each researcher of a programme is in its trust. The
        # key that the certificate names is the issuer's word: alone it counts where nobody pins one.
        pinned = frozenset(registered or listed)
        named = frozenset({about.researcher_key} if about.researcher_key else pinned)
        self._researchers = named & (pinned or named)
        self._named = about.researcher_key
        self._programme = {key.key_id for key in trust.keys if key.role != _RESEARCHER}
        self._public: dict[str, ResearcherKey] = {
            key.key_id: key.public for key in trust.keys if key.role != _ROOT
        }
        self._public.update(registered)

    def is_issuer(self, signature: Signature) -> bool:
        """Whether it stands under the id of an issuer key."""
        return signature.key_id in self._trust.issuers()

    def fault(self, opened: Opened, signature: Signature) -> str:
        """What is wrong with a signature; "" if it holds and its key may sign here at all."""
        name = signature.key_id
        public = self._public.get(name)
        if public is None and name == self._named:
            # The certificate pins the key by its digest, and an SSH signature brings the key along.
            public = key_inside(signature)
        if public is None or not is_by(opened, signature, public, NAMESPACE):
            return "a signature is not by a trusted key"
        if name in self._researchers and name in self._programme:
            return "the researcher's key is one of the programme's"
        if name not in self._researchers and not self.is_issuer(signature):
            return "a signature is by neither the case's researcher nor an issuer"
        if self.is_issuer(signature) and is_ssh(signature):
            return "an issuer signed with SSH"
        return ""

    def method_faults(self, opened: Opened, method: str) -> Iterator[str]:
        """Whether those sign whom the method asks for."""
        own = [one for one in opened.signatures if not self.is_issuer(one)]
        if method in ("pkcs8", "sshsig"):
            if len(own) != 1:
                yield "it is not signed by the case's researcher"
            elif is_ssh(own[0]) != (method == "sshsig"):
                yield "it is signed by another method than it says"
        elif own:
            yield "it is signed by another method than it says"

    def date_faults(
        self, opened: Opened, claimed: datetime, independent: datetime | None
    ) -> Iterator[str]:
        """What the dates of the keys that signed say against it."""
        roles = {(key.key_id, key.role) for key in self._trust.keys}
        for one in opened.signatures:
            role = _ISSUER if self.is_issuer(one) else _RESEARCHER
            if (one.key_id, role) in roles:
                fault = self._trust.fault(one.key_id, role, independent, claimed)
                if fault:
                    yield fault
            elif independent is not None and claimed - CLOCK_SKEW > independent:
                yield "dated later than something independent saw it"
