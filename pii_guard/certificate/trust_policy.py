"""Trust files: a public key, a policy pinned as it is, or a policy signed by an offline root."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rfc8785

from pii_guard.certificate.envelope import (
    Opened,
    Unverified,
    envelope_json,
    open_envelope,
    seal,
)
from pii_guard.certificate.keys import Signer
from pii_guard.certificate.public_keys import encoded, read_public
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.certificate.trust import REASONS, ROLES, Trust, TrustedKey
from pii_guard.certificate.trust_seen import remember
from pii_guard.errors import CertificateError

POLICY_TYPE = "application/vnd.pii-guard.trust+json"
SCHEMA = "pii-guard/trust/1"
MOST_BYTES = 1024 * 1024
_NEEDED = {"spki", "role"}
_FIELDS = _NEEDED | {
    "keyId", "identity", "notBefore", "notAfter", "revokedAt", "reason", "replaces",
}  # fmt: skip
_TOP = {"schema", "keys", "version", "issuedAt", "thresholds"}
_KEY_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST_IDENTITY = 200


def load_trust(path: Path, root: Path | None = None, seen: Path | None = None) -> Trust:
    """Trust in a file: an issuer's public key (PEM, DER, base64), or a trust policy in JSON.

    A policy signed by a root counts only with `root`, the file with the root's public key (or an
    unsigned policy that lists several, with a threshold); an unsigned one only without, as what the
    caller pins directly. `seen`: a file in which the highest version seen is kept, so that an older
    policy is refused; it is written when it grows. Raises `CertificateError`.
    """
    content = _read(path)
    if content.lstrip().startswith(b"{") and _is_envelope(content):
        if root is None:
            raise CertificateError(
                "the trust policy is signed, and its root is not given",
                remedy="give the root's public key (--root), from where you trust",
            )
        return open_policy(content, load_roots(root), seen)
    if root is not None:
        raise CertificateError(
            "the trust file is not signed by the root",
            remedy="get the signed policy, or give no --root to pin this file as it is",
        )
    if content.lstrip().startswith(b"{"):
        return read_policy(content)
    return Trust((TrustedKey(read_public(content)),))


def load_roots(path: Path) -> Trust:
    """The root keys in a file: one public key, or an unsigned policy that lists them.

    Raises `CertificateError`.
    """
    content = _read(path)
    if content.lstrip().startswith(b"{"):
        return read_policy(content)
    return Trust((TrustedKey(read_public(content), "root"),))


def open_policy(content: bytes, roots: Trust, seen: Path | None = None) -> Trust:
    """The policy in a signed file, as `load_trust` reads it. Raises `CertificateError`."""
    opened = _opened(content)
    try:
        signers = roots.signers(opened, "root")
    except Unverified:
        raise CertificateError(
            "the trust policy is not signed by the root that is pinned",
            remedy="get it again from the programme; do not use this one",
        ) from None
    policy = read_policy(opened.payload)
    if policy.issued_at is None or policy.version < 1:
        raise CertificateError("the trust policy has no version or time", remedy="sign it again")
    if any(key.role == "root" for key in policy.keys):
        raise CertificateError("the trust policy names its own root", remedy="pin roots directly")
    fault = roots.judge(signers, "root", None, policy.issued_at)
    if fault:
        raise CertificateError(f"the trust policy's root: {fault}", remedy="get another policy")
    if seen is not None:
        remember(seen, policy.version, opened.payload)
    return policy


def read_policy(content: bytes) -> Trust:
    """The policy in a JSON text, whoever made it. Raises `CertificateError`."""
    try:
        table = strict_json(content)
        if not isinstance(table, dict) or table.get("schema") != SCHEMA or set(table) - _TOP:
            raise CertificateError(
                "the trust file has another schema", remedy="see docs/certificates.md"
            )
        version, thresholds = table.get("version", 0), table.get("thresholds", {})
        counts = [version, *thresholds.values()]
        if any(type(one) is not int or one < 0 for one in counts):
            raise Malformed("a number is none")
        keys = tuple(_key(entry) for entry in table["keys"])
        return Trust(keys, thresholds, version, _time(table.get("issuedAt")))
    except (Malformed, ValueError, OverflowError, TypeError, AttributeError, KeyError):
        raise CertificateError(
            "the trust file is malformed", remedy="see docs/certificates.md"
        ) from None


def policy_table(policy: Trust) -> dict[str, Any]:
    """The policy as plain values."""
    table: dict[str, Any] = {
        "schema": SCHEMA,
        "version": policy.version,
        "thresholds": dict(policy.thresholds),
        "keys": [_entry(key) for key in policy.keys],
    }
    if policy.issued_at is not None:
        table["issuedAt"] = _text(policy.issued_at)
    return table


def sign_policy(policy: Trust, roots: Sequence[Signer]) -> bytes:
    """The policy, canonical (RFC 8785), as a file signed by each of `roots`.

    Raises `CertificateError`.
    """
    listed = {key.key_id for key in policy.keys}
    if any(root.key_id in listed for root in roots):
        raise CertificateError(
            "the root is listed in the policy that it signs",
            remedy="make a key of its own for the root, and keep it offline",
        )
    return envelope_json(seal(rfc8785.dumps(policy_table(policy)), roots, POLICY_TYPE))


def _opened(content: bytes) -> Opened:
    try:
        return open_envelope(content, POLICY_TYPE)
    except Malformed as error:
        raise CertificateError(
            f"the trust policy is malformed: {error}", remedy="get it again from the programme"
        ) from None


def _is_envelope(content: bytes) -> bool:
    try:
        table = strict_json(content)
    except Malformed:
        return False  # read_policy says so
    return isinstance(table, dict) and "schema" not in table


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError:
        raise CertificateError(
            f"cannot read the trust file {path.name}", remedy="check --trust and --root"
        ) from None
    if len(content) > MOST_BYTES:
        raise CertificateError("the trust file is too large", remedy=f"at most {MOST_BYTES} bytes")
    return content


def _key(entry: dict[str, Any]) -> TrustedKey:
    fields = set(entry)
    if not _NEEDED <= fields <= _FIELDS or entry["role"] not in ROLES:
        raise Malformed("a key is malformed")
    identity, reason = entry.get("identity", ""), entry.get("reason", "")
    if not is_identity(identity) or reason not in ("", *REASONS):
        raise Malformed("a text is malformed")
    replaces = entry.get("replaces", "")
    if not isinstance(replaces, str) or (replaces and not _KEY_ID.fullmatch(replaces)):
        raise Malformed("a key id is malformed")
    key = TrustedKey(
        read_public(entry["spki"].encode("ascii")),
        entry["role"],
        identity,
        not_before=_time(entry.get("notBefore")),
        not_after=_time(entry.get("notAfter")),
        revoked_at=_time(entry.get("revokedAt")),
        reason=reason,
        replaces=replaces,
    )
    if reason and key.revoked_at is None:
        raise Malformed("a reason without a revocation")
    if entry.get("keyId", key.key_id) != key.key_id:
        raise CertificateError("a key id in the trust file is not its key's", remedy="correct it")
    return key


def is_identity(text: Any) -> bool:
    """Whether a text may say whose a key is: up to 200 characters that can all be printed."""
    return isinstance(text, str) and len(text) <= _MOST_IDENTITY and text.isprintable()


def _entry(key: TrustedKey) -> dict[str, str]:
    times = {"notBefore": key.not_before, "notAfter": key.not_after, "revokedAt": key.revoked_at}
    texts = {"identity": key.identity, "reason": key.reason, "replaces": key.replaces}
    return {
        "keyId": key.key_id,
        "spki": encoded(key.public),
        "role": key.role,
        **{name: text for name, text in texts.items() if text},
        **{name: _text(time) for name, time in times.items() if time is not None},
    }


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without its zone means another moment on each machine")
    return time.astimezone(UTC)


def _text(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
