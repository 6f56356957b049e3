"""From the results of a case to its signed certificate: where clock, randomness and key come in."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
from pii_guard.certificate.commitments import commit
from pii_guard.certificate.vocabulary import entity_type
from pii_guard.detect.engines import engine_digest
from pii_guard.findings import KnownValue, Quarantined, Result
from pii_guard.tally import tally_of

if TYPE_CHECKING:
    from pii_guard.guard import Guard


def certify(
    guard: Guard,
    ref: str,
    results: Sequence[tuple[Result, bool]],
    *,
    researcher: Researcher | None = None,
    supersedes: Superseded | None = None,
    values: Callable[[], Iterable[KnownValue]] = tuple,
) -> Certificate:
    """The certificate over `results`, each with whether its original is a file of the caller.

    `values`: what was removed, asked for only where the guard has a store for keys of commitments.
    Raises `CertificateError` when the key cannot be used or the statement may not be signed.
    """
    signer = guard.signer if isinstance(guard.signer, Signer) else default_signer()
    issued_at = datetime.now(UTC)
    ruleset = "\n".join([pii_guard.__version__, *guard.detector.ruleset])
    facts = CaseFacts(
        ref,
        [_artifact(result, from_path) for result, from_path in results],
        guard.policy.digest(),
        engine_digest(guard.detector.nlp_engine),
        "sha256:" + hashlib.sha256(ruleset.encode()).hexdigest(),
        pii_guard.__version__,
        signer.origin,
        guard.policy.programme,
        researcher,
        supersedes,
    )
    if guard.keystore is not None:
        shred_by = issued_at.date() + timedelta(days=guard.policy.programme.key_shred_days)
        key_ref, key = guard.keystore.new(shred_by)
        found = ((entity_type(one.entity_type), one.value) for one in values())
        cut = any(result.counted is not None or result.unlinked for result, _ in results)
        facts = replace(facts, commitments=commit(key, key_ref, found, truncated=cut))
    payload = build_statement(
        facts,
        issued_at=issued_at,
        certificate_id=uuid.uuid4().urn,
        nonce=secrets.token_hex(16),
    )
    return sign(payload, signer)


def _artifact(result: Result, from_path: bool) -> ArtifactFacts:
    held = isinstance(result, Quarantined)
    return ArtifactFacts(
        result.media_type,
        result.verdict,
        result.proof.sha256 if result.proof else None,
        tally_of(result),
        result.reason.code if result.reason else None,
        from_path,
        0 if held else len(result.gaps),
        result.unlinked,
        result.unread,
        result.unlocked,
    )
