"""What `pii-guard trust` does: reads a policy, changes it, signs the next version."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pii_guard.certificate import Signer, load_trust, open_key
from pii_guard.certificate.envelope import countersign, envelope_json, open_envelope
from pii_guard.certificate.public_keys import algorithm, read_public
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.trust import Trust, TrustedKey
from pii_guard.certificate.trust_edit import find, with_key, with_revocation
from pii_guard.certificate.trust_policy import (
    POLICY_TYPE,
    is_identity,
    load_roots,
    open_policy,
    policy_table,
    read_policy,
    sign_policy,
)
from pii_guard.certificate.trust_seen import remember
from pii_guard.certificate.writing import write_whole
from pii_guard.cli.keys import passphrase
from pii_guard.cli.leaving import say
from pii_guard.cli.printing import print_table
from pii_guard.errors import CertificateError


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be listed; times are UTC, without a zone as the command line gives them."""

    public: Path
    role: str
    identity: str
    not_before: datetime | None
    not_after: datetime | None
    replaces: str
    threshold: int | None


def pinned(trust: Path, root: Path | None) -> Trust:
    """The trust in a file, for a verifier: beside a signed policy, the newest version is kept."""
    if root is None:
        return load_trust(trust)
    seen = _seen(trust)
    policy = load_trust(trust, root, seen)
    if not seen.exists():
        say(f"cannot write {seen.name}: an older trust policy would not be noticed")
    return policy


def init(path: Path, root_key: str, root: Path | None) -> int:
    """Make version 1."""
    for one in (path, _seen(path)):
        if one.exists():
            raise CertificateError(f"there is {one.name} already", remedy="choose another name")
    signer = open_key(root_key, root, passphrase)
    return _store(path, Trust((), {}, 1, _now()), signer)


def add(path: Path, new: NewKey, root_key: str, root: Path | None) -> int:
    """List a key."""
    public = read_public(_read(new.public))
    if not is_identity(new.identity):
        raise CertificateError("the identity cannot be printed", remedy="give a short name")

    def change(policy: Trust) -> Trust:
        replaces = find(policy, new.replaces) if new.replaces else ""
        before = [one.identity for one in policy.keys if one.key_id == replaces]
        key = TrustedKey(
            public,
            new.role,
            new.identity or (before[0] if before else ""),
            not_before=_utc(new.not_before),
            not_after=_utc(new.not_after),
            replaces=replaces,
        )
        return with_key(policy, key, _now(), new.threshold)

    return _edit(path, change, root_key, root)


def revoke(
    path: Path, key: str, reason: str, at: datetime | None, root_key: str, root: Path | None
) -> int:
    """Revoke a key."""

    def change(policy: Trust) -> Trust:
        now = _now()
        return with_revocation(policy, find(policy, key), _utc(at) or now, reason, now)

    return _edit(path, change, root_key, root)


def sign(path: Path, root_key: str, root: Path | None) -> int:
    """Add a root's signature to the version that is there."""
    content = _read(path)
    signer = open_key(root_key, None if _is_policy(root) else root, passphrase)
    try:
        opened = open_envelope(content, POLICY_TYPE)
        policy = read_policy(opened.payload)
        remember(_seen(path), policy.version, opened.payload)
        if signer.key_id in {key.key_id for key in policy.keys}:
            raise CertificateError("the key is listed in the policy", remedy="sign with a root key")
        signed = countersign(content, signer, POLICY_TYPE)
    except Malformed as error:
        raise CertificateError(
            f"{path.name} is no signed policy: {error}", remedy="check the path"
        ) from None
    return _write(path, envelope_json(signed), policy)


def show(path: Path, root: Path | None, output_format: str) -> int:
    """Print the keys."""
    policy = pinned(path, root)
    table = policy_table(policy)
    if output_format != "table":
        print(json.dumps(table, indent=1 if output_format == "json" else None))
        return 0
    rows = [
        (
            entry["keyId"][:16],
            entry["role"],
            entry.get("identity", ""),
            algorithm(key.public),
            f"{entry.get('notBefore', '')} - {entry.get('notAfter', '')}".strip(),
            f"{entry.get('revokedAt', '')} {entry.get('reason', '')}".strip(),
        )
        for entry, key in zip(table["keys"], policy.keys, strict=True)
    ]
    print_table("", ("key", "role", "identity", "algorithm", "valid", "revoked"), rows)
    least = ", ".join(f"{role} {count}" for role, count in policy.thresholds.items())
    how = f"version {policy.version}, signed by its root" if root else "not signed: pinned as it is"
    print(f"{how}; signatures needed: {least or 'one'}")
    return 0


def _edit(path: Path, change: Callable[[Trust], Trust], root_key: str, root: Path | None) -> int:
    signer = open_key(root_key, None if _is_policy(root) else root, passphrase)
    roots = load_roots(root) if root else Trust((TrustedKey(signer.public, "root"),))
    return _store(path, change(open_policy(_read(path), roots, _seen(path))), signer)


def _store(path: Path, policy: Trust, signer: Signer) -> int:
    return _write(path, sign_policy(policy, [signer]), policy)


def _write(path: Path, content: bytes, policy: Trust) -> int:
    try:
        write_whole(path, content)
    except OSError as error:
        raise CertificateError(
            f"the policy cannot be written: {type(error).__name__}", remedy="check the directory"
        ) from None
    opened = open_envelope(content, POLICY_TYPE)
    remember(_seen(path), policy.version, opened.payload)
    count = len(opened.signatures)
    say(f"wrote {path.name}, version {policy.version}, with {count} root signature(s)")
    return 0


def _is_policy(root: Path | None) -> bool:
    """Whether `--root` names several roots: then it is not the public key of the one that signs."""
    return root is not None and _read(root).lstrip().startswith(b"{")


def _seen(path: Path) -> Path:
    return path.with_name(f"{path.name}.seen")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise CertificateError(f"cannot read {path.name}", remedy="check the path") from None


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time else None
