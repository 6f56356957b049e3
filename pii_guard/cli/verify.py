"""`pii-guard verify`: a certificate, rule by rule."""

from __future__ import annotations

import json
from pathlib import Path

from pii_guard.certificate import verify
from pii_guard.certificate.envelope import MOST_BYTES
from pii_guard.certificate.verify import Rescan
from pii_guard.cli.printing import print_table
from pii_guard.cli.trust import pinned
from pii_guard.errors import CertificateError


def run(
    certificate: Path,
    trust: Path,
    root: Path | None,
    artifacts: Path | None,
    rescan: bool,
    policy: Path | None,
    output_format: str,
) -> int:
    """Check and print; the exit code."""
    keys = pinned(trust, root)
    try:
        with certificate.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError:
        raise CertificateError(f"cannot read {certificate.name}", remedy="check the path") from None
    if artifacts is not None and not artifacts.is_dir():
        raise CertificateError("--artifacts is no directory", remedy="give the output directory")
    report = verify(content, keys, artifacts, _rescan(policy) if rescan else None)
    if output_format == "table":
        print_table(
            "", ("rule", "status", "reason"), [(r.name, r.status, r.reason) for r in report.rules]
        )
    else:
        print(json.dumps(report.to_dict(), indent=1 if output_format == "json" else None))
    return report.exit_code


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
