"""The options of `report`. Heavy modules load inside."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Form(StrEnum):
    """What a report can be."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"
    JSONL = "jsonl"
    CSV = "csv"
    CSV_FINDINGS = "csv-findings"
    SARIF = "sarif"


def report(
    audit: Annotated[Path, typer.Argument(help="Directory of an audit (its --output).")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="File for it (default, and -: standard output, except for HTML)."
        ),
    ] = None,
    form: Annotated[
        Form | None,
        typer.Option(
            "--format",
            "-f",
            help="Form of it (default: by the ending of --output; without one, a table).",
        ),
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option("--before", help="Directory of an earlier audit: what became of it since."),
    ] = None,
    title: Annotated[
        str, typer.Option("--title", help="What was audited, and when: for the head of the page.")
    ] = "",
    most: Annotated[
        int,
        typer.Option(
            "--most", min=1, max=1_000_000, help="Results of a SARIF log; the gravest are kept."
        ),
    ] = 25_000,
) -> None:
    """Report on an audit: a page for people (.html), or rows for programs.

    .jsonl and .csv hold a line a file, `csv-findings` one a finding, .sarif the gravest findings. No form
    holds a value that was found. Exit 3: the audit is not complete, and the report says so.
    """
    from pii_guard.cli.report import run

    raise typer.Exit(run(audit, output, form.value if form else None, before, most, title))
