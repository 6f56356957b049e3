"""Verification rule by rule: each passes, fails or was not checked, with its reason.

No reason repeats what a certificate or a file says: only rules, our words and counts. Offline; needs
neither the model nor a format.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pii_guard.certificate.bundle import open_bundle
from pii_guard.certificate.consistency import contradictions, overdue, unread_counts
from pii_guard.certificate.envelope import Opened, Unverified
from pii_guard.certificate.grammar import PREDICATE_TYPE, STATEMENT_TYPE, misfit
from pii_guard.certificate.leaf import leaf_of
from pii_guard.certificate.logged import Watch, judge_entry
from pii_guard.certificate.outputs import Rescan, output_rules
from pii_guard.certificate.report import RULES, Report, Rule
from pii_guard.certificate.shapes import misfit_said
from pii_guard.certificate.since import Acceptance, Acknowledged, Since
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.certificate.trust import CLOCK_SKEW, Trust
from pii_guard.errors import CertificateError


@dataclass(frozen=True, slots=True)
class Checks:
    """What is to be checked beside the file itself.

    `artifacts`: a directory with the outputs, under any names, and nothing else but the certificate and
    `records` (files' bytes). `now` (aware) judges deadlines. `required`: rules of `RULES` that must not
    stay unchecked. Raises `CertificateError` for a rule there is not.
    """

    artifacts: Path | None = None
    records: Sequence[bytes] = field(default=(), repr=False)
    rescan: Rescan | None = field(default=None, repr=False)
    watch: Watch = field(default_factory=Watch)
    acceptance: Acceptance = field(default_factory=Acceptance)
    now: datetime | None = None
    required: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.required - set(RULES):
            raise CertificateError("there is no such rule", remedy=f"rules: {', '.join(RULES)}")


def verify(content: bytes, trust: Trust, checks: Checks | None = None) -> Report:
    """Check a certificate's file, a bundle or an envelope alone, against pinned keys.

    Every rule is reported. Never raises for what `content` or the files hold.
    """
    checks = checks or Checks()
    rules: list[Rule] = []
    try:
        for rule in _check(content, trust, checks):
            rules.append(rule)
    except Malformed as error:
        rules.append(Rule(RULES[len(rules)], "fail", str(error)))
        return Report.of(rules, checks.required, malformed=True)
    return Report.of(rules, checks.required)


def _check(content: bytes, trust: Trust, checks: Checks) -> Iterator[Rule]:
    """The rules in order, up to one that the following ones depend on. Raises `Malformed`."""
    bundle = open_bundle(content)
    opened = bundle.opened()
    yield Rule("envelope", "pass", "a well-formed DSSE envelope")
    signed, signers = _signature(opened, trust)
    yield signed
    if not signers:
        return  # what nobody vouches for is not read
    statement = strict_json(opened.payload)
    types = _types(statement)
    yield types
    if types.status == "fail":
        return
    where = misfit(statement)
    if where is not None:
        reason = misfit_said(where)
        yield Rule("grammar", "fail", reason)
        return
    yield Rule("grammar", "pass", "every string is a word, number, place, digest or token of ours")
    issued = datetime.fromisoformat(statement["predicate"]["issuedAt"])
    logged = judge_entry(bundle, leaf_of(opened), trust, checks.watch, issued)
    since = Since(bundle, opened.payload, trust, checks.watch)
    acknowledged = since.acknowledgement(checks.acceptance)
    yield logged.rule
    yield _validity(trust, signers, logged.independent, issued)
    yield _consistency(statement)
    yield _deadlines(statement, acknowledged, checks.now)
    if checks.artifacts is None:
        for name in ("outputs", "other files", "rescan"):
            yield Rule(name, "not_checked", "no --artifacts given")
    else:
        yield from output_rules(
            statement, checks.artifacts, (content, *checks.records), checks.rescan
        )
    yield since.supersession("supersedes" in statement["predicate"])
    yield acknowledged.rule
    yield since.validation()


def _signature(opened: Opened, trust: Trust) -> tuple[Rule, tuple[str, ...]]:
    """The rule, and the ids of the issuer keys that signed (none when it fails)."""
    try:
        signers = trust.signers(opened, "issuer")
    except Unverified as fault:
        return Rule("signature", "fail", str(fault)), ()
    return Rule("signature", "pass", "signed by a trusted issuer key"), signers


def _types(statement: Any) -> Rule:
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT_TYPE:
        return Rule("types", "fail", "not an in-toto Statement v1")
    if statement.get("predicateType") != PREDICATE_TYPE:
        return Rule("types", "fail", "another predicate type")
    return Rule("types", "pass", "a deletion certificate, version 1")


def _validity(
    trust: Trust, signers: Sequence[str], independent: datetime | None, issued: datetime
) -> Rule:
    fault = trust.judge(signers, "issuer", independent, issued)
    if fault:
        return Rule("key validity", "fail", fault)
    return Rule("key validity", "pass", "the key is not revoked and was valid")


def _consistency(statement: dict[str, Any]) -> Rule:
    for contradiction in contradictions(statement):
        return Rule("consistency", "fail", contradiction)
    predicate = statement["predicate"]
    artifacts = predicate["artifacts"]
    result = f"{len(artifacts)} artifacts, result {predicate['result']}"
    unread = ", ".join(f"{what} {count}" for what, count in unread_counts(artifacts).items())
    result += f"; passed on unread: {unread}" if unread else ""
    return Rule("consistency", "pass", result)


def _deadlines(statement: dict[str, Any], acknowledged: Acknowledged, now: datetime | None) -> Rule:
    if now is None:
        return Rule("deadlines", "not_checked", "no date is given")
    if datetime.fromisoformat(statement["predicate"]["issuedAt"]) - CLOCK_SKEW > now:
        return Rule("deadlines", "fail", "it is issued at a time to come")
    day = now.date().isoformat()
    for late in overdue(statement, day):
        return Rule("deadlines", "fail", late)
    held = acknowledged.overdue(day)
    if held:
        reason = f"{held} copies of the researcher's were to be gone by now, and nothing says that they are"
        return Rule("deadlines", "fail", reason)
    return Rule("deadlines", "pass", "nothing that was to be destroyed by now is left")
