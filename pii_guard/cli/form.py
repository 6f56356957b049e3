"""`pii-guard form`: a certificate as a page for people, drawn only from what verifies."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from pii_guard.certificate import load_trust, verify
from pii_guard.certificate.render import Paper, render_html, title, verified
from pii_guard.certificate.verify import MOST_BYTES, Report
from pii_guard.errors import CertificateError

_PAGES, _PDF = (".html", ".htm"), ".pdf"


def run(
    certificate: Path, trust: Path, output: Path, artifacts: Path | None, paper: Paper | None
) -> int:
    """Verify, draw and write; the exit code, that of `verify` where it does not let a form be drawn.

    Raises `CertificateError` for a file that cannot be read or written, and where no program that
    makes PDF files is installed.
    """
    kind = output.suffix.lower()
    if kind not in (*_PAGES, _PDF):
        raise CertificateError("--output ends in neither .html nor .pdf", remedy="name it so")
    if artifacts is not None and not artifacts.is_dir():
        raise CertificateError("--artifacts is no directory", remedy="give the output directory")
    pinned, content = load_trust(trust), _content(certificate)
    report = verify(content, pinned, artifacts)
    if report.exit_code:
        _complain(report)
        return report.exit_code
    shown = verified(content, report, datetime.now(UTC))
    if kind == _PDF:
        from pii_guard.paper import pdf

        page = render_html(shown, paper=paper or "a4", embed=False)
        made = pdf(page, title=title(shown), attached={shown.file_name: content})
    else:
        made = render_html(shown, paper=paper).encode()
    _write(output, made)
    return 0


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError:
        raise CertificateError(f"cannot read {path.name}", remedy="check the path") from None


def _complain(report: Report) -> None:
    for rule in report.rules:
        if rule.status == "fail":
            print(f"pii-guard: no form: {rule.name}: {rule.reason}", file=sys.stderr)
    print("  remedy: run `pii-guard verify` to see every rule", file=sys.stderr)


def _write(path: Path, content: bytes) -> None:
    """Write the file so that it is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("xb") as file:
            file.write(content)
        temporary.replace(path)
    except OSError as error:
        raise CertificateError(
            f"the form cannot be written: {type(error).__name__}",
            remedy="choose a directory that you may write to",
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
