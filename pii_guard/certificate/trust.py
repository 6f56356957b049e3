"""Whom a verifier trusts: keys pinned out of band with a role each, never taken from an envelope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from pii_guard.certificate.envelope import Opened, Unverified
from pii_guard.certificate.public_keys import PublicKey, key_id
from pii_guard.errors import CertificateError

ROLES = ("root", "issuer", "log", "witness", "researcher", "validator")
ALONE = frozenset({"root", "issuer"})
"""Roles whose keys have no other: who issues does not log, acknowledge or validate it as well."""
REASONS = ("key_compromise", "superseded", "retired", "unspecified")
"""Why a key was revoked. All are judged alike: a reason is for people."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far an honest signer's clock may be ahead of the one that stamps."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A pinned public key with its role; times are aware, None where open.

    `replaces`: the id of the key of the same role that this one came after, or "".
    """

    public: PublicKey
    role: str = "issuer"
    identity: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    revoked_at: datetime | None = None
    reason: str = ""
    replaces: str = ""
    key_id: str = field(init=False)
    """SHA-256 of the SPKI, in hex."""

    def __post_init__(self) -> None:
        """The key's id is worked out once: it is asked for at each signature."""
        object.__setattr__(self, "key_id", key_id(self.public))


@dataclass(frozen=True, slots=True)
class Trust:
    """The pinned keys, and how many of a role have to sign (1 unless `thresholds` says more).

    A public key counts once, however it is spelt and however often it signs. `version`: of the
    signed policy it comes from; 0 for what was pinned directly. Raises `CertificateError` for keys
    that contradict each other.
    """

    keys: tuple[TrustedKey, ...]
    thresholds: Mapping[str, int] = field(default_factory=dict)
    version: int = 0
    issued_at: datetime | None = None
    _entries: Mapping[tuple[str, str], TrustedKey] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what could be read in two ways."""
        entries = {(key.key_id, key.role): key for key in self.keys}
        if len(entries) < len(self.keys):
            # Of two entries one may be revoked: which of them holds must not depend on their order.
            raise CertificateError("the trust file lists a key twice", remedy="remove one of them")
        roles = Counter(key.key_id for key in self.keys)
        if any(key.role in ALONE and roles[key.key_id] > 1 for key in self.keys):
            raise CertificateError(
                "the trust file gives a root or issuer key another role",
                remedy="make a key of its own for each role",
            )
        watching = {key.key_id for key in self.keys if key.role == "witness"}
        if watching & {key.key_id for key in self.keys if key.role == "log"}:
            raise CertificateError(
                "the trust file makes a log its own witness", remedy="make a key for each"
            )
        if any(key.replaces and (key.replaces, key.role) not in entries for key in self.keys):
            raise CertificateError(
                "the trust file names a key as replaced that it does not list",
                remedy="leave replaced keys in it: old certificates need them",
            )
        listed = Counter(role for _, role in entries)
        for role, least in self.thresholds.items():
            if role not in ROLES or not 1 <= least <= listed[role]:
                raise CertificateError(
                    "the trust file asks for more signatures than it lists keys",
                    remedy="lower the threshold, or list the keys",
                )
        object.__setattr__(self, "thresholds", MappingProxyType(dict(self.thresholds)))
        object.__setattr__(self, "_entries", MappingProxyType(entries))

    def issuers(self) -> dict[str, TrustedKey]:
        """Issuer keys by key id."""
        return {key.key_id: key for key in self.keys if key.role == "issuer"}

    def signers(self, opened: Opened, role: str) -> tuple[str, ...]:
        """The ids of the keys of `role` that signed an envelope: at least one, each of them once.

        Every signature has to hold and to be by a key pinned here, of whatever role but root; root
        keys sign nothing but policies. On a policy, signatures by unknown keys are ignored: a new
        root signs beside the old one before everyone has pinned it. Dates are not judged here.
        Raises `Unverified`.
        """
        root = role == "root"
        pinned = {key.key_id: key.public for key in self.keys if (key.role == "root") == root}
        if not any(key.role == role for key in self.keys):
            raise Unverified(f"the trust file names no {role}")
        signers = opened.signers(pinned.get, strangers=root)
        found = tuple(one for one in signers if (one, role) in self._entries)
        if not found:
            raise Unverified(f"not signed by a trusted {role} key")
        return found

    def fault(self, key: str, role: str, independent: datetime | None, claimed: datetime) -> str:
        """Why a signature by the key with this id does not count for `role`; "" where it does.

        `independent`: when something other than the signer saw the signature; None where nothing
        did. `claimed`: the time that the signed statement gives itself; it can show that a
        signature is bad, never that one is good. So a revoked key's signature counts only where
        it was seen before the revocation. An expired key's counts by the claimed time: it was
        not stolen, and a later checkpoint of the same log is stamped later, which says nothing.
        """
        entry = self._entries.get((key, role))
        if entry is None:
            return f"the key is no trusted {role} key"
        if entry.revoked_at is not None:
            if independent is None:
                return "the key is revoked; no independent time is given"
            if independent >= entry.revoked_at:
                return "the key was revoked before anything independent saw the signature"
        if independent is not None and claimed - CLOCK_SKEW > independent:
            return "dated later than something independent saw it"
        if entry.not_before and claimed < entry.not_before:
            return "issued before the key was valid"
        if entry.not_after and claimed > entry.not_after:
            return "issued after the key expired"
        return ""

    def judge(
        self, signers: Iterable[str], role: str, independent: datetime | None, claimed: datetime
    ) -> str:
        """Why the keys that signed are not enough for `role`; "" where they are.

        Enough are as many different keys without fault as the threshold of the role.
        """
        faults = [self.fault(key, role, independent, claimed) for key in dict.fromkeys(signers)]
        if faults.count("") >= self.thresholds.get(role, 1):
            return ""
        return next(filter(None, faults), f"fewer {role} keys signed than the trust file asks for")
