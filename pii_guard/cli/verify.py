"""`pii-guard verify`: a certificate, rule by rule."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pii_guard
from pii_guard.certificate import Checks, Report, open_key, verify
from pii_guard.certificate.bundle import open_bundle
from pii_guard.certificate.logged import Stamped, Watch, note_keys
from pii_guard.certificate.outputs import Rescan
from pii_guard.certificate.seen import Seen, load_seen
from pii_guard.certificate.since import Acceptance
from pii_guard.certificate.ssh_envelope import sealed
from pii_guard.certificate.trust import Trust
from pii_guard.certificate.validation import build_validation, can_be_validated
from pii_guard.cli.acknowledging import read_file, read_researchers, read_terms, store_file
from pii_guard.cli.keys import passphrase
from pii_guard.cli.leaving import say
from pii_guard.cli.printing import print_table
from pii_guard.cli.trust import pinned
from pii_guard.errors import CertificateError, PolicyError
from pii_guard.own_code import code_digest


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be checked beside the certificate, as on the command line."""

    artifacts: Path | None = None
    rescan: bool = False
    policy: Path | None = None
    seen: Path | None = None
    time_roots: Path | None = None
    researchers: Sequence[Path] = field(default=())
    terms: Sequence[Path] = field(default=())
    assurance: str = "registered_key"
    countersigned: bool = False
    required: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Attesting:
    """Where a validation of the outcome goes, and the validator's key: a file or a URI, with its public key."""

    output: Path
    key: str
    public: Path | None = None

    @classmethod
    def of(cls, output: Path | None, key: str | None, public: Path | None) -> Attesting | None:
        """As on the command line; None where nothing is asked. Raises `PolicyError` for a half of it."""
        if (output is None) != (key is None) or (public is not None and key is None):
            raise PolicyError(
                "a validation has a file and a validator's key", remedy="give --attest and --key"
            )
        return None if output is None or key is None else cls(output, key, public)


def run(
    certificate: Path,
    trust: Path,
    root: Path | None,
    asked: Asked,
    output_format: str,
    attesting: Attesting | None = None,
) -> int:
    """Check and print, and state the outcome if that is asked; the exit code."""
    content, keys, now = read_file(certificate), pinned(trust, root), datetime.now(UTC)
    report = check(content, keys, asked, now)
    if output_format == "table":
        print_table(
            "", ("rule", "status", "reason"), [(r.name, r.status, r.reason) for r in report.rules]
        )
    else:
        print(json.dumps(report.to_dict(), indent=1 if output_format == "json" else None))
    if attesting is not None:
        _attest(content, keys, report, now, attesting)
    return report.exit_code


def _attest(
    content: bytes, keys: Trust, report: Report, now: datetime, attesting: Attesting
) -> None:
    """Raises `CertificateError` for a key that must not validate, `PolicyError` for a file that is there."""
    if not can_be_validated(report):
        say("nothing is attested: no trusted issuer signed it as a certificate")
        return
    statement = build_validation(
        open_bundle(content).opened().payload,
        report,
        checked_at=now,
        nonce=os.urandom(16).hex(),
        tool={"name": "pii_guard", "version": pii_guard.__version__, "digest": code_digest()},
    )
    signer = open_key(attesting.key, attesting.public, passphrase)
    if any(one.key_id == signer.key_id and one.role != "validator" for one in keys.keys):
        raise CertificateError(
            "the signing key has another role in the trust file",
            remedy="who validates has a key of their own: see `pii-guard keys generate`",
        )
    store_file(attesting.output, sealed(statement, signer), replace=False)
    say(f"wrote {attesting.output}; attach it to the certificate, or send it to the programme")


def check(content: bytes, keys: Trust, asked: Asked, now: datetime) -> Report:
    """The outcome of all rules at a moment. Raises `CertificateError` for options that cannot be."""
    if asked.artifacts is not None and not asked.artifacts.is_dir():
        raise CertificateError("--artifacts is no directory", remedy="give the output directory")
    checks = Checks(
        asked.artifacts,
        rescan=_rescan(asked.policy) if asked.rescan else None,
        watch=Watch(_seen(asked.seen, keys), _stamped(asked.time_roots)),
        acceptance=Acceptance(
            read_researchers(asked.researchers),
            read_terms(asked.terms) or None,
            asked.assurance,
            asked.countersigned,
        ),
        now=now,
        required=frozenset(asked.required) | _implied(asked),
    )
    return verify(content, keys, checks)


def _implied(asked: Asked) -> set[str]:
    """Rules that must be checked, since something was given to check them with."""
    implied = {
        "outputs": asked.artifacts is not None,
        "rescan": asked.rescan,
        "ledger": bool(asked.seen or asked.time_roots),
        "acknowledgement": bool(asked.countersigned or asked.researchers or asked.terms),
    }
    return {rule for rule, wanted in implied.items() if wanted}


def _seen(path: Path | None, keys: Trust) -> Seen | None:
    if path is None:
        return None
    seen = load_seen(path, note_keys(keys, "log"))
    if seen is None:
        raise CertificateError(
            "there is no file of what was seen of the ledger",
            remedy="make it with `pii-guard ledger check --seen FILE`, or leave --seen out",
        )
    return seen


def _stamped(path: Path | None) -> Stamped | None:
    if path is None:
        return None
    from pii_guard.certificate.timestamp import load_roots, stamped_at

    return partial(stamped_at, roots=load_roots(path))


def _rescan(policy: Path | None) -> Rescan:
    from pii_guard.cli.inputs import load_policy
    from pii_guard.guard import Guard

    guard = Guard(load_policy(policy, ()))

    def again(content: bytes, media_type: str) -> int:
        case = guard.case()
        case.add(content, media_type=media_type)
        scan = next(case.scan())
        return len(scan) + (scan.verdict == "quarantined")

    return again
