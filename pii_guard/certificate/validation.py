"""Statement D, a validation: somebody independent checked a certificate, by these rules, with this outcome.

Its subject is the SHA-256 of the certificate's signed bytes. The issuer verifies that what it did was done;
that the outcome is good enough is for another to say (NIST SP 800-88 Rev. 2 keeps verification and validation
apart), so its key has the role `validator` and is no issuer's. Nothing takes a validation back: a newer one
takes its place, and a stolen key is revoked in the trust policy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import rfc8785

from pii_guard.certificate.acknowledgement import read_certificate, written
from pii_guard.certificate.envelope import Unverified
from pii_guard.certificate.grammar import STATEMENT_TYPE, TOOL
from pii_guard.certificate.report import RULES, Report, Status
from pii_guard.certificate.shapes import (
    HEX,
    NONCE,
    TIME,
    UUID,
    Each,
    Flag,
    Schema,
    Table,
    Word,
    misfit_said,
)
from pii_guard.certificate.ssh_envelope import open_small
from pii_guard.certificate.strict import strict_json
from pii_guard.certificate.trust import Trust
from pii_guard.errors import CertificateError

PREDICATE_TYPE = "urn:pii-guard:validation:v1"
SUBJECT = "deletion-certificate"
OUTCOMES = ("holds", "fails", "incomplete")
"""Every rule that had to be checked holds; one fails; one that had to be checked was not."""
NEEDED = frozenset({"envelope", "signature", "types", "grammar"})
"""Rules without which there is no certificate that anybody could validate."""
JUDGED = tuple(rule for rule in RULES if rule != "validation")
"""What a validator judges: not what another one said before."""


@dataclass(frozen=True, slots=True)
class Validation:
    """What D says: an outcome of `OUTCOMES`, and when it was found."""

    outcome: str
    checked_at: datetime


def can_be_validated(report: Report) -> bool:
    """Whether a trusted issuer vouches for what was verified, whatever came of the other rules."""
    passed = {rule.name for rule in report.rules if rule.status == "pass"}
    return not report.malformed and passed >= NEEDED


def build_validation(
    payload: bytes, report: Report, *, checked_at: datetime, nonce: str, tool: Mapping[str, str]
) -> bytes:
    """The statement's bytes (RFC 8785 canonical JSON) about a certificate's signed bytes.

    `report`: of verifying these bytes at `checked_at` (aware). `nonce` is 32 hex digits. `tool`: name, version and
    digest, as in a certificate. Raises `CertificateError` for a certificate that nobody vouches for, and
    for one that was issued later.
    """
    if not can_be_validated(report):
        raise CertificateError(
            "there is nothing to validate: no trusted issuer signed it as a certificate",
            remedy="see the rules that fail; ask the programme for the certificate again",
        )
    about = read_certificate(payload)
    rules = [
        {"rule": one.name, "status": one.status, "required": one.name in report.required}
        for one in report.rules
        if one.name in JUDGED
    ]
    statement: dict[str, Any] = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": SUBJECT, "digest": {"sha256": about.digest}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "nonce": nonce,
            "certificate": {"id": about.identifier},
            "tool": dict(tool),
            "checkedAt": written(checked_at),
            "rules": rules,
            "outcome": _outcome(rules),
        },
    }
    fault = statement_fault(statement)
    if not fault and checked_at < about.issued_at:
        fault = "it was checked before the certificate was issued"
    if fault:
        raise CertificateError(f"nothing was signed: {fault}", remedy="check this machine's clock")
    return rfc8785.dumps(statement)


def check_validation(
    content: bytes, payload: bytes, trust: Trust, *, independent: datetime | None = None
) -> tuple[Validation | None, list[str]]:
    """What an envelope says of these signed bytes, and what is wrong with it, in our words.

    None where it cannot be relied on. As many validators as `trust` asks for have to sign; `independent` as
    in `check_acknowledgement`. Raises `Malformed`.
    """
    opened = open_small(content)
    try:
        signers = trust.signers(opened, "validator")
    except Unverified as error:
        return None, [str(error)]
    statement = strict_json(opened.payload)
    fault = statement_fault(statement)
    if fault:
        return None, [fault]
    about, predicate = read_certificate(payload), statement["predicate"]
    checked = datetime.fromisoformat(predicate["checkedAt"])
    faults = []
    if statement["subject"][0]["digest"]["sha256"] != hashlib.sha256(payload).hexdigest():
        faults.append("it is about another certificate")
    if predicate["certificate"]["id"] != about.identifier:
        faults.append("it names another certificate")
    if checked < about.issued_at:
        faults.append("it was checked before the certificate was issued")
    judged = trust.judge(signers, "validator", independent, checked)
    faults += [judged] if judged else []
    return None if faults else Validation(predicate["outcome"], checked), faults


def statement_fault(statement: Any) -> str:
    """What keeps a parsed statement from being a validation; "" if it is one."""
    if not isinstance(statement, dict) or statement.get("predicateType") != PREDICATE_TYPE:
        return "another predicate type"
    where = _STATEMENT.misfit(statement)
    if where is not None:
        return misfit_said(where)
    if len(statement["subject"]) != 1:
        return "it is about more than one certificate"
    rules = statement["predicate"]["rules"]
    names = [one["rule"] for one in rules]
    if names != [name for name in JUDGED if name in names]:
        return "a rule is there twice, or out of order"
    if not {one["rule"] for one in rules if one["status"] == "pass"} >= NEEDED:
        return "it is about something that nobody vouches for"
    if statement["predicate"]["outcome"] != _outcome(rules):
        return "its outcome is not what follows from its rules"
    return ""


def _outcome(rules: Iterable[Mapping[str, Any]]) -> str:
    said = [(one["status"], one["required"]) for one in rules]
    if any(status == "fail" for status, _ in said):
        return "fails"
    return "incomplete" if ("not_checked", True) in said else "holds"


_PREDICATE = Table(
    {
        "nonce": NONCE,
        "certificate": Table({"id": UUID}),
        "tool": TOOL,
        "checkedAt": TIME,
        "rules": Each(
            Table(
                {
                    "rule": Word.of(JUDGED),
                    "status": Word.of(get_args(Status)),
                    "required": Flag(),
                }
            ),
            1,
        ),
        "outcome": Word.of(OUTCOMES),
    }
)
_STATEMENT = Table(
    {
        "_type": Word.of({STATEMENT_TYPE}),
        "subject": Each(Table({"name": Word.of({SUBJECT}), "digest": Table({"sha256": HEX})}), 1),
        "predicateType": Word.of({PREDICATE_TYPE}),
        "predicate": _PREDICATE,
    }
)


def json_schema() -> Schema:
    """The grammar as JSON Schema (draft 2020-12): the file in `schemas/` is this."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{PREDICATE_TYPE}:schema",
        "title": "Validation, version 1: an in-toto Statement v1",
        **_STATEMENT.schema(),
    }
