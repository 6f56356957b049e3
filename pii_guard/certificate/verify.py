"""Verification rule by rule: each passes, fails or was not checked, with its reason."""

from __future__ import annotations

import base64
import binascii
import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError

from pii_guard.certificate.envelope import PAYLOAD_TYPE
from pii_guard.certificate.keys import ssl_key
from pii_guard.certificate.statement import (
    CATEGORIES,
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    check_grammar,
    derived_result,
)
from pii_guard.certificate.trust import Trust
from pii_guard.errors import CertificateError

MOST_BYTES = 16 * 1024 * 1024
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


class _Malformed(Exception):
    pass


def verify(
    content: bytes, trust: Trust, artifacts: Path | None = None, rescan: Rescan | None = None
) -> Report:
    """Check a certificate file against pinned keys and, where given, the stored outputs.

    Never raises for what `content` holds.
    """
    try:
        envelope, payload = _open(content)
    except _Malformed as error:
        return Report((Rule("envelope", "fail", str(error)),), malformed=True)
    rules = [Rule("envelope", "pass", "well-formed DSSE envelope of an in-toto statement")]
    rules.append(_signature(envelope, trust))
    try:
        statement = _strict_json(payload)
        rules.append(_types(statement))
        rules.append(_grammar(statement))
        rules.append(_consistency(statement["predicate"], statement["subject"]))
        rules += _outputs(statement, artifacts, rescan)
        rules.append(_validity(envelope, trust, statement["predicate"]))
    except _Malformed as error:
        return Report((*rules, Rule("statement", "fail", str(error))), malformed=True)
    except (KeyError, TypeError, ValueError, AttributeError):
        rules.append(Rule("statement", "fail", "a field is missing or of a wrong type"))
        return Report(tuple(rules), malformed=True)
    for name in ("ledger", "supersession", "acknowledgement"):
        rules.append(Rule(name, "not_checked", "this version issues no such record"))
    return Report(tuple(rules))


def _open(content: bytes) -> tuple[dict[str, Any], bytes]:
    if len(content) > MOST_BYTES:
        raise _Malformed(f"larger than {MOST_BYTES} bytes")
    envelope = _strict_json(content)
    if not isinstance(envelope, dict) or set(envelope) != {"payload", "payloadType", "signatures"}:
        raise _Malformed("not a DSSE envelope")
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise _Malformed("another payload type")
    signatures = envelope["signatures"]
    if not isinstance(signatures, list) or not signatures or len(signatures) > 16:
        raise _Malformed("no signatures, or too many")
    for one in signatures:
        if not isinstance(one, dict) or set(one) != {"keyid", "sig"}:
            raise _Malformed("a signature is malformed")
        _strict_base64(one["sig"])
    return envelope, _strict_base64(envelope["payload"])


def _strict_base64(text: Any) -> bytes:
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError, AttributeError):
        raise _Malformed("base64 is malformed") from None
    # Unused bits of the last character must be zero, or one signature would have many spellings.
    if base64.b64encode(raw).decode() != text:
        raise _Malformed("base64 is not canonical")
    return raw


def _strict_json(content: bytes) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise _Malformed("a JSON key appears twice")
        return dict(pairs)

    def refused(_: str) -> Any:
        raise _Malformed("JSON holds a number that is no integer")

    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=unique,
            parse_constant=refused,
            parse_float=refused,
        )
    except (ValueError, RecursionError):
        raise _Malformed("not valid JSON in UTF-8") from None


def _signature(envelope: dict[str, Any], trust: Trust) -> Rule:
    issuers = trust.issuers()
    if not issuers:
        return Rule("signature", "fail", "the trust file names no issuer")
    # from_dict alters its argument: it gets a copy.
    parsed = Envelope.from_dict(copy.deepcopy(envelope))
    try:
        accepted = parsed.verify([ssl_key(key.public) for key in issuers.values()], 1)
    except (VerificationError, UnverifiedSignatureError, ValueError):
        return Rule("signature", "fail", "not signed by a trusted issuer key")
    if not {*accepted} & issuers.keys():
        return Rule("signature", "fail", "not signed by a trusted issuer key")
    return Rule("signature", "pass", "signed by a trusted issuer key")


def _types(statement: dict[str, Any]) -> Rule:
    known = {"_type", "subject", "predicateType", "predicate"}
    if set(statement) != known or statement["_type"] != STATEMENT_TYPE:
        return Rule("types", "fail", "not an in-toto Statement v1")
    if statement["predicateType"] != PREDICATE_TYPE:
        return Rule("types", "fail", "another predicate type")
    return Rule("types", "pass", "a deletion certificate, version 1")


_PREDICATE = {
    "certificateId", "nonce", "issuedAt", "issuer", "case", "disclosure", "coverage", "artifacts",
    "findings", "retained", "deletions", "notCovered", "residualScan", "result",
}  # fmt: skip


def _grammar(statement: dict[str, Any]) -> Rule:
    if {key for key in statement["predicate"] if not key.startswith("x-")} != _PREDICATE:
        return Rule("grammar", "fail", "fields are missing or unknown")
    try:
        check_grammar(statement)
    except CertificateError:
        return Rule("grammar", "fail", "a string is outside the grammar: it may hold a value")
    return Rule("grammar", "pass", "every string is a word, place, digest or token")


def _consistency(predicate: dict[str, Any], subjects: list[dict[str, Any]]) -> Rule:
    artifacts = predicate["artifacts"]
    outputs = {entry["output"] for entry in artifacts if "output" in entry}
    named = {subject["name"] for subject in subjects}
    held = sum(entry["disposition"] == "quarantined" for entry in artifacts)
    coverage = predicate["coverage"]
    problems = [
        text
        for text, wrong in (
            ("artifacts do not reconcile", coverage["received"] != len(artifacts)),
            ("coverage does not reconcile", coverage["unscannable"] != held),
            ("scanned does not reconcile", coverage["scanned"] != len(artifacts) - held),
            ("an output is no subject", bool(outputs) and outputs != named),
            ("the residual scan found something", predicate["residualScan"]["findings"] != 0),
            ("notCovered is empty", not predicate["notCovered"]),
            ("a deletion is missing", len(predicate["deletions"]) != len(artifacts)),
            (
                "the result is not what follows",
                predicate["result"] != derived_result([e["disposition"] for e in artifacts]),
            ),
            (
                "a category is unknown",
                any(f["policyCategory"] not in CATEGORIES for f in predicate["findings"]),
            ),
            (
                "counts do not reconcile",
                any(
                    not 0 < f["distinct"] <= f["occurrences"]
                    or len(f["locations"]) > f["occurrences"]
                    or f["locationsTruncated"] != (len(f["locations"]) < f["occurrences"])
                    for f in predicate["findings"]
                ),
            ),
        )
        if wrong
    ]
    if problems:
        return Rule("consistency", "fail", problems[0])
    return Rule("consistency", "pass", f"{len(artifacts)} artifacts, result {predicate['result']}")


def _outputs(statement: dict[str, Any], folder: Path | None, rescan: Rescan | None) -> list[Rule]:
    if folder is None:
        reason = "no --artifacts given"
        return [Rule("outputs", "not_checked", reason), Rule("rescan", "not_checked", reason)]
    wanted = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
    wanted.pop("redaction-manifest", None)
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    found = {_digest(path): path for path in files}
    missing = sorted(name for name, digest in wanted.items() if digest not in found)
    if missing:
        return [
            Rule("outputs", "fail", f"{missing[0]} and {len(missing) - 1} more are missing or altered"
                 if len(missing) > 1 else f"{missing[0]} is missing or altered"),
            Rule("rescan", "not_checked", "outputs are missing"),
        ]  # fmt: skip
    extra = len(files) - len({found[d] for d in wanted.values()}) - _certificates(files)
    more = f"; {extra} other files are not covered" if extra > 0 else ""
    rules = [Rule("outputs", "pass", f"{len(wanted)} outputs are as certified{more}")]
    if rescan is None:
        rules.append(Rule("rescan", "not_checked", "no --rescan asked"))
        return rules
    kinds = {
        a["output"]: a["mediaType"] for a in statement["predicate"]["artifacts"] if "output" in a
    }
    left = sum(rescan(found[digest].read_bytes(), kinds[name]) for name, digest in wanted.items())
    rules.append(
        Rule("rescan", "fail", f"{left} findings")
        if left
        else Rule("rescan", "pass", "nothing found")
    )
    return rules


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _certificates(files: list[Path]) -> int:
    return sum(path.name == "certificate.json" for path in files)


def _validity(envelope: dict[str, Any], trust: Trust, predicate: dict[str, Any]) -> Rule:
    """Key dates. The certificate's own time can show that it is bad, never that it is good."""
    issued = datetime.fromisoformat(predicate["issuedAt"])
    issuers = trust.issuers()
    for one in envelope["signatures"]:
        key = issuers.get(one["keyid"])
        if key is None:
            continue
        if key.revoked_at is not None:
            return Rule("key validity", "fail", "the key is revoked; no independent time is given")
        if key.not_before and issued < key.not_before:
            return Rule("key validity", "fail", "issued before the key was valid")
        if key.not_after and issued > key.not_after:
            return Rule("key validity", "fail", "issued after the key expired")
        return Rule("key validity", "pass", "the key is not revoked and was valid")
    return Rule("key validity", "fail", "no trusted key signed it")
