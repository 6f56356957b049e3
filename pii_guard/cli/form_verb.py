"""The options of `form`. Heavy modules load inside."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.checking import (
    ApprovedTerms,
    Artifacts,
    Assurance,
    CertificateFile,
    Countersigned,
    LeastAssurance,
    Required,
    Researchers,
    SeenFile,
    TimeRoots,
    TrustFile,
)
from pii_guard.cli.options import RootPublic


class PaperSize(StrEnum):
    """Sheets that a form is laid out for."""

    A4 = "a4"
    LETTER = "letter"


def form(
    certificate: CertificateFile,
    trust: TrustFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="A .html or .pdf file.")],
    paper: Annotated[
        PaperSize | None,
        typer.Option("--paper", help="Size of printed pages (PDF: a4 unless said)."),
    ] = None,
    root: RootPublic = None,
    artifacts: Artifacts = None,
    seen: SeenFile = None,
    time_roots: TimeRoots = None,
    researcher: Researchers = None,
    terms: ApprovedTerms = None,
    assurance: LeastAssurance = Assurance.REGISTERED_KEY,
    countersigned: Countersigned = False,
    require: Required = None,
) -> None:
    """Draw a certificate as a page for people.

    It is verified first, and one that does not verify is refused with the exit code of `verify`.
    """
    from pii_guard.cli.form import run
    from pii_guard.cli.verify import Asked

    asked = Asked(
        artifacts, False, None, seen, time_roots, researcher or (), terms or (), assurance.value,
        countersigned, require or (),
    )  # fmt: skip
    raise typer.Exit(run(certificate, trust, root, output, asked, paper.value if paper else None))
