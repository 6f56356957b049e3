"""Claims about what this program did not do itself: somebody's word, a date to come, the end of a key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pii_guard.certificate.claim_rules import key_fault
from pii_guard.certificate.claims import Assurance, Claim, Evidence, Kind, Note, Store

By = Literal["operator", "privacy_lead", "researcher", "vendor", "caller"]
Rule = Literal[
    "object_lifecycle", "backup_rotation", "mail_retention", "log_retention", "quarantine", "other"
]


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What a key store says of a key now; `until` (aware) is when a scheduled deletion takes place."""

    state: Literal["deleted", "scheduled", "exists", "unknown"]
    until: datetime | None = None


def attest(store: Store, by: By, *, at: datetime | None = None) -> Claim:
    """Somebody says that a copy is gone: by role, never by name. `at` is aware, now by default."""
    return Claim(
        Kind.ATTESTED, store, Assurance.ATTESTED, {"by": by}, at=at or datetime.now(UTC)
    )  # fmt: skip


def scheduled(
    store: Store,
    rule: Rule,
    until: datetime,
    *,
    by: By | None = None,
    at: datetime | None = None,
) -> Claim:
    """A rule will end a copy by `until` (aware). With `by` it is that person's word, without it what
    an interface reported. A date that is not to come makes it `not_deleted`.
    """
    now = at or datetime.now(UTC)
    assurance = Assurance.ATTESTED if by else Assurance.REPORTED
    evidence: Evidence = {"rule": rule, **({"by": by} if by else {})}
    if until.replace(microsecond=0) <= now.replace(microsecond=0):
        return Claim(Kind.NOT_DELETED, store, assurance, evidence, at=now, note=Note.OVERDUE)
    return Claim(Kind.SCHEDULED_EXPIRY, store, assurance, evidence, at=now, until=until)


def crypto_erased(
    store: Store,
    ask: Callable[[], KeyReport],
    *,
    case_key: bool,
    always_encrypted: bool,
    observed: bool = False,
    at: datetime | None = None,
) -> Claim:
    """The end of a copy by the end of its key, as the key's store reports it when asked here.

    `case_key`: the key was for this case alone. `always_encrypted`: the copy was never stored without
    it. `observed`: the key store is this program's own. A key that is only scheduled to be deleted
    makes `crypto_erase_scheduled`; where a condition fails it is `not_deleted` and why. An `ask` that
    raises counts as an unknown state.
    """
    report = _asked(ask)
    now = at or datetime.now(UTC)
    assurance = Assurance.OBSERVED if observed else Assurance.REPORTED
    evidence: Evidence = {
        "keyScope": "case" if case_key else "shared",
        "encrypted": "always" if always_encrypted else "not_always",
        "keyState": report.state,
    }
    fault = key_fault(evidence)
    if fault is None and report.state == "scheduled":
        if report.until is None:
            fault = Note.KEY_UNKNOWN
        elif report.until.replace(microsecond=0) <= now.replace(microsecond=0):
            fault = Note.OVERDUE
    if fault is not None:
        return Claim(
            Kind.NOT_DELETED, store, assurance, evidence, "key_state_read", at=now, note=fault
        )
    pending = report.state == "scheduled"
    return Claim(
        Kind.CRYPTO_ERASE_SCHEDULED if pending else Kind.CRYPTO_ERASED,
        store, assurance, evidence, "key_state_read", at=now,
        until=report.until if pending else None,
    )  # fmt: skip


def _asked(ask: Callable[[], KeyReport]) -> KeyReport:
    try:
        return ask()
    except Exception:  # noqa: BLE001 - whoever wrote it decides what it raises; no answer is no deletion
        return KeyReport("unknown")
