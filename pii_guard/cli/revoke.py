"""`pii-guard revoke`: the programme takes a certificate or an acknowledgement back, or replaces it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pii_guard.certificate import acknowledgement_grammar, default_signer, grammar, open_key
from pii_guard.certificate.revocation import Target, build_revocation
from pii_guard.certificate.ssh_envelope import sealed
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.cli.acknowledging import read_received, store_file
from pii_guard.cli.asking import day, moment
from pii_guard.cli.keys import passphrase
from pii_guard.cli.leaving import say
from pii_guard.errors import ExitCode

_TARGETS: dict[Any, Target] = {
    grammar.PREDICATE_TYPE: "deletion-certificate",
    acknowledgement_grammar.PREDICATE_TYPE: "acknowledgement",
}


def run(
    target: Path,
    reason: str,
    replaced_by: Path | None,
    effective: str | None,
    key: tuple[str | None, Path | None],
    output: Path | None,
) -> int:
    """State, sign and store; the exit code."""
    now = datetime.now(UTC)
    file = target
    try:
        payload, kind = _read(file)
        replacement = None
        if replaced_by is not None:
            file = replaced_by
            replacement, other = _read(file)
            if other != kind:
                raise Malformed("another kind of statement than what it replaces")
    except Malformed as error:
        say(f"{file.name}: {error}")
        return ExitCode.UNPROCESSED
    statement = build_revocation(
        payload,
        kind,
        "revoke" if replacement is None else "supersede",
        reason,
        effective_at=now if effective is None else _since(effective, now),
        issued_at=now,
        nonce=os.urandom(16).hex(),
        replacement=replacement,
    )
    where, public = key
    signer = default_signer() if where is None else open_key(where, public, passphrase)
    path = output or Path("revocation.json")
    store_file(path, sealed(statement, signer), replace=False)
    say(f"wrote {path}; attach it to the certificate, and send it to whoever has the {kind}")
    return ExitCode.OK


def _since(text: str, now: datetime) -> datetime:
    """A moment, or the beginning of a day: whatever was signed on it is covered."""
    return moment(text if "T" in text else f"{day(text)}T00:00:00Z", now)


def _read(path: Path) -> tuple[bytes, Target]:
    payload = read_received(path).payload
    statement = strict_json(payload)
    kind = _TARGETS.get(statement.get("predicateType")) if isinstance(statement, dict) else None
    if kind is None:
        raise Malformed("neither a deletion certificate nor an acknowledgement")
    return payload, kind
