"""What a form may be drawn from: a statement whose verification passed, and that verification."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pii_guard.certificate.bundle import SCHEMA, open_bundle
from pii_guard.certificate.report import Report, Rule
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.errors import CertificateError

_NEEDED = frozenset({"envelope", "signature", "types", "grammar", "consistency"})
_LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Verified:
    """A verified statement with what vouches for it.

    `payload`: the signed bytes. `rules`: the outcome of every rule. `key_ids`: SHA-256 of the SPKI
    of the keys that signed, in hex. `file`: the certificate or bundle as it was read.
    `checkpoint`: the signed note of the ledger, "" where no rule vouches for it. `checked_at`: when
    the rules were checked, aware.
    """

    payload: bytes = field(repr=False)
    rules: tuple[Rule, ...]
    key_ids: tuple[str, ...]
    file: bytes = field(repr=False)
    checked_at: datetime
    checkpoint: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Raises `CertificateError` where a rule failed, or one that a form rests on is unchecked."""
        passed = {rule.name for rule in self.rules if rule.status == "pass"}
        failed = [rule.name for rule in self.rules if rule.status == "fail"]
        if failed or not passed >= _NEEDED:
            rule = failed[0] if failed else min(_NEEDED - passed)
            raise CertificateError(
                f"no form is drawn of what does not verify: the rule {rule} does not hold",
                remedy="run `pii-guard verify` to see every rule",
            )

    @property
    def statement(self) -> dict[str, Any]:
        """The statement, parsed from the signed bytes."""
        parsed: dict[str, Any] = strict_json(self.payload)
        return parsed

    @property
    def file_name(self) -> str:
        """What `file` is called where it is saved from the form: of our words only."""
        bundled = strict_json(self.file).get("schema") == SCHEMA
        return "bundle.json" if bundled else "certificate.json"

    @property
    def digest(self) -> str:
        """SHA-256 of the signed bytes, in hex."""
        return hashlib.sha256(self.payload).hexdigest()


def verified(content: bytes, report: Report, checked_at: datetime) -> Verified:
    """The statement in a certificate or bundle file, given the report of verifying these very bytes.

    Raises `CertificateError` unless the report lets a form be drawn.
    """
    try:
        bundle = open_bundle(content)
        opened = bundle.opened()
    except Malformed:
        raise CertificateError(
            "the file is no certificate or bundle", remedy="check the path"
        ) from None
    vouched = any(one.name == _LEDGER and one.status == "pass" for one in report.rules)
    checkpoint = bundle.checkpoint if vouched else ""
    return Verified(
        opened.payload,
        report.rules,
        tuple(one.key_id for one in opened.signatures),
        content,
        checked_at,
        checkpoint,
    )
