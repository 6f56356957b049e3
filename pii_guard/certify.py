"""From the results of a case to its signed certificate: where clock, randomness and key come in."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import pii_guard
from pii_guard.certificate import (
    ArtifactFacts,
    CaseFacts,
    Certificate,
    Researcher,
    Signer,
    Superseded,
    build_statement,
    default_signer,
    sign,
)
from pii_guard.certificate.claims import Claim
from pii_guard.certificate.commitments import Commitments, file_code
from pii_guard.errors import Unreadable
from pii_guard.findings import Quarantined, Result
from pii_guard.originals import Original
from pii_guard.tally import tally_of

if TYPE_CHECKING:
    from pii_guard.guard import Guard
    from pii_guard.quarantine import Entry


def gather(
    guard: Guard,
    ref: str,
    results: Sequence[tuple[Result, Sequence[Claim]]],
    *,
    researcher: Researcher | None = None,
    supersedes: Superseded | None = None,
    commitments: Callable[..., Commitments] | None = None,
    digests: Sequence[bytes | None] = (),
    kept: Mapping[int, Entry] = MappingProxyType({}),
) -> CaseFacts:
    """What a certificate will say of a case: its results, each with the claims about its original.

    `commitments`: makes those to what was removed, under a key; asked for only where the guard has a
    store for such keys. `digests`: SHA-256 of what was received, for commitments to it. `kept`: what is in quarantine, by the number of the result from 0.
    No raw value is in what is returned. Raises `CertificateError` when such a key cannot be stored.
    """
    engine = guard.engine
    ruleset = "\n".join([pii_guard.__version__, *engine.recognizers])
    facts = CaseFacts(
        ref,
        [_artifact(*each, kept.get(number)) for number, each in enumerate(results)],
        guard.policy.digest(),
        engine.digest,
        "sha256:" + hashlib.sha256(ruleset.encode()).hexdigest(),
        pii_guard.__version__,
        programme=guard.policy.programme,
        researcher=researcher,
        supersedes=supersedes,
        limits=guard.policy.limits,
        isolation=guard.layers,
        tool_digest=guard.code,
    )
    if guard.keystore is None or commitments is None:
        return facts
    day = datetime.now(UTC).date()
    key_ref, key = guard.keystore.new(
        day + timedelta(days=facts.programme.key_shred_days), hold=facts.programme.legal_hold
    )
    cut = any(result.counted is not None or result.unlinked for result, _ in results)
    files = {n: file_code(key, one) for n, one in enumerate(digests, 1) if one is not None}
    made = replace(commitments(key, key_ref, truncated=cut), files=files)
    return replace(facts, commitments=made)


@contextmanager
def keeping(
    guard: Guard, originals: Sequence[tuple[Original | None, str]], results: Sequence[Result]
) -> Iterator[Mapping[int, Entry]]:
    """What is quarantined of these goes into the guard's quarantine, if it has one: what is there then,
    by the number of the attachment from 0. What fails within takes it back.

    An original that does not come any more is not kept. Raises `QuarantineError`.
    """
    kept: dict[int, Entry] = {}
    store = guard.quarantine
    try:
        for number, (given, result) in enumerate(zip(originals, results, strict=True)):
            original, name = given
            if store is None or original is None or not isinstance(result, Quarantined):
                continue
            with suppress(Unreadable):
                kept[number] = store.keep(
                    original,
                    name=name,
                    reason=result.reason.code,
                    media_type=result.media_type,
                )
        yield kept
    except BaseException:
        if store is not None:
            store.take_back(kept.values())
        raise


def issue(guard: Guard, facts: CaseFacts) -> Certificate:
    """A new certificate that says this, signed now.

    Raises `CertificateError` when the key cannot be used or the statement may not be signed.
    """
    signer = guard.signer if isinstance(guard.signer, Signer) else default_signer()
    payload = build_statement(
        replace(facts, key_origin=signer.origin),
        issued_at=datetime.now(UTC),
        certificate_id=uuid.uuid4().urn,
        nonce=secrets.token_hex(16),
    )
    return sign(payload, signer)


def amended(
    facts: CaseFacts, claims: Mapping[int, Sequence[Claim]], last: Certificate
) -> CaseFacts:
    """The facts with what is known since of some originals, by their number from 0; for a certificate
    in place of the `last` one. A claim about a store replaces what was said of it.
    """
    artifacts = [
        replace(one, claims=with_claims(one.claims, claims.get(number, ())))
        for number, one in enumerate(facts.artifacts)
    ]
    digest = hashlib.sha256(last.payload).hexdigest()
    return replace(facts, artifacts=artifacts, supersedes=Superseded(last.certificate_id, digest))


def with_claims(known: Sequence[Claim], new: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims about an original, what is new in place of what was said of the same store."""
    stores = {claim.store for claim in new}
    return (*(claim for claim in known if claim.store not in stores), *new)


def _artifact(result: Result, claims: Sequence[Claim], entry: Entry | None) -> ArtifactFacts:
    held = isinstance(result, Quarantined)
    return ArtifactFacts(
        result.media_type,
        result.verdict,
        result.proof.sha256 if result.proof else None,
        tally_of(result),
        result.reason.code if result.reason else None,
        claims if entry is None else with_claims(claims, [entry.claim()]),
        0 if held else len(result.gaps),
        result.unlinked,
        result.unread,
        result.unlocked,
        entry.id if entry else "",
    )
