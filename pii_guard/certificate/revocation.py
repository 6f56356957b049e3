"""Statement C: a certificate or an acknowledgement is revoked, or replaced by another.

Nothing is taken out of a ledger: C is added to it. A revocation that does not hold is not to be
passed over: whoever hides one by spoiling it would gain by it, so a verifier reports it as a fault.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import rfc8785

from pii_guard.certificate.acknowledgement import written
from pii_guard.certificate.envelope import Unverified
from pii_guard.certificate.grammar import STATEMENT_TYPE
from pii_guard.certificate.shapes import (
    DIGEST,
    HEX,
    NONCE,
    TIME,
    Each,
    Schema,
    Table,
    Word,
    misfit_said,
)
from pii_guard.certificate.ssh_envelope import open_small
from pii_guard.certificate.strict import strict_json
from pii_guard.certificate.trust import Trust
from pii_guard.errors import CertificateError

PREDICATE_TYPE = "urn:pii-guard:revocation:v1"
Action = Literal["revoke", "supersede"]
Target = Literal["deletion-certificate", "acknowledgement"]
ACTIONS: dict[str, frozenset[str]] = {
    "revoke": frozenset(
        {"key_compromised", "issued_in_error", "residue_found", "wrong_case", "signer_withdrew",
         "terms_withdrawn"}
    ),
    "supersede": frozenset(
        {"corrected", "findings_added", "residue_found", "stores_added", "outputs_changed",
         "expiry_followed_up"}
    ),
}  # fmt: skip
"""What can be done, and the reasons for it. Words are added, never removed."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """What C says. `replacement` is the `sha256:…` of the new payload, None for a revocation."""

    target: str
    digest: str
    action: str
    reason: str
    effective_at: datetime
    issued_at: datetime
    replacement: str | None


def build_revocation(
    payload: bytes,
    target: Target,
    action: Action,
    reason: str,
    *,
    effective_at: datetime,
    issued_at: datetime,
    nonce: str,
    replacement: bytes | None = None,
) -> bytes:
    """The statement's bytes (RFC 8785 canonical JSON) about the signed bytes of A or B.

    `replacement` are the signed bytes of what takes its place: with `supersede`, and only then.
    `effective_at` may lie before `issued_at`, where a key was stolen earlier. Raises
    `CertificateError`.
    """
    predicate = {
        "nonce": nonce,
        "action": action,
        "reason": reason,
        "effectiveAt": written(effective_at),
        "issuedAt": written(issued_at),
    }
    if replacement is not None:
        predicate["replacement"] = f"sha256:{hashlib.sha256(replacement).hexdigest()}"
    digest = hashlib.sha256(payload).hexdigest()
    statement: dict[str, Any] = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": target, "digest": {"sha256": digest}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }
    fault = statement_fault(statement)
    if fault:
        raise CertificateError(
            f"this cannot be stated: {fault}", remedy="see the actions and reasons there are"
        )
    return rfc8785.dumps(statement)


def check_revocation(
    content: bytes, payload: bytes, trust: Trust, *, independent: datetime | None = None
) -> tuple[Revocation | None, list[str]]:
    """What an envelope says of these signed bytes, and what is wrong with it, in our words.

    None where it cannot be relied on. As many issuers as `trust` asks for have to sign;
    `independent` as in `check_acknowledgement`. Raises `Malformed`.
    """
    opened = open_small(content)
    try:
        signers = trust.signers(opened, "issuer")
    except Unverified as error:
        return None, [str(error)]
    statement = strict_json(opened.payload)
    fault = statement_fault(statement)
    if fault:
        return None, [fault]
    found = _read(statement)
    faults = []
    if found.digest != f"sha256:{hashlib.sha256(payload).hexdigest()}":
        faults.append("it is about something else")
    judged = trust.judge(signers, "issuer", independent, found.issued_at)
    faults += [judged] if judged else []
    return None if faults else found, faults


def _read(statement: dict[str, Any]) -> Revocation:
    subject, predicate = statement["subject"][0], statement["predicate"]
    return Revocation(
        subject["name"],
        f"sha256:{subject['digest']['sha256']}",
        predicate["action"],
        predicate["reason"],
        datetime.fromisoformat(predicate["effectiveAt"]),
        datetime.fromisoformat(predicate["issuedAt"]),
        predicate.get("replacement"),
    )


def statement_fault(statement: Any) -> str:
    """What keeps a parsed statement from being a revocation; "" if it is one."""
    if not isinstance(statement, dict) or statement.get("predicateType") != PREDICATE_TYPE:
        return "another predicate type"
    where = _STATEMENT.misfit(statement)
    if where is not None:
        return misfit_said(where)
    subjects, predicate = statement["subject"], statement["predicate"]
    if len(subjects) != 1:
        return "it is about more than one thing"
    if predicate["reason"] not in ACTIONS[predicate["action"]]:
        return "a reason of another action"
    if ("replacement" in predicate) != (predicate["action"] == "supersede"):
        return "a replacement is missing, or one is named where nothing is replaced"
    if predicate.get("replacement") == f"sha256:{subjects[0]['digest']['sha256']}":
        return "it replaces something by itself"
    return ""


_PREDICATE = Table(
    {
        "nonce": NONCE,
        "action": Word.of(ACTIONS),
        "reason": Word.of(frozenset[str]().union(*ACTIONS.values())),
        "effectiveAt": TIME,
        "issuedAt": TIME,
    },
    {"replacement": DIGEST},
)
_STATEMENT = Table(
    {
        "_type": Word.of({STATEMENT_TYPE}),
        "subject": Each(
            Table(
                {
                    "name": Word.of({"deletion-certificate", "acknowledgement"}),
                    "digest": Table({"sha256": HEX}),
                }
            ),
            1,
        ),
        "predicateType": Word.of({PREDICATE_TYPE}),
        "predicate": _PREDICATE,
    }
)


def json_schema() -> Schema:
    """The grammar as JSON Schema (draft 2020-12): the file in `schemas/` is this."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{PREDICATE_TYPE}:schema",
        "title": "Revocation or supersession, version 1: an in-toto Statement v1",
        **_STATEMENT.schema(),
    }
