"""Changes to a trust policy: each gives a new policy of the next version. Nothing is taken out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pii_guard.certificate.trust import Trust, TrustedKey
from pii_guard.errors import CertificateError

_SHORTEST_ID = 8


def with_key(policy: Trust, key: TrustedKey, now: datetime, threshold: int | None = None) -> Trust:
    """The policy with a key more. A key that it replaces is valid until the new one is.

    `threshold`: how many keys of its role have to sign from now on; None leaves it.
    Raises `CertificateError`.
    """
    until = key.not_before or now
    keys = tuple(
        replace(one, not_after=min(one.not_after or until, until))
        if (one.key_id, one.role) == (key.replaces, key.role)
        else one
        for one in policy.keys
    )
    counts = dict(policy.thresholds) | ({key.role: threshold} if threshold else {})
    return Trust((*keys, key), counts, policy.version + 1, now)


def with_revocation(policy: Trust, key_id: str, at: datetime, reason: str, now: datetime) -> Trust:
    """The policy with a key revoked, in each of its roles, as of `at`.

    A revocation is only ever made earlier: a later time would bring signatures back that were
    refused. Raises `CertificateError`.
    """
    revoked = [key.revoked_at for key in policy.keys if key.key_id == key_id and key.revoked_at]
    if revoked and at >= min(revoked):
        raise CertificateError("the key is revoked already", remedy="give an earlier time (--at)")
    keys = tuple(
        replace(key, revoked_at=at, reason=reason) if key.key_id == key_id else key
        for key in policy.keys
    )
    return Trust(keys, policy.thresholds, policy.version + 1, now)


def find(policy: Trust, beginning: str) -> str:
    """The id of the one listed key whose id begins so (8 hex digits or more).

    Raises `CertificateError`.
    """
    ids = {key.key_id for key in policy.keys if key.key_id.startswith(beginning.lower())}
    if len(beginning) < _SHORTEST_ID or len(ids) != 1:
        raise CertificateError(
            "that is the id of no key in the trust policy, or of several",
            remedy="give more of it; `pii-guard trust show` lists the ids",
        )
    return ids.pop()
