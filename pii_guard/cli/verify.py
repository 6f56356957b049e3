"""`pii-guard verify`: a certificate, rule by rule."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pii_guard.certificate import Checks, Report, verify
from pii_guard.certificate.logged import Stamped, Watch, note_keys
from pii_guard.certificate.outputs import Rescan
from pii_guard.certificate.seen import Seen, load_seen
from pii_guard.certificate.since import Acceptance
from pii_guard.certificate.trust import Trust
from pii_guard.cli.acknowledging import read_file, read_researchers, read_terms
from pii_guard.cli.printing import print_table
from pii_guard.cli.trust import pinned
from pii_guard.errors import CertificateError


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


def run(certificate: Path, trust: Path, root: Path | None, asked: Asked, output_format: str) -> int:
    """Check and print; the exit code."""
    report = check(read_file(certificate), pinned(trust, root), asked, datetime.now(UTC))
    if output_format == "table":
        print_table(
            "", ("rule", "status", "reason"), [(r.name, r.status, r.reason) for r in report.rules]
        )
    else:
        print(json.dumps(report.to_dict(), indent=1 if output_format == "json" else None))
    return report.exit_code


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
