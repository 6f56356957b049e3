"""`pii-guard form`: a certificate as a page for people, drawn only from what verifies."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from pii_guard.certificate import Report
from pii_guard.certificate.render import Paper, render_html, title, verified
from pii_guard.certificate.writing import write_whole
from pii_guard.cli.acknowledging import read_file
from pii_guard.cli.trust import pinned
from pii_guard.cli.verify import Asked, check
from pii_guard.errors import CertificateError

_PAGES, _PDF = (".html", ".htm"), ".pdf"


def run(
    certificate: Path,
    trust: Path,
    root: Path | None,
    output: Path,
    asked: Asked,
    paper: Paper | None,
) -> int:
    """Verify, draw and write; the exit code, that of `verify` where it does not let a form be drawn.

    Raises `CertificateError` for a file that cannot be read or written, and where no program that
    makes PDF files is installed.
    """
    kind = output.suffix.lower()
    if kind not in (*_PAGES, _PDF):
        raise CertificateError("--output ends in neither .html nor .pdf", remedy="name it so")
    content, now = read_file(certificate), datetime.now(UTC)
    report = check(content, pinned(trust, root), asked, now)
    if report.exit_code:
        _complain(report)
        return report.exit_code
    shown = verified(content, report, now)
    if kind == _PDF:
        from pii_guard.paper import pdf

        page = render_html(shown, paper=paper or "a4", embed=False)
        made = pdf(page, title=title(shown), attached={shown.file_name: content})
    else:
        made = render_html(shown, paper=paper).encode()
    _write(output, made)
    return 0


def _complain(report: Report) -> None:
    for rule in report.rules:
        required = rule.status == "not_checked" and rule.name in report.required
        if rule.status == "fail" or required:
            print(f"pii-guard: no form: {rule.name}: {rule.reason}", file=sys.stderr)
    print("  remedy: run `pii-guard verify` to see every rule", file=sys.stderr)


def _write(path: Path, content: bytes) -> None:
    """Write the file so that it is there whole or not at all."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise CertificateError(
            f"the form cannot be written: {type(error).__name__}",
            remedy="choose a directory that you may write to",
        ) from None
