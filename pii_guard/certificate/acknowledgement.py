"""Statement B, the researcher's acknowledgement: which places were searched, and what is left where.

Its subject is the SHA-256 of the deletion certificate's signed bytes, so it belongs to that
certificate and to no other. The words signed are a template's, known by its digest. Every string is
a word of ours, a time, a digest or an id: what was deleted cannot be told here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import rfc8785

from pii_guard.certificate.acknowledgement_grammar import PREDICATE_TYPE, SUBJECT, misfit
from pii_guard.certificate.grammar import STATEMENT_TYPE
from pii_guard.certificate.shapes import HEX, TIME, UUID
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.certificate.terms import METHODS, PLACES, REASONS, Terms
from pii_guard.errors import CertificateError

NAMESPACE = "pii-guard-acknowledgement@v1"
"""The namespace of SSH signatures: one made for another purpose is none here."""
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Remainder:
    """A copy that is still there: a word of `PLACES`, one of `REASONS`, and when it goes."""

    place: str
    reason: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Signing:
    """How B is signed: a word of `METHODS`, with what that method has to say.

    `platform_session`: the account's reference at the platform (no name) and when it accepted.
    `wet_ink`: `page`, the `sha256:…` of the scanned page with the signature.
    """

    method: str
    account: str | None = None
    accepted_at: datetime | None = None
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """What the researcher says: ids of statements ticked, places searched, what is left, and when."""

    statements: Collection[str]
    places: Collection[str]
    completed_at: datetime
    remainders: Sequence[Remainder] = ()


def build_acknowledgement(
    certificate: bytes, terms: Terms, answers: Answers, signing: Signing, *, nonce: str
) -> bytes:
    """The statement's bytes (RFC 8785 canonical JSON) about a certificate's payload bytes.

    `nonce` is 32 hex digits. Raises `CertificateError` for answers that the checker would refuse,
    `Malformed` for a certificate that is none.
    """
    about = read_certificate(certificate)
    statement: Entry = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": SUBJECT, "digest": {"sha256": about.digest}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "nonce": nonce,
            "certificate": {"id": about.identifier},
            "terms": terms.reference(),
            "statements": [
                *(one.identifier for one in terms.clauses if one.identifier in answers.statements),
                # What the terms do not have is not dropped in silence: it is refused below.
                *sorted({*answers.statements} - {one.identifier for one in terms.clauses}),
            ],
            "placesChecked": sorted(
                {*answers.places}, key=lambda word: (*PLACES, word).index(word)
            ),
            "exceptions": [_remainder(one) for one in answers.remainders],
            "completedAt": written(answers.completed_at),
            "signer": _signer(signing),
            "identityAssurance": METHODS.get(signing.method),
        },
    }
    where = misfit(statement)
    if where is not None:
        raise CertificateError(
            f"the acknowledgement cannot say this: {where}",
            remedy="use the words that `pii-guard acknowledge --show-terms` lists",
        )
    for fault in content_faults(statement, about, (terms,)):
        raise CertificateError(f"nothing was signed: {fault}", remedy="correct it and sign again")
    return rfc8785.dumps(statement)


@dataclass(frozen=True, slots=True)
class About:
    """What has to be known of a certificate: its payload's digest in hex, id, time, case, for whom.

    `researcher` is the pseudonym it names, `researcher_key` the id of their key; None without.
    """

    digest: str
    identifier: str
    issued_at: datetime
    case: str
    researcher: str | None
    researcher_key: str | None


def read_certificate(payload: bytes) -> About:
    """What an acknowledgement needs of a certificate's signed bytes. Raises `Malformed`.

    Whether the certificate is good is not asked here: see `verify`.
    """
    statement = strict_json(payload)
    try:
        predicate = statement["predicate"]
        researcher = predicate.get("researcher")
        found = predicate["certificateId"], predicate["issuedAt"], predicate["case"]["ref"]
        whose = None if researcher is None else researcher["ref"]
        key = None if researcher is None else researcher.get("keyId")
    except (TypeError, KeyError, AttributeError):
        raise Malformed("not a deletion certificate") from None
    fits = UUID.misfit(found[0]) is None and TIME.misfit(found[1]) is None
    fits = fits and isinstance(whose, str | None) and (key is None or HEX.misfit(key) is None)
    if not fits or not isinstance(found[2], str):
        raise Malformed("not a deletion certificate")
    digest = hashlib.sha256(payload).hexdigest()
    return About(digest, found[0], datetime.fromisoformat(found[1]), found[2], whose, key)


def content_faults(statement: Entry, about: About, approved: Collection[Terms]) -> Iterator[str]:
    """What a statement of the right shape says that it may not, each a clause of our words."""
    predicate = statement["predicate"]
    if statement["subject"][0]["digest"]["sha256"] != about.digest:
        yield "it is about another certificate"
    if predicate["certificate"]["id"] != about.identifier:
        yield "it names another certificate"
    completed = datetime.fromisoformat(predicate["completedAt"])
    if completed < about.issued_at:
        yield "it was completed before the certificate was issued"
    terms = next((one for one in approved if one.digest == predicate["terms"]["digest"]), None)
    if terms is None or terms.reference() != predicate["terms"]:
        yield "its terms are not approved"
    else:
        yield from _terms_faults(predicate, terms)
    yield from _remainder_faults(predicate["exceptions"], completed)
    signer = predicate["signer"]
    if predicate["identityAssurance"] != METHODS[signer["method"]]:
        yield "its assurance is not that of its method"
    if "acceptedAt" in signer and datetime.fromisoformat(signer["acceptedAt"]) < completed:
        yield "it was accepted before it was completed"


def _terms_faults(predicate: Entry, terms: Terms) -> Iterator[str]:
    ticked, known = predicate["statements"], [one.identifier for one in terms.clauses]
    if len(set(ticked)) < len(ticked) or not set(ticked) <= set(known):
        yield "it ticks a statement twice, or one that its terms do not have"
    if not {one.identifier for one in terms.clauses if one.required} <= set(ticked):
        yield "a statement that its terms require is not ticked"
    places = predicate["placesChecked"]
    if len(set(places)) < len(places) or not set(places) <= terms.places.keys():
        yield "it ticks a place twice, or one that its terms do not ask about"
    for one in predicate["exceptions"]:
        if one["place"] not in terms.places or one["reason"] not in terms.reasons:
            yield "it has an exception that its terms do not allow"


def _remainder_faults(exceptions: Sequence[Entry], completed: datetime) -> Iterator[str]:
    if len({(one["place"], one["reason"]) for one in exceptions}) < len(exceptions):
        yield "it lists an exception twice"
    for one in exceptions:
        if "until" not in one:
            if REASONS[one["reason"]]:
                yield "an exception that ends has no date"
        elif date.fromisoformat(one["until"]) < completed.date():
            yield "an exception ended before the search did"


def written(moment: datetime) -> str:
    """A moment as statements write it. Raises `ValueError` for one without its zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without its zone means another moment on each machine")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _remainder(one: Remainder) -> Entry:
    entry = {"place": one.place, "reason": one.reason}
    return entry if one.until is None else {**entry, "until": one.until.isoformat()}


def _signer(signing: Signing) -> Entry:
    accepted = None if signing.accepted_at is None else written(signing.accepted_at)
    fields = {"account": signing.account, "acceptedAt": accepted, "page": signing.page}
    return {"method": signing.method} | {k: v for k, v in fields.items() if v is not None}
