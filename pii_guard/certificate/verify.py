"""Verification rule by rule: each passes, fails or was not checked, with its reason.

No reason repeats what a certificate or a file says: only rules, our words and counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pii_guard.certificate.consistency import contradictions, unread_counts
from pii_guard.certificate.envelope import Opened, Unverified, open_envelope
from pii_guard.certificate.grammar import MANIFEST, PREDICATE_TYPE, STATEMENT_TYPE, misfit
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.certificate.trust import Trust

Status = Literal["pass", "fail", "not_checked"]
Rescan = Callable[[bytes, str], int]
"""Scans an output again: (bytes, media type) to the number of findings."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule's outcome."""

    name: str
    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of all rules. `malformed`: it could not be read as a certificate at all."""

    rules: tuple[Rule, ...]
    malformed: bool = False

    @property
    def exit_code(self) -> int:
        """0: no rule failed; 1: one failed; 3: malformed."""
        if self.malformed:
            return 3
        return 1 if any(rule.status == "fail" for rule in self.rules) else 0

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "schema": "pii-guard/verify/1",
            "ok": self.exit_code == 0,
            "rules": [{"rule": r.name, "status": r.status, "reason": r.reason} for r in self.rules],
        }


RULES = (
    "envelope", "signature", "types", "grammar", "key validity", "consistency", "outputs",
    "other files", "rescan", "ledger", "supersession", "acknowledgement",
)  # fmt: skip
"""All rules, in order. What follows a rule that failed may not be checked, and says so."""
_LATER = RULES[-3:]


def verify(
    content: bytes, trust: Trust, artifacts: Path | None = None, rescan: Rescan | None = None
) -> Report:
    """Check a certificate file against pinned keys and, where given, the stored outputs.

    `artifacts` holds the outputs, under any names, and nothing else but this certificate. Every
    rule is reported. Never raises for what `content` or the files hold.
    """
    rules: list[Rule] = []
    malformed = False
    try:
        for rule in _check(content, trust, artifacts, rescan):
            rules.append(rule)
    except Malformed as error:
        malformed = True
        rules.append(Rule(RULES[len(rules)], "fail", str(error)))
    failed = next((rule.name for rule in rules if rule.status == "fail"), "")
    done = {rule.name for rule in rules}
    for name in RULES:
        if name not in done:
            later = "this version issues no such record"
            why = later if name in _LATER else f"the rule {failed} failed"
            rules.append(Rule(name, "not_checked", why))
    return Report(tuple(rules), malformed)


def _check(
    content: bytes, trust: Trust, artifacts: Path | None, rescan: Rescan | None
) -> Iterator[Rule]:
    """The rules in order, up to one that the following ones depend on. Raises `Malformed`."""
    opened = open_envelope(content)
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
        reason = (
            f"{where or '/'}: a field is missing or unknown, or what it holds is no word of ours"
        )
        yield Rule("grammar", "fail", reason)
        return
    yield Rule("grammar", "pass", "every string is a word, number, place, digest or token of ours")
    yield _validity(trust, signers, datetime.fromisoformat(statement["predicate"]["issuedAt"]))
    yield _consistency(statement)
    yield from _files(statement, content, artifacts, rescan)


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


def _validity(trust: Trust, signers: Sequence[str], issued: datetime) -> Rule:
    """Key dates and the threshold, without any independent time."""
    fault = trust.judge(signers, "issuer", None, issued)
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


def _files(
    statement: dict[str, Any], content: bytes, folder: Path | None, rescan: Rescan | None
) -> Iterator[Rule]:
    if folder is None:
        for name in ("outputs", "other files", "rescan"):
            yield Rule(name, "not_checked", "no --artifacts given")
        return
    wanted = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
    wanted.pop(MANIFEST, None)
    try:
        found = _digests(folder)
    except OSError as error:
        yield Rule("outputs", "fail", f"a file cannot be read: {type(error).__name__}")
        return
    missing = [name for name, digest in wanted.items() if digest not in found]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        yield Rule("outputs", "fail", f"{missing[0]}{more}: missing or altered")
    else:
        yield Rule("outputs", "pass", f"{len(wanted)} outputs are as certified")
    others = len(found.keys() - set(wanted.values()) - {hashlib.sha256(content).hexdigest()})
    if others:
        yield Rule("other files", "fail", f"{others} not covered by this certificate")
    else:
        yield Rule("other files", "pass", "nothing else is there")
    if rescan is None:
        yield Rule("rescan", "not_checked", "no --rescan asked")
    elif not missing:
        yield _rescan(statement, {name: found[digest] for name, digest in wanted.items()}, rescan)


def _digests(folder: Path) -> dict[str, Path]:
    """The files below a directory by SHA-256, in hex. Raises `OSError`."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                found[hashlib.file_digest(file, "sha256").hexdigest()] = path
    return found


def _rescan(statement: dict[str, Any], outputs: dict[str, Path], rescan: Rescan) -> Rule:
    kinds = {
        a["output"]: a["mediaType"] for a in statement["predicate"]["artifacts"] if "output" in a
    }
    left = sum(rescan(path.read_bytes(), kinds[name]) for name, path in outputs.items())
    if left:
        return Rule("rescan", "fail", f"{left} findings")
    return Rule("rescan", "pass", "nothing found")
