"""The options of `form`. Heavy modules load inside."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pii_guard.cli.acknowledgement_verbs import Assurance
from pii_guard.cli.options import RootPublic
from pii_guard.cli.verify_verbs import TrustFile


class PaperSize(StrEnum):
    """Sheets that a form is laid out for."""

    A4 = "a4"
    LETTER = "letter"


def form(
    certificate: Annotated[Path, typer.Argument(help="The certificate file, or its bundle.")],
    trust: TrustFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="A .html or .pdf file.")],
    paper: Annotated[
        PaperSize | None,
        typer.Option("--paper", help="Size of printed pages (PDF: a4 unless said)."),
    ] = None,
    root: RootPublic = None,
    artifacts: Annotated[
        Path | None, typer.Option("--artifacts", help="Directory with the redacted copies.")
    ] = None,
    seen: Annotated[
        Path | None,
        typer.Option("--seen", help="What you saw of the ledger before (`ledger check` keeps it)."),
    ] = None,
    time_roots: Annotated[
        Path | None, typer.Option("--time-roots", help="Trusted time-stamp authorities, in PEM.")
    ] = None,
    researcher: Annotated[
        list[Path] | None,
        typer.Option("--researcher", help="Public key registered for the case. Repeatable."),
    ] = None,
    terms: Annotated[
        list[Path] | None,
        typer.Option("--terms", help="An approved template (default: the shipped). Repeatable."),
    ] = None,
    assurance: Annotated[
        Assurance, typer.Option("--assurance", help="The weakest acknowledgement accepted.")
    ] = Assurance.REGISTERED_KEY,
    countersigned: Annotated[
        bool, typer.Option("--countersigned", help="Acknowledgements must be countersigned.")
    ] = False,
    require: Annotated[
        list[str] | None,
        typer.Option("--require", help="A rule that must not stay unchecked. Repeatable."),
    ] = None,
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
